#!/usr/bin/env python3
"""Training updates of ours and of PyTorch on the same model and sentences, by turns.

usage: scripts/compare_pytorch.py HVAE [CONFIG ...]     (needs torch and safetensors)

Sentences are random words, 21 each on average as on the Penn Treebank, so nothing but the sizes matters.
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pytorch"))
import hsr_vae  # noqa: E402

UPDATES, ROUNDS = 8, 5


def text(words, batch):
    draw = random.Random(1)
    names = [f"w{i}" for i in range(words - 4)]
    # Every word once, so that both sides find the whole vocabulary; then whatever fills the batches.
    every = [names[i : i + 21] for i in range(0, len(names), 21)]
    drawn = [draw.choices(names, k=draw.randint(11, 31)) for _ in range((UPDATES + 1) * batch)]
    return "".join(" ".join(line) + "\n" for line in drawn + every)


def torch_pace(config, file):
    model, train = config["model"], config["train"]
    names = hsr_vae.vocabulary(file, model["vocabulary"])
    data = hsr_vae.sentences(file, {word: i for i, word in enumerate(names)})
    net = hsr_vae.HsrVae(model).train()
    optimiser = hsr_vae.optimiser_of(net, train)
    tokens = 0
    for update in range(UPDATES + 1):
        if update == 1:
            tokens, started = 0, time.perf_counter()
        chosen = hsr_vae.batch_of(data[update * train["batch"] : (update + 1) * train["batch"]])
        hsr_vae.update(net, optimiser, *chosen, train)
        tokens += int(chosen[1].sum()) - len(chosen[1])
    return tokens / (time.perf_counter() - started)


def our_pace(hvae, config, file, threads):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        words = ["bench", "--train", config, "--data", str(file), "--updates", str(UPDATES), "--json", out.name]
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        subprocess.run([hvae, *words], check=True, stdout=subprocess.DEVNULL, env=environment)
        return json.loads(Path(out.name).read_text())["rows"][0]["value"]


def main():
    hvae, *configs = sys.argv[1:]
    print(f"PyTorch {torch.__version__}; tokens/s, median of {ROUNDS}")
    print(f"{'configuration':<32} {'ours, 1':>8} {'torch, 1':>8} {'ratio':>6} {'ours, 2':>8} {'torch, 2':>8} {'ratio':>6}  (threads)")
    for name in configs or ["configs/gutenberg.toml", "configs/ptb/hsr-gru-gru.toml", "configs/ptb/vae-lstm.toml"]:
        config = tomllib.loads(Path(name).read_text())
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sentences.txt"
            file.write_text(text(config["model"]["vocabulary"], config["train"]["batch"]))
            ours, theirs = {1: [], 2: []}, {1: [], 2: []}
            for _ in range(ROUNDS):
                for threads in (1, 2):
                    torch.set_num_threads(threads)
                    ours[threads].append(our_pace(hvae, name, file, threads))
                    theirs[threads].append(torch_pace(config, file))
        line = f"{name:<32}"
        for threads in (1, 2):
            mine, other = statistics.median(ours[threads]), statistics.median(theirs[threads])
            line += f" {mine:>8.0f} {other:>8.0f} {mine / other:>6.2f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
