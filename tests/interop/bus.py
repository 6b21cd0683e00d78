# SPDX-License-Identifier: Apache-2.0
"""The accelerator on the bus of others; loaded by cocotb inside the simulator (see run.py)."""

import itertools

import cocotb
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.axi import AxiResp

from host import BROKEN_OFF, Host, given


def of_kind(jobs, kind, answered=True):
    return [job for job in jobs if job["kind"] == kind and answered != bool(set(job["irq"]) & {"ERROR"})]


@cocotb.test()
async def first_cycle(dut):
    """Packet, write and read at the first edge at which AXI allows them, wherever the reset ends between
    two edges. No rules here: a beat that is lost must show."""
    registers, jobs = given()
    host = await Host(dut, registers, "first", rules=False).begin()
    kinds = ["Reconstruct", "Decode", "Score", "Encode"]
    for after, kind in zip([1, 4, 6, 9], kinds, strict=True):
        job = of_kind(jobs, kind)[0]
        await ClockCycles(dut.aclk, 3)
        host.send(job)
        write = cocotb.start_soon(host.write("JOB", job["settings"]["JOB"]))
        read = cocotb.start_soon(host.read("ID"))
        await host.release(after)
        # The models see the release at the next edge; this is the one after.
        await ClockCycles(dut.aclk, 2)
        valid = {name: int(getattr(dut, name).value) for name in ("s_axil_awvalid", "s_axil_wvalid", "s_axil_arvalid", "s_axis_tvalid")}
        assert all(valid.values()), f"the test is late: {valid}"
        await write
        assert await read == registers.reset("ID")
        await host.expect("the first write", JOB=job["settings"]["JOB"])
        await host.play(job, sent=True)
        await host.finish()
        dut.aresetn.value = 0


@cocotb.test()
async def every_job(dut):
    """All kinds of jobs, and all that is refused, under pauses everywhere; every other packet comes while the
    job before it works, the end is seen in STATUS or by interrupt."""
    registers, jobs = given()
    host = await Host(dut, registers, "jobs").begin()
    host.hesitate()
    await host.release()
    bits = list(registers.table["IRQ_STATUS"]["fields"])
    enables = itertools.cycle([["DONE"], ["ERROR"], [], bits])
    ahead, seen = False, set()
    for at, job in enumerate(jobs):
        enabled = next(enables)
        await host.write("IRQ_STATUS", registers.mask("IRQ_STATUS"))
        await host.write("IRQ_ENABLE", registers.mask("IRQ_ENABLE", enabled))
        assert not dut.irq.value, "interrupt: expected low after it was cleared"
        early = at % 2 == 0
        if early and not ahead:
            host.send(job)
        await host.settings(job)
        await host.control("START")
        if not early and not ahead:
            host.send(job)
        ahead = at % 3 != 0 and at + 1 < len(jobs) and jobs[at + 1]["packet"] is not None
        if ahead:
            host.send(jobs[at + 1])
        pending = set(job["irq"])
        if pending & set(enabled):
            await host.until(f"{job['name']}: interrupt", lambda: dut.irq.value)
        await host.done()
        await host.ended(job)
        await host.expect(job["name"], IRQ_STATUS=registers.mask("IRQ_STATUS", pending))
        for bit in bits:
            assert bool(dut.irq.value) == bool(pending & set(enabled)), f"{job['name']}: interrupt with {pending} and {enabled}"
            await host.write("IRQ_STATUS", registers.mask("IRQ_STATUS", [bit]))
            pending.discard(bit)
        seen |= {job["kind"], *job["status"]}
    await host.finish()
    wanted = {field for field in registers.table["STATUS"]["fields"] if field.startswith("ERR_")}
    wanted |= {"Encode", "Reconstruct", "Decode", "Generate", "Score", "ANSWER"}
    assert wanted <= seen, f"no job for {wanted - seen}"


@cocotb.test()
async def registers_of_the_component(dut):
    """What component.xml says of them; bytes; refusals, of which nothing is left."""
    registers, jobs = given()
    host = await Host(dut, registers, "registers").begin()
    host.hesitate()
    await host.release()
    for name in registers.table:
        reset = registers.reset(name)
        if reset is not None:
            await host.expect("after reset", **{name: reset})
    for name in ("SEED_LO", "SEED_HI", "INVERSE_TEMPERATURE", "MAX_TOKENS", "JOB"):
        at, mask = registers.offset(name), registers.mask(name)
        await host.write(name, 0xFFFF_FFFF)
        await host.expect("all ones", **{name: mask})
        # Some of the bytes, from each place.
        expected = 0xFFFF_FFFF
        for first, length in [(1, 1), (0, 2), (3, 1), (2, 1)]:
            data = host.source.randbytes(length)
            await host.write_at(at + first, data)
            whole = bytearray(expected.to_bytes(4, "little"))
            whole[first : first + length] = data
            expected = int.from_bytes(whole, "little")
            await host.expect(f"bytes {first} and so on", **{name: expected & mask})
            assert await host.read_at(at + first, length) == (expected & mask) >> 8 * first & (1 << 8 * length) - 1
    for name in registers.names("r"):
        before = await host.read(name)
        await host.write(name, ~before & 0xFFFF_FFFF, AxiResp.SLVERR)
        await host.expect("read only", **{name: before})
    beyond = max(row["offset"] for row in registers.table.values()) + 4
    await host.write_at(beyond, bytes(4), AxiResp.SLVERR)
    assert await host.read_at(beyond, response=AxiResp.SLVERR) == 0
    # Nothing runs that could be aborted; and what a job that runs depends on cannot be written.
    await host.control("ABORT")
    await host.expect("an ABORT of nothing", STATUS=0)
    job = of_kind(jobs, "Reconstruct")[0]
    await host.settings(job)
    await host.control("START")
    for name, value in job["settings"].items():
        await host.write(name, value ^ 1, AxiResp.SLVERR)
    await host.expect("a job that waits", STATUS=registers.mask("STATUS", ["BUSY"]), **job["settings"])
    host.send(job)
    await host.done()
    await host.ended(job)
    await host.finish()


