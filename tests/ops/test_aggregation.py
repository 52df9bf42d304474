"""Pooling of sequences to vectors."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import SIZES, Bad, Record, Sample, numbers, record_test
from tests.reference import aggregation as reference

X = numbers(5, 4, 3)
LENGTHS = np.array([5, 1, 3, 4])
LARGE = numbers(60, 50, 64)
MANY = np.random.default_rng(0).integers(1, 61, 50)


def samples(*scores):
    """Both axis orders, with and without lengths, one sequence, every width, no sequence."""
    found = []
    for x, first, lengths in [
        (X, False, None),
        (X, False, LENGTHS),
        (X, True, np.array([4, 1, 2, 3, 1])),
        (X, True, None),
        (X[:, 0], False, None),
        (X[:, 0], True, np.array([3])),
        (X[:1], False, np.ones(4, "u1")),
        (numbers(3, 0, 2), False, None),
        *[(numbers(3, 2, n), False, np.array([3, 2])) for n in SIZES],
    ]:
        given = [numbers(*x.shape[:-1], seed=9)] if scores else []
        found.append(Sample(x, *given, lengths=lengths, batch_first=first))
    return found


def bad(*scores):
    given = [numbers(5, 4)] if scores else []
    return [
        Bad(
            ValueError,
            r"lengths must lie between 1 and 5, but lengths\[2\] is 6",
            X,
            *given,
            np.array([5, 1, 6, 0]),
        ),
        Bad(ValueError, r"but lengths\[3\] is 0", X, *given, np.array([5, 1, 4, 0])),
        Bad(ValueError, r"but lengths\[0\] is -1", X, *given, np.array([-1, 1, 4, 0])),
        Bad(ValueError, r"lengths must have shape \(4,\), got \(5,\)", X, *given, np.ones(5, int)),
        Bad(TypeError, "lengths must have an integer dtype, got float64", X, *given, np.ones(4)),
        Bad(ValueError, r"input must have shape \(T, N, D\) or \(T, D\)", X[0, 0], *given),
        Bad(ValueError, "input must have at least one step, got none", numbers(0, 4, 3), *given),
        Bad(TypeError, "must have a float dtype, got int64", np.zeros((2, 2, 2), int), *given),
    ]


RECORDS = [
    Record(
        f"{name}_pooling",
        getattr(F, f"{name}_pooling"),
        getattr(reference, f"{name}_pooling"),
        samples(),
        bad(),
        [Sample(LARGE), Sample(LARGE, lengths=MANY)],
        depth=8,
    )
    for name in ("last", "mean", "max")
]
RECORDS.append(
    Record(
        "attention_pooling",
        F.attention_pooling,
        reference.attention_pooling,
        samples(True),
        [
            *bad(True),
            Bad(ValueError, r"scores must have shape \(5, 4\) for this", X, numbers(4, 5)),
        ],
        [Sample(LARGE, numbers(60, 50), lengths=MANY)],
        depth=32,
        magnitude=4,
    )
)


test_record = record_test(RECORDS)


@pytest.mark.parametrize("name", ["LastPooling", "MeanPooling", "MaxPooling", "AttentionPooling"])
@pytest.mark.parametrize("first", [False, True])
def test_padding_is_never_read(name, first):
    """NaN past the end of a sequence reaches neither results nor gradients."""
    arguments = (3,) if name == "AttentionPooling" else ()
    layer = getattr(nn, name)(*arguments, batch_first=first)
    x = X.astype("f4")
    beyond = np.arange(5)[:, None] >= LENGTHS
    clean, dirty = x.copy(), x.copy()
    clean[beyond], dirty[beyond] = 0, np.nan
    found = []
    for values in (clean, dirty):
        layer.zero_grad()
        t = fastnn.tensor(values.swapaxes(0, 1) if first else values, requires_grad=True)
        y = layer(t, fastnn.tensor(LENGTHS))
        (y * y).sum().backward()
        found.append([y._array, t.grad._array, *[p.grad._array for p in layer.parameters()]])
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)
    gradient = found[0][1]
    assert not (gradient.swapaxes(0, 1) if first else gradient)[beyond].any()


def test_large_scores():
    x, scores = numbers(3, 2), np.array([1e4, 1e4, -1e4])
    np.testing.assert_allclose(F.attention_pooling(x, scores).numpy(), x[:2].mean(0))


def test_attention_pooling_layer():
    layer = nn.AttentionPooling(3, 5, batch_first=True, dtype=fastnn.float64)
    assert [p.shape for p in layer.parameters()] == [(5, 3), (5,), (1, 5)]
    x = fastnn.tensor(X, requires_grad=True)
    y, weights = layer(x, fastnn.tensor([4, 1, 2, 3, 4]), need_weights=True)
    assert weights.shape == (5, 4)
    np.testing.assert_allclose(weights.detach().numpy().sum(1), 1)
    assert weights._array[1].tolist() == [1, 0, 0, 0]
    np.testing.assert_allclose(y.detach(), np.einsum("nt,ntd->nd", weights._array, X))
    scores = np.tanh(X @ layer.projection.weight._array.T + layer.projection.bias._array)
    scores = (scores @ layer.context.weight._array.T)[..., 0]
    want = reference.attention_pooling(X, scores, np.array([4, 1, 2, 3, 4]), batch_first=True)
    np.testing.assert_allclose(y.detach(), want)
    weights.sum().backward()  # constant weights: gradients are only rounding errors
    np.testing.assert_allclose(x.grad, 0, atol=1e-12)


def test_reprs():
    assert repr(nn.LastPooling()) == "LastPooling()"
    assert repr(nn.MeanPooling(batch_first=True)) == "MeanPooling(batch_first=True)"


def test_no_sequences():
    for name in ("last", "mean", "max"):
        pool = getattr(F, f"{name}_pooling")
        assert pool(numbers(5, 0, 3), lengths=[]).shape == (0, 3)
