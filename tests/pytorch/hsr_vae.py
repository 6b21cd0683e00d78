#!/usr/bin/env python3
"""HSR-VAE in PyTorch: a second opinion on ours, and the road from PyTorch to hardware.

    hsr_vae.py train CONFIG DATA OUT [--epochs N]    fit it: state.safetensors, vocab.txt and samples.npz in OUT
    hsr_vae.py eval MODEL FILE                       paper protocol of a model folder of ours
    hsr_vae.py samples MODEL FILE OUT.npz            what it makes of the first sentences, for `hvae import --check`

Needs torch, numpy and safetensors. The modules are torch.nn's own, under the names that `hvae import` takes, so the state
dict of either side is the other's:

    hvae import OUT/state.safetensors --config CONFIG --vocab OUT/vocab.txt --check OUT/samples.npz --out models/mine
"""

import argparse
import re
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import cross_entropy, dropout

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
PAD, UNK, SOS, EOS = range(4)


def kl_of(mean, log_variance):
    """KL to the standard normal, summed over the dimensions."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1)


class Moments(nn.Module):
    def __init__(self, reads, latent):
        super().__init__()
        self.mean = nn.Linear(reads, latent)
        self.log_variance = nn.Linear(reads, latent)

    def forward(self, x):
        return self.mean(x), self.log_variance(x)


class HsrVae(nn.Module):
    """A stack of recurrent levels, moments of a latent state at every step of each, z of the last steps, and a decoder
    stack that reads z with every token."""

    def __init__(self, model):
        super().__init__()
        words, embedding, hidden, latent = (model[key] for key in ("vocabulary", "embedding", "hidden", "latent"))
        self.kinds, self.latent_from = model["cells"], model.get("latent_from", "both")
        z = latent * (1 if self.latent_from == "top" else len(self.kinds))
        self.enc_embed, self.dec_embed = nn.Embedding(words, embedding), nn.Embedding(words, embedding)
        for level, kind in enumerate(self.kinds, 1):
            below = embedding if level == 1 else hidden
            setattr(self, f"enc{level}", CELLS[kind](below, hidden, batch_first=True))
            setattr(self, f"q{level}", Moments(hidden, latent))
            setattr(self, f"init{level}", nn.Linear(z, hidden, bias=False))
            setattr(self, f"dec{level}", CELLS[kind](below + z if level == 1 else below, hidden, batch_first=True))
            if self.latent_from == "top-down" and level < len(self.kinds):
                above = latent * (len(self.kinds) - level)
                setattr(self, f"q{level}_given_z{level + 1}", Moments(hidden + above, latent))
        self.vocab = nn.Linear(hidden, words)

    def levels(self, name):
        return [getattr(self, f"{name}{level}") for level in range(1, len(self.kinds) + 1)]

    def encode(self, tokens, drop=(0.0, 0.0)):
        """Means and log-variances of every level [batch, steps, latent], and its states, bottom first."""
        below, moments, states = dropout(self.enc_embed(tokens), drop[0], self.training), [], []
        for level, (cell, heads) in enumerate(zip(self.levels("enc"), self.levels("q"))):
            below, _ = cell(below if level == 0 else dropout(below, drop[1], self.training))
            moments.append(heads(below))
            states.append(below)
        return moments, states

    def decode(self, tokens, z, drop=(0.0, 0.0)):
        """Logits [batch, steps, words] of the token after each."""
        words = dropout(self.dec_embed(tokens), drop[0], self.training)
        below = torch.cat([words, z[:, None].expand(-1, words.shape[1], -1)], dim=2)
        for level, (cell, init) in enumerate(zip(self.levels("dec"), self.levels("init"))):
            start = init(z)[None]
            start = (start, start) if isinstance(cell, nn.LSTM) else start
            below, _ = cell(below if level == 0 else dropout(below, drop[1], self.training), start)
        return self.vocab(below)

    def losses(self, tokens, lengths, train, sampled):
        """Reconstruction and KL, averaged over the steps of a sentence; sums over the batch, in nats."""
        drop = (train.get("embedding_dropout", 0.0), train.get("level_dropout", 0.0))
        moments, states = self.encode(tokens, drop)
        z, given = self.latent(moments, states, lengths, sampled)
        logits = self.decode(tokens[:, :-1], z, drop)
        reconstruction = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=PAD, reduction="sum")
        alive = torch.arange(tokens.shape[1])[None] < lengths[:, None]
        weights = [train.get("lambda_low", 1.0)] * (len(moments) - 1) + [1.0]
        kl = sum(w * (kl_of(*parts) * alive / lengths[:, None]).sum() for w, parts in zip(weights, moments))
        return reconstruction, kl + given

    def latent(self, moments, states, lengths, sampled):
        """z, at its mean or drawn, and the KL of its parts that are drawn given others."""
        rows, last = torch.arange(len(lengths)), lengths - 1
        draw = lambda m, lv: m + (0.5 * lv).exp() * torch.randn_like(m) if sampled else m
        of_z = [(m[rows, last], lv[rows, last]) for m, lv in (moments if self.latent_from == "both" else moments[-1:])]
        z, given = torch.cat([draw(*parts) for parts in of_z], dim=1), 0.0
        if self.latent_from == "top-down":
            for level in range(len(self.kinds) - 1, 0, -1):
                heads = getattr(self, f"q{level}_given_z{level + 1}")
                parts = heads(torch.cat([states[level - 1][rows, last], z], dim=1))
                z, given = torch.cat([draw(*parts), z], dim=1), given + kl_of(*parts).sum()
        return z, given


def words_of(line):
    """TWR-VAE's tokeniser."""
    line = re.sub(r"\.+", ".", line.strip().lower())
    return re.sub(r"([.?!,]|'s)", r" \1", line).split()


