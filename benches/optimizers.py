"""Every optimizer and schedule beside PyTorch: differences over 50 steps, and time of a step.

    python -m benches.optimizers --write-docs

Both libraries run in one process in turns, on the same numbers. PyTorch's time is that of the
best of its forms, plain, fused and foreach. Needs PyTorch beside fastnn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

OUT = Path(__file__).parent.parent / "docs" / "optimizers.md"
STEPS = 50
SMALL = [(40, 30), (17,), (5, 3, 2), (1, 9)]
LARGE = [(1000, 1000)] * 10

MOST = {"lr": 0.01, "weight_decay": 0.1, "maximize": True}
OPTIMIZERS: dict[str, list[dict[str, Any]]] = {
    "SGD": [{}, {"momentum": 0.9, "nesterov": True, **MOST}],
    "Adam": [{}, {"amsgrad": True, **MOST}],
    "AdamW": [{}, MOST],
    "NAdam": [{}, {"decoupled_weight_decay": True, **MOST}],
    "RAdam": [{}, MOST],
    "Adamax": [{}, MOST],
    "Adagrad": [{}, {"lr_decay": 0.1, **MOST}],
    "Adadelta": [{}, MOST],
    "RMSprop": [{}, {"centered": True, "momentum": 0.9, "eps": 0.1, **MOST}],
    "ASGD": [{}, {"t0": 10, "lambd": 0.1, **MOST}],
    "Rprop": [{}, {"lr": 0.1, "maximize": True}],
    "Adafactor": [{}, MOST],
    "Muon": [{}, {"lr": 0.01, "nesterov": False}],
    "LBFGS": [{}, {"line_search_fn": "strong_wolfe"}],
}
FORMS: dict[str, list[dict[str, Any]]] = {  # of PyTorch, besides the plain one
    **{name: [{"fused": True}, {"foreach": True}] for name in ("SGD", "Adam", "AdamW", "Adagrad")},
    "Muon": [],
    "LBFGS": [],
}
# Of the loss that LBFGS needs: the curvature of each tensor.
CURVATURES = (1.0, 3.0, 0.5, 7.0, 2.0, 1.5, 4.0, 0.7, 5.0, 2.5)


def schedules(s: Any) -> dict[str, Callable[[Any], Any]]:
    """Schedules of the module of one library."""
    return {
        "LambdaLR": lambda o: s.LambdaLR(o, lambda t: 0.95**t),
        "MultiplicativeLR": lambda o: s.MultiplicativeLR(o, lambda t: 1 - 1 / (2 + t)),
        "StepLR": lambda o: s.StepLR(o, 7),
        "MultiStepLR": lambda o: s.MultiStepLR(o, [3, 9, 9, 30]),
        "ConstantLR": lambda o: s.ConstantLR(o),
        "LinearLR": lambda o: s.LinearLR(o, total_iters=20),
        "ExponentialLR": lambda o: s.ExponentialLR(o, 0.93),
        "PolynomialLR": lambda o: s.PolynomialLR(o, 40, 2.5),
        "CosineAnnealingLR": lambda o: s.CosineAnnealingLR(o, 13),
        "CosineAnnealingWarmRestarts": lambda o: s.CosineAnnealingWarmRestarts(o, 4, 2),
        "CyclicLR": lambda o: s.CyclicLR(o, 0.01, 0.2, 7),
        "OneCycleLR": lambda o: s.OneCycleLR(o, 0.3, total_steps=60),
        "SequentialLR": lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=10), s.ExponentialLR(o, 0.9)], [10]
        ),
        "ChainedScheduler": lambda o: s.ChainedScheduler(
            [s.ConstantLR(o, 0.2, 8), s.ExponentialLR(o, 0.9)]
        ),
    }


class Run:
    """An optimizer of one library, on parameters and gradients of its own."""

    def __init__(
        self, lib: Any, name: str, options: dict[str, Any], shapes: list[Any], dtype: str
    ) -> None:
        if name == "Muon":
            shapes = [s for s in shapes if len(s) == 2]
        self.lib, self.shapes, self.dtype = lib, shapes, dtype
        self.params = [lib.from_numpy(x).requires_grad_() for x in self.draw(0)]
        self.optimizer = getattr(lib.optim, name)(self.params, **options)
        self.closes = name == "LBFGS"

    def draw(self, seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [rng.standard_normal(s).astype(self.dtype) for s in self.shapes]

    def set_gradients(self, seed: int) -> None:
        for p, g in zip(self.params, self.draw(seed)):
            p.grad = self.lib.from_numpy(g)

    def closure(self) -> Any:
        """A quadratic; its gradients are set without a graph."""
        with self.lib.no_grad():
            for p, curvature in zip(self.params, CURVATURES):
                p.grad = (p - 1) * curvature
            losses = [0.5 * (p.grad * (p - 1)).sum() for p in self.params]
            return sum(losses[1:], losses[0])

    def step(self) -> None:
        self.optimizer.step(self.closure) if self.closes else self.optimizer.step()

    def values(self) -> list[np.ndarray]:
        return [np.asarray(p.detach()) for p in self.params]


def difference(libs: tuple[Any, Any], name: str, options: dict[str, Any], dtype: str) -> float:
    """The largest over all steps, beside the largest parameter."""
    runs = [Run(lib, name, options, SMALL, dtype) for lib in libs]
    worst = 0.0
    for t in range(1, STEPS + 1):
        for run in runs:
            run.set_gradients(t)
            run.step()
        for a, b in zip(*(run.values() for run in runs)):
            worst = max(worst, np.abs(a - b).max() / max(1.0, np.abs(b).max()))
    return float(worst)


def times(libs: tuple[Any, Any], name: str, rounds: int) -> list[float]:
    """Median milliseconds of a step here, and of the best of PyTorch's forms."""
    forms = [{}, *FORMS.get(name, [{"foreach": True}])]
    options = {"max_iter": 10} if name == "LBFGS" else {}
    runs = [Run(libs[0], name, options, LARGE, "float32")]
    runs += [Run(libs[1], name, {**options, **form}, LARGE, "float32") for form in forms]
    for run in runs:
        run.set_gradients(1)
        run.step()
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, taken in zip(runs, found):
            start = time.perf_counter()
            run.step()
            taken.append(1e3 * (time.perf_counter() - start))
    medians = [statistics.median(taken) for taken in found]
    return [medians[0], min(medians[1:])]


