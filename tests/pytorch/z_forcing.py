#!/usr/bin/env python3
"""Z-Forcing (Goyal et al., NIPS 2017) in PyTorch: a second opinion on ours.

    python3 tests/pytorch/z_forcing.py tests/fixtures/pytorch

Needs torch, numpy and safetensors. The modules are torch.nn's own, under the names that `hvae import` takes, so a state
dict of this network is one of ours. Writes small checkpoints with every vector of two sentences, the losses, and the
gradients of the objective: `weights.safetensors` and `expected.safetensors` in a folder a network.
"""

import math
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import cross_entropy, leaky_relu

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
SENTENCES = [[2, 4, 5, 10, 9, 5, 3], [2, 7, 1, 3]]
WORDS, EMBEDDING, HIDDEN, LATENT, DENSE = 11, 5, 6, 3, 4
# Of the KL and of what is there for training alone, and the key of the draws: as in tests/model_pytorch.rs.
KL_WEIGHT, AUXILIARY_WEIGHT, KEY = 0.7, 0.3, 8
# Cells, a prior that is learned, an auxiliary cost.
NETWORKS = {
    "z-forcing-lstm": (["lstm"], True, True),
    "z-forcing-gru-lstm": (["gru", "lstm"], True, True),
    "z-forcing-standard": (["rnn"], False, True),
    "z-forcing-plain": (["gru"], True, False),
}


class Gaussian(nn.Module):
    def __init__(self, reads, size):
        super().__init__()
        self.mean, self.log_variance = nn.Linear(reads, size), nn.Linear(reads, size)

    def forward(self, x, limit=8.0):
        return self.mean(x).clamp(-limit, limit), self.log_variance(x).clamp(-limit, limit)


def bent(x):
    """A leaky rectifier within -3 .. 3."""
    return leaky_relu(x, 1 / 3).clamp(-3, 3)


class ZForcing(nn.Module):
    """A level that reads the sentence from its end, a latent drawn at every step from what that level has read and the
    state before it, and a language model that reads the latent with every word."""

    def __init__(self, cells, learned_prior, auxiliary):
        super().__init__()
        self.cells, self.auxiliary = cells, auxiliary
        self.bwd_embed = nn.Embedding(WORDS, EMBEDDING)
        for level, kind in enumerate(cells, 1):
            below = HIDDEN if level > 1 else EMBEDDING
            setattr(self, f"bwd{level}", CELLS[kind](below, HIDDEN))
            setattr(self, f"dec{level}", CELLS[kind](below if level > 1 else below + DENSE, HIDDEN))
        if auxiliary:
            self.bwd_vocab = nn.Linear(HIDDEN, WORDS)
            self.aux_hidden, self.aux = nn.Linear(LATENT, DENSE), Gaussian(DENSE, HIDDEN)
        if learned_prior:
            self.prior_hidden, self.prior = nn.Linear(HIDDEN, DENSE), Gaussian(DENSE, LATENT)
        else:
            self.prior = None
        self.post_hidden, self.post = nn.Linear(2 * HIDDEN, DENSE), Gaussian(DENSE, LATENT)
        self.gen = nn.Linear(LATENT, DENSE)
        self.vocab = nn.Linear(HIDDEN, WORDS)

    def levels(self, name, inputs, carry, out):
        """One step of a stack; what its top makes, and what the next step goes on from."""
        new = []
        for level in range(1, len(self.cells) + 1):
            cell = getattr(self, f"{name}{level}")
            made, state = cell(inputs[None], carry[level - 1] if carry else None)
            inputs = made[0]
            new.append(state)
            out.setdefault(f"{name}{level}.output", []).append(inputs)
            if isinstance(cell, nn.LSTM):
                out.setdefault(f"{name}{level}.cell", []).append(state[1][0])
        return inputs, new

    def trace(self, sentence, noise):
        """Every vector by block and role, a row a position or step; `noise` [steps, latent] draws the latents."""
        backwards, carry = {}, None
        words = self.bwd_embed(torch.tensor(sentence))
        for position in reversed(range(len(sentence))):
            _, carry = self.levels("bwd", words[position], carry, backwards)
        out = {name: list(reversed(rows)) for name, rows in backwards.items()}
        behind = out[f"bwd{len(self.cells)}.output"]
        state, carry = torch.zeros(HIDDEN), None

        def keep(name, vector):
            out.setdefault(name, []).append(vector)
            return vector

        for step in range(len(sentence) - 1):
            ahead = behind[step + 1]
            if self.prior is not None:
                mean, log_variance = self.prior(keep("prior_hidden.output", bent(self.prior_hidden(state))))
                keep("prior.output", mean), keep("prior.log_variance", log_variance)
            read = keep("post_hidden.output", bent(self.post_hidden(torch.cat([state, ahead]))))
            mean, log_variance = self.post(read)
            keep("post.output", mean), keep("post.log_variance", log_variance)
            z = keep("z.output", mean + (0.5 * log_variance).exp() * noise[step])
            drawn = keep("gen.output", bent(self.gen(z)))
            if self.auxiliary:
                hidden = keep("aux_hidden.output", bent(self.aux_hidden(z)))
                keep("aux.output", self.aux.mean(hidden)), keep("aux.log_variance", self.aux.log_variance(hidden))
            embedded = keep("embed.output", words[step])
            state, carry = self.levels("dec", torch.cat([embedded, drawn]), carry, out)
            keep("vocab.output", self.vocab(state))
        out["bwd_embed.output"] = list(words)
        if self.auxiliary:
            out["bwd_vocab.output"] = [self.bwd_vocab(row) for row in behind]
        return {name: torch.stack(rows) for name, rows in out.items()}

    def losses(self, sentence, trace):
        """-ln p of the words, KL of the draws, -ln of the density of what latents foretell, -ln p of the words backwards."""
        zero = torch.zeros(())
        tokens = torch.tensor(sentence)
        words = cross_entropy(trace["vocab.output"], tokens[1:], reduction="sum")
        q = trace["post.output"], trace["post.log_variance"]
        p = (trace["prior.output"], trace["prior.log_variance"]) if self.prior is not None else (zero, zero)
        kl = 0.5 * (p[1] - q[1] - 1 + (q[1] - p[1]).exp() + (q[0] - p[0]).square() * (-p[1]).exp()).sum()
        auxiliary, reverse = zero, zero
        if self.auxiliary:
            target = trace[f"bwd{len(self.cells)}.output"][1:].detach()
            off = target - trace["aux.output"].tanh()
            log_variance = trace["aux.log_variance"].clamp(-8, 8)
            auxiliary = 0.5 * (math.log(2 * math.pi) + log_variance + off.square() * (-log_variance).exp()).sum()
            reverse = cross_entropy(trace["bwd_vocab.output"][1:], tokens[:-1], reduction="sum")
        return {"reconstruction": words, "draw_kl": kl, "auxiliary": auxiliary, "reverse": reverse}


