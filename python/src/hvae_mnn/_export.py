"""The files that `hvae import` reads, of a module."""

from pathlib import Path

import numpy

from ._errors import ExportError
from ._trace import Tracer

SPECIAL = ["<pad>", "<unk0>", "<sos>", "<eos>"]
ALSO = {"<unk>": "<unk0>", "[UNK]": "<unk0>", "<bos>": "<sos>", "<s>": "<sos>", "</s>": "<eos>", "[PAD]": "<pad>"}
TASKS = ("language-model", "tagger", "regression")


def export(module, path, inputs=None, *, vocabulary=None, task=None, special=None, samples=4, seed=1):
    """Write `module` into the folder `path` as `hvae import` reads it, and print the command that does.

    `module` is made of nn.Embedding, nn.RNN, nn.GRU, nn.LSTM (any number of layers, one direction or two) and
    nn.Linear, each reading what one before it makes, with nn.Tanh or nn.Sigmoid behind an nn.Linear and dropout anywhere;
    states start from zero. It is called with a batch of one sequence and gives logits or numbers at every step, or one
    vector of the whole sequence.

    inputs      sequences to compare both sides on: lists of token ids, or arrays [steps, size]; absent: random ones
    vocabulary  words by their number (a list, a dictionary of numbers, or a file with one a line). The words for
                padding, for what is unknown, for the beginning and the end of a sentence become the first four.
    task        "language-model" (what comes after each word), "tagger" (a label), "regression" (numbers); absent: by
                what the module reads and how many numbers it gives
    special     how `vocabulary` calls those four words, in that order
    samples     how many random sequences, of seed `seed`

    Of a regression only the numbers themselves are taken: how sure it is becomes the same everywhere (log-variance 0).
    Returns the command.
    """
    path = Path(path)
    tracer = Tracer(module)
    task = _task(tracer, task, module)
    words, order = _words(tracer, vocabulary, special)
    sequences = _sequences(tracer, task, inputs, samples, seed)
    # A word is written from those before it: the last one is only predicted.
    shown = [s[:-1] if task == "language-model" else s for s in sequences]
    runs = [tracer.run(s) for s in shown]
    blocks = _described(runs, task, tracer)
    path.mkdir(parents=True, exist_ok=True)
    _write_weights(path, blocks, order)
    (path / "network.toml").write_text(_description(blocks, task))
    (path / "hvae.toml").write_text(_configuration(tracer))
    if words is not None:
        (path / "vocab.txt").write_text("".join(word + "\n" for word in words))
    _write_samples(path, sequences, runs, order, tracer)
    for block in blocks:
        print(f"{block.of}: `{block.name}`")
    vocab = f" --vocab {path / 'vocab.txt'}" if tracer.words else ""
    command = (
        f"hvae import {path / 'weights.safetensors'} --config {path / 'hvae.toml'}{vocab} "
        f"--check {path / 'samples.npz'} --out models/{path.name}"
    )
    if tracer.words and words is None:
        print(f"write {path / 'vocab.txt'}: {tracer.words} words, one a line, {', '.join(SPECIAL)} first")
    print(command)
    return command


def _task(tracer, task, module):
    if task is not None and task not in TASKS:
        raise ExportError(f"task: expected one of {', '.join(TASKS)}, found {task!r}; correct it or leave it out")
    if task is None:
        outputs = [part.out_features for part in module.modules() if type(part).__name__ == "Linear"]
        both = any(getattr(part, "bidirectional", False) for part in module.modules())
        writes = bool(outputs) and outputs[-1] == tracer.words and not both
        task = "regression" if tracer.words is None else "language-model" if writes else "tagger"
    if (task == "language-model") and tracer.words is None:
        raise ExportError("task: expected a module with an nn.Embedding for a language model, found none")
    return task


