"""Matrix products: values, gradients, batches, memory layouts, and every path of the driver."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import _core
from tests.harness import Bad, Record, Sample, isa, isa_levels, numbers, record_test, threads
from tests.reference import gemm as reference


def pair(a, b, seed=0):
    return Sample(numbers(*a, seed=seed), numbers(*b, seed=seed + 1))


def depth(a, b):
    return 2 + a.shape[-1]


def backward_depth(a, b):
    """The longest sum of a gradient: over rows, columns, or broadcast batches."""
    m = a.shape[-2] if a.ndim > 1 else 1
    n = b.shape[-1] if b.ndim > 1 else 1
    batch = max(np.prod(a.shape[:-2], dtype=int), np.prod(b.shape[:-2], dtype=int))
    return 4 + max(m, n) * batch


def magnitude(a, b):
    return 4.0 * max(1, a.shape[-1])


SQUARES = [pair((n, n), (n, n)) for n in (0, 1, 2, 15, 16, 17, 33)]

RECORDS = [
    Record(
        "matmul",
        fastnn.matmul,
        reference.matmul,
        [
            *SQUARES,
            *[pair((m, 7), (7, 10)) for m in (1, 2, 3, 4, 5, 8, 14, 15, 29)],
            *[pair((6, 20), (20, n)) for n in (1, 2, 4, 5, 16, 31, 48, 65)],
            *[pair((3, k), (k, 5)) for k in (0, 1, 8, 15, 17, 100)],
            pair((0, 4), (4, 3)),
            pair((4, 3), (3, 0)),
            pair((7,), (7,)),
            pair((7,), (7, 5)),
            pair((5, 7), (7,)),
            pair((2, 5, 7), (7,)),
            pair((7,), (2, 7, 5)),
            pair((3, 4, 5), (5, 6)),
            pair((4, 5), (3, 5, 6)),
            pair((2, 3, 4, 5), (2, 3, 5, 6)),
            pair((2, 1, 4, 5), (1, 3, 5, 6)),
            pair((2, 1, 4, 5), (3, 5, 6)),
            pair((1, 4, 5), (1, 5, 6)),
            pair((0, 4, 5), (5, 6)),
        ],
        [
            Bad(ValueError, r"matmul: input .* the same K", numbers(2, 3), numbers(4, 5)),
            Bad(ValueError, "matmul: both arguments need", numbers(), numbers(2, 2)),
            Bad(ValueError, "matmul: the batch .* broadcast", numbers(2, 3, 4), numbers(3, 4, 5)),
        ],
        large=[
            pair((200, 100), (100, 150)),
            pair((64, 500), (500, 300)),
            pair((9, 6000), (6000, 13)),
            pair((1, 900), (900, 700)),
            pair((700, 900), (900, 1)),
            pair((600, 40), (40, 9)),
            pair((40, 60, 30), (40, 30, 50)),
            pair((3, 200, 150), (150, 180)),
        ],
        depth=depth,
        backward_depth=backward_depth,
        magnitude=magnitude,
    ),
    Record(
        "mm",
        fastnn.mm,
        reference.matmul,
        [pair((4, 5), (5, 6))],
        [
            Bad(
                ValueError,
                r"mm: the first argument must have shape \(M, K\)",
                numbers(5),
                numbers(5, 6),
            )
        ],
        depth=depth,
        magnitude=magnitude,
        covers=("spmm",),
    ),
    Record(
        "bmm",
        fastnn.bmm,
        reference.matmul,
        [pair((3, 4, 5), (3, 5, 6)), pair((2, 3, 4), (2, 4, 3))],
        [
            Bad(
                ValueError,
                r"bmm: the second argument must have shape \(B, K, N\)",
                numbers(3, 4, 5),
                numbers(5, 6),
            ),
            Bad(
                ValueError,
                "bmm: both arguments must have the same B",
                numbers(3, 4, 5),
                numbers(1, 5, 6),
            ),
        ],
        depth=depth,
        magnitude=magnitude,
    ),
    Record(
        "mv",
        fastnn.mv,
        reference.matmul,
        [pair((4, 5), (5,))],
        [Bad(ValueError, "mv: the second", numbers(4, 5), numbers(5, 6))],
        depth=depth,
        magnitude=magnitude,
    ),
    Record(
        "dot",
        fastnn.dot,
        reference.matmul,
        [pair((5,), (5,)), pair((0,), (0,))],
        [Bad(ValueError, "dot: the first", numbers(4, 5), numbers(5))],
        depth=depth,
        magnitude=magnitude,
    ),
    Record(
        "outer",
        fastnn.outer,
        reference.outer,
        [pair((5,), (7,)), pair((0,), (3,))],
        [Bad(ValueError, "outer: the first", numbers(4, 5), numbers(5))],
        depth=2,
        magnitude=4.0,
        backward_depth=32,
    ),
]


test_record = record_test(RECORDS)


# -- every path of the driver ------------------------------------------------------------------

LAYOUTS = {
    "rows": lambda x: x,
    "columns": lambda x: np.asfortranarray(x),
    "gaps": lambda x: np.repeat(np.repeat(x, 2, 0), 2, 1)[::2, ::2],
    "wide": lambda x: np.pad(x, ((0, 0), (3, 2)))[:, 3:-2],
}

# At least one shape per path: dot products with few rows or columns, skinny strips, tiles with and
# without packing of either operand, a transposed product, split sums.
SHAPES = [
    (1, 1, 5000), (1, 300, 40), (300, 1, 40), (2, 130, 200), (4, 260, 33), (8, 50, 600),
    (5, 9, 9000), (13, 31, 17), (14, 32, 64), (45, 46, 47), (100, 10, 300), (10, 100, 300),
    (32, 500, 40), (130, 70, 520), (260, 257, 129), (64, 8, 64), (500, 3, 50), (90, 40, 800),
]  # fmt: skip


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_every_path_and_layout(m, n, k, dtype, level):
    a, b = numbers(m, k).astype(dtype), numbers(k, n, seed=1).astype(dtype)
    want = a.astype(np.float64) @ b.astype(np.float64)
    allowed = (k + 8) * np.finfo(dtype).eps * 4
    with isa(level):
        for left in LAYOUTS.values():
            for right in LAYOUTS.values():
                np.testing.assert_allclose(_core.matmul(left(a), right(b)), want, 0, allowed)


def test_large_product_in_several_blocks():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((1500, 2100), np.float32)
    b = rng.standard_normal((2100, 1900), np.float32)
    results = []
    for n in (1, 2, 3):
        with threads(n):
            results.append(_core.matmul(a, b))
            results.append(_core.matmul(a, np.asfortranarray(b)))
    want = a.astype(np.float64) @ b
    assert np.abs(results[0] - want).max() < 2100 * np.finfo(np.float32).eps * 10
    assert len({r.tobytes() for r in results[::2]}) == 1
    assert len({r.tobytes() for r in results[1::2]}) == 1


def test_nan_and_infinity_propagate():
    a = np.ones((20, 30), np.float32)
    a[3, 7] = np.nan
    a[5, 9] = np.inf
    y = _core.matmul(a, np.ones((30, 40), np.float32))
    assert np.isnan(y[3]).all()
    assert np.isposinf(y[5]).all()
    assert np.isfinite(np.delete(y, [3, 5], 0)).all()


def test_other_types():
    a = np.arange(6).reshape(2, 3)
    y = fastnn.matmul(fastnn.Tensor(a), fastnn.Tensor(a.T))
    assert y.dtype == np.int64
    assert y.tolist() == (a @ a.T).tolist()
    with pytest.raises(TypeError, match=r"input has dtype int64 and other float32; convert input"):
        fastnn.matmul(fastnn.Tensor(a), fastnn.ones(3, 2))
    with pytest.raises(TypeError, match=r"float64; convert one of them with \.float\(\) or"):
        fastnn.ones(2, 3) @ fastnn.ones(3, 2, dtype=fastnn.float64)


def test_outer_product_promotes_types():
    x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    w = fastnn.ones(3, dtype=fastnn.float64, requires_grad=True)
    z = fastnn.outer(x, w)
    assert z.dtype == np.float64
    z.backward(np.ones(z.shape))
    assert (x.grad.dtype, x.grad.tolist()) == (np.float32, [3.0, 3.0])
    assert (w.grad.dtype, w.grad.tolist()) == (np.float64, [3.0, 3.0, 3.0])


def test_operators():
    x = fastnn.ones(2, 3)
    assert (x @ np.ones((3, 2), np.float32)).tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert (np.ones((4, 2), np.float32) @ x).shape == (4, 3)


def test_invalid_arguments_of_the_kernel():
    ones = np.ones((2, 2), np.float32)
    with pytest.raises(TypeError, match="matmul: other must have dtype float32, got float64"):
        _core.matmul(ones, ones.astype(np.float64))
    with pytest.raises(TypeError, match="matmul: input must be a NumPy array, got list"):
        _core.matmul([1.0], ones)
    with pytest.raises(TypeError, match="matmul: input must have dtype float32 or float64"):
        _core.matmul(ones.astype(np.int32), ones)


def whole_numbers(seed, *shape, dtype=np.float32):
    """Numbers whose products and sums are exact in float32."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(dtype)


