#!/usr/bin/env python3
"""Table and curves of the runs on the Penn Treebank, from their model folders: models/ptb.

usage: scripts/ptb.py RUNS [OUT]
       scripts/ptb.py --pace HVAE PTB [OUT]
       scripts/ptb.py --pairs RUNS

RUNS/<name> is what `hvae train --config configs/ptb/<name>.toml` wrote, with RUNS/<name>/iwae.json if there is one: what
`hvae eval RUNS/<name> --data PTB --on float --protocol honest --iwae 500 --json RUNS/<name>/iwae.json` wrote.
With --pairs: which of two runs is ahead on the test sentences, by a paired bootstrap over them, of the runs with
RUNS/<name>/losses.tsv, which `hvae eval RUNS/<name> --data PTB --on float --protocol padded,paper,honest --losses
RUNS/<name>/losses.tsv` wrote. Printed as a table.
With --pace: how long each run takes on this machine, all cores and nothing beside it, from the tokens a second of 20 updates:
OUT/pace.json, which the table shows.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import bootstrap
import curves

ARGUMENTS = sys.argv[1:]
PAIRS = ARGUMENTS[:1] == ["--pairs"]
OF_PACE = 3 if ARGUMENTS[:1] == ["--pace"] else 1
if len(ARGUMENTS) not in ((2,) if PAIRS else (OF_PACE, OF_PACE + 1)):
    sys.exit(__doc__.strip())
RUNS = pathlib.Path(ARGUMENTS[1 if PAIRS else 0])
OUT = pathlib.Path(ARGUMENTS[OF_PACE] if len(ARGUMENTS) > OF_PACE else "models/ptb")
PACE = OUT / "pace.json"
# Of the bound that `hvae train` ends with.
SAMPLES = 100
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
# Who should be behind, who ahead.
CLAIMS = [
    ("vae-lstm", "twr-lstm"),
    ("vae-lstm", "cyc-lstm"),
    ("twr-lstm", "hsr-gru-gru"),
    ("twr-lstm", "hsr-lstm-lstm"),
    ("hsr-lstm-lstm", "hsr-gru-gru"),
]
RESAMPLED = 10000
CURVES = ["plain-lstm", "vae-lstm", "cyc-lstm", "twr-lstm", "hsr-gru-gru", "hsr-lstm-lstm", "hsr-rnn-rnn"]
FIGURES = [("nll.svg", "NLL of the validation sentences, protocol A, nats", lambda line: line["valid"]["nll"]), *curves.FIGURES]
HEAD = ["model", "A: NLL", "PPL", "KL", "MI", "B: NLL", "PPL", "KL", "MI", "IW NLL", "IW PPL", "samples", "published", "weights, epochs, seed", "minutes"]


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
        return [title, f"({len(found)} epochs done)"] + [""] * (len(HEAD) - 2)
    test, epochs = found[-1]["test"], len(found) - 1
    seed = tomllib.loads((RUNS / name / "model.toml").read_text())["train"]["seed"]
    paper, honest = test["paper"], test["honest"]
    bound = RUNS / name / "iwae.json"
    weighted = json.loads(bound.read_text())["rows"][0] if bound.exists() else honest
    minutes = json.loads(PACE.read_text())["minutes"].get(name) if PACE.exists() else None
    return [
        title,
        *(f"{paper[key]:.2f}" for key in ("nll", "ppl", "kl", "mi")),
        *(f"{honest[key]:.2f}" for key in ("nll", "ppl", "kl", "mi")),
        *(f"{weighted[key]:.2f}" for key in ("iwae_nll", "iwae_ppl")),
        str(weighted.get("iwae_samples", SAMPLES)),
        " / ".join(str(number) for number in published) if published else "",
        f"{parameters(name) / 1e6:.1f} M, {epochs}, {seed}",
        f"{minutes:.0f}" if minutes else "",
    ]


def table():
    body = [row(*model) for model in MODELS if lines(model[0])]
    text = ["| " + " | ".join(cells) + " |" for cells in [HEAD, *body]]
    return "\n".join([text[0], "|---|" + "--:|" * (len(HEAD) - 1), *text[1:]])


def pace(hvae, data):
    """Minutes of a run of every model, by the tokens a second of its updates."""
    text = next(pathlib.Path(data).glob("*train.txt")).read_text()
    tokens = sum(len(line.split()) + 1 for line in text.splitlines() if line.strip())
    minutes, threads = {}, None
    with tempfile.TemporaryDirectory() as folder:
        figures = pathlib.Path(folder) / "figures.json"
        for name, _, _ in MODELS:
            config = f"configs/ptb/{name}.toml"
            train = tomllib.loads(pathlib.Path(config).read_text())["train"]
            if train.get("lagging_steps"):
                continue  # Its encoder has updates of its own, as many as it needs.
            subprocess.run([hvae, "bench", "--train", config, "--data", data, "--json", figures], check=True)
            (row,) = json.loads(figures.read_text())["rows"]
            threads = row["threads"]
            minutes[name] = round(train["epochs"] * tokens / row["value"] / 60, 1)
    PACE.write_text(json.dumps({"cores": threads, "minutes": minutes}, indent=1) + "\n")


def pairs():
    """A row for each claim and protocol whose losses are there."""
    titles = {name: title for name, title, _ in MODELS}
    print("| behind | ahead | protocol | NLL, nats a sentence | 95 % of resampled means | below 0 |\n|---|---|---|--:|--:|--:|")
    for behind, ahead in CLAIMS:
        files = [RUNS / name / "losses.tsv" for name in (behind, ahead)]
        if not all(file.exists() for file in files):
            continue
        measured = {line.split("\t")[1] for line in files[0].read_text().splitlines()[1:]}
        for protocol in (protocol for protocol in ("padded", "paper", "honest") if protocol in measured):
            mean, low, high, below = bootstrap.compare(*files, "float", protocol, RESAMPLED)["nll"]
            print(f"| {titles[behind]} | {titles[ahead]} | {protocol} | {mean:+.2f} | {low:+.2f} to {high:+.2f} | {100 * below:.1f} % |")


def main():
    if PAIRS:
        return pairs()
    if OF_PACE > 1:
        return pace(*ARGUMENTS[1:3])
    OUT.mkdir(parents=True, exist_ok=True)
    for name, _, _ in MODELS:
        found = lines(name)
        if found and "test" in found[-1]:
            (OUT / f"{name}.jsonl").write_text((RUNS / name / "metrics.jsonl").read_text())
    curves.write(OUT, {name: lines(name) for name in CURVES}, FIGURES)
    readme = OUT / "README.md"
    begin, end = "<!-- table -->", "<!-- end -->"
    text = readme.read_text()
    before, rest = text.split(begin)
    readme.write_text(f"{before}{begin}\n{table()}\n{end}{rest.split(end)[1]}")


if __name__ == "__main__":
    main()
