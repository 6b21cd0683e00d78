#!/usr/bin/env python3
"""Writes models/gutenberg/PHYSICS.md from the studies in build/ (see the commands it prints there).

usage: scripts/physics.py [BUILD] [OUT]
"""
import pathlib
import shutil
import sys

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
OUT = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "models/gutenberg")
TITLES = {"ppl": "PPL", "kl": "KL, nats", "accuracy": "share of tokens right", "clip_rate": "share clipped"}


def rows(study):
    """The lines of a study's summary.md: name of the column to text."""
    lines = (BUILD / study / "summary.md").read_text().splitlines()
    head, _, *body = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines)
    return [dict(zip(head, line, strict=True)) for line in body]


def table(head, lines):
    lines = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" + "--:|" * (len(head) - 1), *lines])


def plain(study, names, figures=("ppl", "kl", "accuracy")):
    """What was varied, under names for people, and some of the figures."""
    found = rows(study)
    varied = list(found[0])[: len(names)]
    lines = [[*(row[key] for key in varied), *(row[figure] for figure in figures)] for row in found]
    return table([*names, *(TITLES[figure] for figure in figures)], lines)


def ppl(study, *keys):
    """PPL by what was varied."""
    return {tuple(row[key] for key in keys): row["ppl"] for row in rows(study)}


def aware():
    key = "device.preset"
    before, columns = ppl("study-presets", key), ppl("study-columns", key)
    lines = []
    for preset in ("milo2021", "li2019", "mnsim"):
        after, both = ppl(f"study-aware-{preset}", key), ppl(f"study-both-{preset}", key)
        p = (preset,)
        lines.append([preset, before[p], columns[p], after[p], both[p], after[("ideal",)]])
    for preset in ("wan2022", "pcm"):
        lines.append([preset, before[(preset,)], columns[(preset,)], "", "", ""])
    head = ["devices", "PPL as it is", "columns calibrated", "trained further", "both", "trained further, on ideal cells"]
    return table(head, lines)


def ranges():
    bits, of, encoding = "crossbar.adc_bits", "crossbar.adc_range_of", "crossbar.encoding"
    fixed, fitted, trained = ppl("study-adc", bits, encoding), ppl("study-ranges", bits, of), ppl("study-aware-adc5", bits, encoding)
    lines = []
    for width in sorted({width for width, _ in fitted}):
        each = [fitted[(width, shared)] for shared in ("network", "matrix", "tile")]
        lines.append([width, fixed.get((width, "differential"), ""), *each, trained.get((width, "differential"), "")])
    return table(["bits", "PPL, steps of one level", "one range", "one a matrix", "one a tile", "trained further with 5 bits"], lines)


def faults():
    share, spare = "device.stuck_on, device.stuck_off", "crossbar.spare_columns"
    found, moved = ppl("study-faults", share), ppl("study-dodge", share, spare)
    lines = [[key, found[(key,)], moved[(key, "0")], moved[(key, "2")]] for (key,) in found]
    return table(["share", "PPL as they lie", "moved", "moved, 2 of 16 places spare"], lines)


def text():
    return f"""# The committed model on devices that are not ideal

Written by `scripts/physics.py` from studies on the golden model, which the Verilog equals bit by bit with every effect below
(`tests/cosim_physics.rs`). Honest protocol, the first 100 sentences of `test.txt`; mean ± deviation over 5 seeds of programming, where
there are seeds; `-` where PPL is beyond all numbers.

## Published devices
`hvae study configs/study-presets.toml --out build/study-presets`; sources of every number in `src/crossbar/presets.rs`.

{plain("study-presets", ["preset"])}

## Bits of the converters
`hvae study configs/study-adc.toml --out build/study-adc`. Tiles of 128 rows of 2-bit cells need 9 bits to lose nothing whatever the weights;
these weights lose nothing with 7. An offset column costs one bit more than pairs.

{plain("study-adc", ["bits", "encoding"], ("ppl", "kl", "clip_rate"))}

![PPL against bits](physics/adc.svg)

Narrow converters want another step. `hvae study configs/study-ranges.toml --out build/study-ranges` fits it (a power of two) on eight
sentences that the model writes itself; `hvae train --config configs/aware-adc5.toml --data data/gutenberg --from models/gutenberg
--out build/aware-adc5` trains three epochs with the clipping converter in the forward pass instead, measured by
`hvae study configs/study-adc.toml --model build/aware-adc5 --out build/study-aware-adc5`.

{ranges()}

Columns that would give more than half of what they can, stored as what is missing (`flip`, ISAAC's encoding), make an 8-bit converter lossless
for any weights where 9 bits were needed: `hvae study configs/study-flip.toml --out build/study-flip`. What these weights need, 7 bits, does not change:
with an offset, columns of trained weights lie about the middle of their range anyway.

{plain("study-flip", ["bits", "flipped"], ("ppl", "clip_rate"))}

## Noise of reading
`hvae study configs/study-noise.toml --out build/study-noise`: deviation of a comparator in steps of a 9-bit converter, and of a cell's current as
a share of it. Little noise does much harm: shift-and-add multiplies that of the highest slice in the highest phase by 2^13.

{plain("study-noise", ["cell", "comparator"])}

A range that begins below 0 (`adc_zero` steps) makes it worse, not better: cutting at 0 takes away half of the noise of small sums, and what
it does to their mean is the same in both columns of a pair: `hvae study configs/study-zero.toml --out build/study-zero`.

{plain("study-zero", ["steps below 0", "comparator"])}

## Drift of phase-change memory
`hvae study configs/study-drift.toml --out build/study-drift`; compensation is one gain for the converters of a matrix.

{plain("study-drift", ["compensated", "seconds"])}

![PPL against time](physics/drift.svg)

## Faulty cells
`hvae study configs/study-faults.toml --out build/study-faults`: this share of cells stuck at the highest level, and as many at the lowest.

`hvae study configs/study-dodge.toml --out build/study-dodge`: every weight on the place of its tile where stuck cells do the least harm. Moving alone
wins nothing: eight cells a weight and 128 rows leave no good places. Two spare places of sixteen win more than half of the loss up to 1 % of stuck cells.

{faults()}

## Bits of a cell
`hvae study configs/study-cells.toml --out build/study-cells`.

{plain("study-cells", ["bits a cell", "preset"])}

## Wires
`hvae study configs/study-wires.toml --out build/study-wires`: ohms of a segment of word line and of bit line, on 128 x 128 cells of wan2022.

{plain("study-wires", ["driven", "ohm"])}

## What is won back
*Columns calibrated*: a gain and an offset for every output, fitted after programming on 64 sentences that the model writes itself
(`calibrate_columns`; `hvae study configs/study-columns.toml --out build/study-columns`). *Trained further*: six epochs from the committed
model with the weights that freshly programmed cells would hold in every forward pass (straight-through):
`hvae train --config configs/aware-milo2021.toml --data data/gutenberg --from models/gutenberg --out build/aware-milo2021` and its sisters, then
`hvae study configs/study-presets.toml --model build/aware-milo2021 --out build/study-aware-milo2021`, and *both*:
`hvae study configs/study-columns.toml --model build/aware-milo2021 --out build/study-both-milo2021`.

{aware()}
"""


def main():
    (OUT / "physics").mkdir(parents=True, exist_ok=True)
    for name, svg in (("adc", "study-adc/ppl-crossbar-adc_bits.svg"), ("drift", "study-drift/ppl-device-time_s.svg")):
        shutil.copy(BUILD / svg, OUT / "physics" / f"{name}.svg")
    (OUT / "PHYSICS.md").write_text(text())


if __name__ == "__main__":
    main()
