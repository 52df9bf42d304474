"""The linear layer: values and gradients with every activation, and its binding."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core, nn
from tests.harness import Bad, Record, Sample, away_from, numbers, record_test
from tests.reference import linear as reference


def layer(shape, out, bias=True, activation=None, seed=0):
    """Arguments whose sums avoid zero, the kink of relu."""
    x, w = numbers(*shape, seed=seed), numbers(out, shape[-1], seed=seed + 1)
    args = [x, w]
    if bias:
        args.append(numbers(out, seed=seed + 2))
    z = reference.linear(*args)
    if activation == "relu" and z.size and x.ndim == 1:
        assert (z == away_from(z, 0.0)).all()
    return Sample(*args) if activation is None else Sample(*args, activation=activation)


def depth(x, w, b=None, activation=None):
    return 12 + x.shape[-1]


def backward_depth(x, w, b=None, activation=None):
    rows = x.size // max(1, x.shape[-1])
    return 48 + max(x.shape[-1], w.shape[0], rows)


def magnitude(x, w, b=None, activation=None):
    return 4.0 * (1 + x.shape[-1])


RECORDS = [
    Record(
        "linear",
        F.linear,
        reference.linear,
        [
            *[layer((3, n), 5) for n in (0, 1, 15, 16, 17, 40)],
            *[layer((3, 5), n) for n in (0, 1, 15, 16, 17, 40)],
            *[layer((n, 6), 4) for n in (0, 1, 2, 15, 16, 33)],
            layer((6,), 4),
            layer((2, 3, 6), 4),
            layer((2, 0, 6), 4),
            layer((4, 6), 3, bias=False),
            *[layer((4, 3), 6, activation=f) for f in ("relu", "tanh", "sigmoid", "gelu", "silu")],
            layer((4, 3), 6, activation="gelu_tanh"),
            layer((4, 3), 6, activation=("leaky_relu", 0.3)),
            layer((4, 3), 6, activation=("softplus", 2.0)),
            *[layer((5, 3), 17, bias=False, activation=f) for f in ("tanh", "gelu")],
        ],
        [
            Bad(
                ValueError,
                r"linear: input must have shape \(\*, 5\) to fit a weight",
                numbers(2, 6),
                numbers(4, 5),
            ),
            Bad(ValueError, "linear: weight must have 2 dimensions", numbers(2, 6), numbers(6)),
            Bad(
                ValueError,
                r"linear: bias must have shape \(4,\), got \(3,\)",
                numbers(2, 6),
                numbers(4, 6),
                numbers(3),
            ),
            Bad(
                ValueError,
                "linear: activation must be None, 'step', 'relu'",
                numbers(2, 6),
                numbers(4, 6),
                activation="swoosh",
            ),
            Bad(
                TypeError,
                "linear: activation must be None, a name or a tuple",
                numbers(2, 6),
                numbers(4, 6),
                activation=3,
            ),
            Bad(ValueError, "linear: input must have shape", numbers(), numbers(4, 6)),
        ],
        large=[
            layer((200, 100), 90),
            layer((300, 200), 10, activation="gelu"),
            layer((64, 300), 257, activation="tanh"),
            layer((5000, 20), 10, activation="sigmoid"),
        ],
        depth=depth,
        backward_depth=backward_depth,
        magnitude=magnitude,
    ),
    Record(
        "bilinear",
        F.bilinear,
        reference.bilinear,
        [
            Sample(
                numbers(3, 2), numbers(3, 4, seed=1), numbers(5, 2, 4, seed=2), numbers(5, seed=3)
            ),
            Sample(numbers(2, 3, 2), numbers(2, 3, 1, seed=1), numbers(2, 2, 1, seed=2)),
        ],
        [
            Bad(
                ValueError,
                r"bilinear: input2 must have shape \(3, 4\)",
                numbers(3, 2),
                numbers(3, 5),
                numbers(5, 2, 4),
            ),
            Bad(
                ValueError,
                r"bilinear: input1 must have shape \(\*, 2\)",
                numbers(3, 3),
                numbers(3, 4),
                numbers(5, 2, 4),
            ),
        ],
        depth=16,
        magnitude=32.0,
    ),
]


test_record = record_test(RECORDS)


def test_kernels_by_hand():
    x, w, b = numbers(8, 5), numbers(3, 5, seed=1), numbers(3, seed=2)
    y, saved = _core.linear(x, w, b, "tanh", True)
    assert saved is y
    dy = numbers(8, 3, seed=3)
    dx, dw, db = _core.linear_backward(dy, x, w, saved, "tanh")
    dz = dy * (1 - np.tanh(x @ w.T + b) ** 2)
    np.testing.assert_allclose(dx, dz @ w, atol=1e-13)
    np.testing.assert_allclose(dw, dz.T @ x, atol=1e-13)
    np.testing.assert_allclose(db, dz.sum(0), atol=1e-13)
    none = _core.linear_backward(dy, x, w, needs=(False, True, False))
    assert none[0] is None
    assert none[2] is None
    np.testing.assert_allclose(none[1], dy.T @ x, atol=1e-13)


def test_invalid_arguments_of_the_backward_kernel():
    x, w, dy = numbers(8, 5), numbers(3, 5), numbers(8, 3)
    with pytest.raises(ValueError, match=r"linear_backward: dy must have the shape of the output"):
        _core.linear_backward(dy.T, x, w)
    with pytest.raises(
        TypeError, match="linear_backward: saved must be a NumPy array, got NoneType"
    ):
        _core.linear_backward(dy, x, w, None, "relu")
    with pytest.raises(ValueError, match=r"linear_backward: saved must have the shape of dy"):
        _core.linear_backward(dy, x, w, x, "relu")
    with pytest.raises(TypeError, match="linear_backward: needs must be a tuple of 3"):
        _core.linear_backward(dy, x, w, needs=(True,))
    with pytest.raises(TypeError, match="linear_backward: dy must have dtype float64, got float32"):
        _core.linear_backward(dy.astype(np.float32), x, w)


def test_relu_keeps_nan():
    x = np.array([[np.nan, 1.0]], np.float32)
    y = _core.linear(x, np.ones((3, 2), np.float32), None, "relu")
    assert np.isnan(y).all()


def test_mixed_types():
    x = fastnn.ones(2, 3)
    with pytest.raises(TypeError, match="linear: weight must have dtype float32, got float64; co"):
        F.linear(x, fastnn.ones(4, 3, dtype=fastnn.float64))
    with pytest.raises(TypeError, match="linear: bias must have dtype float32, got float64; conv"):
        F.linear(x, fastnn.ones(4, 3), np.ones(4))
    with pytest.raises(TypeError, match="linear: input must have dtype float32 or float64, got i"):
        F.linear(x.long(), fastnn.ones(4, 3))


def test_module():
    layer = nn.Linear(6, 4)
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.weight.shape == (4, 6)
    assert layer.bias.shape == (4,)
    bound = 1 / np.sqrt(6)
    assert np.abs(layer.weight._array).max() <= bound
    assert np.abs(layer.bias._array).max() <= bound
    y = layer(fastnn.ones(2, 6))
    np.testing.assert_allclose(
        y._array, layer.weight._array.sum(1) + layer.bias._array + np.zeros((2, 4)), rtol=1e-5
    )
    assert nn.Linear(6, 4, bias=False).bias is None
    assert (
        nn.Linear(6, 4, dtype=fastnn.float64)(fastnn.ones(2, 6, dtype=fastnn.float64)).dtype
        == np.float64
    )
    relu = nn.Linear(6, 4, activation="relu")
    assert (relu(fastnn.ones(2, 6))._array >= 0).all()


def test_bilinear_module():
    layer = nn.Bilinear(2, 3, 4)
    assert layer(fastnn.ones(5, 2), fastnn.ones(5, 3)).shape == (5, 4)
    assert list(layer.state_dict()) == ["weight", "bias"]
