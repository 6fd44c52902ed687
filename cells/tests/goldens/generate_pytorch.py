"""Golden files from PyTorch: `python generate_pytorch.py` writes pytorch/*.safetensors and pytorch/*.pt.

Weights and inputs are closed-form float32 numbers. Forward and backward run in float64 and are stored as float32, so that
the expected numbers carry no rounding noise of their own. A float32 run must agree (which also shows that no
pre-activation lies so close to a kink that rounding decides its gradient).
`--check` compares the cells written by hand here with those PyTorch has, where a choice of weights makes them equal.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

sys.dont_write_bytecode = True
from goldens import (  # noqa: E402
    BATCH, HERE, HIDDEN, INPUT, INPUT_SCALE, LENGTHS, LOSS_SCALE, PROJECTED, STATE_SCALE, TIME, WEIGHT_SCALE,
    assert_distinct, closed_form, max_error, save,
)  # fmt: skip

FLOAT32_TOLERANCE = 1e-5


class HandCell(nn.Module):
    """A cell that PyTorch lacks, as a plain loop over time: one layer, forward, called as `nn.LSTM` is."""

    gates: int
    states: int
    extra: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(self.gates * HIDDEN, INPUT))
        self.weight_hh_l0 = nn.Parameter(torch.empty(self.gates * HIDDEN, HIDDEN))
        self.bias_ih_l0 = nn.Parameter(torch.empty(self.gates * HIDDEN))
        for name in self.extra:
            rows = self.gates * HIDDEN if name == "bias_hh_l0" else HIDDEN
            setattr(self, name, nn.Parameter(torch.empty(rows)))

    def forward(self, inputs: Tensor, state: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
        current = tuple(s[0] for s in (state if isinstance(state, tuple) else (state,)))
        outputs = []
        for x in inputs.unbind(1):
            current = self.step(x, *current)
            outputs.append(current[0])
        final = tuple(s[None] for s in current)
        return torch.stack(outputs, 1), final if self.states == 2 else final[0]


class PeepholeLstm(HandCell):
    """Gers & Schmidhuber 2000: the input and forget gates see the last cell, the output gate sees the new one."""

    gates, states = 4, 2
    extra = ("peephole_i", "peephole_f", "peephole_o")

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = (x @ self.weight_ih_l0.T + h @ self.weight_hh_l0.T + self.bias_ih_l0).chunk(4, 1)
        i = torch.sigmoid(i + self.peephole_i * c)
        f = torch.sigmoid(f + self.peephole_f * c)
        c = f * c + i * torch.tanh(g)
        o = torch.sigmoid(o + self.peephole_o * c)
        return o * torch.tanh(c), c


class CoupledLstm(HandCell):
    """The input gate is one minus the forget gate, so the weights hold three gates: f g o."""

    gates, states = 3, 2

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        f, g, o = (x @ self.weight_ih_l0.T + h @ self.weight_hh_l0.T + self.bias_ih_l0).chunk(3, 1)
        f = torch.sigmoid(f)
        c = f * c + (1 - f) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class ResetBeforeGru(HandCell):
    """Cho et al. 2014: the reset gate acts on h before the recurrent product (ONNX's linear_before_reset = 0)."""

    gates, states = 3, 1
    extra = ("bias_hh_l0",)

    def step(self, x: Tensor, h: Tensor) -> tuple[Tensor]:
        in_r, in_z, in_n = (x @ self.weight_ih_l0.T + self.bias_ih_l0).chunk(3, 1)
        w_r, w_z, w_n = self.weight_hh_l0.chunk(3, 0)
        b_r, b_z, b_n = self.bias_hh_l0.chunk(3, 0)
        r = torch.sigmoid(in_r + h @ w_r.T + b_r)
        z = torch.sigmoid(in_z + h @ w_z.T + b_z)
        n = torch.tanh(in_n + (r * h) @ w_n.T + b_n)
        return ((1 - z) * n + z * h,)


def rnn(nonlinearity: str) -> Callable[..., nn.Module]:
    return lambda *sizes, **options: nn.RNN(*sizes, nonlinearity=nonlinearity, **options)


BUILT_IN: dict[str, Callable[..., nn.Module]] = {
    "rnn_tanh": rnn("tanh"), "rnn_relu": rnn("relu"), "lstm": nn.LSTM, "gru": nn.GRU,
}  # fmt: skip
BY_HAND: dict[str, type[HandCell]] = {
    "lstm_peephole": PeepholeLstm, "lstm_coupled": CoupledLstm, "gru_reset_before": ResetBeforeGru,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One golden file. `initial` adds initial states, `lengths` packs the batch; both are left out otherwise."""

    name: str
    kind: str
    num_layers: int = 1
    bidirectional: bool = False
    proj_size: int = 0
    bias: bool = True
    initial: bool = False
    lengths: bool = False
    state_dict: str | None = None

    def module(self) -> nn.Module:
        """The module in float32, with its closed-form weights: `k` is a parameter's position in the state dict."""
        if self.kind in BY_HAND:
            module = BY_HAND[self.kind]()
        else:
            options = {"proj_size": self.proj_size} if self.proj_size else {}
            module = BUILT_IN[self.kind](
                INPUT, HIDDEN, self.num_layers, bias=self.bias, bidirectional=self.bidirectional, batch_first=True, **options
            )
        weights = {
            name: torch.from_numpy(closed_form(parameter.shape, k, WEIGHT_SCALE))
            for k, (name, parameter) in enumerate(module.state_dict().items())
        }
        assert_distinct({name: weight.numpy() for name, weight in weights.items()})
        module.load_state_dict(weights)
        return module


def plain_and_stacked(kind: str, state_dicts: dict[str, str]) -> list[Case]:
    """The two cases that every built-in cell has, and the name of the `.pt` file where there is one."""
    plain, stacked = f"{kind}_l1", f"{kind}_l2_bi"
    return [
        Case(plain, kind, state_dict=state_dicts.get(plain)),
        Case(stacked, kind, 2, True, initial=True, lengths=True, state_dict=state_dicts.get(stacked)),
    ]


STATE_DICTS = {"rnn_tanh_l1": "rnn_l1", "lstm_l2_bi": "lstm_l2_bi", "gru_l2_bi": "gru_l2_bi"}
CASES = [
    *(case for kind in BUILT_IN for case in plain_and_stacked(kind, STATE_DICTS)),
    Case("rnn_tanh_l1_no_bias", "rnn_tanh", bias=False),
    Case("lstm_l1_no_bias", "lstm", bias=False),
    Case("gru_l1_no_bias", "gru", bias=False),
    Case("lstm_proj_l1", "lstm", proj_size=PROJECTED),
    Case("lstm_proj_l2_bi", "lstm", 2, True, proj_size=PROJECTED, initial=True, lengths=True),
    *(Case(f"{kind}_l1", kind, initial=True) for kind in BY_HAND),
]


def given(case: Case, first_k: int) -> dict[str, np.ndarray]:
    """Inputs, initial states and the weights of the loss; `k` goes on where the parameters ended."""
    rows, width = case.num_layers * (1 + case.bidirectional), case.proj_size or HIDDEN
    hidden, cell = (rows, BATCH, width), (rows, BATCH, HIDDEN)
    has_cell = case.kind.startswith("lstm")
    shapes = [
        ("inputs", (BATCH, TIME, INPUT), INPUT_SCALE),
        ("state.hidden", hidden if case.initial else None, STATE_SCALE),
        ("state.cell", cell if case.initial and has_cell else None, STATE_SCALE),
        ("loss.outputs", (BATCH, TIME, width * (1 + case.bidirectional)), LOSS_SCALE),
        ("loss.hidden", hidden, LOSS_SCALE),
        ("loss.cell", cell if has_cell else None, LOSS_SCALE),
    ]
    return {n: closed_form(shape, first_k + k, scale) for k, (n, shape, scale) in enumerate(shapes) if shape}


def forward(case: Case, module: nn.Module, t: dict[str, Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Outputs, zero beyond each row's length, and the final states."""
    state = tuple(t[name] for name in ("state.hidden", "state.cell") if name in t)
    arguments = (state if len(state) == 2 else state[0],) if state else ()
    if case.lengths:
        packed = pack_padded_sequence(t["inputs"], torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
        outputs, final = module(packed, *arguments)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=TIME)
    else:
        outputs, final = module(t["inputs"], *arguments)
    return outputs, final if isinstance(final, tuple) else (final,)


def results(case: Case, module: nn.Module, tensors: dict[str, np.ndarray], dtype: torch.dtype) -> dict[str, np.ndarray]:
    """Outputs, final states and gradients, computed in `dtype`."""
    module = module.to(dtype)
    module.zero_grad()
    t = {name: torch.from_numpy(tensor).to(dtype) for name, tensor in tensors.items()}
    leaves = {n: tensor.requires_grad_() for n, tensor in t.items() if not n.startswith("loss.")}
    outputs, final = forward(case, module, t)
    found = {"outputs": outputs} | dict(zip(["final.hidden", "final.cell"], final, strict=False))
    loss = sum((tensor * t[f"loss.{name.removeprefix('final.')}"]).sum() for name, tensor in found.items())
    loss.backward()
    found |= {f"grad.{name}": leaf.grad for name, leaf in (leaves | dict(module.named_parameters())).items()}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def write(case: Case) -> None:
    module = case.module()
    weights = {name: weight.numpy().copy() for name, weight in module.state_dict().items()}
    if case.state_dict:
        path = HERE / "pytorch" / f"{case.state_dict}.pt"
        path.parent.mkdir(exist_ok=True)
        torch.save(module.state_dict(), path)
    tensors = given(case, len(weights))
    rounded = results(case, module, tensors, torch.float32)
    exact = results(case, module, tensors, torch.float64)
    for name, tensor in exact.items():
        error = max_error(rounded[name], tensor)
        assert error <= FLOAT32_TOLERANCE, f"{case.name}: {name} in float32 differs by {error:.1e}"
    stored = weights | tensors | {name: tensor.astype(np.float32) for name, tensor in exact.items()}
    if case.lengths:
        stored["lengths"] = np.array(LENGTHS, dtype=np.int64)
    metadata = {
        "case": case.name,
        "torch": torch.__version__,
        "kind": case.kind,
        "num_layers": case.num_layers,
        "bidirectional": case.bidirectional,
        "input_size": INPUT,
        "hidden_size": HIDDEN,
        "proj_size": case.proj_size,
        "bias": case.bias,
    }
    save(HERE / "pytorch" / f"{case.name}.safetensors", stored, metadata)


def check_same(name: str, ours: nn.Module, theirs: nn.Module, states: int) -> None:
    inputs = torch.from_numpy(closed_form((BATCH, TIME, INPUT), 50, INPUT_SCALE)).double()
    parts = tuple(torch.from_numpy(closed_form((1, BATCH, HIDDEN), 51 + k, STATE_SCALE)).double() for k in range(states))
    state = parts if states == 2 else parts[0]
    error = max_error(*(m.double()(inputs, state)[0].detach().numpy() for m in (ours, theirs)))
    assert error <= 1e-12, f"{name} differs from PyTorch's own cell by {error:.1e}"
    print(f"ok {name} {error:.1e}")


@torch.no_grad()
def check() -> None:
    """Each hand-written cell equals PyTorch's where they must agree."""
    by_kind = {case.kind: case.module() for case in CASES if case.kind in BY_HAND}

    peephole, lstm = by_kind["lstm_peephole"], nn.LSTM(INPUT, HIDDEN, batch_first=True)
    for name in PeepholeLstm.extra:
        getattr(peephole, name).zero_()
    lstm.load_state_dict(
        {n: w for n, w in peephole.state_dict().items() if n not in PeepholeLstm.extra}
        | {"bias_hh_l0": torch.zeros(4 * HIDDEN)}
    )
    check_same("lstm_peephole without peepholes", peephole, lstm, 2)

    # sigmoid(-a) = 1 - sigmoid(a): an nn.LSTM whose input gate has the negated weights of its forget gate is coupled.
    coupled, lstm = by_kind["lstm_coupled"], nn.LSTM(INPUT, HIDDEN, batch_first=True)
    weights = {n: torch.cat([-w[:HIDDEN], w]) for n, w in coupled.state_dict().items()}
    lstm.load_state_dict(weights | {"bias_hh_l0": torch.zeros(4 * HIDDEN)})
    check_same("lstm_coupled", coupled, lstm, 2)

    # Without a recurrent candidate matrix and its bias, it does not matter where the reset gate acts.
    before, gru = by_kind["gru_reset_before"], nn.GRU(INPUT, HIDDEN, batch_first=True)
    before.weight_hh_l0[2 * HIDDEN :] = 0
    before.bias_hh_l0[2 * HIDDEN :] = 0
    gru.load_state_dict(before.state_dict())
    check_same("gru_reset_before without its candidate's recurrence", before, gru, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="first compare the hand-written cells with PyTorch's")
    if parser.parse_args().check:
        check()
    for case in CASES:
        write(case)


if __name__ == "__main__":
    main()
