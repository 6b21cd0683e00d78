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


def aware():
    def ppl(study):
        return {row["device.preset"]: row["ppl"] for row in rows(study)}

    before = ppl("study-presets")
    after = {preset: ppl(f"study-aware-{preset}") for preset in ("milo2021", "li2019", "mnsim")}
    lines = [[p, before[p], after[p][p], before["ideal"], after[p]["ideal"]] for p in after]
    return table(["trained further with", "PPL there before", "after", "on ideal cells before", "after"], lines)


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

{plain("study-faults", ["share"])}

## Bits of a cell
`hvae study configs/study-cells.toml --out build/study-cells`.

{plain("study-cells", ["bits a cell", "preset"])}

## Wires
`hvae study configs/study-wires.toml --out build/study-wires`: ohms of a segment of word line and of bit line, on 128 x 128 cells of wan2022.

{plain("study-wires", ["ohm"])}

## Training that sees its cells
Six epochs from the committed model, with the weights that freshly programmed cells would hold in every forward pass (straight-through):
`hvae train --config configs/aware-milo2021.toml --data data/gutenberg --from models/gutenberg --out build/aware-milo2021` and its sisters, then
`hvae study configs/study-presets.toml --model build/aware-milo2021 --out build/study-aware-milo2021`.

{aware()}
"""


def main():
    (OUT / "physics").mkdir(parents=True, exist_ok=True)
    for name, svg in (("adc", "study-adc/ppl-crossbar-adc_bits.svg"), ("drift", "study-drift/ppl-device-time_s.svg")):
        shutil.copy(BUILD / svg, OUT / "physics" / f"{name}.svg")
    (OUT / "PHYSICS.md").write_text(text())


if __name__ == "__main__":
    main()
