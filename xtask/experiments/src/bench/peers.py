"""Times PyTorch and ONNX Runtime for `cargo xtask bench --torch PYTHON`.

A server: one JSON request a line on standard input, one JSON answer a line on standard output. It works only while it is
asked to, so that the program that asks and this one never share the cores.

    {"prepare": {"cell": "lstm", "shape": [B, T, D, H], "mode": "train", "path": "torch", "threads": 2}}  ->  {"slot": 0}
    {"run": {"slot": 0, "calls": 20}}  ->  {"ms": 0.31}, the mean time of a call
    {"forget": {}}  ->  {"done": {}}, and the slots are free again

What cannot be done is answered by {"error": "why"}. The first line is not asked for: {"versions": "..."} or
{"missing": "the module that is not installed"}.

A training step is: forward, mean squared error over all outputs, backward, clipping by the global norm, Adam; inputs and
targets are random and need no gradients. With words there are an embedding before the network, an output layer behind it, and
the cross-entropy. Streaming carries the state from call to call.
"""

import gc
import json
import os
import signal
import sys
import time

# Answers have a descriptor of their own: what a library prints must not come between them.
ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
signal.signal(signal.SIGINT, signal.SIG_DFL)


def answer(**content):
    print(json.dumps(content), file=ANSWERS, flush=True)


try:
    import numpy as np
    import onnx
    import onnxruntime
    import torch
    from onnx import TensorProto, helper
    from torch import nn
except ModuleNotFoundError as error:
    answer(missing=error.name)
    sys.exit()

LEARNING_RATE = 1e-4
MAX_NORM = 1.0
# The words of a language model.
WORDS = 10_000
# OpenMP's threads go on spinning for some milliseconds after the work, which must not fall into someone else's time.
SPINNING_ENDS_AFTER = 0.02
# How far two implementations of one network may be apart.
TOLERANCE = 1e-4

# PyTorch has no peephole LSTM: its users write the loop, and compile it. `p` has the peepholes of i, f and o.
PEEPHOLE = torch.jit.CompilationUnit(
    """
def unroll(x: Tensor, h: Tensor, c: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor, p: Tensor):
    projected = torch.nn.functional.linear(x, weight_ih, bias).unbind(0)
    outputs: List[Tensor] = []
    for t in range(len(projected)):
        i, f, g, o = (projected[t] + torch.mm(h, weight_hh.t())).chunk(4, 1)
        c_before = c
        c = torch.sigmoid(f + p[1] * c_before) * c_before + torch.sigmoid(i + p[0] * c_before) * torch.tanh(g)
        h = torch.sigmoid(o + p[2] * c) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs), h, c
"""
)


class Peephole(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        bound = hidden**-0.5

        def weight(*shape):
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.weight_ih, self.weight_hh = weight(4 * hidden, width), weight(4 * hidden, hidden)
        self.bias, self.peepholes = weight(4 * hidden), weight(3, hidden)

    def forward(self, x, state):
        h, c = (tensor[0] for tensor in state)
        outputs, h, c = PEEPHOLE.unroll(x, h, c, self.weight_ih, self.weight_hh, self.bias, self.peepholes)
        return outputs, (h[None], c[None])


MODULES = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "bilstm": lambda width, hidden: nn.LSTM(width, hidden, bidirectional=True),
    "peephole": Peephole,
}
HAS_MEMORY = {"lstm", "bilstm", "peephole"}


def updates(loss, parameters):
    """A step by the gradients of `loss()`."""
    parameters = list(parameters)
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)

    def step():
        value = loss()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        optimizer.step()

    return step


class Network:
    """A cell of PyTorch's with inputs [T, B, D] and the zero state."""

    def __init__(self, cell, shape):
        batch, steps, width, hidden = shape
        torch.manual_seed(1)
        self.cell, self.hidden = cell, hidden
        self.module = MODULES[cell](width, hidden)
        self.directions = 2 if cell == "bilstm" else 1
        self.inputs = torch.randn(steps, batch, width)
        zero = torch.zeros(self.directions, batch, hidden)
        self.state = (zero, zero.clone()) if cell in HAS_MEMORY else zero

    def train(self):
        outputs, batch = self.directions * self.hidden, self.inputs.shape[1]
        target = torch.randn(self.inputs.shape[0], batch, outputs) * 0.1

        def loss():
            return nn.functional.mse_loss(self.module(self.inputs, self.state)[0], target)

        return updates(loss, self.module.parameters())

    def words(self):
        steps, batch, width = self.inputs.shape
        embedding, output = nn.Embedding(WORDS, width), nn.Linear(self.hidden, WORDS)
        tokens, targets = torch.randint(WORDS, (steps, batch)), torch.randint(WORDS, (steps * batch,))

        def loss():
            outputs = self.module(embedding(tokens), self.state)[0]
            return nn.functional.cross_entropy(output(outputs).flatten(0, 1), targets)

        return updates(loss, [*embedding.parameters(), *self.module.parameters(), *output.parameters()])

    def infer(self):
        self.module.eval()

        @torch.inference_mode()
        def run():
            return self.module(self.inputs, self.state)[0]

        return run

    def step(self):
        self.module.eval()

        @torch.inference_mode()
        def step():
            outputs, self.state = self.module(self.inputs, self.state)
            return outputs

        return step


