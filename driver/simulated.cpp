// SPDX-License-Identifier: Apache-2.0
// Drives the ports of a Verilated hvae_top: registers by AXI4-Lite, packets by AXI4-Stream. The
// streams move with every cycle of the clock, as a DMA engine's would.
#include "simulated.h"

#include <deque>
#include <memory>
#include <vector>

#include "Vhvae_top.h"
#include "verilated.h"

namespace {

constexpr int BUS_TIMEOUT = 1000;        // cycles; the register bus answers in a few
constexpr int STREAM_TIMEOUT = 1000000;  // cycles
constexpr int NAP = 100;                 // cycles without an interrupt until STATUS is polled

struct Simulation {
    VerilatedContext context;
    Vhvae_top top{&context};
    unsigned long long cycles = 0;
    std::deque<uint32_t> input;  // words on their way in; the last one ends its packet
    std::vector<uint32_t> output;
    bool packet_done = false;

    // One cycle. A transfer happens where valid and ready are high before the rising edge.
    void tick() {
        top.s_axis_tvalid = !input.empty();
        top.s_axis_tdata = input.empty() ? 0 : input.front();
        top.s_axis_tlast = input.size() == 1;
        top.m_axis_tready = !packet_done;
        top.aclk = 0;
        top.eval();
        const bool taken = top.s_axis_tvalid && top.s_axis_tready;
        if (top.m_axis_tvalid && top.m_axis_tready) {
            output.push_back(top.m_axis_tdata);
            packet_done = top.m_axis_tlast;
        }
        top.aclk = 1;
        top.eval();
        if (taken) input.pop_front();
        ++cycles;
    }

    // Ticks until `ready`, as it stands before a rising edge; false: it never came.
    template <typename Ready>
    bool until(Ready ready, int limit) {
        for (int i = 0; i < limit; ++i) {
            top.aclk = 0;
            top.eval();
            const bool now = ready();
            tick();
            if (now) return true;
        }
        return false;
    }

    void reset() {
        top.aresetn = 0;
        for (int i = 0; i < 8; ++i) tick();
        top.aresetn = 1;
        tick();  // from the first edge that sees it on, everything is allowed
    }

    bool write(uint32_t offset, uint32_t value) {
        top.s_axil_awaddr = offset;
        top.s_axil_wdata = value;
        top.s_axil_wstrb = 0xF;
        top.s_axil_awvalid = 1;
        top.s_axil_wvalid = 1;
        bool sent = until([&] { return top.s_axil_awready && top.s_axil_wready; }, BUS_TIMEOUT);
        top.s_axil_awvalid = 0;
        top.s_axil_wvalid = 0;
        bool okay = false;
        top.s_axil_bready = 1;
        sent = sent && until([&] {
            okay = top.s_axil_bresp == 0;
            return top.s_axil_bvalid != 0;
        }, BUS_TIMEOUT);
        top.s_axil_bready = 0;
        return sent && okay;
    }

    bool read(uint32_t offset, uint32_t &value) {
        top.s_axil_araddr = offset;
        top.s_axil_arvalid = 1;
        bool sent = until([&] { return top.s_axil_arready != 0; }, BUS_TIMEOUT);
        top.s_axil_arvalid = 0;
        bool okay = false;
        top.s_axil_rready = 1;
        sent = sent && until([&] {
            okay = top.s_axil_rresp == 0;
            value = top.s_axil_rdata;
            return top.s_axil_rvalid != 0;
        }, BUS_TIMEOUT);
        top.s_axil_rready = 0;
        return sent && okay;
    }
};

Simulation &of(void *context) { return *static_cast<Simulation *>(context); }

int read_register(void *context, uint32_t offset, uint32_t *value) {
    return of(context).read(offset, *value) ? 0 : -1;
}

int write_register(void *context, uint32_t offset, uint32_t value) {
    return of(context).write(offset, value) ? 0 : -1;
}

int send(void *context, const uint32_t *words, size_t count) {
    Simulation &s = of(context);
    // Of a packet that nobody wants any more, the rest is on its way out.
    for (int i = 0; i < STREAM_TIMEOUT && !s.input.empty(); ++i) s.tick();
    if (!s.input.empty()) return -1;
    s.input.assign(words, words + count);
    return 0;
}

int receive(void *context, uint32_t *words, size_t capacity, size_t *count) {
    Simulation &s = of(context);
    for (int i = 0; i < STREAM_TIMEOUT && !s.packet_done; ++i) s.tick();
    if (!s.packet_done) return -1;
    *count = s.output.size();
    for (size_t i = 0; i < s.output.size() && i < capacity; ++i) words[i] = s.output[i];
    s.output.clear();
    s.packet_done = false;
    return 0;
}

// As a processor that sleeps until its interrupt; who lets none through looks in now and then.
int idle(void *context) {
    Simulation &s = of(context);
    for (int i = 0; i < NAP && !s.top.irq; ++i) s.tick();
    return 0;
}

}  // namespace

hvae_device hvae_simulated_open(void) {
    auto simulation = std::make_unique<Simulation>();
    simulation->reset();
    return hvae_device{simulation.release(), read_register, write_register, send, receive, idle};
}

void hvae_simulated_close(hvae_device *device) {
    of(device->context).top.final();
    delete &of(device->context);
    device->context = nullptr;
}

unsigned long long hvae_simulated_cycles(const hvae_device *device) { return of(device->context).cycles; }
