"""Bits and divisors of integers, and mantissas of floats."""

import math

import numpy as np
import pytest

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

RNG = np.random.default_rng(0)
A, B = RNG.integers(-50, 50, (5, 7)), RNG.integers(1, 9, (5, 7))
TRUE, OTHER = A > 0, B > 4
FLOATS = np.array([0.0, -0.0, 1.0, -6.0, 1e-310, 1e300, np.inf, -np.inf, np.nan])


def each(f):
    """A function of two Python integers as one of arrays."""
    return np.vectorize(lambda a, b: f(int(a), int(b)), otypes=[np.int64])


def integers(name, reference, truth=False):
    samples = [
        Sample(A, B),
        Sample(A, B[0]),
        Sample(A, 3),
        Sample(A[:0], B[:0]),
        Sample(A[0, 0], B),
    ]
    what = "integers or truth values" if truth else "integers"
    bad = [
        Bad(ValueError, rf"{name}: shapes \(5, 7\), \(4,\) do not broadcast", A, B[0, :4]),
        Bad(TypeError, f"{name}: expected {what}, got float64", A, numbers(7)),
        Bad(TypeError, f"{name}: at least one", 1, 2),
        Bad(TypeError, f"{name}: other must be a tensor, array or number, got NoneType", A, None),
    ]
    return Record(
        name,
        getattr(fastnn, name),
        each(reference),
        samples,
        bad=bad,
        gradient=False,
        exact=True,
        dtypes=("float64",),
    )


RECORDS = [
    integers("bitwise_and", lambda a, b: a & b, truth=True),
    integers("bitwise_or", lambda a, b: a | b, truth=True),
    integers("bitwise_xor", lambda a, b: a ^ b, truth=True),
    integers("bitwise_left_shift", lambda a, b: a << b),
    integers("bitwise_right_shift", lambda a, b: a >> b),
    integers("gcd", math.gcd),
    integers("lcm", math.lcm),
    Record(
        "bitwise_not",
        fastnn.bitwise_not,
        lambda x: ~x,
        [Sample(A), Sample(TRUE), Sample(A[:0])],
        bad=[Bad(TypeError, "bitwise_not: expected integers or truth values, got fl", numbers(2))],
        gradient=False,
        exact=True,
        dtypes=("float64",),
    ),
    Record(
        "frexp",
        fastnn.frexp,
        lambda x: (np.frexp(x)[0], np.where(np.isfinite(x), np.frexp(x)[1], 0)),
        [Sample(numbers(5, 7) + 5), Sample(numbers(0))],
        bad=[Bad(TypeError, "frexp: expected floats, got int64", A)],
        exact=True,
    ),
]

test_record = record_test(RECORDS)


def test_truth_values():
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        got = getattr(fastnn, name)(TRUE, OTHER)
        assert got.dtype == np.bool_
        np.testing.assert_array_equal(got, getattr(np, name)(TRUE, OTHER))
    assert fastnn.bitwise_and(fastnn.tensor(TRUE), A).dtype == np.int64
    with pytest.raises(TypeError, match="gcd: expected integers, got bool"):
        fastnn.gcd(TRUE, OTHER)


def test_parts_of_any_float():
    mantissa, exponent = fastnn.frexp(FLOATS)
    assert exponent.dtype == np.int32
    np.testing.assert_array_equal(np.ldexp(mantissa.numpy(), exponent.numpy()), FLOATS)
    assert exponent[:2].tolist() == [0, 0]
    assert exponent[-3:].tolist() == [0, 0, 0]


def test_operators():
    x, y = fastnn.tensor([6, -8]), fastnn.tensor([1, 2])
    assert (x << y).tolist() == [12, -32]
    assert (x >> 1).tolist() == [3, -4]
    assert (1 << y).tolist() == [2, 4]
    assert (64 >> y).tolist() == [32, 16]
    memory = x.numpy()
    x &= 12
    x |= 1
    x ^= 2
    x <<= 2
    x >>= 1
    assert memory.tolist() == [((((v & 12) | 1) ^ 2) << 2) >> 1 for v in (6, -8)]
    with pytest.raises(RuntimeError, match="does not fit into a tensor"):
        fastnn.tensor([True]).bitwise_and_(fastnn.tensor([1]))
