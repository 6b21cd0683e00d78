#!/usr/bin/env python3
"""How runs use z: its KL in training and its mutual information with the sentence in validation, epoch by epoch.

usage: scripts/curves.py OUT NAME=MODEL_FOLDER ...     writes OUT/kl.svg and OUT/mi.svg
"""
import json
import math
import pathlib
import sys

COLOURS = ["#888888", "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b"]
FIGURES = [
    ("kl.svg", "KL of z in training, nats", lambda line: line["last_kl"]),
    ("mi.svg", "mutual information of sentence and z, validation, nats", lambda line: line["valid"]["mi"]),
]


def chart(title, runs):
    """An SVG with a line per run: name to a number per epoch."""
    most = max(max(values) for values in runs.values()) or 1.0
    least = min(min(values) for values in runs.values())
    # Numbers that are all large are told apart only without the room below them.
    least = math.floor(least) if most / 2 < least < most else 0.0
    epochs = max(len(values) for values in runs.values())
    width, height, left, top = 640, 360, 60, 40

    def x(epoch):
        return left + (width - left - 150) * (epoch - 1) / max(epochs - 1, 1)

    def y(value):
        return height - 40 - (height - 40 - top) * (value - least) / (most - least)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{left}" y="20" font-size="14">{title}</text>',
    ]
    for i in range(5):
        value = least + (most - least) * i / 4
        parts.append(f'<line x1="{left}" x2="{x(epochs):.1f}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.1f}</text>')
    for epoch in range(1, epochs + 1, max(1, epochs // 12)):
        parts.append(f'<text x="{x(epoch):.1f}" y="{height - 20}" text-anchor="middle">{epoch}</text>')
    parts.append(f'<text x="{(left + x(epochs)) / 2:.1f}" y="{height - 4}" text-anchor="middle">epoch</text>')
    for i, (name, values) in enumerate(runs.items()):
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in enumerate(values, 1))
        colour = COLOURS[i % len(COLOURS)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{x(epochs) + 12:.1f}" y="{top + 18 * i + 8}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write(out, runs, figures=FIGURES):
    """`runs`: name to the lines of a metrics.jsonl; those without an epoch are left out."""
    epochs = {name: [line for line in lines if "epoch" in line] for name, lines in runs.items()}
    for file, title, figure in figures:
        drawn = {name: [figure(line) for line in lines] for name, lines in epochs.items() if lines}
        (out / file).write_text(chart(title, drawn))


def main():
    out = pathlib.Path(sys.argv[1])
    runs = dict(pair.split("=", 1) for pair in sys.argv[2:])
    read = {name: (pathlib.Path(folder) / "metrics.jsonl").read_text().splitlines() for name, folder in runs.items()}
    out.mkdir(parents=True, exist_ok=True)
    write(out, {name: [json.loads(line) for line in lines] for name, lines in read.items()})


if __name__ == "__main__":
    main()
