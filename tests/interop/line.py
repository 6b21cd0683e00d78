# SPDX-License-Identifier: Apache-2.0
"""The serial line of a board at the hands of others (cocotbext-uart). Compiles a build folder and plays `sentences`:

    python line.py BUILD GIVEN

GIVEN: JSON, {"typed": lines, "said": text}. VERILATOR names the compiler. Prints what the test says of it, `None` where all
is well. Inside the simulator it is the test.
"""

import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer, with_timeout
from cocotbext.uart import UartSink, UartSource

DIVISOR = 8
PERIOD_NS = 40


@cocotb.test()
async def sentences(dut):
    """Every line is typed when the board asks for it, as the model of a line types; all that it says is read back."""
    given = json.loads(Path(os.environ["HVAE_GIVEN"]).read_text())
    baud = 1_000_000_000 // (DIVISOR * PERIOD_NS)
    dut.btn_pwr_n.value = 1
    source, sink = UartSource(dut.ftdi_txd, baud=baud), UartSink(dut.ftdi_rxd, baud=baud)
    Clock(dut.clk_25mhz, PERIOD_NS, "ns").start()
    said = b""

    async def prompt():
        nonlocal said
        while True:
            said += bytes(await sink.read())
            if said.endswith(b"\r\n> "):
                return

    await with_timeout(prompt(), 50, "ms")
    for line in given["typed"]:
        await source.write(line.encode() + b"\r")
        await source.wait()
        await with_timeout(prompt(), 50, "ms")
    await Timer(20 * DIVISOR * PERIOD_NS, "ns")
    said += bytes(sink.read_nowait())
    assert said.decode() == given["said"], f"expected {given['said']!r}, found {said.decode()!r}"


def main():
    from cocotb_tools.runner import get_runner

    from run import HERE, compiled

    build, given = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    folder = build / "line"
    folder.mkdir(exist_ok=True)
    ports = ["clk_25mhz", "btn_pwr_n", "ftdi_txd", "ftdi_rxd", "led"]
    compiled(build, folder, "hvae_ulx3s", ports, [f"-GDivisor={DIVISOR}"])
    results = folder / "results.xml"
    search = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    get_runner("verilator").test(
        hdl_toplevel="hvae_ulx3s", hdl_toplevel_lang="verilog", test_module="line", build_dir=folder, test_dir=build,
        results_xml=str(results), log_file=folder / "run.log",
        extra_env={
            "PYTHONPATH": search, "HVAE_GIVEN": str(given), "COCOTB_LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore", "COCOTB_REWRITE_ASSERTION_FILES": "",
        },
    )  # fmt: skip
    for case in ElementTree.parse(results).iter("testcase"):
        failure = next((f for f in (case.find("failure"), case.find("error")) if f is not None), None)
        print(None if failure is None else f"{failure.get('message') or ''} {failure.text or ''}")


if __name__ == "__main__":
    main()