def normals(key, count):
    """The draws of `Random::keyed(&[key])` of src/model/random.rs: xoshiro256++ from SplitMix64, Box-Muller."""
    mask = (1 << 64) - 1

    def mixed(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    start = mixed(mixed(0x9E3779B97F4A7C15) ^ mixed((key + 0xD1342543DE82EF95) & mask))
    state = [mixed((start + i * 0x9E3779B97F4A7C15) & mask) for i in range(1, 5)]

    def rotated(x, by):
        return ((x << by) | (x >> (64 - by))) & mask

    def bits():
        result = (rotated((state[0] + state[3]) & mask, 23) + state[0]) & mask
        shifted = (state[1] << 17) & mask
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], 45)
        return result

    def unit():
        return ((bits() >> 11) + 0.5) / (1 << 53)

    draws = []
    while len(draws) < count:
        radius, angle = math.sqrt(-2 * math.log(unit())), math.tau * unit()
        draws += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(draws[:count])


def noise_of(sentences):
    """A row a step, step by step of all sentences, the longest first: of each sentence its own."""
    steps = [len(sentence) - 1 for sentence in sentences]
    rows = [(step, i) for step in range(max(steps)) for i in range(len(steps)) if step < steps[i]]
    drawn = normals(KEY, len(rows) * LATENT).reshape(-1, LATENT)
    return [torch.stack([drawn[row] for row, (_, of) in enumerate(rows) if of == i]) for i in range(len(steps))]


def main(folder):
    for name, (cells, learned_prior, auxiliary) in NETWORKS.items():
        torch.manual_seed(1)
        net = ZForcing(cells, learned_prior, auxiliary)
        with torch.no_grad():
            # Large enough that a swapped gate or a lost bias shows far above rounding, and that rectifiers are limited.
            for parameter in net.parameters():
                parameter.mul_(1.5)
            net.gen.weight.mul_(3)
        expected, sums = {}, {}
        for i, (sentence, noise) in enumerate(zip(SENTENCES, noise_of(SENTENCES))):
            trace = net.trace(sentence, noise)
            expected |= {f"{i}.{block}": rows.detach().contiguous() for block, rows in trace.items()}
            for term, loss in net.losses(sentence, trace).items():
                sums[term] = sums.get(term, 0) + loss
        assert (expected["0.gen.output"].abs() == 3).any(), "a rectifier at its limit"
        charged = AUXILIARY_WEIGHT * (sums["auxiliary"] + sums["reverse"])
        ((sums["reconstruction"] + KL_WEIGHT * sums["draw_kl"] + charged) / len(SENTENCES)).backward()
        expected |= {f"loss.{term}": loss.detach().reshape(1) for term, loss in sums.items()}
        expected |= {f"gradient.{part}": parameter.grad.clone() for part, parameter in net.named_parameters()}
        target = Path(folder) / name
        target.mkdir(parents=True, exist_ok=True)
        save_file(net.state_dict(), str(target / "weights.safetensors"))
        save_file(expected, str(target / "expected.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1])
