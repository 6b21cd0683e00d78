# SPDX-License-Identifier: Apache-2.0
"""A host whose bus is somebody else's: cocotbext-axi drives the registers and both streams.

What the registers are called, where they lie and what their bits mean comes from the component.xml of
the build folder (see run.py); what a job must answer, from the golden model.
"""

import itertools
import json
import os
import random
from collections import Counter
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, SimTimeoutError, Timer, with_timeout
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiResp,
    AxiStreamBus,
    AxiStreamSink,
    AxiStreamSource,
)

PERIOD = 10  # ns; the clock rises at the multiples of it
# Cycles, longer than a job of the tests ever takes, and what goes over the bus at one go, pauses included.
PATIENCE = 8_000
TRANSFER = 1_000
# What the hardware may not raise in reset.
OUTPUTS = ["s_axis_tready", "m_axis_tvalid", "irq"] + [
    f"s_axil_{name}" for name in ("awready", "wready", "bvalid", "arready", "rvalid")
]
# Prefix and payload of each channel; the hardware is the sender of the last three.
CHANNELS = {
    "aw": ("s_axil_aw", []),
    "w": ("s_axil_w", []),
    "ar": ("s_axil_ar", []),
    "in": ("s_axis_t", []),
    "b": ("s_axil_b", ["resp"]),
    "r": ("s_axil_r", ["resp", "data"]),
    "out": ("m_axis_t", ["data", "last"]),
}
# The word that ends an answer that was broken off.
BROKEN_OFF = 0xFFFF_FFFF


class Registers:
    """The table that run.py has read."""

    def __init__(self, table):
        self.table = table

    def offset(self, name):
        return self.table[name]["offset"]

    def mask(self, name, fields=None):
        """Of the fields named, or of all."""
        known = self.table[name]["fields"]
        return sum(known[field]["mask"] for field in (known if fields is None else fields))

    def reset(self, name):
        """None where it is not known."""
        resets = [field["reset"] for field in self.table[name]["fields"].values()]
        return None if None in resets else sum(resets)

    def names(self, access):
        """Registers that a host may use so: `r`, `w` or `rw`."""
        of = {name: {f["access"] for f in row["fields"].values()} for name, row in self.table.items()}
        return [name for name, kinds in of.items() if kinds == {access}]


def given():
    """The registers and the golden model's jobs, as run.py hands them over."""
    read = json.loads(Path(os.environ["HVAE_GIVEN"]).read_text())
    return Registers(read["registers"]), read["jobs"]


def gaps(source):
    """Whether a channel waits, cycle by cycle: now seldom, now nearly always."""
    while True:
        share = source.choice([0, 0.25, 0.5, 0.9])
        for _ in range(source.randrange(1, 60)):
            yield source.random() < share


