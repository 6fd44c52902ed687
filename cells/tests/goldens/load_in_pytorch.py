"""Loads safetensors files that Recurra wrote into PyTorch: `python load_in_pytorch.py FILE...`.

A file holds a module's state dict, and beside it `__check__.inputs` [B, T, D], `__check__.outputs` [B, T, *] and, for a
padded batch, `__check__.lengths` [B]; the initial state is zero. Its metadata says which module: kind (rnn_tanh,
rnn_relu, lstm, gru), num_layers, bidirectional, input_size, hidden_size, proj_size, bias.
Prints `ok FILE ERROR` a file, and exits with 1 if one does not load strictly or its outputs differ.
"""

import sys
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

TOLERANCE = 1e-5
PREFIX = "__check__."


def build(metadata: dict[str, str]) -> nn.Module:
    """The module that the metadata describes."""
    options: dict[str, object] = {
        "num_layers": int(metadata["num_layers"]),
        "bidirectional": metadata["bidirectional"] == "true",
        "bias": metadata["bias"] == "true",
        "batch_first": True,
    }
    sizes = int(metadata["input_size"]), int(metadata["hidden_size"])
    match metadata["kind"]:
        case "rnn_tanh" | "rnn_relu" as kind:
            return nn.RNN(*sizes, nonlinearity=kind.removeprefix("rnn_"), **options)
        case "lstm":
            return nn.LSTM(*sizes, proj_size=int(metadata.get("proj_size", "0")), **options)
        case "gru":
            return nn.GRU(*sizes, **options)
        case kind:
            raise ValueError(f"no PyTorch module for kind {kind!r}")


@torch.no_grad()
def run(module: nn.Module, inputs: Tensor, lengths: Tensor | None) -> Tensor:
    """The module's outputs, zero beyond each row's length."""
    if lengths is None:
        return module(inputs)[0]
    packed = pack_padded_sequence(inputs, lengths.to(torch.int64).cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(module(packed)[0], batch_first=True, total_length=inputs.shape[1])[0]


def check(path: Path) -> float:
    """The largest difference, relative to the largest output."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    checks = {name: tensors.pop(name) for name in list(tensors) if name.startswith(PREFIX)}
    module = build(metadata)
    module.load_state_dict(tensors, strict=True)
    outputs, expected = run(module, checks[f"{PREFIX}inputs"], checks.get(f"{PREFIX}lengths")), checks[f"{PREFIX}outputs"]
    if outputs.shape != expected.shape:
        raise ValueError(f"outputs are {list(expected.shape)}, PyTorch's are {list(outputs.shape)}")
    error = float((outputs - expected).abs().max() / expected.abs().max().clamp_min(1e-30))
    if not error <= TOLERANCE:
        raise ValueError(f"outputs differ by {error:.1e}, at most {TOLERANCE:.0e} is allowed")
    return error


def main() -> int:
    if len(sys.argv) < 2:
        print("usage: load_in_pytorch.py FILE...", file=sys.stderr)
        return 2
    failed = False
    for path in map(Path, sys.argv[1:]):
        try:
            print(f"ok {path.name} {check(path):.1e}")
        except Exception as problem:  # One broken file must not hide what the others say.
            failed = True
            print(f"failed {path.name}: {problem}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