def sentences(path, ids):
    lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
    return [[SOS, *(ids.get(word, UNK) for word in words_of(line)), EOS] for line in lines]


def vocabulary(path, size):
    counts, order = {}, []
    for line in Path(path).read_text().splitlines():
        for word in words_of(line):
            if word not in counts:
                order.append(word)
            counts[word] = counts.get(word, 0) + 1
    order.sort(key=lambda word: -counts[word])
    return ["<pad>", "<unk0>", "<sos>", "<eos>", *order][:size]


def batch_of(chosen):
    lengths = torch.tensor([len(s) for s in chosen])
    tokens = torch.full((len(chosen), int(lengths.max())), PAD)
    for row, s in enumerate(chosen):
        tokens[row, : len(s)] = torch.tensor(s)
    return tokens, lengths


def batches(data, size, order):
    for start in range(0, len(order), size):
        yield batch_of([data[i] for i in order[start : start + size]])


def measure(net, data, train):
    """NLL in nats a sentence, PPL and KL of the paper's protocol: z at its mean, tokens + 1 to divide by."""
    net.eval()
    order = sorted(range(len(data)), key=lambda i: len(data[i]))
    with torch.no_grad():
        sums = [net.losses(t, n, train, sampled=False) for t, n in batches(data, 64, order)]
    reconstruction, kl = (float(sum(s[i] for s in sums)) for i in (0, 1))
    tokens = sum(len(s) for s in data)
    nll = reconstruction + kl
    return nll / len(data), float(torch.tensor(nll / tokens).exp()), kl / len(data)


def update(net, optimiser, tokens, lengths, train):
    optimiser.zero_grad()
    reconstruction, kl = net.losses(tokens, lengths, train, sampled=True)
    ((reconstruction + train.get("step_kl", 1.0) * kl) / len(tokens)).backward()
    if train.get("clip_norm", 0.0) > 0:
        nn.utils.clip_grad_norm_(net.parameters(), train["clip_norm"])
    optimiser.step()


