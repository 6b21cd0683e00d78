"""A PyTorch checkpoint as safetensors: python -m hvae_mnn.export_checkpoint FILE.pt OUT.safetensors [--key NAME]"""

import argparse
import sys
from pathlib import Path

from ._errors import ExportError


def export_checkpoint(source, target, key=None):
    """Write the state dict in `source` (of torch.save) to `target` as safetensors; return its names and shapes.

    A checkpoint that holds more than a state dict has it under `key`; "state_dict", "model_state_dict" and "model" are
    tried without being told. Only tensors are read, no code of the file is run. Numbers become float32.
    """
    import torch
    from safetensors.torch import save_file

    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ExportError(
            f"{source}: expected a state dict of tensors, found {type(error).__name__}: {error}; "
            "save it again with torch.save(model.state_dict(), FILE)"
        ) from error
    state = _state_of(source, loaded, key)
    tensors = {}
    for name, tensor in state.items():
        if tensor.is_floating_point():
            # A copy each: tied weights share their memory, which safetensors refuses.
            tensors[name] = tensor.detach().to(torch.float32).contiguous().clone()
    if not tensors:
        raise ExportError(f"{source}: expected tensors of real numbers, found none; save model.state_dict()")
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(target))
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _state_of(source, loaded, key):
    import torch

    def is_state(value):
        return isinstance(value, dict) and value and all(isinstance(v, torch.Tensor) for v in value.values())

    if key is not None:
        if not isinstance(loaded, dict) or not is_state(loaded.get(key)):
            raise ExportError(f"{source}: expected a state dict under `{key}`, found {_keys(loaded)}; name another")
        return loaded[key]
    if is_state(loaded):
        return loaded
    for name in ("state_dict", "model_state_dict", "model"):
        if isinstance(loaded, dict) and is_state(loaded.get(name)):
            return loaded[name]
    raise ExportError(f"{source}: expected a state dict, found {_keys(loaded)}; name the part that is one with --key")


def _keys(loaded):
    if not isinstance(loaded, dict):
        return f"a {type(loaded).__name__}"
    return "the keys " + ", ".join(str(key) for key in loaded)


def main(words=None):
    parser = argparse.ArgumentParser(prog="hvae_mnn.export_checkpoint", description=__doc__.split(":")[0])
    parser.add_argument("source", help="file of torch.save")
    parser.add_argument("target", help="safetensors file to write")
    parser.add_argument("--key", help="the part of the checkpoint that is the state dict")
    arguments = parser.parse_args(words)
    try:
        shapes = export_checkpoint(arguments.source, arguments.target, arguments.key)
    except (ExportError, OSError) as error:
        print(f"hvae_mnn: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        print(f"hvae_mnn: {error}; install torch and safetensors", file=sys.stderr)
        return 3
    for name, shape in shapes.items():
        print(f"{name} {list(shape)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
