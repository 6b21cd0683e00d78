# SPDX-License-Identifier: Apache-2.0
"""The host of sim/hvae_tb.sv, driven signal by signal from Python with cocotb.

Loaded by cocotb inside the simulator (see cocotb_compare.py). It plays the same jobs, reads
the same probes in every cycle and writes the same log as the Verilog testbench without stalls.
It works at the falling edge of the clock: every signal is stable there, and is what the next
rising edge sees. Handles are looked up once, a channel's data are read only when its valid is
high, and the clock is cocotb's compiled one. HVAE_MONITORS says how the probes are watched:
`each` by a coroutine of its own, as the Verilog testbench has a statement for each and as
cocotb testbenches are mostly built; `one`: all by one coroutine, woken once a cycle, which is
as fast as we could make it.
"""

import json
import os
import re
import time
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

PROBE = re.compile(
    r'if \(u_dut\.(\S+)\) \$fwrite\(log, "P (\d+) %0d %0d %h\\n", now, (\S+), u_dut\.(\S+)\);'
)


# The number of a run that was given none.
NO_RUN = f"{0:016x}"


def probes(testbench):
    """Channel, valid, group (or a number) and data of each probe of the testbench."""
    return [(int(c), v, g.removeprefix("u_dut."), d) for v, c, g, d in PROBE.findall(testbench)]


def at(dut, path):
    for name in path.split("."):
        dut = getattr(dut, name)
    return dut


class Host:
    """The registers, the streams and the log."""

    def __init__(self, dut, offsets):
        self.dut, self.offsets, self.lines = dut, offsets, [f"B {NO_RUN}"]

    async def write(self, name, value):
        dut = self.dut
        dut.s_axil_awaddr.value = self.offsets[name]
        dut.s_axil_wdata.value = value
        dut.s_axil_awvalid.value = 1
        dut.s_axil_wvalid.value = 1
        waiting = [
            (dut.s_axil_awvalid, dut.s_axil_awready),
            (dut.s_axil_wvalid, dut.s_axil_wready),
        ]
        while waiting:
            taken = [pair for pair in waiting if pair[1].value]
            await FallingEdge(dut.aclk)
            for valid, _ in taken:
                valid.value = 0
            waiting = [pair for pair in waiting if pair not in taken]
        dut.s_axil_bready.value = 1
        while not dut.s_axil_bvalid.value:
            await FallingEdge(dut.aclk)
        if int(dut.s_axil_bresp.value) != 0:
            self.lines.append(f"R BRESP_{self.offsets[name]} {int(dut.s_axil_bresp.value)}")
        await FallingEdge(dut.aclk)
        dut.s_axil_bready.value = 0

    async def read(self, name):
        dut = self.dut
        dut.s_axil_araddr.value = self.offsets[name]
        dut.s_axil_arvalid.value = 1
        while not dut.s_axil_arready.value:
            await FallingEdge(dut.aclk)
        await FallingEdge(dut.aclk)
        dut.s_axil_arvalid.value = 0
        dut.s_axil_rready.value = 1
        while not dut.s_axil_rvalid.value:
            await FallingEdge(dut.aclk)
        value = int(dut.s_axil_rdata.value)
        if int(dut.s_axil_rresp.value) != 0:
            self.lines.append(f"R RRESP_{self.offsets[name]} {int(dut.s_axil_rresp.value)}")
        await FallingEdge(dut.aclk)
        dut.s_axil_rready.value = 0
        return value

    async def send(self, words):
        dut = self.dut
        for beat, word in enumerate(words):
            dut.s_axis_tdata.value = word
            dut.s_axis_tlast.value = beat == len(words) - 1
            dut.s_axis_tvalid.value = 1
            while not dut.s_axis_tready.value:
                await FallingEdge(dut.aclk)
            await FallingEdge(dut.aclk)
        dut.s_axis_tvalid.value = 0

    async def job(self, number, words):
        dut = self.dut
        self.lines.append(f"J {number}")
        names = ["JOB", "SEED_LO", "SEED_HI", "INVERSE_TEMPERATURE", "MAX_TOKENS"]
        for name, value in zip(names, words[:5], strict=True):
            await self.write(name, value)
        await self.send(words[6:])
        await self.write("CONTROL", 1)
        status = 0
        while not status & 2:
            await ClockCycles(dut.aclk, 32, FallingEdge)
            status = await self.read("STATUS")
        empty = dut.u_core.output_empty
        while not empty.value:
            await FallingEdge(dut.aclk)
        await FallingEdge(dut.aclk)
        self.lines.append(f"R STATUS {status}")
        for name in ["CYCLES", "ADC_CLIPS", "SATURATIONS", "TOKENS", "TILE_SAMPLES"]:
            self.lines.append(f"R {name} {await self.read(name)}")


async def watch(dut, lines, channels):
    """What stages write, in every cycle."""
    clock, now = dut.aclk, dut.u_core.cycles_o
    while True:
        await FallingEdge(clock)
        for valid, channel, group, data, digits in channels:
            if valid.value:
                index = group if isinstance(group, int) else int(group.value)
                word = data.value.to_unsigned()
                lines.append(f"P {channel} {int(now.value)} {index} {word:0{digits}x}")


async def answer(dut, lines):
    """The packet out."""
    clock, valid, last, data = dut.aclk, dut.m_axis_tvalid, dut.m_axis_tlast, dut.m_axis_tdata
    while True:
        await FallingEdge(clock)
        if valid.value:
            lines.append(f"O {int(data.value):08x} {int(last.value)}")


@cocotb.test()
async def host(dut):
    build, log = Path(os.environ["HVAE_BUILD"]), Path(os.environ["HVAE_LOG"])
    header = (build / "csr.h").read_text()
    offsets = {n: int(v, 16) for n, v in re.findall(r"HVAE_(\w+)_OFFSET\s+(0x\w+)u", header)}
    words = [int(w, 16) for w in Path(os.environ["HVAE_STIMULUS"]).read_text().split()]
    channels = []
    for channel, valid, group, data in probes((build / "sim/hvae_tb.sv").read_text()):
        handle = at(dut, data)
        group = int(group) if group.isdigit() else at(dut, group)
        channels.append((at(dut, valid), channel, group, handle, (len(handle) + 3) // 4))
    assert channels, "no probe in sim/hvae_tb.sv has the form this script knows"

    started = time.perf_counter()
    machine = Host(dut, offsets)
    cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
    for name in ["awvalid", "wvalid", "bready", "arvalid", "rready"]:
        getattr(dut, f"s_axil_{name}").value = 0
    dut.s_axil_wstrb.value = 15
    dut.s_axil_awprot.value = dut.s_axil_arprot.value = 0
    dut.s_axis_tvalid.value = 0
    dut.m_axis_tready.value = 1
    dut.aresetn.value = 0
    await ClockCycles(dut.aclk, 4, FallingEdge)
    dut.aresetn.value = 1
    await FallingEdge(dut.aclk)  # the first access may come at the first edge that sees it
    groups = [channels] if os.environ["HVAE_MONITORS"] == "one" else [[c] for c in channels]
    for group in groups:
        cocotb.start_soon(watch(dut, machine.lines, group))
    cocotb.start_soon(answer(dut, machine.lines))
    start = number = 0
    while start < len(words):
        end = start + 6 + words[start + 5]
        await machine.job(number, words[start:end])
        start, number = end, number + 1
    machine.lines.append(f"E {NO_RUN}")
    log.write_text("\n".join(machine.lines) + "\n")
    seconds = time.perf_counter() - started
    log.with_suffix(".json").write_text(json.dumps({"seconds": seconds}))