class Host:
    """In reset at first; `rules`: what AXI forbids fails the test, whatever comes of it."""

    def __init__(self, dut, registers, seed, rules=True):
        self.dut, self.registers, self.source = dut, registers, random.Random(seed)
        clocked = {"clock": dut.aclk, "reset": dut.aresetn, "reset_active_level": False}
        self.bus = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), **clocked)
        # A beat carries one word.
        self.packets = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), byte_lanes=1, **clocked)
        self.answers = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), byte_lanes=1, **clocked)
        write, read = self.bus.write_if, self.bus.read_if
        self.channels = {
            "aw": write.aw_channel, "w": write.w_channel, "b": write.b_channel,
            "ar": read.ar_channel, "r": read.r_channel, "in": self.packets, "out": self.answers,
        }  # fmt: skip
        self.gaps, self.taken = {}, Counter()
        self.clock = Clock(dut.aclk, PERIOD, unit="ns")
        self.ruled = rules

    async def begin(self):
        """Clock, models and watch; the models see the reset by its edge."""
        self.dut.aresetn.value = 1
        cocotb.start_soon(self.clock.start())
        await Timer(3, "ns")
        self.dut.aresetn.value = 0
        await Timer(1, "ns")
        cocotb.start_soon(self.watch())
        cocotb.start_soon(self.pause())
        return self

    async def watch(self):
        """Counts what is handed over, and keeps the rules: in reset nothing is taken or offered; what is
        offered stays as it is until taken."""
        dut, waiting = self.dut, {}
        pins = {
            name: (
                getattr(dut, prefix + "valid"),
                getattr(dut, prefix + "ready"),
                [getattr(dut, prefix + p) for p in payload],
            )
            for name, (prefix, payload) in CHANNELS.items()
        }
        outputs = [(name, getattr(dut, name)) for name in OUTPUTS]
        while True:
            await RisingEdge(dut.aclk)
            if not dut.aresetn.value:
                awake = [name for name, pin in outputs if pin.value]
                assert not (awake and self.ruled), f"in reset: expected all low, found {awake} high"
                self.taken.clear()
                waiting.clear()
                continue
            for name, (valid, ready, payload) in pins.items():
                offered = [int(p.value) for p in payload] if valid.value else None
                before = waiting.pop(name, None)
                if payload and self.ruled:
                    assert before in (None, offered), f"{name}: offered {before}, then {offered}, and nobody had taken it"
                if offered is not None and ready.value:
                    self.taken[name] += 1
                elif offered is not None:
                    waiting[name] = offered

    def hesitate(self):
        """Random pauses on every channel from now on."""
        self.gaps = {name: gaps(random.Random(self.source.random())) for name in self.channels}

    def hold(self, name, held=True):
        """Nothing more passes this channel; or it hesitates again."""
        self.gaps[name] = itertools.repeat(True) if held else gaps(random.Random(self.source.random()))
        self.channels[name].pause = held

    async def pause(self):
        while True:
            await RisingEdge(self.dut.aclk)
            for name, gap in self.gaps.items():
                self.channels[name].pause = next(gap)

    async def release(self, after=7):
        """The end of a reset, so many ns after an edge."""
        await RisingEdge(self.dut.aclk)
        await Timer(after, "ns")
        self.dut.aresetn.value = 1

    async def reset(self):
        """At no edge of the clock, for some cycles; the models forget what they were about."""
        await Timer(self.source.randrange(1, 9), "ns")
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, self.source.randrange(1, 5))
        self.packets.clear()
        self.answers.clear()
        self.hesitate()
        await self.release(self.source.randrange(1, 9))

    async def soon(self, what, awaited, cycles=PATIENCE):
        try:
            return await with_timeout(awaited, cycles * PERIOD, "ns")
        except SimTimeoutError:
            raise AssertionError(f"{what}: expected within {cycles} cycles, found none") from None

    async def until(self, what, holds, cycles=PATIENCE):
        """Waits for it, edge by edge."""
        for _ in range(cycles):
            if holds():
                return
            await RisingEdge(self.dut.aclk)
        raise AssertionError(f"{what}: expected within {cycles} cycles, found none")

    async def write_at(self, address, data, response=AxiResp.OKAY):
        reply = await self.soon(f"answer to a write at {address:#x}", self.bus.write(address, data), TRANSFER)
        assert reply.resp == response, f"write at {address:#x}: expected {response!r}, found {reply.resp!r}"

    async def write(self, name, value, response=AxiResp.OKAY):
        await self.write_at(self.registers.offset(name), value.to_bytes(4, "little"), response)

    async def read_at(self, address, length=4, response=AxiResp.OKAY):
        reply = await self.soon(f"answer to a read at {address:#x}", self.bus.read(address, length), TRANSFER)
        assert reply.resp == response, f"read at {address:#x}: expected {response!r}, found {reply.resp!r}"
        return int.from_bytes(reply.data, "little")

    async def read(self, name):
        return await self.read_at(self.registers.offset(name))

    async def control(self, field):
        await self.write("CONTROL", self.registers.mask("CONTROL", [field]))

    async def expect(self, what, **wanted):
        """Reads registers and compares."""
        found = {name: await self.read(name) for name in wanted}
        assert found == wanted, f"{what}: expected {wanted}, found {found}"

    def send(self, job):
        if job["packet"] is not None:
            self.packets.send_nowait(job["packet"])

    async def settings(self, job):
        for name, value in job["settings"].items():
            await self.write(name, value)

    async def done(self):
        """Reads STATUS until a job has ended; what it says then."""
        for _ in range(PATIENCE // 32):
            status = await self.read("STATUS")
            if status & self.registers.mask("STATUS", ["DONE"]):
                return status
            await ClockCycles(self.dut.aclk, 32)
        raise AssertionError(f"STATUS.DONE: expected within {PATIENCE} cycles, found none")

    async def answer(self, what):
        """The words of a packet."""
        return list((await self.soon(f"{what}: the answer", self.answers.recv(), TRANSFER)).tdata)

    async def ended(self, job):
        """Everything that the golden model says of a job that has ended."""
        await self.expect(job["name"], STATUS=self.registers.mask("STATUS", job["status"]), **job["counters"])
        found = await self.answer(job["name"]) if job["output"] else []
        assert found == job["output"], f"{job['name']}: expected the answer {job['output']}, found {found}"

    async def play(self, job, sent=False):
        """A job from its settings to its answer."""
        if not sent:
            self.send(job)
        await self.settings(job)
        await self.control("START")
        await self.done()
        await self.ended(job)

    async def finish(self):
        """Nothing is left over, and everything that was handed over was answered."""
        await self.soon("the end of all transfers", self.bus.wait())
        await ClockCycles(self.dut.aclk, 50)
        await FallingEdge(self.dut.aclk)
        assert self.answers.empty() and not self.dut.m_axis_tvalid.value, "expected no more answers, found one"
        count = self.taken
        assert count["aw"] == count["w"] == count["b"], f"writes: addresses, data and answers differ: {count}"
        assert count["ar"] == count["r"], f"reads: addresses and answers differ: {count}"