ORDERS = {"C": np.ascontiguousarray, "F": np.asfortranarray}


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_rows_are_exact(dtype, level):
    """One to nine rows or columns, odd depths, both orders of either operand."""
    with isa(level):
        for rows, k, n in itertools.product(range(1, 10), (1, 7, 33, 129, 1001), (1, 19, 66)):
            a, b = whole_numbers(k, rows, k, dtype=dtype), whole_numbers(n, k, n, dtype=dtype)
            want = a.astype(int) @ b.astype(int)
            for order_a, order_b in itertools.product(ORDERS.values(), ORDERS.values()):
                got = _core.matmul(order_a(a), order_b(b))
                np.testing.assert_array_equal(got, want, f"{rows} x {k} x {n}")
                got = _core.matmul(order_b(b.T), order_a(a.T))
                np.testing.assert_array_equal(got, want.T, f"{n} x {k} x {rows}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 40), (3, 5), (7, 1), (8, 30), (20, 13), (33, 17)])
def test_long_sums_in_slices(m, n, dtype):
    """A sum over k is cut by its length alone; whole numbers are exact, and others the same."""
    k = 100_003
    a, b = whole_numbers(1, m, k, dtype=dtype), whole_numbers(2, k, n, dtype=dtype)
    # In float64, where NumPy's product of whole numbers is exact and fast.
    want = a.astype(float) @ b.astype(float)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (m, k)).astype(dtype), rng.uniform(-1, 1, (k, n)).astype(dtype)
    columns, bits = np.asfortranarray(b), set()
    for count in (1, 2, 3, 7):
        with threads(count):
            np.testing.assert_array_equal(_core.matmul(a, b), want)
            np.testing.assert_array_equal(_core.matmul(a, columns), want)
            bits.add(_core.matmul(x, y).tobytes())
    assert len(bits) == 1
