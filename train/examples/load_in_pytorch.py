"""A run's model in PyTorch: `python load_in_pytorch.py RUN/model` tells the class of each line of standard input.

RUN is a run of `cargo xtask run sentiment`; a line has its words as the run read them: in lower case, punctuation and endings
apart, parted by blanks. `recurrent` loads the network of any
other model, whatever stands around it: `config.json` says what the network is, and `model.safetensors` has a tensor for each
weight, named by its path in the model.

Needs torch and safetensors.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

# What a network may have that PyTorch's modules have not, and how it is without it.
WITHOUT = {
    "cell": {"input_gate": "independent", "cell_clip": None, "gate_clip": None, "reset": "after"},
    "network": {"merge": "concat", "residual_from": None},
}
DIRECTIONS = {"forward": [("forward", "")], "both": [("forward", ""), ("backward", "_reverse")]}


def recurrent(config: dict, tensors: dict[str, Tensor], path: str = "network") -> nn.RNNBase:
    """The network with this configuration whose weights' names begin with `path`; its inputs are [B, T, D]."""
    cell = config["cell"]
    for part, settings in (("cell", cell), ("network", config)):
        for key, value in WITHOUT[part].items():
            if settings.get(key, value) != value:
                raise ValueError(f"PyTorch has no {part} with {key} = {settings[key]!r}, only {value!r}")
    if cell["cell"] not in MODULES or config["direction"] not in DIRECTIONS:
        raise ValueError(f"PyTorch has no network of {cell['cell']} cells in direction {config['direction']}")
    options = {"bias": cell["bias"], "num_layers": config["num_layers"], "batch_first": True}
    if cell.get("projection_size"):
        options["proj_size"] = cell["projection_size"]
    if "nonlinearity" in cell:
        options["nonlinearity"] = cell["nonlinearity"]
    directions = DIRECTIONS[config["direction"]]
    input_size = tensors[f"{path}.layers.0.forward.weight_ih"].shape[1]
    network = MODULES[cell["cell"]](input_size, cell["hidden_size"], bidirectional=len(directions) == 2, **options)
    state = {}
    for layer in range(config["num_layers"]):
        for direction, suffix in directions:
            own = f"{path}.layers.{layer}.{direction}."
            weights = {name[len(own) :]: tensor for name, tensor in tensors.items() if name.startswith(own)}
            state |= {f"{name}_l{layer}{suffix}": tensor for name, tensor in two_biases(weights).items()}
    network.load_state_dict(state)
    return network


def two_biases(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """PyTorch adds two biases where we have one, except in a GRU's candidate."""
    bias, candidate = weights.pop("bias", None), weights.pop("bias_hn", None)
    if bias is None:
        return weights
    hidden = torch.zeros_like(bias)
    if candidate is not None:
        hidden[-len(candidate) :] = candidate
    return weights | {"bias_ih": bias, "bias_hh": hidden}


class Classifier(nn.Module):
    """A classifier of texts by the last hidden states."""

    def __init__(self, config: dict, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        if config["pooling"] != "last" or config["hidden_layer"] is not None:
            raise ValueError("this script reads classifiers with pooling = last and without a hidden layer")
        self.embedding = nn.Embedding.from_pretrained(tensors["embedding.weight"])
        self.network = recurrent(config["network"], tensors)
        # burn keeps this weight as [inputs, outputs].
        weight, bias = tensors["output.weight"].T, tensors["output.bias"]
        self.output = nn.Linear(weight.shape[1], weight.shape[0])
        self.output.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, tokens: Tensor) -> Tensor:
        """The logits [V] of the tokens [T] of a text."""
        outputs, _ = self.network(self.embedding(tokens).unsqueeze(0))
        hidden = outputs.shape[-1]
        last = outputs[0, -1]
        if self.network.bidirectional:
            # The backward direction ends at the first step.
            last = torch.cat([last[: hidden // 2], outputs[0, 0, hidden // 2 :]])
        return self.output(last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="the folder RUN/model")
    folder = parser.parse_args().model

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    classifier = Classifier(config, load_file(folder / "model.safetensors")).eval()
    vocabulary = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    places = {token: place for place, token in enumerate(vocabulary["tokens"])}
    unknown = places.get(vocabulary.get("unknown"))
    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    with torch.no_grad():
        for line in sys.stdin:
            words = line.split()
            missing = [word for word in words if word not in places]
            if missing and unknown is None:
                raise ValueError(f"the vocabulary has neither {missing[0]!r} nor an unknown token")
            if not words:
                print()
                continue
            tokens = torch.tensor([places.get(word, unknown) for word in words])
            probabilities = classifier(tokens).softmax(0).tolist()
            print(", ".join(f"{name} {probability:.6f}" for name, probability in zip(classes, probabilities)))


if __name__ == "__main__":
    main()
