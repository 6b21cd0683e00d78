#!/usr/bin/env python3
"""Is HSR-VAE ahead of TWR-VAE, and that ahead of VAE-LSTM? The same budget on the committed text, at equal sizes and at
equal numbers of weights, several seeds: models/gutenberg/CLAIM.md.

usage: scripts/claim.py HVAE RUNS [--seeds 3] [--epochs 15] [--out models/gutenberg]

Trains what RUNS does not hold yet (HVAE is target/release/hvae); interrupted, it goes on with the same command.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess

PER_STEP = "step_kl = 1.0\nlast_step_kl = 0.0\nkl_schedule = \"constant\"\nvalidate_on = \"paper\""
BOUND = "step_kl = 0.0\nlast_step_kl = 1.0\nkl_schedule = \"linear\"\nkl_warmup_epochs = 5.0\nvalidate_on = \"honest\""
# Name, name for people, cells, hidden units, objective, extra of [model].
MODELS = [
    ("vae-lstm-96", "VAE-LSTM, monotone annealing", ["lstm"], 96, BOUND, ""),
    ("vae-lstm-117", "the same, 117 units", ["lstm"], 117, BOUND, ""),
    ("twr-lstm-96", "TWR-VAE, LSTM", ["lstm"], 96, PER_STEP, ""),
    ("twr-lstm-117", "the same, 117 units", ["lstm"], 117, PER_STEP, ""),
    ("hsr-gru-gru-80", "HSR-VAE, GRU + GRU, 80 units", ["gru", "gru"], 80, PER_STEP, ""),
    ("hsr-gru-gru-96", "HSR-VAE, GRU + GRU", ["gru", "gru"], 96, PER_STEP, ""),
    ("hsr-top-down-96", "the same, z1 given z2 (HSR-B)", ["gru", "gru"], 96, PER_STEP, 'latent_from = "top-down"\n'),
    ("hsr-rnn-rnn-96", "HSR-VAE, RNN + RNN", ["rnn", "rnn"], 96, PER_STEP, ""),
    ("twr-rnn-96", "TWR-VAE, RNN", ["rnn"], 96, PER_STEP, ""),
]
CONFIG = """[model]
cells = {cells}
{extra}embedding = 64
hidden = {hidden}
latent = 16
vocabulary = 2000

[train]
seed = {seed}
epochs = {epochs}
batch = 64
shuffle = true
mask_pads = true
{objective}
embedding_dropout = 0.2
level_dropout = 0.2
output_dropout = 0.2
learning_rate = 3e-3
final_learning_rate = 0.05
adam_epsilon = 1e-8
weight_decay = 0.03
decay = "decoupled"
clip_norm = 5.0
"""
FIGURES = [("paper", "nll", 2), ("paper", "ppl", 2), ("paper", "kl", 2), ("honest", "nll", 2), ("honest", "ppl", 2),
           ("honest", "kl", 2), ("honest", "mi", 2), ("honest", "iwae_ppl", 2)]
HEAD = ["model", "weights", "A: NLL", "PPL", "KL", "B: NLL", "PPL", "KL", "MI", "IW PPL"]


def run(arguments, model, seed):
    """The last line of the metrics of a finished run, or None."""
    name, _, cells, hidden, objective, extra = model
    folder = arguments.runs / f"{name}-{seed}"
    metrics = folder / "metrics.jsonl"
    if not metrics.exists() or '"test"' not in metrics.read_text():
        config = arguments.runs / f"{name}-{seed}.toml"
        config.write_text(CONFIG.format(cells=json.dumps(cells), hidden=hidden, objective=objective, extra=extra, seed=seed, epochs=arguments.epochs))
        subprocess.run([arguments.hvae, "train", "--config", config, "--data", "data/gutenberg", "--out", folder], check=True)
    return json.loads(metrics.read_text().splitlines()[-1])["test"]


def weights(folder):
    raw = (folder / "model.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    return sum(math.prod(tensor["shape"]) for key, tensor in header.items() if key != "__metadata__")


def spread(values, digits):
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hvae", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("runs", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("models/gutenberg"))
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    tests = {model[0]: [] for model in MODELS}
    # A seed of every model before the next seed of any.
    for seed in range(1, arguments.seeds + 1):
        for model in MODELS:
            tests[model[0]].append(run(arguments, model, seed))
    rows = [HEAD]
    for name, title, *_ in MODELS:
        figures = [spread([test[by][key] for test in tests[name]], digits) for by, key, digits in FIGURES]
        rows.append([title, f"{weights(arguments.runs / f'{name}-1'):,}", *figures])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    table = "\n".join([lines[0], "|---|" + "--:|" * (len(HEAD) - 1), *lines[1:]])
    file, begin, end = arguments.out / "CLAIM.md", "<!-- table -->", "<!-- end -->"
    before, rest = file.read_text().split(begin)
    file.write_text(f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}")


if __name__ == "__main__":
    main()