def rates(lib: Any, name: str) -> np.ndarray:
    """The learning rates of 60 steps."""
    params = [lib.from_numpy(np.zeros(2)).requires_grad_()]
    optimizer = lib.optim.SGD(params, lr=0.1, momentum=0.9)
    schedule = schedules(lib.optim.lr_scheduler)[name](optimizer)
    found = []
    for _ in range(60):
        found.append(schedule.get_last_lr())
        optimizer.step()
        schedule.step()
    return np.array(found, np.float64)


def report(libs: tuple[Any, Any], rounds: int, note: str) -> str:
    lines = [
        "# Optimizers and schedules beside PyTorch",
        "",
        f"Written by `python -m benches.optimizers --write-docs`; do not edit by hand. PyTorch "
        f"{libs[1].__version__}, {libs[0].get_num_threads()} threads. {note}".strip(),
        "",
        f"The largest difference over {STEPS} steps, relative to the largest parameter where that",
        "is above 1: of the defaults, and of as many other options as go together. A step is one",
        "over 10 million parameters in 10 tensors, in float32; PyTorch's is the best of its forms,",
        "plain, fused and foreach. Muon's iteration runs in bfloat16 in PyTorch and in the dtype",
        "of the parameter here. LBFGS takes 10 iterations.",
        "",
        "| optimizer | float64 | float32 | fastnn (ms) | PyTorch (ms) | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, choices in OPTIMIZERS.items():
        errors = []
        for dtype in ("float64", "float32"):
            libs[1].set_default_dtype(getattr(libs[1], dtype))  # of numbers in the state
            errors.append(max(difference(libs, name, o, dtype) for o in choices))
        libs[1].set_default_dtype(libs[1].float32)
        a, b = times(libs, name, max(1, rounds // 4) if name == "Muon" else rounds)
        cells = f"{errors[0]:.1e} | {errors[1]:.1e} | {a:.1f} | {b:.1f} | {b / a:.2f}"
        lines.append(f"| {name} | {cells} |")
        print(lines[-1], flush=True)
    lines += ["", "| schedule | largest difference over 60 steps |", "|---|---|"]
    for name in schedules(libs[0].optim.lr_scheduler):
        worst = np.abs(rates(libs[0], name) - rates(libs[1], name)).max()
        lines.append(f"| {name} | {worst:.1e} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--note", default="", help="about the machine, for the document")
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    import torch

    import fastnn

    torch.set_num_threads(args.threads)
    fastnn.set_num_threads(args.threads)
    text = report((fastnn, torch), args.rounds, args.note)
    print(text)
    if args.write_docs:
        OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
