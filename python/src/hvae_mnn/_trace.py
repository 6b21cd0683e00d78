"""What a module computes, found by running it: which of its parts reads the vectors of which other."""

import copy
from dataclasses import dataclass, field

from ._errors import ExportError

TAKEN = "nn.Embedding, nn.RNN, nn.GRU, nn.LSTM, nn.Linear, nn.Tanh, nn.Sigmoid, nn.Dropout"


@dataclass
class Value:
    """A vector at every step of the sequence, or one of the whole."""

    tensor: object  # [steps, width], or [1, width]
    reads: list  # names of blocks, joined in this order
    once: bool = False


@dataclass
class Block:
    """A block of the description, with its weights and what the module makes of each sequence."""

    name: str
    op: str
    of: str  # the part of the module that it comes from
    reads: list = field(default_factory=list)
    once: bool = False
    backwards: bool = False
    kind: str = ""
    size: int = 0
    bias: bool = True
    activation: str = ""
    weights: dict = field(default_factory=dict)
    made: object = None  # [steps, width] of the sequence that was run


class Tracer:
    """Runs a copy of `module` and builds its blocks."""

    def __init__(self, module):
        import torch

        self.torch = torch
        self.module = copy.deepcopy(module).to(device="cpu", dtype=torch.float32).eval()
        self.names = {part: name or type(part).__name__ for name, part in self.module.named_modules()}
        nn = torch.nn
        self.cells = {nn.RNN: "rnn", nn.GRU: "gru", nn.LSTM: "lstm"}
        parts = list(self.module.modules())
        recurrent = [part for part in parts if type(part) in self.cells]
        if not recurrent:
            raise ExportError(f"{type(module).__name__}: expected nn.RNN, nn.GRU or nn.LSTM in it, found none")
        first = {part.batch_first for part in recurrent}
        if len(first) > 1:
            raise ExportError("batch_first: expected the same of all recurrent parts, found both; make them alike")
        self.batch_first = first.pop()
        for part in recurrent:
            self._check_cell(part)
        embeddings = [part for part in parts if isinstance(part, nn.Embedding)]
        self.words = embeddings[0].num_embeddings if embeddings else None
        self.frame = None if embeddings else recurrent[0].input_size
        if not embeddings:
            # What comes first need not be the cell.
            linear = [part for part in parts if isinstance(part, nn.Linear) or type(part) in self.cells]
            self.frame = linear[0].in_features if isinstance(linear[0], nn.Linear) else recurrent[0].input_size

    def _check_cell(self, part):
        name = self.names[part]
        if getattr(part, "proj_size", 0):
            raise ExportError(f"{name}: expected proj_size = 0, found {part.proj_size}; there is no projection in a cell")
        if getattr(part, "nonlinearity", "tanh") != "tanh":
            raise ExportError(f"{name}: expected nonlinearity = \"tanh\", found \"{part.nonlinearity}\"; train it with tanh")

    def run(self, sequence):
        """The blocks of the module, with what they make of `sequence` (token ids, or frames [steps, size])."""
        torch = self.torch
        calls, hooks = [], []
        for part in self.module.modules():
            if not list(part.children()):
                hooks.append(part.register_forward_hook(lambda m, i, o: calls.append((m, i, o))))
        x = torch.as_tensor(sequence)
        try:
            with torch.no_grad():
                made = self.module(x[None] if self.batch_first else x[:, None])
        finally:
            for hook in hooks:
                hook.remove()
        if isinstance(made, (tuple, list)):
            made = made[0]
        self.sequence, self.steps = x, len(x)
        self.values, self.blocks, self.linears, self.levels = [], [], {}, 0
        if self.frame is not None:
            self._add(Block("frame", "input", "what is read", size=self.frame), x.float())
        with torch.no_grad():
            for part, inputs, output in calls:
                self._call(part, inputs, output)
        self._head(made)
        return self.blocks

    def _call(self, part, inputs, output):
        nn = self.torch.nn
        if isinstance(part, nn.Embedding):
            self._embedding(part, inputs[0], output)
        elif type(part) in self.cells:
            self._levels(part, inputs, output)
        elif isinstance(part, nn.Linear):
            self._linear(part, inputs[0], output)
        elif isinstance(part, (nn.Tanh, nn.Sigmoid)):
            self._activation(part, inputs[0], output)
        elif not isinstance(part, (nn.Dropout, nn.Identity, nn.LogSoftmax, nn.Softmax)):
            raise ExportError(f"{self.names[part]}: expected {TAKEN}, found {type(part).__name__}; describe it by hand")

    def _rows(self, tensor):
        """[steps, width], or [1, width] of one vector of the whole sequence."""
        if tensor.dim() == 3:
            return tensor[0] if self.batch_first else tensor[:, 0]
        return tensor.reshape(-1, tensor.shape[-1])

    def _find(self, part, tensor):
        rows = self._rows(tensor)
        for value in reversed(self.values):
            if value.tensor.shape == rows.shape and self.torch.equal(value.tensor, rows):
                return value
        raise ExportError(
            f"{self.names[part]}: expected to read what an earlier part makes, as it is (at every step, or at the last), "
            "found other numbers; what stands between the parts must be parts itself (nn.Tanh, nn.Sigmoid), the rest is "
            "to be described by hand"
        )

    def _add(self, block, rows, once=False):
        block.made, block.once = rows, once
        self.blocks.append(block)
        self.values.append(Value(rows, [block.name], once))

    def _embedding(self, part, tokens, output):
        name = self.names[part]
        if not self.torch.equal(tokens.reshape(-1), self.sequence):
            raise ExportError(f"{name}: expected it to read the words as they are given, found others")
        if any(block.op == "embedding" for block in self.blocks):
            raise ExportError(f"{name}: expected one nn.Embedding, found a second; describe it by hand")
        if part.max_norm is not None:
            raise ExportError(f"{name}: expected max_norm = None, found {part.max_norm}; scale its rows before")
        block = Block("embed", "embedding", name, size=part.embedding_dim, weights={"weight": part.weight})
        self._add(block, self._rows(output))

    def _levels(self, part, inputs, output):
        torch, name = self.torch, self.names[part]
        if not isinstance(inputs[0], torch.Tensor):
            raise ExportError(f"{name}: expected a tensor, found {type(inputs[0]).__name__}; feed one sequence unpacked")
        starts = inputs[1] if len(inputs) > 1 and inputs[1] is not None else ()
        starts = starts if isinstance(starts, (tuple, list)) else (starts,)
        if any(bool(start.abs().max() > 0) for start in starts):
            raise ExportError(f"{name}: expected h_0 = 0 (and c_0 = 0), found others; describe it by hand with init")
        value = self._find(part, inputs[0])
        if value.once:
            raise ExportError(f"{name}: expected to read a vector at every step, found one of the whole sequence")
        reads, below, size = value.reads, value.tensor, part.hidden_size
        for layer in range(part.num_layers):
            self.levels += 1
            of = f"{name}, layer {layer}" if part.num_layers > 1 else name
            forwards = "fwd" if part.bidirectional else "level"
            directions = ([("bwd", True)] if part.bidirectional else []) + [(forwards, False)]
            made = {}
            for stem, backwards in directions:
                block = Block(f"{stem}{self.levels}", "cell", of, list(reads), backwards=backwards)
                block.kind, block.size = self.cells[type(part)], size
                block.weights = _cell_weights(torch, part, layer, backwards)
                block.made = made[backwards] = self._level(part, block, below)
                self.blocks.append(block)
            names = [block.name for block in self.blocks[-len(directions) :]]
            # PyTorch joins forwards, then backwards.
            reads = names[::-1]
            below = torch.cat([made[d] for d in sorted(made)], dim=1)
        rows = self._rows(output[0])
        if not torch.allclose(rows, below, atol=1e-5):
            raise ExportError(f"{name}: its layers one by one make other numbers than it does; describe it by hand")
        for block in self.blocks[-len(reads) :]:
            block.made = rows[:, size:] if block.backwards else rows[:, :size]
        self.values.append(Value(rows, reads))
        last = rows[-1:] if len(reads) == 1 else torch.cat([rows[-1:, :size], rows[:1, size:]], dim=1)
        self.values.append(Value(last, reads, once=True))
        if len(reads) == 2:
            turned = torch.cat([rows[:1, size:], rows[-1:, :size]], dim=1)
            self.values.append(Value(turned, reads[::-1], once=True))

    def _level(self, part, block, below):
        """What one layer and direction of a recurrent part makes."""
        single = type(part)(below.shape[1], part.hidden_size, batch_first=True)
        single.load_state_dict(block.weights)
        made, _ = single((below.flip(0) if block.backwards else below)[None])
        return made[0].flip(0) if block.backwards else made[0]

    def _linear(self, part, tensor, output):
        value = self._find(part, tensor)
        count = sum(block.op == "linear" for block in self.blocks) + 1
        block = Block(f"hidden{count}", "linear", self.names[part], list(value.reads), size=part.out_features)
        block.bias = part.bias is not None
        block.weights = {"weight": part.weight, **({"bias": part.bias} if block.bias else {})}
        self._add(block, self._rows(output), value.once)
        self.linears[block.name] = block

    def _activation(self, part, tensor, output):
        value = self._find(part, tensor)
        block = self.linears.get(value.reads[0])
        if len(value.reads) != 1 or block is None or block.activation:
            raise ExportError(f"{self.names[part]}: expected to follow an nn.Linear, found another part before it")
        block.activation = type(part).__name__.lower()
        block.made = self._rows(output)
        self.values.append(Value(block.made, [block.name], value.once))

    def _head(self, made):
        """Renames the block whose values the module gives: the last nn.Linear."""
        torch = self.torch
        head = next((b for b in reversed(self.blocks) if b.op == "linear"), None)
        if head is None or head is not self.blocks[-1] or head.activation:
            raise ExportError("expected an nn.Linear that comes last and gives logits or numbers, found none")
        rows = self._rows(made)
        softened = (head.made, head.made.log_softmax(-1), head.made.softmax(-1))
        if not any(rows.shape == s.shape and torch.allclose(rows, s, atol=1e-6) for s in softened):
            raise ExportError(
                f"{head.of}: expected the module to give what it makes (or its softmax, or log_softmax), found other "
                "numbers; leave out what follows it"
            )
        head.op = "head"


def _cell_weights(torch, part, layer, backwards):
    ending = "_reverse" if backwards else ""
    weights = {}
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        tensor = getattr(part, f"{name}_l{layer}{ending}", None)
        if tensor is None:
            tensor = torch.zeros(getattr(part, f"weight_hh_l{layer}{ending}").shape[0])
        weights[f"{name}_l0"] = tensor.detach()
    return weights
