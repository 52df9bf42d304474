"""Cross entropy of a linear layer's output, block by block."""

import itertools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core, nn
from tests.harness import SIZES, Bad, Record, Sample, numbers, record_test
from tests.reference.loss import linear_cross_entropy as reference

X, W, B, IDS = numbers(5, 3), numbers(7, 3, seed=1), numbers(7, seed=2), np.array([0, 6, 3, 3, 2])
WEIGHTS = numbers(7, low=0.5, seed=3)


def samples():
    found = []
    for reduction, bias in itertools.product(("mean", "sum", "none"), (None, B)):
        o = {"reduction": reduction, "linear_bias": bias}
        found += [
            Sample(X, W, IDS, **o),
            Sample(X, W, IDS, ignore_index=3, label_smoothing=0.2, **o),
            Sample(X, W, IDS, weight=WEIGHTS, **o),
            Sample(X[0], W, np.array(4), **o),
            Sample(X, W, np.abs(numbers(5, 7)), **o),
        ]
    for n in SIZES[1:]:
        found.append(Sample(numbers(2, n), numbers(n, n, seed=1), np.array([0, n - 1])))
    found.append(Sample(numbers(0, 3), W, IDS[:0], linear_bias=B, reduction="sum"))
    return found


# The blocks have 2^23 scores, or 64 rows.
MANY = [
    Sample(
        numbers(rows, 4),
        numbers(classes, 4, seed=1),
        np.arange(rows) * 31 % classes,
        linear_bias=numbers(classes, seed=2),
    )
    for rows, classes in ((130, 66_000), (65, 140_000))
]

RECORDS = [
    Record(
        "linear_cross_entropy",
        fastnn.linear_cross_entropy,
        reference,
        samples(),
        large=MANY,
        depth=lambda x, w, *a, **k: 24 + w.shape[-1] + w.shape[0] ** 0.5,
        magnitude=lambda x, w, *a, **k: 40.0 * max(1.0, np.sqrt(np.size(x))),
        constants=("weight", 2),
        bad=[
            Bad(IndexError, r"target\[0\] is 9, but linear_weight has 7 classes", X, W, IDS + 9),
            Bad(ValueError, r"linear_weight must have shape \(V, 3\)", X, W[:, :2], IDS),
            Bad(ValueError, r"target must have shape \(5,\)", X, W, IDS[:3]),
            Bad(ValueError, r"linear_bias must have shape \(7,\)", X, W, IDS, linear_bias=B[:3]),
            Bad(ValueError, r"weight must have shape \(7,\)", X, W, IDS, weight=B[:3]),
            Bad(ValueError, "input must have 2 dimensions", X[None], W, IDS),
            Bad(ValueError, "reduction must be", X, W, IDS, reduction="avg"),
            Bad(ValueError, "label_smoothing must lie", X, W, IDS, label_smoothing=2.0),
            Bad(TypeError, "linear_cross_entropy", X, W.astype("float32"), IDS),
        ],
    )
]


test_record = record_test(RECORDS)


def leaves():
    return [fastnn.tensor(a, requires_grad=True) for a in (X, W, B)]


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_backward_twice_and_scaled(reduction):
    x, w, b = leaves()
    loss = F.linear_cross_entropy(x, w, IDS, linear_bias=b, reduction=reduction)
    loss.backward(np.ones(loss.shape), retain_graph=True)
    once = [p.grad.numpy().copy() for p in (x, w, b)]
    loss.backward(np.full(loss.shape, 3.0))
    for p, g in zip((x, w, b), once):
        np.testing.assert_allclose(p.grad, 4 * g, rtol=1e-12)


def test_rows_that_do_not_count():
    x, w, b = leaves()
    loss = F.linear_cross_entropy(x, w, np.full(5, -100), linear_bias=b)
    loss.backward()
    assert np.isnan(loss.item())
    for p in (x, w, b):
        np.testing.assert_array_equal(p.grad, np.zeros(p.shape))


def test_scores_are_not_kept():
    """The largest array that a call takes is a block of scores: 2^23 of 2^25 here."""
    rows, classes, width = 1024, 32768, 4
    x = fastnn.tensor(numbers(rows, width).astype("f4"), requires_grad=True)
    w = fastnn.tensor(numbers(classes, width).astype("f4"), requires_grad=True)
    ids = np.arange(rows)
    _core.config.trim_pool()
    before = _core.config.pool_stats()
    F.linear_cross_entropy(x, w, ids).backward()
    after = _core.config.pool_stats()
    taken = after["cached_bytes"] + after["used_bytes"] - before["cached_bytes"]
    assert taken < 2 * 4 * (1 << 23) < 4 * rows * classes


def test_the_module():
    layer = nn.LinearCrossEntropyLoss(3, 7, bias=True, label_smoothing=0.1, dtype="float64")
    got = layer(fastnn.tensor(X), fastnn.tensor(IDS))
    want = F.cross_entropy(layer.linear(fastnn.tensor(X)), IDS, label_smoothing=0.1)
    np.testing.assert_allclose(got.item(), want.item(), rtol=1e-12)
    assert list(layer.state_dict()) == ["linear.weight", "linear.bias"]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("o", [{}, {"ignore_index": 3}, {"label_smoothing": 0.1}], ids=str)
def test_matches_torch(o, reduction):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if not hasattr(torch.nn.functional, "linear_cross_entropy"):
        pytest.skip("before PyTorch 2.13")
    x, w, b = leaves()
    tx, tw, tb = (torch.tensor(a, requires_grad=True) for a in (X, W, B))
    got = F.linear_cross_entropy(x, w, IDS, linear_bias=b, reduction=reduction, **o)
    want = torch.nn.functional.linear_cross_entropy(
        tx, tw, torch.tensor(IDS), linear_bias=tb, reduction=reduction, **o
    )
    dy = numbers(*want.shape, low=0.5)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12)
    for a, c in zip((x, w, b), (tx, tw, tb)):
        np.testing.assert_allclose(a.grad, c.grad, rtol=1e-12, atol=1e-14)
