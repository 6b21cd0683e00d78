#!/usr/bin/env python3
"""Table and curves of the runs on the Penn Treebank, from their model folders: models/ptb.

usage: scripts/ptb.py RUNS [OUT]     RUNS/<name> is what `hvae train --config configs/ptb/<name>.toml` wrote
"""
import json
import math
import pathlib
import sys
import tomllib

import curves

RUNS = pathlib.Path(sys.argv[1])
OUT = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "models/ptb")
# Name of the run, name for people, published NLL, PPL, KL (Hu & Yang 2023, Table 2).
MODELS = [
    ("plain-lstm", "VAE-LSTM, no annealing", None),
    ("vae-lstm", "VAE-LSTM, monotone annealing", (101.2, 101.4, 0.0)),
    ("vae-lstm-wide", "the same, 280 units", None),
    ("cyc-lstm", "VAE-LSTM, cyclical annealing", (102.8, 109.0, 1.4)),
    ("bn-lstm", "BN-VAE", (100.2, 96.9, 7.2)),
    ("lag-lstm", "lagging inference", (100.9, 99.8, 7.2)),
    ("twr-lstm", "TWR-VAE, LSTM", (86.6, 40.9, 5.0)),
    ("twr-lstm-wide", "the same, 280 units", None),
    ("twr-lstm-mean", "TWR-VAE, LSTM, mean of all z", None),
    ("hsr-rnn-rnn", "HSR-VAE, RNN + RNN", None),
    ("hsr-lstm-lstm", "HSR-VAE, LSTM + LSTM", None),
    ("hsr-gru-gru", "HSR-VAE, GRU + GRU", (79.4, 30.2, 9.1)),
]
CURVES = ["plain-lstm", "vae-lstm", "cyc-lstm", "twr-lstm", "hsr-gru-gru"]


def lines(name):
    file = RUNS / name / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def parameters(name):
    raw = (RUNS / name / "model.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    return sum(math.prod(tensor["shape"]) for key, tensor in header.items() if key != "__metadata__")


def row(name, title, published):
    found = lines(name)
    if not found or "test" not in found[-1]:
        done = f"{len(found)} epochs done" if found else "not begun"
        return [title, f"({done})"] + [""] * 11
    test, epochs = found[-1]["test"], len(found) - 1
    seed = tomllib.loads((RUNS / name / "model.toml").read_text())["train"]["seed"]
    paper, honest = test["paper"], test["honest"]
    return [
        title,
        *(f"{paper[key]:.2f}" for key in ("nll", "ppl", "kl", "mi")),
        *(f"{honest[key]:.2f}" for key in ("nll", "ppl", "kl", "mi", "iwae_nll", "iwae_ppl")),
        " / ".join(str(number) for number in published) if published else "",
        f"{parameters(name) / 1e6:.1f} M, {epochs}, {seed}",
    ]


def table():
    head = ["model", "A: NLL", "PPL", "KL", "MI", "B: NLL", "PPL", "KL", "MI", "IW NLL", "IW PPL", "published", "weights, epochs, seed"]
    body = [row(*model) for model in MODELS]
    text = ["| " + " | ".join(cells) + " |" for cells in [head, *body]]
    return "\n".join([text[0], "|---|" + "--:|" * (len(head) - 1), *text[1:]])


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, _, _ in MODELS:
        found = lines(name)
        if found and "test" in found[-1]:
            (OUT / f"{name}.jsonl").write_text((RUNS / name / "metrics.jsonl").read_text())
    curves.write(OUT, {name: lines(name) for name in CURVES})
    readme = OUT / "README.md"
    begin, end = "<!-- table -->", "<!-- end -->"
    text = readme.read_text()
    before, rest = text.split(begin)
    readme.write_text(f"{before}{begin}\n{table()}\n{end}{rest.split(end)[1]}")


if __name__ == "__main__":
    main()
