#!/usr/bin/env python3
"""Words with the punctuation that follows them, from the sentences of data/gutenberg: data/punctuation.

usage: scripts/punctuation.py [OUT]

A few sentences in a row are a sequence, so that where one ends has to be found out. The seed and the sizes stand here:
the same sentences give the same files.
"""
import pathlib
import random
import sys

SOURCE = pathlib.Path("data/gutenberg")
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/punctuation")
SEED = 7
WORDS = {"train": 23000, "valid": 2500, "test": 2500}
# Sentences of a sequence at most, and words of it at most.
SENTENCES, LONGEST = 3, 48
MARKS = {",": "comma", ";": "comma", ":": "comma", "--": "comma", ".": "stop", "?": "question", "!": "question"}


def labelled(sentence):
    """Words, each with what stands before the next word: the first mark counts."""
    words = []
    for token in sentence.split():
        if any(letter.isalpha() for letter in token):
            words.append([token, "none"])
        elif words and words[-1][1] == "none":
            words[-1][1] = MARKS.get(token, "none")
    return words


def main():
    draw = random.Random(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    for part, count in WORDS.items():
        sentences = [labelled(line) for line in (SOURCE / f"{part}.txt").read_text().splitlines()]
        draw.shuffle(sentences)
        sequences, written = [], 0
        while written < count:
            sequence = []
            for _ in range(draw.randint(1, SENTENCES)):
                sentence = sentences.pop()
                if len(sequence) + len(sentence) <= LONGEST:
                    sequence += sentence
            if sequence:
                sequences.append("".join(f"{word}\t{label}\n" for word, label in sequence))
                written += len(sequence)
        (OUT / f"{part}.txt").write_text("\n".join(sequences))
    (OUT / "labels.txt").write_text("none\ncomma\nstop\nquestion\n")


main()