# How ONNX orders the gates that PyTorch has as i f g o, and as r z n.
OPERATORS = {
    "rnn": ("RNN", [0]),
    "lstm": ("LSTM", [0, 3, 1, 2]),
    "bilstm": ("LSTM", [0, 3, 1, 2]),
    "peephole": ("LSTM", [0, 3, 1, 2]),
    "gru": ("GRU", [1, 0, 2]),
}


def onnx_weights(network):
    """W, R and B as ONNX has them, and P for peepholes; a row for each direction."""
    order = OPERATORS[network.cell][1]
    module = network.module

    def gates(tensor):
        blocks = np.split(tensor.detach().numpy(), len(order))
        return np.concatenate([blocks[gate] for gate in order])

    if network.cell == "peephole":
        bias = gates(module.bias)
        p = module.peepholes.detach().numpy()[[0, 2, 1]]
        rows = [(gates(module.weight_ih), gates(module.weight_hh), np.concatenate([bias, 0 * bias]), p.reshape(-1))]
    else:
        rows = []
        for suffix in ["", "_reverse"][: network.directions]:
            weight_ih, weight_hh, bias_ih, bias_hh = (
                gates(getattr(module, f"{name}_l0{suffix}")) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            rows.append((weight_ih, weight_hh, np.concatenate([bias_ih, bias_hh])))
    return [np.stack(tensors) for tensors in zip(*rows)]


def onnx_session(network, threads):
    """The network as one ONNX node, with the states as inputs and outputs."""
    steps, batch, width = network.inputs.shape
    directions, hidden = network.directions, network.hidden
    states = ["h", "c"] if network.cell in HAS_MEMORY else ["h"]
    weights = dict(zip(["W", "R", "B", "P"], onnx_weights(network)))
    names = ["x", "W", "R", "B", "", *states, *(["P"] if "P" in weights else [])]
    attributes = {"hidden_size": hidden, "direction": "bidirectional" if directions == 2 else "forward"}
    if network.cell == "gru":
        attributes["linear_before_reset"] = 1
    node = helper.make_node(
        OPERATORS[network.cell][0], names, ["y", *(f"{state}_next" for state in states)], **attributes
    )

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        [node],
        "network",
        [value("x", steps, batch, width), *(value(state, directions, batch, hidden) for state in states)],
        [value("y", steps, directions, batch, hidden), *(value(f"{s}_next", directions, batch, hidden) for s in states)],
        [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnx_way(network, mode, threads):
    """A call of ONNX Runtime, once it has shown that it computes what PyTorch does."""
    session = onnx_session(network, threads)
    states = network.state if isinstance(network.state, tuple) else (network.state,)
    feed = {"x": network.inputs.numpy(), **{name: state.numpy() for name, state in zip("hc", states)}}
    outputs = session.run(None, feed)[0].transpose(0, 2, 1, 3)
    expected = network.infer()().numpy()
    apart = np.abs(outputs.reshape(expected.shape) - expected).max()
    if not apart < TOLERANCE:
        raise ValueError(f"onnxruntime and torch are {apart} apart")

    def step():
        _, *after = session.run(None, feed)
        feed.update(zip("hc", after))

    return step if mode == "step" else lambda: session.run(None, feed)


def prepare(cell, shape, mode, path, threads):
    torch.set_num_threads(threads)
    network = Network(cell, shape)
    if path == "onnxruntime":
        return onnx_way(network, mode, threads), threads
    ways = {"train": network.train, "words": network.words, "infer": network.infer, "step": network.step}
    return ways[mode](), threads


def time_calls(way, threads, calls):
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    gc.disable()
    way()
    start = time.perf_counter()
    for _ in range(calls):
        way()
    seconds = time.perf_counter() - start
    gc.enable()
    if threads > 1:
        time.sleep(SPINNING_ENDS_AFTER)
    return seconds * 1e3 / calls


def main():
    answer(versions=f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}")
    slots = []
    for line in iter(sys.stdin.readline, ""):
        [(request, content)] = json.loads(line).items()
        try:
            if request == "prepare":
                slots.append(prepare(**content))
                answer(slot=len(slots) - 1)
            elif request == "run":
                answer(ms=time_calls(*slots[content["slot"]], content["calls"]))
            else:
                slots.clear()
                answer(done={})
        except Exception as error:
            answer(error=f"{type(error).__name__}: {error}")


main()
