# SPDX-License-Identifier: Apache-2.0
"""Compiles a build folder for cocotb with Verilator and plays the tests of bus.py on it, once for each run:

    python run.py BUILD RUNS GOLDEN

RUNS: JSON, a list of {"fault": plusarg or null, "tests": names}. GOLDEN: a file with jobs and what the
golden model says of them. VERILATOR names the compiler. Prints one JSON object a run: the tests that
were played, and what each that failed says. Exit status 0 whatever they say, 1 it could not be played.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import cocotb_tools.config
from cocotb_tools.runner import get_runner
from peakrdl_ipxact import IPXACTImporter
from systemrdl import RDLCompiler
from systemrdl.node import FieldNode, RegNode

HERE = Path(__file__).resolve().parent


def registers(component):
    """The registers of an IP-XACT component, as SystemRDL's importer sees them."""
    compiler = RDLCompiler()
    IPXACTImporter(compiler).import_file(str(component))
    table = {}
    for node in compiler.elaborate().top.descendants(in_post_order=False):
        if isinstance(node, RegNode):
            fields = {}
            table[node.inst_name] = {"offset": node.absolute_address, "fields": fields}
        elif isinstance(node, FieldNode):
            reset = node.get_property("reset")
            fields[node.inst_name] = {
                "mask": (1 << node.width) - 1 << node.low,
                "reset": None if reset is None else reset << node.low,
                "access": node.get_property("sw").name,
            }
    return table


PORTS = "aclk aresetn s_axil_* s_axis_* m_axis_* irq".split()


def compiled(build, folder, top="hvae_top", ports=PORTS, parameters=()):
    """The design with cocotb's library; only its ports can be seen. Nothing is optimised: it compiles for
    longer than it runs."""
    control = "".join(f'public_flat_rw -module "{top}" -var "{port}"\n' for port in ports)
    (folder / "ports.vlt").write_text("`verilator_config\n" + control)
    libraries = cocotb_tools.config.libs_dir
    command = [
        os.environ["VERILATOR"], "--cc", "--exe", "--build", "-j", "2", "--vpi", "--prefix", "Vtop",
        "--timescale", "1ns/1ps", "--timing", "--top-module", top, "-o", top, "--Mdir", folder, *parameters,
        "-MAKEFLAGS", "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0",
        "-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include PYTHON3=python3",
        "-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator",
        "-f", "design.f", folder / "ports.vlt", cocotb_tools.config.share_dir / "lib/verilator/verilator.cpp",
    ]  # fmt: skip
    done = subprocess.run([str(c) for c in command], cwd=build, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{done.stdout}{done.stderr}")


def played(build, folder, given, run):
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    log = folder / "run.log"
    get_runner("verilator").test(
        hdl_toplevel="hvae_top", hdl_toplevel_lang="verilog", test_module="bus", build_dir=folder, test_dir=build,
        results_xml=str(results), log_file=log, plusargs=[f"+{run['fault']}"] if run["fault"] else [],
        test_filter="|".join(rf"\.{test}$" for test in run["tests"]),
        extra_env={
            "PYTHONPATH": str(HERE), "HVAE_GIVEN": str(given), "COCOTB_LOG_LEVEL": "WARNING",
            # The library warns of itself; and messages stand in the tests, which rewritten slow down.
            "PYTHONWARNINGS": "ignore", "COCOTB_REWRITE_ASSERTION_FILES": "",
        },
    )  # fmt: skip
    if not results.exists():
        sys.exit(f"{run}: no results; {log.read_text()[-2000:]}")
    said = {}
    for case in ElementTree.parse(results).iter("testcase"):
        failure = case.find("failure")
        if failure is None:
            failure = case.find("error")
        words = None if failure is None else f"{failure.get('message') or ''}\n{failure.text or ''}"
        said[case.get("name").rsplit(".")[-1]] = words
    return said


def main():
    build, golden = Path(sys.argv[1]).resolve(), Path(sys.argv[3])
    folder = build / "interop"
    folder.mkdir(exist_ok=True)
    given = folder / "given.json"
    table = registers(build / "component.xml")
    given.write_text(json.dumps({"registers": table, "jobs": json.loads(golden.read_text())}))
    started = time.monotonic()
    compiled(build, folder)
    print(f"compiled in {time.monotonic() - started:.1f} s", file=sys.stderr)
    for run in json.loads(sys.argv[2]):
        started = time.monotonic()
        said = played(build, folder, given, run)
        seconds = round(time.monotonic() - started, 1)
        print(json.dumps({"fault": run["fault"], "seconds": seconds, "said": said}), flush=True)


if __name__ == "__main__":
    main()
