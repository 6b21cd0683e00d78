#!/usr/bin/env python3
"""Write small HSR-VAE checkpoints and what PyTorch computes with them.

    python3 tests/pytorch/make_fixture.py tests/fixtures/pytorch

Needs torch, numpy and safetensors. For each pair of cells, and for a z drawn from the top down, one folder with
`weights.safetensors` (the state dict) and `expected.safetensors` (every step's
values for the two sentences below, from torch.nn modules). Made with the
modules themselves, so the file proves gate order, both biases and names.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

TOP_DOWN = "top-down"  # GRU and LSTM, z1 given z2.
PAIRS = [f"{below}-{above}" for below in ("rnn", "gru", "lstm") for above in ("rnn", "gru", "lstm")]
VOCABULARY, EMBEDDING, HIDDEN, LATENT = 11, 5, 6, 3
SENTENCES = [[2, 4, 5, 10, 9, 5, 3], [2, 7, 1, 3]]
CELLS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


class Moments(torch.nn.Module):
    def __init__(self, reads=HIDDEN):
        super().__init__()
        self.mean = torch.nn.Linear(reads, LATENT)
        self.log_variance = torch.nn.Linear(reads, LATENT)


class HsrVae(torch.nn.Module):
    def __init__(self, kinds, top_down):
        super().__init__()
        below, above = (CELLS[kind] for kind in kinds)
        z = 2 * LATENT
        self.enc_embed = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.enc1, self.q1 = below(EMBEDDING, HIDDEN), Moments()
        self.enc2, self.q2 = above(HIDDEN, HIDDEN), Moments()
        self.init1 = torch.nn.Linear(z, HIDDEN, bias=False)
        self.init2 = torch.nn.Linear(z, HIDDEN, bias=False)
        self.dec_embed = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.dec1 = below(EMBEDDING + z, HIDDEN)
        self.dec2 = above(HIDDEN, HIDDEN)
        self.vocab = torch.nn.Linear(HIDDEN, VOCABULARY)
        self.q1_given_z2 = Moments(HIDDEN + LATENT) if top_down else None

    def trace(self, sentence):
        """Every value by block and role, a row a step."""
        out = {}

        def cell(name, inputs, start):
            # One step a call, because torch.nn.LSTM returns c of the last step only.
            module, states, cells = getattr(self, name), [], []
            for step in inputs:
                output, carry = module(step[None], start)
                lstm = isinstance(module, torch.nn.LSTM)
                start = carry
                states.append(output)
                cells.append(carry[1] if lstm else None)
            out[f"{name}.output"] = torch.cat(states)
            if cells[0] is not None:
                out[f"{name}.cell"] = torch.cat(cells)
            return out[f"{name}.output"]

        tokens = torch.tensor(sentence)
        below = self.enc_embed(tokens)
        last = []
        for level in (1, 2):
            below = cell(f"enc{level}", below, None)
            heads = getattr(self, f"q{level}")
            out[f"q{level}.output"] = heads.mean(below)
            out[f"q{level}.log_variance"] = heads.log_variance(below)
            last.append(out[f"q{level}.output"][-1:])
        if self.q1_given_z2:
            out["z2.output"] = last[1].clone()
            read = torch.cat([out["enc1.output"][-1:], last[1]], dim=1)
            out["q1_given_z2.output"] = last[0] = self.q1_given_z2.mean(read)
            out["q1_given_z2.log_variance"] = self.q1_given_z2.log_variance(read)
        z = torch.cat(last, dim=1)
        out["z.output"] = z
        words = self.dec_embed(tokens[:-1])
        below = torch.cat([words, z.expand(len(words), -1)], dim=1)
        for level in (1, 2):
            start = getattr(self, f"init{level}")(z)
            out[f"init{level}.output"] = start
            lstm = isinstance(getattr(self, f"dec{level}"), torch.nn.LSTM)
            below = cell(f"dec{level}", below, (start, start) if lstm else start)
        out["vocab.output"] = self.vocab(below)
        return out


def main(folder):
    for pair in [*PAIRS, TOP_DOWN]:
        torch.manual_seed(1)
        top_down = pair == TOP_DOWN
        net = HsrVae(["gru", "lstm"] if top_down else pair.split("-"), top_down)
        with torch.no_grad():
            # Weights large enough that a swapped gate or a lost bias shows far above rounding.
            for parameter in net.parameters():
                parameter.mul_(1.5)
            expected = {
                f"{index}.{name}": value.contiguous()
                for index, sentence in enumerate(SENTENCES)
                for name, value in net.trace(sentence).items()
            }
        target = Path(folder) / pair
        target.mkdir(parents=True, exist_ok=True)
        save_file(net.state_dict(), target / "weights.safetensors")
        save_file(expected, target / "expected.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
