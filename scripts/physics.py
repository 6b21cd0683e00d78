#!/usr/bin/env python3
"""Writes models/gutenberg/PHYSICS.md from the studies in build/ (see the commands it prints there).

usage: scripts/physics.py [BUILD] [OUT]
"""
import collections
import json
import pathlib
import shutil
import statistics
import sys

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
OUT = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "models/gutenberg")


def groups(study):
    """Figures of every combination of settings, one per seed."""
    rows = json.loads((BUILD / study / "results.json").read_text())
    by = collections.OrderedDict()
    for row in sorted(rows, key=lambda r: r["row"]):
        by.setdefault(tuple(row["settings"].values()), []).append(row["figures"])
    return by


def number(value):
    if value is None:
        return "beyond 1e308"
    if value >= 1e4:
        return f"{value:.1e}"
    return f"{value:.4g}" if value >= 100 or value < 10 else f"{value:.2f}"


def figure(runs, name, scale=1.0):
    values = [run and run.get(name) for run in runs]
    if any(v is None for v in values):
        return number(None)
    mean = number(scale * statistics.mean(values))
    if len(values) == 1 or max(values) == min(values):
        return mean
    return f"{mean} ± {scale * statistics.stdev(values):.2g}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" + "--:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def plain(study, names, figures=("ppl", "kl", "accuracy")):
    titles = {"ppl": "PPL", "kl": "KL, nats", "accuracy": "tokens right, %", "clip_rate": "clipped, %"}
    scale = {"accuracy": 100.0, "clip_rate": 100.0}
    rows = [
        [*(str(s).lower() if isinstance(s, bool) else s for s in settings),
         *(figure(runs, f, scale.get(f, 1.0)) for f in figures)]
        for settings, runs in groups(study).items()
    ]
    return table([*names, *(titles[f] for f in figures)], rows)


def aware():
    before = {s[0]: runs for s, runs in groups("study-presets").items()}
    rows = []
    for preset in ("milo2021", "li2019", "mnsim"):
        after = {s[0]: runs for s, runs in groups(f"study-aware-{preset}").items()}
        rows.append([preset, figure(before[preset], "ppl"), figure(after[preset], "ppl"),
                     figure(before["ideal"], "ppl"), figure(after["ideal"], "ppl")])
    return table(["trained further with", "PPL there before", "after", "on ideal cells before", "after"], rows)


def text(cells):
    return f"""# The committed model on devices that are not ideal

Written by `scripts/physics.py` from studies on the golden model, which the Verilog equals bit by bit with every effect below
(`tests/cosim_physics.rs`). Honest protocol, the first 100 sentences of `test.txt`; mean ± deviation over 5 seeds of programming, where
there are seeds. PPL on those sentences in floating point: 42.9; an interpolated bigram has 57.6 on the whole set.

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

{plain("study-cells", cells)}

## Wires
`hvae study configs/study-wires.toml --out build/study-wires`: ohms of a segment of word line and of bit line, on 128 x 128 cells of wan2022.

{plain("study-wires", ["ohm"])}

## Training that sees its cells
Six epochs from the committed model, with the weights that freshly programmed cells would hold in every forward pass (straight-through):
`hvae train --config configs/aware-milo2021.toml --data data/gutenberg --from models/gutenberg --out build/aware-milo2021` and its sisters, then
`hvae study` with `--model`.

{aware()}
"""


def main():
    cells = list(json.loads((BUILD / "study-cells" / "results.json").read_text())[0]["settings"])
    (OUT / "physics").mkdir(parents=True, exist_ok=True)
    for name, svg in (("adc", "study-adc/ppl-crossbar-adc_bits.svg"), ("drift", "study-drift/ppl-device-time_s.svg")):
        shutil.copy(BUILD / svg, OUT / "physics" / f"{name}.svg")
    (OUT / "PHYSICS.md").write_text(text(cells))


if __name__ == "__main__":
    main()
