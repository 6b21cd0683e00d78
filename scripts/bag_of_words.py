#!/usr/bin/env python3
"""What a bag of words says of a label: logistic regression over the words of a sentence, from some of the labels.

usage: scripts/bag_of_words.py DATA [LABELS ...]

DATA has train.txt and test.txt, `label<TAB>sentence` a line, two labels. LABELS: how many sentences are learned from.
"""
import math
import pathlib
import random
import sys

EPOCHS, RATE, DECAY = 30, 0.2, 1e-3


def read(path):
    """Labels and the different words of every sentence."""
    lines = [line.split("\t") for line in path.read_text().splitlines() if "\t" in line]
    return [(label, sorted(set(sentence.lower().split()))) for label, sentence in lines]


def fit(part, label, draw):
    """Weights by word, and the bias, of p(label)."""
    weights, bias = {}, 0.0
    for epoch in range(EPOCHS):
        draw.shuffle(part)
        rate = RATE / (1 + epoch / 5)
        for told, words in part:
            score = bias + sum(weights.get(word, 0.0) for word in words)
            error = 1 / (1 + math.exp(-score)) - (told == label)
            bias -= rate * error
            for word in words:
                weights[word] = weights.get(word, 0.0) - rate * (error + DECAY * weights.get(word, 0.0))
    return weights, bias


def main():
    data = pathlib.Path(sys.argv[1])
    train, test = read(data / "train.txt"), read(data / "test.txt")
    draw = random.Random(5)
    draw.shuffle(train)
    label = train[0][0]
    for count in map(int, sys.argv[2:] or ["100", "1000"]):
        weights, bias = fit(train[:count], label, draw)
        right = 0
        for told, words in test:
            score = bias + sum(weights.get(word, 0.0) for word in words)
            right += (score > 0) == (told == label)
        print(f"{count} labels: accuracy {100 * right / len(test):.1f} %")


if __name__ == "__main__":
    main()