def _words(tracer, vocabulary, special):
    """The words in the order of `hvae`, and the number that each has in the module; None where there is none."""
    if vocabulary is None or tracer.words is None:
        return None, None
    if isinstance(vocabulary, dict):
        vocabulary = sorted(vocabulary, key=vocabulary.get)
    elif isinstance(vocabulary, (str, Path)):
        vocabulary = Path(vocabulary).read_text().split("\n")
        vocabulary = vocabulary[:-1] if vocabulary[-1] == "" else vocabulary
    vocabulary = list(vocabulary)
    if len(vocabulary) != tracer.words:
        raise ExportError(
            f"vocabulary: expected {tracer.words} words, as nn.Embedding has, found {len(vocabulary)}; give those of the training"
        )
    if special is None:
        known = [ALSO.get(word, word) for word in vocabulary]
        special = [vocabulary[known.index(name)] if name in known else None for name in SPECIAL]
    missing = [SPECIAL[i] for i, word in enumerate(special) if word not in vocabulary]
    if len(special) != 4 or missing:
        raise ExportError(
            f"vocabulary: expected words for padding, unknown words, beginning and end, found none for {', '.join(missing)}; "
            "name the four with special=[...], or train with them: `hvae` writes from the second last to the last"
        )
    first = [vocabulary.index(word) for word in special]
    order = first + [i for i in range(len(vocabulary)) if i not in first]
    return SPECIAL + [vocabulary[i] for i in order[4:]], order


def _sequences(tracer, task, inputs, samples, seed):
    """Sequences in the module's own numbers."""
    if inputs is not None:
        kind = numpy.int64 if tracer.words else numpy.float32
        sequences = [numpy.asarray(sequence, dtype=kind) for sequence in inputs]
        least = 3 if task == "language-model" else 2
        for i, sequence in enumerate(sequences):
            if sequence.ndim != (1 if tracer.words else 2) or len(sequence) < least:
                raise ExportError(f"inputs[{i}]: expected a sequence of {least} steps at least, found shape {sequence.shape}")
        return sequences
    random = numpy.random.default_rng(seed)
    lengths = [5 + int(random.integers(6)) for _ in range(samples)]
    if tracer.words:
        return [random.integers(tracer.words, size=n) for n in lengths]
    return [random.standard_normal((n, tracer.frame)).astype(numpy.float32) for n in lengths]


def _described(runs, task, tracer):
    """The blocks of the first run, with the head as the task has it, each run's alike."""
    shapes = [[(b.name, b.reads, b.once) for b in blocks] for blocks in runs]
    for blocks, shape in zip(runs, shapes):
        if shape != shapes[0]:
            raise ExportError("expected the same parts for every sequence, found others; the module decides by its input")
        head = blocks[-1]
        if head.op != "head":
            raise ExportError("expected the logits or numbers last, found another part after them")
        if task == "language-model":
            wrong = [b for b in blocks if b.backwards or b.once]
            if wrong:
                raise ExportError(f"{wrong[0].of}: expected one direction and a word at every step of a language model")
            if head.size != tracer.words:
                raise ExportError(f"{head.of}: expected {tracer.words} logits, one a word, found {head.size}")
            head.name, head.op = "vocab", "vocabulary"
        elif task == "tagger":
            head.name, head.op = "label", "label"
        else:
            head.name, head.op = "values", "values"
    return runs[0]


def _write_weights(path, blocks, order):
    from safetensors.numpy import save_file

    tensors = {}
    for block in blocks:
        weights = {name: tensor.detach().numpy() for name, tensor in block.weights.items()}
        if block.op in ("vocabulary", "label", "values") and "bias" not in weights:
            weights["bias"] = numpy.zeros(block.size, numpy.float32)
        if order is not None and block.op in ("embedding", "vocabulary"):
            weights = {name: tensor[order] for name, tensor in weights.items()}
        if block.op == "values":
            means = {f"mean.{name}": tensor for name, tensor in weights.items()}
            weights = {**means, **{f"log_variance.{name}": 0 * tensor for name, tensor in weights.items()}}
        for name, tensor in weights.items():
            tensors[f"{block.name}.{name}"] = numpy.ascontiguousarray(tensor)
    save_file(tensors, str(path / "weights.safetensors"))


