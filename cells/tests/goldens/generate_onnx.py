"""Golden files from ONNX Runtime: `python generate_onnx.py` writes onnx/*.safetensors.

Each file holds one LSTM, GRU or RNN node (opset 14, layout 0): its inputs, its weights and what the CPU provider returned.
`--check` first compares every result with the float64 reference below, which states what the runtime computes, and makes
sure that each peculiarity (clip, input_forget, linear_before_reset, P) changes the result of its case.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

sys.dont_write_bytecode = True
from goldens import (  # noqa: E402
    BATCH, HERE, HIDDEN, INPUT, INPUT_SCALE, LENGTHS, STATE_SCALE, TIME, WEIGHT_SCALE,
    assert_distinct, closed_form, max_error, save,
)  # fmt: skip

OPSET = 14
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
DEFAULT_ACTIVATIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
NODE_INPUTS = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
CHECK_TOLERANCE = 1e-6
BITE = 1e-2

Tensors = dict[str, np.ndarray]
Step = Callable[[np.ndarray, tuple[np.ndarray, ...]], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Case:
    """One node. What is not named has ONNX's default, or is left out of the graph."""

    name: str
    op: str
    direction: str = "forward"
    activations: list[str] = field(default_factory=list)
    clip: float | None = None
    linear_before_reset: int = 0
    input_forget: int = 0
    peephole: bool = False
    initial: bool = False
    lengths: list[int] | None = None

    @property
    def directions(self) -> int:
        return 2 if self.direction == "bidirectional" else 1

    def all_activations(self) -> list[str]:
        return (self.activations or DEFAULT_ACTIVATIONS[self.op]) * self.directions


CASES = [
    Case("lstm_forward", "LSTM"),
    Case("lstm_peephole_forward", "LSTM", peephole=True, initial=True),
    Case("lstm_peephole_bidirectional", "LSTM", "bidirectional", peephole=True, initial=True, lengths=LENGTHS),
    Case("lstm_reverse", "LSTM", "reverse", lengths=LENGTHS),
    Case("lstm_zero_length", "LSTM", "bidirectional", initial=True, lengths=[5, 0, 3]),
    Case("lstm_clip", "LSTM", clip=0.3, initial=True),
    Case("lstm_peephole_clip", "LSTM", clip=0.3, peephole=True, initial=True),
    Case("lstm_input_forget", "LSTM", input_forget=1, initial=True),
    Case("lstm_peephole_input_forget", "LSTM", input_forget=1, peephole=True, initial=True),
    Case("gru_lbr0_forward", "GRU"),
    Case("gru_lbr1_forward", "GRU", linear_before_reset=1),
    Case("gru_lbr1_bidirectional", "GRU", "bidirectional", linear_before_reset=1, initial=True, lengths=LENGTHS),
    Case("gru_lbr0_reverse", "GRU", "reverse", initial=True, lengths=LENGTHS),
    Case("gru_lbr0_clip", "GRU", clip=0.3, initial=True),
    Case("gru_lbr1_clip", "GRU", clip=0.3, linear_before_reset=1, initial=True),
    Case("rnn_tanh_forward", "RNN"),
    Case("rnn_relu_bidirectional", "RNN", "bidirectional", activations=["Relu"], initial=True, lengths=LENGTHS),
    Case("rnn_clip", "RNN", clip=0.3, initial=True),
]


def node_inputs(case: Case) -> Tensors:
    """Every tensor that goes into the node; `k` counts them in NODE_INPUTS' order, present or not."""
    rows, dirs = GATES[case.op] * HIDDEN, case.directions
    shapes = {
        "X": (TIME, BATCH, INPUT),
        "W": (dirs, rows, INPUT),
        "R": (dirs, rows, HIDDEN),
        "B": (dirs, 2 * rows),
        "initial_h": (dirs, BATCH, HIDDEN) if case.initial else None,
        "initial_c": (dirs, BATCH, HIDDEN) if case.initial and case.op == "LSTM" else None,
        "P": (dirs, 3 * HIDDEN) if case.peephole else None,
    }
    scales = {"X": INPUT_SCALE, "initial_h": STATE_SCALE, "initial_c": STATE_SCALE}
    inputs = {
        name: closed_form(shape, NODE_INPUTS.index(name), scales.get(name, WEIGHT_SCALE))
        for name, shape in shapes.items()
        if shape
    }
    assert_distinct({name: tensor for name, tensor in inputs.items() if name in ("W", "R", "B", "P")})
    if case.lengths:
        inputs["sequence_lens"] = np.array(case.lengths, dtype=np.int32)
    return inputs


