"""Dropout of whole channels, and alpha dropout."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.harness.layouts import channels_last
from tests.reference import dropout as reference


def seeded(op):
    def call(*args, **kwargs):
        fastnn.manual_seed(5)
        return op(*args, **kwargs)

    return call


def of_channels(leading):
    """The reference; `leading` maps ranks to the number of leading axes that get random numbers."""

    def call(x, p=0.5, training=True):
        return reference.dropout_of_channels(x, p, (5, 0), leading[x.ndim]) if training else x

    return call


def alpha(leading):
    def call(x, p=0.5, training=True):
        return reference.alpha_dropout(x, p, (5, 0), leading)

    return call


def record(name, leading, shapes, reference, bad=()):
    op = getattr(F, name)
    many = numbers(*shapes[0])
    return Record(
        name,
        seeded(op),
        reference,
        [
            *[Sample(numbers(*shape), 0.3, training=True) for shape in shapes],
            Sample(many, 0.0, training=True),
            Sample(many, 0.9, training=True),
            Sample(many, 1.0, training=True),
            Sample(numbers(0, *shapes[0][1:]), 0.3, training=True),
        ],
        [
            Bad(ValueError, f"{name}: p must be a probability, from 0 to 1, got 1.5", many, 1.5),
            Bad(ValueError, f"{name}: p must be a probability", many, float("nan")),
            Bad(
                TypeError,
                "must have dtype float32 or float64",
                np.ones(shapes[0], int),
                0.5,
                training=True,
            ),
            *bad,
        ],
        depth=6,
    )


def wrong_rank(name, *shape):
    return Bad(
        ValueError,
        rf"{name}: input must have . or .( or .)? dimensions, got shape",
        numbers(*shape),
    )


RECORDS = [
    record(
        "dropout1d",
        2,
        [(5, 7, 3), (20, 4), (2, 100, 2)],
        of_channels({2: 1, 3: 2}),
        [wrong_rank("dropout1d", 3), wrong_rank("dropout1d", 2, 3, 4, 5)],
    ),
    record(
        "dropout2d",
        2,
        [(5, 7, 2, 3), (5, 7, 3), (5, 7)],
        of_channels({2: 2, 3: 2, 4: 2}),
        [wrong_rank("dropout2d", 3), wrong_rank("dropout2d", 2, 3, 4, 5, 6)],
    ),
    record(
        "dropout3d",
        2,
        [(5, 7, 2, 1, 3), (7, 2, 1, 3)],
        of_channels({4: 1, 5: 2}),
        [wrong_rank("dropout3d", 2, 3, 4)],
    ),
    record("alpha_dropout", None, [(5, 7), (40,), (2, 3, 4)], alpha(None)),
    record(
        "feature_alpha_dropout",
        2,
        [(5, 7), (2, 9, 4), (2, 3, 2, 2)],
        alpha(2),
        [Bad(ValueError, r"input must have shape \(N, C, \*\)", numbers(3))],
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_channels_are_dropped_as_a_whole(p):
    fastnn.manual_seed(3)
    y = F.dropout2d(fastnn.ones(200, 300, 2, 2), p).numpy()
    flat = y.reshape(200, 300, 4)
    assert (flat == flat[:, :, :1]).all()
    kept = (flat[:, :, 0] != 0).mean()
    assert abs(kept - (1 - p)) < 5 * np.sqrt(p * (1 - p) / 60_000)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)


def test_mean_and_variance_are_kept():
    x = fastnn.tensor(np.random.default_rng(0).standard_normal(400_000).astype("f4"))
    for p in (0.05, 0.3, 0.7):
        y = F.alpha_dropout(x, p, training=True)
        assert abs(y.mean().item()) < 0.02
        assert abs(y.std().item() - 1) < 0.02


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Dropout1d(0.4), (6, 9, 4)),
        (nn.Dropout2d(0.4), (6, 9, 4, 4)),
        (nn.Dropout3d(0.4), (6, 9, 2, 2, 2)),
        (nn.AlphaDropout(0.4), (6, 9)),
        (nn.FeatureAlphaDropout(0.4), (6, 9, 4)),
    ],
)
def test_layers(layer, shape):
    assert repr(layer) == f"{type(layer).__name__}(p=0.4, inplace=False)"
    x = fastnn.randn(*shape)
    assert (layer(x) != x).any()
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match=f"{type(layer).__name__}: p must be a probability"):
        type(layer)(-1.0)


def test_in_place_and_order():
    fastnn.manual_seed(1)
    x = fastnn.tensor(channels_last(numbers(3, 20, 4, 4)))
    strides, memory = x._array.strides, x._array
    assert F.dropout2d(x, 0.5, inplace=True) is x
    assert x._array is memory
    leaf = fastnn.tensor(channels_last(numbers(3, 20, 4, 4)), requires_grad=True)
    y = F.dropout2d(leaf, 0.5)
    y.backward(fastnn.ones(3, 20, 4, 4, dtype="float64"))
    assert strides == y._array.strides == leaf.grad._array.strides
    with pytest.raises(RuntimeError, match="dropout2d: a leaf"):
        F.dropout2d(leaf, inplace=True)
