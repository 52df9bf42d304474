"""Normalization in float32 of numbers whose squares are no float32, and of numbers far from zero.

What is normalized is a float32 of usual size, whatever the size of the input; so values and
gradients are compared with those of the same call in float64.
"""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import isa, isa_levels, numbers

W, B = numbers(24, seed=1) + 2, numbers(24, seed=2)
NORMS = {
    "layer_norm": lambda x, w, b, eps: F.layer_norm(x, 24, w, b, eps),
    "layer_norm with relu": lambda x, w, b, eps: F.layer_norm(x, 24, w, b, eps, activation="relu"),
    "rms_norm": lambda x, w, b, eps: F.rms_norm(x, 24, w, eps),
    "batch_norm": lambda x, w, b, eps: F.batch_norm(x, None, None, w, b, training=True, eps=eps),
    "batch_norm of images": lambda x, w, b, eps: F.batch_norm(
        channels_last(x.reshape(10, 24, 5, 5)), None, None, w, b, training=True, eps=eps
    ),
    "instance_norm": lambda x, w, b, eps: F.instance_norm(
        x.reshape(10, 24, 25), weight=w, bias=b, eps=eps
    ),
    "group_norm": lambda x, w, b, eps: F.group_norm(x.reshape(10, 24, 25), 4, w, b, eps),
    "group_norm of many": lambda x, w, b, eps: F.group_norm(x.reshape(1, 24, 250), 1, w, b, eps),
}


def channels_last(x):
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)


def run(name, x, dtype, eps):
    x, w, b = (fastnn.tensor(a, dtype=dtype, requires_grad=True) for a in (x, W, B))
    y = NORMS[name](x, w, b, eps)
    dy = fastnn.tensor(numbers(*y.shape, seed=3), dtype=dtype)
    y.backward(dy)
    return [y.detach().numpy(), x.grad.numpy(), w.grad.numpy()], b.grad


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize(
    ("scale", "offset", "eps"),
    [(1e-30, 0, 0), (1e20, 0, 1e-5), (1e30, 0, 1e-5), (1e37, 0, 1e-5), (1, 1e4, 1e-5)],
)
def test_values_and_gradients(name, scale, offset, eps, level):
    x = (numbers(250, 24) * scale + offset).astype(np.float32)
    with isa(level):
        narrow, db = run(name, x, "float32", eps)
    wide, db_wide = run(name, x, "float64", eps)
    deviation = x.astype(np.float64).std()
    for got, want, unit in zip(narrow, wide, (1, 1 / deviation, 1)):
        # Relative to the largest number; far from zero, by the rounding of the statistics.
        atol = 1e-5 * np.abs(want).max() if offset == 0 else 2e-3 * np.abs(want).max()
        np.testing.assert_allclose(got / unit, want / unit, rtol=1e-4, atol=atol / unit)
    if db is not None:
        np.testing.assert_allclose(db.numpy(), db_wide.numpy(), rtol=1e-4, atol=1e-4)


def test_running_statistics_move_once():
    x = numbers(250, 24) * 1e15
    norm, wide = nn.BatchNorm1d(24), nn.BatchNorm1d(24, dtype=fastnn.float64)
    for layer in (norm, wide):
        layer(fastnn.tensor(x, dtype=layer.weight.dtype) * 2.0)
    np.testing.assert_allclose(norm.running_mean, wide.running_mean, rtol=1e-4)
    np.testing.assert_allclose(norm.running_var, wide.running_var, rtol=1e-5)
    assert norm.num_batches_tracked.item() == 1


def test_residuals_and_activations_of_huge_numbers():
    x = (numbers(250, 24) * 1e30).astype(np.float32)
    residual = numbers(250, 24, seed=5).astype(np.float32)
    results = []
    for dtype in ("float32", "float64"):
        a, r = (fastnn.tensor(v, dtype=dtype, requires_grad=True) for v in (x, residual))
        y = F.batch_norm(a, None, None, training=True, residual=r, activation="relu")
        y.sum().backward()
        results.append((y.detach().numpy(), a.grad.numpy() * 1e30, r.grad.numpy()))
    for got, want in zip(*results):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("value", [1234.0, 0.1, 1e-20, 1e20, 1e30])
def test_rows_and_channels_of_one_number(value):
    x = fastnn.full((64, 24), value)
    assert np.abs(F.layer_norm(x, 24).numpy()).max() < 1e-3
    assert np.abs(F.batch_norm(x, None, None, training=True).numpy()).max() < 1e-3