def run_onnx(case: Case, inputs: Tensors) -> Tensors:
    """What ONNX Runtime's CPU provider returns for the node."""
    outputs = ["Y", "Y_h"] + (["Y_c"] if case.op == "LSTM" else [])
    allowed = NODE_INPUTS if case.op == "LSTM" else NODE_INPUTS[:6]
    attributes: dict[str, object] = {"hidden_size": HIDDEN, "direction": case.direction}
    if case.activations:
        attributes["activations"] = case.all_activations()
    if case.clip is not None:
        attributes["clip"] = case.clip
    if case.linear_before_reset:
        attributes["linear_before_reset"] = case.linear_before_reset
    if case.input_forget:
        attributes["input_forget"] = case.input_forget
    node = helper.make_node(case.op, [name if name in inputs else "" for name in allowed], outputs, **attributes)
    element = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}
    graph = helper.make_graph(
        [node],
        case.name,
        [helper.make_tensor_value_info(name, element[t.dtype.name], t.shape) for name, t in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * (4 if n == "Y" else 3)) for n in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(outputs, session.run(None, inputs), strict=True))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def lstm_step(case: Case, w: np.ndarray, r: np.ndarray, wb: np.ndarray, rb: np.ndarray, p: np.ndarray) -> Step:
    """Gates in ONNX's order i o f g; peepholes i o f. Clip follows the peephole, and the cell itself is never clipped."""
    p_i, p_o, p_f = np.split(p, 3)

    def step(x: np.ndarray, state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        h, c = state
        a_i, a_o, a_f, a_g = np.split(w @ x + r @ h + wb + rb, 4)
        i = sigmoid(clipped(case, a_i + p_i * c))
        f = 1.0 - i if case.input_forget else sigmoid(clipped(case, a_f + p_f * c))
        c = f * c + i * np.tanh(clipped(case, a_g))
        return sigmoid(clipped(case, a_o + p_o * c)) * np.tanh(c), c

    return step


def gru_step(case: Case, w: np.ndarray, r: np.ndarray, wb: np.ndarray, rb: np.ndarray, _p: np.ndarray) -> Step:
    """Gates in ONNX's order z r n. Clip takes each whole pre-activation; the half inside `reset * (..)` is not clipped."""
    w_z, w_r, w_n = np.split(w, 3)
    r_z, r_r, r_n = np.split(r, 3)
    wb_z, wb_r, wb_n = np.split(wb, 3)
    rb_z, rb_r, rb_n = np.split(rb, 3)

    def step(x: np.ndarray, state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        (h,) = state
        z = sigmoid(clipped(case, w_z @ x + r_z @ h + wb_z + rb_z))
        reset = sigmoid(clipped(case, w_r @ x + r_r @ h + wb_r + rb_r))
        recurrent = reset * (r_n @ h + rb_n) if case.linear_before_reset else r_n @ (reset * h) + rb_n
        n = np.tanh(clipped(case, w_n @ x + wb_n + recurrent))
        return ((1.0 - z) * n + z * h,)

    return step


def rnn_step(case: Case, w: np.ndarray, r: np.ndarray, wb: np.ndarray, rb: np.ndarray, _p: np.ndarray) -> Step:
    """Clip takes the pre-activation, for Relu as well."""
    activation = (lambda a: np.maximum(a, 0.0)) if "Relu" in case.activations else np.tanh
    return lambda x, state: (activation(clipped(case, w @ x + r @ state[0] + wb + rb)),)


STEPS = {"LSTM": lstm_step, "GRU": gru_step, "RNN": rnn_step}


def clipped(case: Case, x: np.ndarray) -> np.ndarray:
    return x if case.clip is None else np.clip(x, -case.clip, case.clip)


def reference(case: Case, inputs: Tensors) -> Tensors:
    """The node in float64, one batch row and one direction at a time."""
    t = {name: tensor.astype(np.float64) for name, tensor in inputs.items()}
    states = 2 if case.op == "LSTM" else 1
    y = np.zeros((TIME, case.directions, BATCH, HIDDEN))
    # A row without steps ends in zeros, not in its initial state.
    finals = [np.zeros((case.directions, BATCH, HIDDEN)) for _ in range(states)]
    for d in range(case.directions):
        peephole = t["P"][d] if "P" in t else np.zeros(3 * HIDDEN)
        step = STEPS[case.op](case, t["W"][d], t["R"][d], *np.split(t["B"][d], 2), peephole)
        backwards = case.direction == "reverse" or d == 1
        for row in range(BATCH):
            state = tuple(t[n][d, row] if n in t else np.zeros(HIDDEN) for n in ("initial_h", "initial_c")[:states])
            times = range(case.lengths[row] if case.lengths else TIME)
            for time in reversed(times) if backwards else times:
                state = step(t["X"][time, row], state)
                y[time, d, row] = state[0]
                for final, tensor in zip(finals, state, strict=True):
                    final[d, row] = tensor
    return {"Y": y} | dict(zip(["Y_h", "Y_c"], finals, strict=False))


def check(case: Case, inputs: Tensors, outputs: Tensors) -> float:
    """The reference agrees, and stops agreeing once a peculiarity of the case is taken away."""
    expected = reference(case, inputs)
    error = max(max_error(outputs[name], expected[name]) for name in outputs)
    assert error <= CHECK_TOLERANCE, f"{case.name}: the reference differs by {error:.1e}"
    variants = {"linear_before_reset": 1 - case.linear_before_reset} if case.op == "GRU" else {}
    variants |= {"clip": None} if case.clip is not None else {}
    variants |= {"input_forget": 0} if case.input_forget else {}
    for name, value in variants.items():
        other = reference(replace(case, **{name: value}), inputs)
        assert max_error(outputs["Y"], other["Y"]) > BITE, f"{case.name}: {name} does not matter"
    if case.peephole:
        other = reference(case, {name: tensor for name, tensor in inputs.items() if name != "P"})
        assert max_error(outputs["Y"], other["Y"]) > BITE, f"{case.name}: P does not matter"
    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare each result with the float64 reference first")
    arguments = parser.parse_args()
    for case in CASES:
        inputs = node_inputs(case)
        outputs = run_onnx(case, inputs)
        if arguments.check:
            print(f"ok {case.name} {check(case, inputs, outputs):.1e}")
        metadata = {
            "case": case.name,
            "onnxruntime": onnxruntime.__version__,
            "opset": OPSET,
            "op": case.op,
            "direction": case.direction,
            "hidden_size": HIDDEN,
            "clip": "none" if case.clip is None else case.clip,
            "linear_before_reset": case.linear_before_reset,
            "activations": ",".join(case.all_activations()),
            "input_forget": case.input_forget,
        }
        save(HERE / "onnx" / f"{case.name}.safetensors", inputs | outputs, metadata)


if __name__ == "__main__":
    main()