def _description(blocks, task):
    """`network.toml`: loops in the order in which they run, and the blocks of each."""
    text = _Description(blocks[0])
    forwards, over = ("text", "written") if task == "language-model" else ("forwards", "positions")
    rounds = 0
    for block in blocks[1:]:
        if block.backwards:
            # What runs forwards with it, and reads it, comes in a loop of its own.
            rounds += 1
            forwards = f"forwards{rounds}"
            text.add(block, f"backwards{rounds}", "backwards")
        elif block.once:
            text.add(block, "whole", "once")
        else:
            text.add(block, forwards, over)
    return "\n".join(text.loops) + "\n" + "\n".join(text.blocks)


class _Description:
    """The text of loops and blocks. What is read, `source`, stands in every loop that reads it."""

    def __init__(self, source):
        self.source, self.loops, self.blocks = source, [], []
        self.sources = {}  # loop: name of the source in it

    def add(self, block, loop, over):
        head = f'[[loop]]\nname = "{loop}"\nover = "{over}"\n'
        if head not in self.loops:
            self.loops.append(head)
        reads = [self._source(loop) if name == self.source.name else name for name in block.reads]
        keys = [f'kind = "{block.kind}"'] if block.kind else []
        keys += [f"size = {block.size}"] if block.op != "vocabulary" else []
        keys += ["inputs = [" + ", ".join(f'"{name}"' for name in reads) + "]"]
        keys += ["bias = false"] if block.op == "linear" and not block.bias else []
        keys += [f'activation = "{block.activation}"'] if block.activation else []
        self._block(block.name, loop, block.op, keys)

    def _source(self, loop):
        if loop not in self.sources:
            name, source = self.source.name, self.source
            again = f"{name}_again{len(self.sources)}" if self.sources else name
            tied = [f'tied = "{name}"'] if self.sources and source.op == "embedding" else []
            self._block(again, loop, source.op, [*tied, f"size = {source.size}"])
            self.sources[loop] = again
        return self.sources[loop]

    def _block(self, name, loop, op, keys):
        lines = [f'name = "{name}"', f'loop = "{loop}"', f'op = "{op}"', *keys]
        self.blocks.append("[[block]]\n" + "\n".join(lines) + "\n")


def _configuration(tracer):
    words = f"vocabulary = {tracer.words}\n" if tracer.words else ""
    return f'[model]\nfamily = "custom"\ndescription = "network.toml"\n{words}'


def _write_samples(path, sequences, runs, order, tracer):
    longest = max(len(s) for s in sequences)
    arrays = {}
    if tracer.words:
        number = numpy.argsort(order) if order is not None else numpy.arange(tracer.words)
        tokens = numpy.full((len(sequences), longest), -1, numpy.int32)
        for row, sequence in zip(tokens, sequences):
            row[: len(sequence)] = number[sequence]
        arrays["tokens"] = tokens
    else:
        frames = numpy.zeros((len(sequences), longest, tracer.frame), numpy.float32)
        for row, sequence in zip(frames, sequences):
            row[: len(sequence)] = sequence
        arrays["frames"] = frames
        arrays["lengths"] = numpy.array([len(s) for s in sequences], numpy.int32)
    for i, block in enumerate(runs[0]):
        if block.op == "input":
            continue
        rows = [run[i].made.numpy() for run in runs]
        if order is not None and block.op == "vocabulary":
            rows = [row[:, order] for row in rows]
        if block.once:
            array = numpy.concatenate(rows)
        else:
            array = numpy.zeros((len(rows), max(len(r) for r in rows), rows[0].shape[1]), numpy.float32)
            for to, row in zip(array, rows):
                to[: len(row)] = row
        arrays[block.name + (".mean" if block.op == "values" else "")] = array
    numpy.savez_compressed(path / "samples.npz", **arrays)
