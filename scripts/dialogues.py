#!/usr/bin/env python3
"""Conversations to learn from, out of a corpus for chatting programs and six novels: data/dialogues.

usage: scripts/dialogues.py CHATTERBOT NOVELS [OUT]

CHATTERBOT: the folder of English files of chatterbot-corpus (*.yml). NOVELS: the folder of the R package janeaustenr with
Jane Austen's novels; `apt-get download r-cran-janeaustenr` and `dpkg-deb -x` bring it without R, as
usr/lib/R/site-library/janeaustenr. Needs PyYAML. The seed and the sizes stand here: the same sources give the same files.
"""
import pathlib
import random
import re
import struct
import sys
import unicodedata
import zlib

import yaml

SEED = 15
# Words of an utterance at most; of a novel, words of a paragraph that are not spoken, and of one without speech that does
# not end a conversation.
LONGEST, TOLD, PAUSE = 25, 25, 25
# Shares of conversations for validation and for test.
VALID, TEST = 0.07, 0.07
# Answers that are programs.
LEFT_OUT = {"coding"}
# Their lists are one question and several answers to it, not turns.
ALTERNATIVES = {"computers", "emotion"}
MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})


def clean(text):
    """Without markup, in ASCII; nothing where more than that is wrong with it."""
    text = unicodedata.normalize("NFKD", str(text).translate(MARKS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[*`_]", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    if not text.isascii() or re.search(r"https?:|www\.|[<>{}|\\]", text) or not re.search(r"[A-Za-z0-9]", text):
        return None
    return text


def short(utterance):
    return utterance is not None and len(re.findall(r"\w+", utterance)) <= LONGEST


def parts_of(utterances):
    """Without those that are too long or odd: what is before one of them and what is behind it are two conversations."""
    conversations = [[]]
    for utterance in utterances:
        if short(utterance):
            conversations[-1].append(utterance)
        else:
            conversations.append([])
    return [tuple(c) for c in conversations if len(c) > 1]


def chatterbot(folder):
    for path in sorted(folder.glob("*.yml")):
        if path.stem in LEFT_OUT:
            continue
        for turns in yaml.safe_load(path.read_text(encoding="utf8"))["conversations"]:
            turns = [clean(turn) for turn in turns]
            lists = [[turns[0], answer] for answer in turns[1:]] if path.stem in ALTERNATIVES else [turns]
            for turns in lists:
                yield from parts_of(turns)


def strings_of(raw):
    """The strings of a vector as R serialises it (XDR, version 2 or 3)."""
    number = lambda at: struct.unpack(">i", raw[at : at + 4])[0]
    at = 14
    if number(2) == 3:
        at += 4 + number(at)
    if raw[:2] != b"X\n" or number(at) & 255 != 16:
        return
    count, at = number(at + 4), at + 8
    for _ in range(count):
        length = max(number(at + 4), 0)
        yield raw[at + 8 : at + 8 + length].decode("utf8")
        at += 8 + length


def novels(folder):
    """The text of each: a lazy-load file of R is compressed objects one behind the other, each behind its length."""
    packed = (folder / "data" / "Rdata.rdb").read_bytes()
    while packed:
        unpack = zlib.decompressobj()
        text = "\n".join(strings_of(unpack.decompress(packed[4:])))
        if text:
            yield text
        packed = unpack.unused_data


def speech(paragraph):
    """What is said in it: its first sentences, where all of them are too long."""
    pieces = paragraph.split('"')
    said = pieces[1::2]
    # Behind a sentence that is told, what is said begins a new one.
    for i, told in enumerate(pieces[2:-1:2]):
        if told.strip().endswith((".", "!", "?")):
            said[i] = re.sub(r"[\s,;:-]+$", ".", said[i])
    said = clean(" ".join(said))
    if said is None:
        return None
    said = re.sub(r"[\s,;:-]+$", ".", said)
    while not short(said):
        kept = re.match(r"(.*(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)[.!?]) [A-Z].*$", said)
        if kept is None:
            return None
        said = kept[1]
    return said


def spoken(text):
    """Conversations of a novel: paragraphs one behind the other that are mostly speech."""
    turns = [[]]
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = paragraph.replace("--", " -- ")
        told = re.sub(r'"[^"]*"', " ", paragraph)
        words = len(told.split())
        if paragraph.count('"') % 2 == 1 or paragraph.strip().isupper() or paragraph.startswith(("CHAPTER", "Chapter")):
            turns.append([])
        elif '"' in paragraph and words <= TOLD:
            turns[-1].append(speech(paragraph))
        elif words > PAUSE:
            turns.append([])
    for conversation in turns:
        yield from parts_of(conversation)


def parts(conversations, draw):
    """Validation and test share no beginning with the rest."""
    beginnings = {}
    for conversation in conversations:
        beginnings.setdefault(conversation[0].lower(), []).append(conversation)
    groups = list(beginnings.values())
    draw.shuffle(groups)
    valid, test = round(VALID * len(groups)), round(TEST * len(groups))
    return {"valid": groups[:valid], "test": groups[valid : valid + test], "train": groups[valid + test :]}


def main():
    chats, austen = map(pathlib.Path, sys.argv[1:3])
    out = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else "data/dialogues")
    draw = random.Random(SEED)
    of_novels = [c for text in novels(austen) for c in spoken(text)]
    written = {"train": [], "valid": [], "test": []}
    seen = set()
    for source, conversations in (("chatterbot", chatterbot(chats)), ("novels", of_novels)):
        fresh = []
        for conversation in conversations:
            key = tuple(utterance.lower() for utterance in conversation)
            if key not in seen:
                seen.add(key)
                fresh.append(conversation)
        for part, groups in parts(fresh, draw).items():
            chosen = [conversation for group in groups for conversation in group]
            written[part] += chosen
            print(f"{source} {part}: {len(chosen)} conversations, {sum(map(len, chosen))} utterances")
    out.mkdir(parents=True, exist_ok=True)
    for part, conversations in written.items():
        draw.shuffle(conversations)
        text = "\n".join("".join(f"{utterance}\n" for utterance in conversation) for conversation in conversations)
        (out / f"{part}.txt").write_text(text)
    (out / "LICENSE-chatterbot.md").write_bytes((chats / "LICENSE.md").read_bytes())


main()
