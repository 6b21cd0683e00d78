#!/usr/bin/env python3
"""Short sentences to learn from: data/short, out of everyday sentences of Tatoeba and three novels.

usage: scripts/short.py TATOEBA [OUT]

TATOEBA: a folder with train.txt, valid.txt, test.txt (a sentence a line, in words) and
eng-swe_with_attribution.tsv, the table of English and Swedish pairs that they were made of (manythings.org/anki), whose third
column names who wrote what. The novels' sentences are those of data/gutenberg. The same sources give the same files.
"""
import pathlib
import random
import re
import sys

SEED = 17
# Words of a sentence at most, of each source.
LONGEST = {"tatoeba": 12, "novels": 10}
NOVELS = pathlib.Path("data/gutenberg")


def plain(sentence):
    """What two ways of writing a sentence have in common."""
    return re.sub(r"[^a-z0-9.,?!]", "", sentence.lower().replace("''", "").replace("``", ""))


def authors(table):
    """Sentence number and author of every English sentence."""
    known = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        english, _, credit = line.split("\t")
        found = re.search(r"#(\d+) \(([^)]*)\)", credit)
        known.setdefault(plain(english), (found[1], found[2]))
    return known


def main():
    source = pathlib.Path(sys.argv[1])
    out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "data/short")
    known = authors(source / "eng-swe_with_attribution.tsv")
    draw = random.Random(SEED)
    out.mkdir(parents=True, exist_ok=True)
    seen, credits = set(), {}
    # Test first: what stands there is in no other part.
    for part in ["test", "valid", "train"]:
        sentences = []
        for name, folder in [("tatoeba", source), ("novels", NOVELS)]:
            for line in (folder / f"{part}.txt").read_text(encoding="utf-8").splitlines():
                words = line.split()
                if not 2 <= len(words) <= LONGEST[name] or not line.isascii() or line in seen:
                    continue
                # Half of a quotation is no sentence.
                if words.count('"') == 1:
                    continue
                if name == "tatoeba":
                    credit = known.get(plain(line))
                    if credit is None:
                        continue
                    credits[int(credit[0])] = credit[1]
                seen.add(line)
                sentences.append(line)
        draw.shuffle(sentences)
        (out / f"{part}.txt").write_text("".join(f"{s}\n" for s in sentences))
        print(f"{part}: {len(sentences)} sentences, {sum(len(s.split()) for s in sentences)} words")
    by_author = {}
    for number, author in sorted(credits.items()):
        by_author.setdefault(author, []).append(number)
    lines = [f"{author}: {' '.join(map(str, numbers))}\n" for author, numbers in sorted(by_author.items())]
    (out / "ATTRIBUTION.txt").write_text(
        "Sentences of Tatoeba (https://tatoeba.org), CC BY 2.0 FR, by way of https://www.manythings.org/anki:\n"
        "who wrote which (https://tatoeba.org/en/sentences/show/NUMBER).\n\n" + "".join(lines)
    )
    print(f"{len(credits)} sentences of Tatoeba by {len(by_author)} authors")


main()
