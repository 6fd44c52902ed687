"""Golden file from PyTorch: `python generate_schedules.py` writes schedules.json, the learning rates of its schedulers.

Each case has our configuration, the base rate, and the rate of every step from 0 on. The rates are what `scheduler.step()`
makes of an optimiser, step by step. Two formulas that PyTorch has no scheduler for run in its `LambdaLR`: those of Zaremba et
al. (2014) and of Vaswani et al. (2017), as their authors write them. A cosine that holds its minimum is one that is no longer
stepped. `OneCycleLR` refuses to run past its end. The rates have 13 significant digits.
Made with Python 3.11.7, torch 2.15.0.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    SequentialLR,
    StepLR,
)

STEPS = 200
Make = Callable[[Optimizer], LRScheduler]


def rates(base_rate: float, make: Make, steps: int, stepped: int) -> list[float]:
    """The rates of `steps` steps of which only the first `stepped` move the scheduler."""
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=base_rate)
    scheduler = make(optimizer)
    found = []
    for step in range(steps):
        found.append(float(f"{optimizer.param_groups[0]['lr']:.13g}"))
        optimizer.step()
        if step < stepped:
            scheduler.step()
    return found


def case(schedule: Any, base_rate: float, make: Make, steps: int = STEPS, stepped: int = STEPS) -> dict[str, Any]:
    return {"schedule": schedule, "base_rate": base_rate, "rates": rates(base_rate, make, steps, stepped)}


def straight() -> list[dict[str, Any]]:
    linear = [(1.0, 0.0, 150, 2.0), (0.05, 1.0, 40, 1e-3), (1.0, 0.2, 1, 1.0), (0.3, 0.7, 7, 0.5)]
    cases = [case("constant", 30.0, lambda o: ConstantLR(o, 1.0, 5), 5)]
    for start, end, steps, base in linear:
        cases.append(case(
            {"linear": {"start": start, "end": end, "steps": steps}}, base,
            lambda o, s=start, e=end, n=steps: LinearLR(o, s, e, n), steps + 20,
        ))  # fmt: skip
    return cases


def cosine() -> list[dict[str, Any]]:
    cases = []
    for steps, minimum, base, end in [
        (120, 0.0, 1e-3, "hold"), (33, 0.1, 5.0, "hold"), (1, 0.5, 1.0, "hold"),
        (60, 0.0, 2.0, "rise"), (45, 0.05, 1e-2, "rise"), (1, 0.25, 1.0, "rise"),
    ]:  # fmt: skip
        cases.append(case(
            {"cosine": {"steps": steps, "minimum": minimum, "end": end}}, base,
            lambda o, n=steps, m=minimum * base: CosineAnnealingLR(o, n, m),
            steps=min(STEPS, 4 * steps + 3), stepped=steps if end == "hold" else STEPS,
        ))  # fmt: skip
    for steps, t_mult, minimum, base in [(37, 1, 0.0, 1e-3), (10, 2, 0.1, 3.0), (1, 3, 0.0, 1.0)]:
        cases.append(case(
            {"cosine": {"steps": steps, "minimum": minimum, "end": {"restart": {"t_mult": t_mult}}}}, base,
            lambda o, n=steps, t=t_mult, m=minimum * base: CosineAnnealingWarmRestarts(o, n, t, m),
        ))  # fmt: skip
    return cases


def decay() -> list[dict[str, Any]]:
    cases = [
        case({"step": {"step_size": size, "gamma": gamma}}, base, lambda o, n=size, g=gamma: StepLR(o, n, g))
        for size, gamma, base in [(30, 0.1, 0.1), (1, 0.97, 8.0)]
    ]
    cases.append(case({"exponential": {"gamma": 0.95}}, 1.5, lambda o: ExponentialLR(o, 0.95)))
    for steps_per_epoch, max_epoch, lr_decay in [(13, 4, 0.5), (9, 14, 1 / 1.15)]:
        exponential = {"gamma": lr_decay, "delay": max_epoch * steps_per_epoch, "period": steps_per_epoch}
        cases.append(case(
            {"exponential": exponential}, 1.0,
            lambda o, n=steps_per_epoch, m=max_epoch, d=lr_decay: LambdaLR(o, lambda s: d ** max(s // n + 1 - m, 0)),
        ))  # fmt: skip
    for warm_up, d_model in [(40, 512), (1, 64)]:
        peak = (d_model * warm_up) ** -0.5

        def noam(step: int, warm_up: int = warm_up, d_model: int = d_model, peak: float = peak) -> float:
            return d_model**-0.5 * min((step + 1) ** -0.5, (step + 1) * warm_up**-1.5) / peak

        cases.append(case({"inverse_square_root": {"warm_up": warm_up}}, peak, lambda o, f=noam: LambdaLR(o, f)))
    return cases


def one_cycle() -> list[dict[str, Any]]:
    cases = []
    for steps, start, annealing, phases, factors in [
        (200, 0.3, "cosine", "two", (25.0, 1e4)), (101, 0.25, "linear", "two", (10.0, 100.0)),
        (150, 0.4, "linear", "three", (20.0, 50.0)), (75, 0.5, "cosine", "three", (4.0, 1.0)),
        (1, 0.3, "cosine", "two", (25.0, 10.0)), (3, 0.3, "linear", "three", (5.0, 10.0)),
        (7, 1.0, "linear", "two", (25.0, 10.0)), (9, 0.0, "cosine", "two", (25.0, 10.0)),
        (5, 0.0, "linear", "three", (25.0, 10.0)),
    ]:  # fmt: skip
        schedule = {
            "steps": steps, "pct_start": start, "annealing": annealing, "phases": phases,
            "div_factor": factors[0], "final_div_factor": factors[1],
        }  # fmt: skip

        def make(o: Optimizer, steps=steps, start=start, annealing=annealing, phases=phases, factors=factors) -> LRScheduler:
            return OneCycleLR(
                o, 2.0, total_steps=steps, pct_start=start, anneal_strategy={"cosine": "cos"}.get(annealing, annealing),
                cycle_momentum=False, div_factor=factors[0], final_div_factor=factors[1], three_phase=phases == "three",
            )  # fmt: skip

        cases.append(case({"one_cycle": schedule}, 2.0, make, steps, steps - 1))
    return cases


def sequences() -> list[dict[str, Any]]:
    linear = {"linear": {"start": 0.1, "end": 1.0, "steps": 20}}
    rise = {"cosine": {"steps": 50, "minimum": 0.01, "end": "rise"}}
    step = {"step": {"step_size": 8, "gamma": 0.5}}
    return [
        case(
            {"sequence": {"schedules": [linear, rise], "milestones": [20]}}, 4.0,
            lambda o: SequentialLR(o, [LinearLR(o, 0.1, 1.0, 20), CosineAnnealingLR(o, 50, 0.04)], [20]),
        ),
        case(
            {"sequence": {"schedules": [step, linear, {"exponential": {"gamma": 0.9}}], "milestones": [31, 64]}}, 0.5,
            lambda o: SequentialLR(o, [StepLR(o, 8, 0.5), LinearLR(o, 0.1, 1.0, 20), ExponentialLR(o, 0.9)], [31, 64]),
        ),
    ]  # fmt: skip


def main() -> None:
    cases = [*straight(), *cosine(), *decay(), *one_cycle(), *sequences()]
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases)
    text = f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n'
    (Path(__file__).parent / "schedules.json").write_text(text)


if __name__ == "__main__":
    main()
