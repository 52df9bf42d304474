"""A two-layer network trained by hand, with explicit forward and backward passes.

There are no tensors and no tape: ``fastnn.kernels`` act on plain NumPy arrays, as in a textbook.
The network learns whether a point is inside a circle.
"""

from __future__ import annotations

from typing import Any

try:
    import numpy as np

    from fastnn import kernels
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install .") from None

Arrays = dict[str, np.ndarray[Any, Any]]


def init(inputs: int, hidden: int, outputs: int, rng: np.random.Generator) -> Arrays:
    """Weights of variance 2 / fan-in, biases of 0."""

    def weight(rows: int, columns: int) -> np.ndarray[Any, Any]:
        return (rng.standard_normal((rows, columns)) * np.sqrt(2 / columns)).astype(np.float32)

    return {
        "w1": weight(hidden, inputs),
        "b1": np.zeros(hidden, np.float32),
        "w2": weight(outputs, hidden),
        "b2": np.zeros(outputs, np.float32),
    }


def forward(p: Arrays, x: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], Arrays]:
    """Scores, and a cache of the arrays that the backward pass needs."""
    z = kernels.linear(x, p["w1"], p["b1"])
    h = kernels.relu(z)
    scores = kernels.linear(h, p["w2"], p["b2"])
    return scores, {"x": x, "h": h}


def backward(p: Arrays, cache: Arrays, dscores: np.ndarray[Any, Any]) -> Arrays:
    """Gradients of all parameters: the steps of `forward` in reverse order."""
    dh, dw2, db2 = kernels.linear_backward(dscores, cache["h"], p["w2"])
    dz = kernels.relu_backward(dh, cache["h"])
    _, dw1, db1 = kernels.linear_backward(dz, cache["x"], p["w1"], needs=(False, True, True))
    return {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def train(steps: int = 500, lr: float = 0.5, seed: int = 0) -> float:
    """Full-batch gradient descent; return the accuracy on new points."""
    rng = np.random.default_rng(seed)
    p = init(2, 32, 2, rng)
    x, y = circle(500, rng)
    for step in range(steps):
        scores, cache = forward(p, x)
        # The loss also returns its gradient.
        loss, dscores = kernels.cross_entropy(scores, y)
        for name, gradient in backward(p, cache, dscores).items():
            p[name] -= lr * gradient
        if step % 100 == 0:
            print(f"step {step:4d}  loss {float(loss):.4f}")
    x, y = circle(2000, rng)
    right = float((forward(p, x)[0].argmax(1) == y).mean())
    print(f"right on new points: {right:.1%}")
    return right


def circle(n: int, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Points in a square, and whether they lie in a circle of half its area."""
    x = rng.uniform(-1, 1, (n, 2)).astype(np.float32)
    return x, ((x**2).sum(1) < 2 / np.pi).astype(np.int64)


if __name__ == "__main__":
    train()
