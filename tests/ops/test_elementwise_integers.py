"""Integer arithmetic by kernels: every type, order and operand; division by 0 and by -1."""

import contextlib
import threading

import numpy as np
import pytest

from fastnn import kernels
from tests.harness import isa, isa_levels, threads

BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "floor_divide": np.floor_divide,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
DIVISIONS = ("remainder", "fmod", "floor_divide")


def integers(dtype, shape, *, small=False):
    rng = np.random.default_rng(len(shape))
    info = np.iinfo(dtype)
    low, high = (max(info.min, -50), 50) if small else (info.min, info.max)
    return rng.integers(low, high, shape, dtype, endpoint=True)


def same(got, want):
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("name", BINARY)
def test_arrays(name, dtype, level):
    f, numpys = getattr(kernels, name), BINARY[name]
    with isa(level), np.errstate(all="ignore"):
        for shape in [(7,), (3, 5), (64, 33), (2, 3, 50), (200, 300)]:
            for small in (False, True):
                a, b = integers(dtype, shape, small=small), integers(dtype, shape, small=True)
                b[b == 0] = 3
                a.flat[0] = np.iinfo(dtype).min
                b.flat[0] = np.array(-1).astype(dtype)
                for x, y in [
                    (a, b),
                    (a.T, b.T),
                    (a[..., ::-1], b),
                    (a, b[..., :1]),
                    (a[:1], b),
                    (np.broadcast_to(a[:1], shape), b),
                ]:
                    same(f(x, y), numpys(x, y))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
@pytest.mark.parametrize("name", BINARY)
def test_numbers(name, dtype):
    f, numpys, info = getattr(kernels, name), BINARY[name], np.iinfo(dtype)
    with np.errstate(all="ignore"):
        for small in (False, True):
            a = integers(dtype, (1000,), small=small)
            a[:2] = info.min, info.max
            for value in (1, 3, 7, 100, -1, -5, 2**40 + 1, info.max, info.min):
                if not info.min <= value <= info.max or value == 0:
                    continue
                number = np.array(value, dtype)
                same(f(a, value), numpys(a, number))
                if name not in DIVISIONS:
                    same(f(value, a), numpys(number, a))


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_unary(dtype):
    a = integers(dtype, (70, 33))
    same(kernels.neg(a.T), np.negative(a.T))
    same(kernels.abs(a[::-1, ::2]), np.abs(a[::-1, ::2]))


@pytest.mark.parametrize("name", DIVISIONS)
def test_by_zero(name):
    f = getattr(kernels, name)
    for divisor in (0, np.arange(3), np.zeros((), np.int64)):
        with pytest.raises(ZeroDivisionError, match=f"{name}: integers cannot be divided by 0"):
            f(np.arange(3), divisor)


def test_threads():
    a = integers("int64", (400, 1000))
    with threads(1):
        want = kernels.remainder(a, 1009)
    for n in (2, 3):
        with threads(n):
            same(kernels.remainder(a, 1009), want)


@pytest.mark.parametrize("name", DIVISIONS)
def test_divisor_that_changes(name):
    """A thread that writes zeros between the check and the division: an error or numbers."""
    f, a, b = getattr(kernels, name), np.arange(1 << 16), np.ones(1 << 16, np.int64)
    done = threading.Event()

    def write():
        while not done.is_set():
            b[-1] = 0
            b[-1] = 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            # Where a zero is seen, NumPy is asked, and may meet it or not.
            with contextlib.suppress(ZeroDivisionError), np.errstate(divide="ignore"):
                f(a, b)
    finally:
        done.set()
        writer.join()


def test_out():
    a = np.arange(5)
    y = np.empty(5, np.float32)
    kernels.add(a, a, y)
    np.testing.assert_array_equal(y, 2.0 * a)
    kernels.mul(a, 3, a)
    np.testing.assert_array_equal(a, 3 * np.arange(5))
    with pytest.raises(TypeError, match="cannot be stored"):
        kernels.add(np.zeros(2), 1.0, np.zeros(2, np.int64))
