"""What the package refuses, and what it makes of checkpoints (python -m unittest discover -s python/tests)."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy
import torch
from safetensors.numpy import load_file
from torch import nn

import hvae_mnn
from hvae_mnn.export_checkpoint import main as checkpoint


class Model(nn.Module):
    """Words to labels, by parts that a test replaces."""

    def __init__(self, rnn=None, width=5, after=None):
        super().__init__()
        torch.manual_seed(1)
        self.embed = nn.Embedding(9, 4)
        self.rnn = rnn or nn.GRU(4, 5, batch_first=True)
        self.head = nn.Linear(width, 3)
        self.after = after or nn.Identity()

    def forward(self, tokens):
        return self.after(self.head(self.between(self.rnn(self.embed(tokens))[0])))

    def between(self, states):
        return states


def exported(module, **options):
    """What is printed, and the files by name."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        hvae_mnn.export(module, folder, **options)
        files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    return said.getvalue(), files


class Refused(unittest.TestCase):
    def refused(self, module, part, **options):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(hvae_mnn.ExportError, part):
                hvae_mnn.export(module, Path(folder) / "new", **options)
            self.assertFalse((Path(folder) / "new").exists(), "nothing is written")

    def test_parts_that_hardware_has_none_of(self):
        self.refused(Model(nn.LSTM(4, 5, proj_size=3, batch_first=True), 3), "rnn: expected proj_size = 0, found 3")
        self.refused(Model(nn.RNN(4, 5, nonlinearity="relu", batch_first=True)), 'rnn: expected nonlinearity = "tanh"')
        self.refused(Model(after=nn.Softplus()), "after: expected nn.Embedding, .* found Softplus; describe it by hand")
        self.refused(nn.Sequential(nn.Linear(3, 2)), "Sequential: expected nn.RNN, nn.GRU or nn.LSTM")

    def test_what_stands_between_parts(self):
        class Between(Model):
            def between(self, states):
                return states.relu()

        self.refused(Between(), "head: expected to read what an earlier part makes, as it is")

        class After(Model):
            def forward(self, tokens):
                return 2 * super().forward(tokens)

        self.refused(After(), "head: expected the module to give what it makes .or its softmax")

        class Started(Model):
            def forward(self, tokens):
                return self.head(self.rnn(self.embed(tokens), torch.ones(1, len(tokens), 5))[0])

        self.refused(Started(), "rnn: expected h_0 = 0")

    def test_words(self):
        self.refused(Model(), "vocabulary: expected 9 words, as nn.Embedding has, found 2", vocabulary=["a", "b"])
        words = ["<pad>", "<sos>", "<eos>", *"abcdef"]
        self.refused(Model(), "found none for <unk0>", vocabulary=words)
        self.refused(Model(), "task: expected one of language-model, tagger, regression, found 'x'", task="x")
        self.refused(Model(), r"inputs\[0\]: expected a sequence of 2 steps at least", inputs=[[1]])


class Written(unittest.TestCase):
    def test_words_are_put_in_order(self):
        model, words = Model(), ["a", "<s>", "b", "[PAD]", "c", "</s>", "<unk>", "d", "e"]
        _, files = exported(model, vocabulary={word: i for i, word in enumerate(words)}, inputs=[[0, 3, 8]])
        self.assertEqual(files["vocab.txt"].decode().split(), ["<pad>", "<unk0>", "<sos>", "<eos>", *"abcde"])
        with numpy.load(io.BytesIO(files["samples.npz"])) as arrays:
            # a is word 4 now, the padding 0, e stays the last.
            self.assertEqual(arrays["tokens"].tolist(), [[4, 0, 8]])
            wanted = model.eval()(torch.tensor([[0, 3, 8]]))
            self.assertLess(numpy.abs(arrays["label"] - wanted.detach().numpy()).max(), 1e-6)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "w"
            path.write_bytes(files["weights.safetensors"])
            rows = load_file(path)["embed.weight"]
        self.assertTrue(numpy.array_equal(rows, model.embed.weight.detach().numpy()[[3, 6, 1, 5, 0, 2, 4, 7, 8]]))

    def test_the_module_is_left_as_it_was(self):
        model = Model().double().train()
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        said, _ = exported(model)
        self.assertTrue(model.training and model.head.weight.dtype == torch.float64)
        self.assertTrue(all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items()))
        self.assertIn("9 words, one a line, <pad>, <unk0>, <sos>, <eos> first", said)

    def test_the_same_bytes_again(self):
        self.assertEqual(exported(Model())[1], exported(Model())[1])


class Checkpoints(unittest.TestCase):
    def run_on(self, saved, *more):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "c.pt", Path(folder) / "out" / "s.safetensors"
            torch.save(saved, source)
            said, error = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(error):
                status = checkpoint([str(source), str(target), *more])
            tensors = load_file(target) if target.exists() else None
            return status, said.getvalue(), error.getvalue(), tensors

    def test_a_state_dict(self):
        state = Model().state_dict()
        state["tied"] = state["head.weight"]
        status, said, error, tensors = self.run_on(state)
        self.assertEqual((status, error), (0, ""))
        self.assertIn("embed.weight [9, 4]", said)
        self.assertEqual(set(tensors), set(state))
        self.assertTrue(numpy.array_equal(tensors["tied"], state["head.weight"].numpy()))

    def test_a_checkpoint_with_more_in_it(self):
        state = Model().half().state_dict()
        status, _, _, tensors = self.run_on({"epoch": 3, "model_state_dict": state})
        self.assertEqual((status, tensors["head.bias"].dtype), (0, numpy.float32))
        self.assertEqual(self.run_on({"ema": state, "epoch": 3}, "--key", "ema")[0], 0)
        status, _, error, tensors = self.run_on({"ema": state, "epoch": 3})
        self.assertEqual((status, tensors), (2, None))
        self.assertIn("expected a state dict, found the keys ema, epoch; name the part that is one with --key", error)
        self.assertIn("under `net`", self.run_on({"ema": state}, "--key", "net")[2])

    def test_no_code_is_run(self):
        status, _, error, tensors = self.run_on(Model())
        self.assertEqual((status, tensors), (2, None))
        self.assertIn("expected a state dict of tensors, found ", error)
        self.assertIn("save it again with torch.save(model.state_dict(), FILE)", error)


if __name__ == "__main__":
    unittest.main()