@cocotb.test()
async def resets(dut):
    """Resets in mid-packet, mid-job, mid-answer and with half a transfer on each channel of the register bus;
    after each the registers are those of a reset, and the next job is right."""
    registers, jobs = given()
    host = await Host(dut, registers, "resets").begin()
    long = [job for job in of_kind(jobs, "Reconstruct") if len(job["packet"]) > 4 and len(job["output"]) > 1][0]
    others = itertools.cycle(of_kind(jobs, "Decode") + of_kind(jobs, "Score"))
    host.hesitate()
    await host.release()

    async def some_of_the_packet(count):
        host.send(long)
        await host.until("beats", lambda: host.taken["in"] >= count)
        assert host.taken["in"] < len(long["packet"]), "the test is late"

    async def on_its_way(cycles):
        host.send(long)
        await host.settings(long)
        await host.control("START")
        await ClockCycles(dut.aclk, cycles)
        await host.expect("on its way", STATUS=registers.mask("STATUS", ["BUSY"]))

    async def answering():
        await on_its_way(1)
        host.hold("out")
        await host.done()
        await host.until("the answer", lambda: dut.m_axis_tvalid.value)

    async def half(held, waits, transfer):
        """A transfer that has not passed one of its channels, while the others are through."""
        host.hold(held)
        task = cocotb.start_soon(transfer)
        await host.until(f"{waits}, {held} held", lambda: getattr(dut, waits).value)
        await ClockCycles(dut.aclk, 4)
        task.cancel()

    seed = ("SEED_LO", 0x1234_5678)
    for moment in [
        some_of_the_packet(1), some_of_the_packet(3), on_its_way(0), on_its_way(70), on_its_way(500), answering(),
        half("aw", "s_axil_wvalid", host.write(*seed)), half("w", "s_axil_awvalid", host.write(*seed)),
        half("b", "s_axil_bvalid", host.write(*seed)), half("r", "s_axil_rvalid", host.read("ID")),
    ]:  # fmt: skip
        await moment
        await host.reset()
        await host.expect("after reset", STATUS=0, SEED_LO=registers.reset("SEED_LO"), JOB=registers.reset("JOB"))
        await host.play(next(others))
    await host.play(long)
    await host.finish()


@cocotb.test()
async def aborts(dut):
    """ABORT of a job that waits for its packet or for the rest of it, and of one that works: it ends, an answer that
    had begun is closed, and the next job, its packet right behind, finds nothing of it."""
    registers, jobs = given()
    host = await Host(dut, registers, "aborts").begin()
    host.hesitate()
    await host.release()
    readers = [job for job in of_kind(jobs, "Reconstruct") + of_kind(jobs, "Score") if len(job["packet"]) > 4]
    workers = readers + of_kind(jobs, "Generate") + of_kind(jobs, "Decode")
    whole = itertools.cycle(of_kind(jobs, "Decode") + of_kind(jobs, "Score") + of_kind(jobs, "Encode"))
    over = registers.mask("STATUS", ["DONE", "ABORTED"])
    seen = set()

    async def next_job():
        await host.play(next(whole))

    # No word of its packet, one, some: the rest comes after the end, the next packet right behind it.
    for words, job in zip([0, 0, 1, 1, 2, 3], itertools.cycle(readers)):
        await host.settings(job)
        before = host.taken["in"]
        if words:
            host.send(job)
            await host.until("beats", lambda: host.taken["in"] - before >= words)
            host.hold("in")
        await host.control("START")
        await ClockCycles(dut.aclk, host.source.randrange(20))
        came = host.taken["in"] - before
        assert came < len(job["packet"]), "the test is late"
        await host.control("ABORT")
        status = await host.done()
        assert status == over, f"{job['name']}, {came} words: expected STATUS {over:#x}, found {status:#x}"
        host.hold("in", False)
        await next_job()

    for cycles, job in zip([0, 15, 30, 60, 130, 300, 450, 700, 900, 1300], itertools.cycle(workers)):
        host.send(job)
        await host.settings(job)
        await host.control("START")
        if host.source.random() < 0.5:
            host.hold("out")
        await ClockCycles(dut.aclk, cycles)
        await host.control("ABORT")
        status = await host.done()
        host.hold("out", False)
        what = f"{job['name']}, aborted after {cycles} cycles and a little"
        answer = await host.answer(what) if status & registers.mask("STATUS", ["ANSWER"]) else []
        if status & registers.mask("STATUS", ["ABORTED"]):
            assert status & ~registers.mask("STATUS", ["ANSWER"]) == over, f"{what}: STATUS {status:#x}"
            parts = [job["output"][:n] + [BROKEN_OFF] for n in range(1, len(job["output"]))]
            assert answer in [[], *parts, job["output"]], f"{what}: expected part of {job['output']}, found {answer}"
            seen.add("answering" if answer else "silent")
        else:
            assert answer == job["output"], f"{what}, too late: expected {job['output']}, found {answer}"
        await next_job()
    assert seen == {"answering", "silent"}, f"aborted jobs were only {seen}"
    await RisingEdge(dut.aclk)
    await host.finish()
