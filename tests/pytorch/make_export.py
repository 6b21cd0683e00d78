#!/usr/bin/env python3
"""Export small torch.nn networks as `hvae import --check` takes them.

    python3 tests/pytorch/make_export.py tests/fixtures/export

Needs torch, numpy and safetensors. One folder a network, of random weights: each kind of network that the package in
python/ knows, with the layouts and words that people have.
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python" / "src"))
import hvae_mnn  # noqa: E402

WORDS = ["the", "cat", "<bos>", "sat", "</s>", "down", "<pad>", "on", "<unk>", "mat", "."]
NUMBERED = ["<pad>", "<unk0>", "<sos>", "<eos>", *(f"w{i}" for i in range(4, 12))]


class LanguageModel(nn.Module):
    """Two LSTM layers, steps first, no bias in the last product, words in an order of its own."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(len(WORDS), 5)
        self.rnn = nn.LSTM(5, 6, num_layers=2, dropout=0.3)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(6, len(WORDS), bias=False)

    def forward(self, tokens, state=None):
        states, state = self.rnn(self.words(tokens), state)
        return self.out(self.drop(states)).log_softmax(-1), state


class Tagger(nn.Module):
    """A GRU in both directions, a hidden layer, labels at every word."""

    def __init__(self, layers=1):
        super().__init__()
        self.embed = nn.Embedding(12, 4)
        self.gru = nn.GRU(4, 5, num_layers=layers, bidirectional=True, batch_first=True)
        self.hidden = nn.Linear(10, 6)
        self.bend = nn.Tanh()
        self.head = nn.Linear(6, 3)

    def forward(self, tokens):
        return self.head(self.bend(self.hidden(self.gru(self.embed(tokens))[0])))


class Regression(nn.Module):
    """A plain recurrent network without biases on frames, numbers at every step."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 6, bias=False, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, frames):
        return self.head(self.rnn(frames)[0])


class Classifier(nn.Module):
    """One label of a whole sentence, from the last state."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(12, 4)
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, tokens):
        return self.head(self.lstm(self.embed(tokens))[0][:, -1])


NETWORKS = {
    "language-model": (LanguageModel, {"vocabulary": WORDS}),
    "tagger": (Tagger, {"vocabulary": NUMBERED}),
    "regression": (Regression, {}),
    "classifier": (Classifier, {"vocabulary": NUMBERED}),
}


def main(folder):
    for name, (network, options) in NETWORKS.items():
        torch.manual_seed(1)
        module = network()
        with torch.no_grad():
            # Weights large enough that a swapped gate or a lost bias shows far above rounding.
            for parameter in module.parameters():
                parameter.mul_(1.5)
        hvae_mnn.export(module, Path(folder) / name, samples=2, **options)


if __name__ == "__main__":
    main(sys.argv[1])
