"""Golden files from PyTorch: `python generate_adam.py` writes adam.json and adam_weight_decay.json, what `clip_grad_norm_` and
`Adam`, or `AdamW`, make of two parameters.

Parameters and gradients are closed-form float32 numbers, of which some steps are clipped and some are not; the vector has
no gradient in one of them. The steps run in float64 and are stored as float32, so that the expected numbers carry no rounding
noise of their own. The floats are written in full: reading them as float32 gives the same bits.
Made with Python 3.11.7, torch 2.15.0.
"""

import json
import math
from pathlib import Path

import torch
from torch import Tensor

SHAPES = {"matrix": (3, 5), "vector": (7,)}
# Large enough an epsilon that its place in the formula shows.
MAX_NORM, BETAS, EPSILON = 2.0, (0.8, 0.99), 1e-3
LEARNING_RATES = [1e-2, 3e-2, 0.0, 1e-2, 5e-3]
# The norm of 22 such numbers is about 3.3 times as much.
GRADIENT_SIZES = [0.1, 2.0, 0.5, 1e-4, 30.0]
WITHOUT_VECTOR = 3
# Large enough a decay that its place in the formula shows.
WEIGHT_DECAY = 0.7


def closed_form(shape: tuple[int, ...], k: int, scale: float) -> Tensor:
    """Entry `i` of the flattened tensor is `scale * sin(1.7 i + 0.13 i^2 + sqrt(2) k)`, rounded to float32."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    values = scale * torch.sin(1.7 * i + 0.13 * i * i + math.sqrt(2.0) * k)
    return values.float().reshape(shape)


def numbers(tensor: Tensor) -> list[float]:
    return tensor.detach().float().flatten().tolist()


def write(file: str, weight_decay: float) -> None:
    parameters = {
        name: closed_form(shape, k, 1.0).double().requires_grad_() for k, (name, shape) in enumerate(SHAPES.items())
    }
    if weight_decay == 0.0:
        optimizer = torch.optim.Adam(parameters.values(), betas=BETAS, eps=EPSILON)
    else:
        optimizer = torch.optim.AdamW(parameters.values(), betas=BETAS, eps=EPSILON, weight_decay=weight_decay)
    initial = {name: numbers(parameter) for name, parameter in parameters.items()}
    steps = []
    for index, (rate, size) in enumerate(zip(LEARNING_RATES, GRADIENT_SIZES, strict=True)):
        gradients = {
            name: closed_form(shape, 2 * index + k + 2, size)
            for k, (name, shape) in enumerate(SHAPES.items())
            if not (name == "vector" and index == WITHOUT_VECTOR)
        }
        for name, parameter in parameters.items():
            parameter.grad = gradients[name].double() if name in gradients else None
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_NORM)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        steps.append({
            "learning_rate": rate,
            "gradients": {name: numbers(gradient) for name, gradient in gradients.items()},
            "norm": norm.item(),
            "parameters": {name: numbers(parameter) for name, parameter in parameters.items()},
        })
    moments = {
        name: {
            "steps": int(optimizer.state[parameter]["step"]),
            "first": numbers(optimizer.state[parameter]["exp_avg"]),
            "second": numbers(optimizer.state[parameter]["exp_avg_sq"]),
        }
        for name, parameter in parameters.items()
    }
    golden = {
        "torch": torch.__version__, "max_norm": MAX_NORM, "betas": BETAS, "epsilon": EPSILON, "shapes": SHAPES,
        "parameters": initial, "steps": steps, "moments": moments,
    }  # fmt: skip
    if weight_decay != 0.0:
        golden["weight_decay"] = weight_decay
    (Path(__file__).parent / file).write_text(json.dumps(golden) + "\n")


def main() -> None:
    write("adam.json", 0.0)
    write("adam_weight_decay.json", WEIGHT_DECAY)


if __name__ == "__main__":
    main()
