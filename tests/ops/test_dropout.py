"""Dropout: the same random numbers everywhere, and the correct share of zeros."""

import numpy as np
import pytest

import fastnn
from fastnn import kernels
from tests.harness import (
    SIZES,
    THREADS,
    Bad,
    Record,
    Sample,
    isa,
    isa_levels,
    numbers,
    record_test,
    threads,
)
from tests.reference import dropout as reference

STREAM = np.array([0x123456789ABCDEF0, 3 << 33], np.uint64)


def seeded(x, *args, **kwargs):
    fastnn.manual_seed(5)
    return fastnn.dropout(x, *args, **kwargs)


def seeded_reference(x, p=0.5, training=True):
    return reference.dropout(x, p, (5, 0)) if training else x


RECORDS = [
    Record(
        "dropout",
        seeded,
        seeded_reference,
        [
            *[Sample(numbers(n)) for n in (*SIZES, 63, 64, 65, 200)],
            Sample(numbers(2, 3, 4, 5), 0.2),
            Sample(numbers(30), 0.0),
            Sample(numbers(30), 1.0),
            Sample(numbers(30), training=False),
        ],
        large=[Sample(numbers(70_000), 0.3)],
        depth=2,
        bad=[
            Bad(
                ValueError,
                "dropout: p must be a probability, from 0 to 1, got 1.5",
                np.ones(3),
                1.5,
            ),
            Bad(ValueError, "dropout: p must be a probability", np.ones(3), -0.1),
            Bad(ValueError, "dropout: p must be a probability", np.ones(3), float("nan")),
            Bad(TypeError, "dropout: input must have dtype float32 or float64", np.arange(3)),
        ],
    ),
]


test_record = record_test(RECORDS)


def test_reference_has_the_published_numbers():
    """The first test vectors of Random123's Philox4x32-10."""
    assert reference.philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = [0xFFFFFFFF] * 4
    assert reference.philox(ones, ones[:2]) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


@pytest.mark.parametrize("level", isa_levels())
def test_same_bits_everywhere(level):
    x = numbers(50_001).astype(np.float32)
    want = kernels.dropout(x, 0.3, STREAM)
    small = reference.dropout(np.ones(3000), 0.3, STREAM)
    np.testing.assert_array_equal(want[:3000] != 0, small != 0)
    with isa(level):
        for n in THREADS:
            with threads(n):
                np.testing.assert_array_equal(kernels.dropout(x, 0.3, STREAM), want)
        np.testing.assert_array_equal(
            kernels.dropout(x.astype(np.float64), 0.3, STREAM) != 0, want != 0
        )
        np.testing.assert_array_equal(kernels.dropout_backward(x, 0.3, STREAM), want)


def test_share_and_independence():
    n = 1 << 20
    fastnn.manual_seed(0)
    kept = [fastnn.dropout(np.ones(n, np.float32), p).numpy() != 0 for p in (0.1, 0.5, 0.9, 0.5)]
    for mask, p in zip(kept, (0.1, 0.5, 0.9)):
        # Five standard deviations of the mean of n draws.
        assert abs(mask.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / n)
    a, b = kept[1].astype(float) - 0.5, kept[3].astype(float) - 0.5
    for step in (1, 16, 64):
        assert abs((a[:-step] * a[step:]).mean()) < 5 * 0.25 / np.sqrt(n)
    assert abs((a * b).mean()) < 5 * 0.25 / np.sqrt(n)


def test_dropped_nan_and_infinity_become_zero():
    x = np.full(1000, np.inf, np.float32)
    y = kernels.dropout(x, 0.5, STREAM)
    assert set(y.tolist()) == {0.0, float("inf")}
    assert not kernels.dropout(x, 1.0, STREAM).any()
    np.testing.assert_array_equal(kernels.dropout(x, 0.0, STREAM), x)


def test_masks_depend_on_position_not_on_memory():
    x = numbers(2, 3, 4, 5)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    y = kernels.dropout(last, 0.5, STREAM)
    np.testing.assert_array_equal(y, kernels.dropout(x, 0.5, STREAM))
    assert y.strides == last.strides


def test_in_place():
    fastnn.manual_seed(1)
    x = fastnn.ones(100)
    memory = x._array
    assert fastnn.dropout(x, 0.5, inplace=True) is x
    assert x._array is memory
    assert set(x.tolist()) == {0.0, 2.0}
    leaf = fastnn.ones(100, requires_grad=True)
    y = leaf * 1.0
    fastnn.dropout(y, 0.5, inplace=True)
    y.backward(fastnn.ones(100))
    np.testing.assert_array_equal(leaf.grad.numpy(), y.detach().numpy())
    with pytest.raises(RuntimeError, match="dropout: a leaf"):
        fastnn.dropout(leaf, inplace=True)


def test_bad_stream():
    for stream in (None, [1, 2], np.zeros(2), np.zeros(3, np.uint64), np.zeros(4, np.uint64)[::2]):
        with pytest.raises(TypeError, match=r"dropout: stream must be an array \[seed, offset\]"):
            kernels.dropout(np.ones(3), 0.5, stream)


def test_module():
    layer = fastnn.nn.Dropout(0.25)
    assert repr(layer) == "Dropout(p=0.25, inplace=False)"
    x = fastnn.ones(50)
    assert set(layer(x).tolist()) == {0.0, np.float32(1 / 0.75).item()}
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="Dropout: p must be a probability"):
        fastnn.nn.Dropout(2.0)
