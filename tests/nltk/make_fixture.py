#!/usr/bin/env python3
"""Write what NLTK makes of answers and references: one file for each version that rates them otherwise.

    python3 tests/nltk/make_fixture.py tests/fixtures/nltk

Run it once with each of NLTK 3.4.5, 3.5 and 3.9.1 (Python 3.11 or before runs them all). The pairs are drawn here, by a seed. A number is a word, 3 is the end of
an answer, as in our vocabularies. What NLTK fails on counts as 0, as the programs that use it count it.
"""

import collections
import collections.abc
import inspect
import json
import random
import sys
from collections import Counter
from math import fsum
from pathlib import Path

# NLTK 3.4 looks for them while it is loaded; newer Pythons have them no more, or elsewhere.
if not hasattr(inspect, "formatargspec"):
    inspect.formatargspec = lambda *_, **__: "(*args)"
for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

import nltk
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

SEED, END = 20, 3
ANSWERS = 10


def bleu(answer, reference):
    weights = [1 / 3, 1 / 3, 1 / 3]
    try:
        return float(sentence_bleu([reference], answer, weights=weights, smoothing_function=SmoothingFunction().method7))
    except ZeroDivisionError:
        return 0.0


def changed(draw, words):
    """The words with some of them replaced, left out, said twice or moved."""
    words = list(words)
    for _ in range(draw.randint(0, 1 + len(words) // 2)):
        if not words:
            break
        at = draw.randrange(len(words))
        kind = draw.randrange(4)
        if kind == 0:
            words[at] = draw.randint(4, 30)
        elif kind == 1:
            del words[at]
        elif kind == 2:
            words.insert(at, words[at])
        else:
            words.insert(draw.randrange(len(words)), words.pop(at))
    return words


def ended(draw, words):
    return words + [END] if draw.random() < 0.7 else words


def pairs(draw):
    yield [], [4, 5, END]
    yield [END], [END]
    for reference in ([4], [4, 5], [4, 5, 6], [4, 5, 6, 7], [4, 5, 6, 7, 8, 9, 10], [4, 5, 4, 5, 4, 5, END]):
        yield reference, reference
        yield [30, 31, 32, 33, 34][: len(reference)], reference
        for length in (1, 2, 3):
            yield reference[:length], reference
            yield [30] + reference[:length], reference
            yield reference[-length:], reference
        yield reference + reference, reference
        yield reference[::-1], reference
    for _ in range(120):
        reference = [draw.randint(4, 30) for _ in range(draw.choice((1, 2, 3, 4, 6, 9, 14, 25)))]
        yield ended(draw, changed(draw, reference)), ended(draw, reference)


def distinct(answers, length):
    grams = Counter(tuple(a[i : i + length]) for a in answers for i in range(len(a) - length + 1))
    return (len(grams) + 1e-12) / (fsum(grams.values()) + 1e-5)


def context(draw):
    """Ten answers, some of them the same, some of them short, with the reference."""
    reference = [draw.randint(4, 30) for _ in range(draw.randint(1, 12))]
    answers = [ended(draw, changed(draw, reference if draw.random() < 0.5 else reference[:2])) for _ in range(ANSWERS)]
    answers[draw.randrange(ANSWERS)] = answers[0]
    return answers, reference + [END]


def quality(contexts):
    """As DialogWAE and TWR-VAE print them, in plain arithmetic."""
    rows = []
    for answers, reference in contexts:
        scores = [bleu(answer, reference) for answer in answers]
        words = [[word for word in answer if word != END] for answer in answers]
        intra = [fsum(distinct([answer], n) for answer in words) / ANSWERS for n in (1, 2)]
        inter = [distinct(words, n) for n in (1, 2)]
        rows.append([max(scores), fsum(scores) / ANSWERS, *intra, *inter, fsum(map(len, words)) / ANSWERS])
    recall, precision, *others = [fsum(column) / len(rows) for column in zip(*rows)]
    return [recall, precision, 2 * precision * recall / (precision + recall + 10e-12), *others]


def main():
    draw = random.Random(SEED)
    both = [(answer, reference, bleu(answer, reference)) for answer, reference in pairs(draw)]
    contexts = [context(draw) for _ in range(20)]
    file = {
        "nltk": nltk.__version__,
        "pairs": [{"answer": a, "reference": r, "bleu": score} for a, r, score in both],
        "contexts": [{"answers": a, "reference": r} for a, r in contexts],
        "quality": quality(contexts),
    }
    major, minor, *_ = nltk.__version__.split(".")
    text = json.dumps(file).replace('{"answer', '\n{"answer')
    (Path(sys.argv[1]) / f"nltk-{major}.{minor}.json").write_text(text + "\n")


main()