def optimiser_of(net, train):
    return torch.optim.Adam(net.parameters(), lr=train["learning_rate"], eps=train.get("adam_epsilon", 1e-8))


def fit(arguments):
    config = tomllib.loads(Path(arguments.config).read_text())
    model, train, data = config["model"], config["train"], Path(arguments.data)
    torch.manual_seed(train.get("seed", 1))
    names = vocabulary(data / "train.txt", model["vocabulary"])
    ids = {word: i for i, word in enumerate(names)}
    texts = {part: sentences(data / f"{part}.txt", ids) for part in ("train", "valid")}
    net = HsrVae(model)
    optimiser = optimiser_of(net, train)
    for epoch in range(arguments.epochs or train["epochs"]):
        net.train()
        order = torch.randperm(len(texts["train"])).tolist()
        begun, count = time.monotonic(), -(-len(order) // train["batch"])
        for i, (tokens, lengths) in enumerate(batches(texts["train"], train["batch"], order)):
            update(net, optimiser, tokens, lengths, train)
            if i % 50 == 49:
                left = (time.monotonic() - begun) / (i + 1) * (count - i - 1)
                print(f"epoch {epoch + 1}: {i + 1} of {count} updates, {left:.0f} s left", file=sys.stderr, flush=True)
        nll, ppl, kl = measure(net, texts["valid"], train)
        print(f"epoch {epoch + 1}: NLL {nll:.3f}, PPL {ppl:.3f}, KL {kl:.3f} (paper protocol, valid)", flush=True)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    save_file(net.state_dict(), out / "state.safetensors")
    write_samples(net, texts["valid"], out / "samples.npz")
    (out / "vocab.txt").write_text("".join(word + "\n" for word in names))


def check(arguments):
    folder = Path(arguments.model)
    config = tomllib.loads((folder / "model.toml").read_text())
    names = (folder / "vocab.txt").read_text().splitlines()
    net = HsrVae(config["model"])
    net.load_state_dict(load_file(folder / "model.safetensors"))
    data = sentences(arguments.file, {word: i for i, word in enumerate(names)})
    nll, ppl, kl = measure(net, data, config["train"])
    print(f"NLL {nll:.3f}, PPL {ppl:.3f}, KL {kl:.3f} (paper protocol, PyTorch {torch.__version__})")


def write_samples(net, data, path):
    """Moments of every step, z and the logits of some sentences."""
    tokens, lengths = batch_of(data[:4])
    net.eval()
    with torch.no_grad():
        moments, states = net.encode(tokens)
        z, _ = net.latent(moments, states, lengths, sampled=False)
        arrays = {"tokens": tokens, "lengths": lengths, "z.output": z, "vocab": net.decode(tokens[:, :-1], z)}
    for level, (mean, log_variance) in enumerate(moments, 1):
        arrays |= {f"q{level}.mean": mean, f"q{level}.log_variance": log_variance}
    np.savez_compressed(path, **{name: array.numpy() for name, array in arrays.items()})


def show(arguments):
    folder = Path(arguments.model)
    config = tomllib.loads((folder / "model.toml").read_text())
    names = (folder / "vocab.txt").read_text().splitlines()
    net = HsrVae(config["model"])
    net.load_state_dict(load_file(folder / "model.safetensors"))
    write_samples(net, sentences(arguments.file, {word: i for i, word in enumerate(names)}), arguments.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train")
    for name in ("config", "data", "out"):
        train.add_argument(name)
    train.add_argument("--epochs", type=int, default=0)
    train.set_defaults(run=fit)
    evaluate = commands.add_parser("eval")
    for name in ("model", "file"):
        evaluate.add_argument(name)
    evaluate.set_defaults(run=check)
    samples = commands.add_parser("samples")
    for name in ("model", "file", "out"):
        samples.add_argument(name)
    samples.set_defaults(run=show)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
