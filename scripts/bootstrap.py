#!/usr/bin/env python3
"""Is one model better than another on the same sentences, or were the sentences kind to it? A paired bootstrap over sentences.

usage: scripts/bootstrap.py FIRST.tsv SECOND.tsv [--on float] [--protocol paper] [--samples 10000]

The files are what `hvae eval MODEL --data SET --losses FILE` wrote of two models on one set. Said are the nats a sentence by
which FIRST is above SECOND, the interval that holds 95 % of the means over sentences drawn with replacement, and the share
of these means that are below 0. What is drawn is seeded. It speaks of the sentences alone: another seed of the training is
another model.
"""
import argparse
import csv
import pathlib
import random
import statistics

SEED = 1
FIGURES = ("nll", "reconstruction", "kl")


def losses(file, on, protocol):
    """Of every sentence its nats by figure, in order."""
    with open(file, newline="", encoding="utf8") as text:
        rows = [row for row in csv.DictReader(text, delimiter="\t") if (row["on"], row["protocol"]) == (on, protocol)]
    if not rows:
        raise SystemExit(f"{file}: expected losses on {on} under protocol {protocol}, found none; measure them with hvae eval --losses")
    return [{"tokens": int(row["tokens"]), **{figure: float(row[figure]) for figure in FIGURES}} for row in rows]


def paired(differences, samples):
    """The mean of the differences, the ends of its interval, and the share of means below 0."""
    draw = random.Random(SEED)
    count = len(differences)
    means = sorted(sum(draw.choices(differences, k=count)) / count for _ in range(samples))
    end = lambda share: means[min(samples - 1, int(share * samples))]
    return statistics.fmean(differences), end(0.025), end(0.975), sum(mean < 0 for mean in means) / samples


def compare(first, second, on, protocol, samples):
    """By figure what `paired` says of two files."""
    ours, theirs = losses(first, on, protocol), losses(second, on, protocol)
    lengths = [[row["tokens"] for row in rows] for rows in (ours, theirs)]
    if lengths[0] != lengths[1]:
        raise SystemExit(f"{first} and {second}: expected the same sentences, found {len(ours)} and {len(theirs)} of other lengths")
    return {figure: paired([a[figure] - b[figure] for a, b in zip(ours, theirs)], samples) for figure in FIGURES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=pathlib.Path)
    parser.add_argument("second", type=pathlib.Path)
    parser.add_argument("--on", default="float")
    parser.add_argument("--protocol", default="paper")
    parser.add_argument("--samples", type=int, default=10000)
    arguments = parser.parse_args()
    compared = compare(arguments.first, arguments.second, arguments.on, arguments.protocol, arguments.samples)
    for figure, (mean, low, high, below) in compared.items():
        print(f"{figure:<15} {mean:+9.3f}  [{low:+.3f}, {high:+.3f}]  {100 * below:.1f} % below 0")


if __name__ == "__main__":
    main()
