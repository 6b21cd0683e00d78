#!/usr/bin/env python3
"""Two channels of waves in noise whose strength follows the second one, with the frame that comes next: data/signal.

usage: scripts/signal.py [OUT]

The seed and the sizes stand here: the same files every time.
"""
import math
import pathlib
import random
import sys

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/signal")
SEED = 11
SEQUENCES = {"train": 120, "valid": 24, "test": 24}
STEPS = 40
QUIET, LOUD = 0.05, 0.4


def frames(draw):
    """One more frame than there are steps: a fast and a slower wave, and a slow one, which is loud where it is positive."""
    fast, middle, slow = draw.uniform(0.5, 0.9), draw.uniform(0.2, 0.4), draw.uniform(0.1, 0.2)
    phases = [draw.uniform(0, math.tau) for _ in range(3)]
    for t in range(STEPS + 1):
        wave = math.sin(slow * t + phases[2])
        deviation = LOUD if wave > 0 else QUIET
        first = 0.8 * math.sin(fast * t + phases[0]) + 0.5 * math.sin(middle * t + phases[1])
        yield first + deviation * draw.gauss(0, 1), wave + QUIET * draw.gauss(0, 1)


def main():
    draw = random.Random(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    for part, count in SEQUENCES.items():
        sequences = []
        for _ in range(count):
            made = [f"{a:.3f},{b:.3f}" for a, b in frames(draw)]
            sequences.append("".join(f"{now},{then}\n" for now, then in zip(made, made[1:])))
        (OUT / f"{part}.csv").write_text("\n".join(sequences))


main()
