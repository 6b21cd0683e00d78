#!/usr/bin/env python3
"""Four-part harmonised tunes as frames of piano keys: data/music.

usage: scripts/music.py [OUT]

A piece is phrases of eight frames in one major key. Chords follow each other as in school harmony and every phrase ends on a
cadence, whose last chord is held. The soprano moves by small steps between tones of the chord, with a tone in passing here and
there; the bass has the root or the third; alto and tenor take the other tones as near as they can.

The seed and the sizes stand here: the same files every time.
"""
import itertools
import pathlib
import random
import sys

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/music")
SEED = 21
PIECES = {"train": 60, "valid": 15, "test": 15}
PHRASES = (4, 8)  # of eight frames
KEYS = [0, 2, 5, 7, 9, 10]  # C, D, F, G, A, B flat
SCALE = [0, 2, 4, 5, 7, 9, 11]
# By degree of the scale: the degrees that follow, each as often as it stands here.
FOLLOW = {
    0: [3, 4, 5, 1, 3, 4],
    1: [4, 4, 4, 6],
    2: [5, 3],
    3: [0, 4, 4, 1],
    4: [0, 0, 0, 5],
    5: [1, 3, 3, 4, 2],
    6: [0],
}
SOPRANO, ALTO, TENOR, BASS = (62, 79), (55, 72), (48, 67), (40, 57)
LOWEST = 21  # the note of key 0


def chords(draw, last):
    """Degrees of the eight frames of a phrase, which ends on the first degree, or, but for the last phrase, on the fifth."""
    degrees, degree = [], draw.choice([0, 0, 5, 3])
    while len(degrees) < 5:
        held = draw.choice([1, 2])
        degrees += [degree] * held
        degree = draw.choice(FOLLOW[degree])
    end = [4, 0, 0] if last or draw.random() < 0.6 else [3, 4, 4]
    return degrees[:5] + end


def tones(degree, key):
    """Root, third and fifth, as notes of an octave."""
    return [(key + SCALE[(degree + step) % 7]) % 12 for step in (0, 2, 4)]


def within(classes, voice):
    return [note for note in range(voice[0], voice[1] + 1) if note % 12 in classes]


def near(draw, notes, before, reach):
    """One of them, more often a near one; repeating is worth a step."""
    weights = [2.0 ** (-max(abs(note - before), 2) / reach) for note in notes]
    return draw.choices(notes, weights)[0]


def piece(draw):
    key, frames = draw.choice(KEYS), []
    soprano, alto, tenor, bass = 69, 64, 57, 48
    count = draw.randint(*PHRASES)
    for phrase in range(count):
        degrees = chords(draw, phrase + 1 == count)
        for at, degree in enumerate(degrees):
            root, third, fifth = classes = tones(degree, key)
            if at > 0 and degrees[at - 1] == degree:
                # The chord is held; the soprano may pass on to a neighbour within the scale.
                if at < 6 and draw.random() < 0.4:
                    scale = {(key + step) % 12 for step in SCALE}
                    steps = [n for n in within(scale, SOPRANO) if 0 < abs(n - soprano) < 3 and n > alto]
                    soprano = draw.choice(steps) if steps else soprano
            else:
                ends = at >= 5
                bass = near(draw, within([root] if ends or draw.random() < 0.75 else [third], BASS), bass, 2)
                soprano = near(draw, within([root, third] if at == 6 else classes, SOPRANO), soprano, 1)
                pairs = itertools.product(within(classes, ALTO), within(classes, TENOR))

                def cost(pair):
                    a, t = pair
                    missing = {root, third} - {n % 12 for n in (soprano, a, t, bass)}
                    crossed = not bass < t < a < soprano
                    return abs(a - alto) + abs(t - tenor) + 12 * len(missing) + 100 * crossed

                alto, tenor = min(pairs, key=cost)
            frames.append(sorted({bass, tenor, alto, soprano}))
    return frames


def main():
    draw = random.Random(SEED)
    OUT.mkdir(parents=True, exist_ok=True)
    for part, count in PIECES.items():
        lines = []
        for _ in range(count):
            frames = (",".join(str(note - LOWEST) for note in frame) for frame in piece(draw))
            lines.append(" ".join(frames) + "\n")
        (OUT / f"{part}.txt").write_text("".join(lines))


main()
