"""Sorting, the largest elements and the most frequent one."""

import numpy as np
import pytest

import fastnn
from fastnn import Tensor, kernels
from tests.harness import Bad, Record, Sample, isa, isa_levels, numbers, record_test, threads
from tests.reference import sort as reference

X = numbers(4, 9)
TIES = np.array([[2.0, 1.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0]])
# Around the numbers of elements from which on another algorithm is used.
LINES = [(n,) for n in (1, 2, 15, 16, 17, 33, 64, 65, 255, 256, 257, 1000)]


def shuffled(*shape):
    """Numbers with gaps, so that no small step changes their order."""
    count = int(np.prod(shape))
    return np.random.default_rng(0).permutation(count).reshape(shape) / 4096.0


RECORDS = [
    Record(
        "sort",
        fastnn.sort,
        reference.sort,
        [
            Sample(X),
            Sample(X, 0),
            Sample(X, 1, True),
            Sample(numbers(0, 3)),
            Sample(numbers(3, 0)),
            Sample(numbers(3, 1)),
            Sample(numbers(2, 3, 4), 1),
            Sample(numbers()),
        ],
        [
            Bad(IndexError, "sort: dim must be from -2 to 1, got 2", X, 2),
            Bad(TypeError, "sort: dim must be an integer", X, 0.5),
        ],
        [Sample(shuffled(1000, 40), 0, True), Sample(shuffled(70_000))],
        exact=True,
    ),
    Record(
        "argsort",
        fastnn.argsort,
        lambda *args, **kwargs: reference.sort(*args, **kwargs)[1],
        [Sample(X), Sample(TIES, -1), Sample(TIES, -1, True), Sample(numbers())],
        [Bad(IndexError, "argsort: dim must be from -2 to 1, got 2", X, 2)],
        exact=True,
        gradient=False,
    ),
    Record(
        "msort",
        fastnn.msort,
        lambda x: reference.sort(x, 0)[0],
        [Sample(X), Sample(numbers())],
        exact=True,
    ),
    Record(
        "topk",
        fastnn.topk,
        reference.topk,
        [
            Sample(X, 1),
            Sample(X, 9),
            Sample(X, 3, 0),
            Sample(X, 2, 1, False),
            Sample(X, 0),
            Sample(numbers(2, 80, 3), 5, 1),
            Sample(numbers(), 1),
        ],
        [
            Bad(ValueError, r"topk: k must lie in \[0, 9\], the size of dim -1, got 10", X, 10),
            Bad(ValueError, r"topk: k must lie in \[0, 1\], the size of dim -1, got 2", X[0, 0], 2),
            Bad(IndexError, "topk: dim must be", numbers(), 1, 1),
            Bad(TypeError, "topk: k must be an int, got float", X, 1.0),
        ],
        [Sample(shuffled(3, 70_000), 4, 1), Sample(shuffled(300, 20), 40, 0)],
        exact=True,
    ),
    Record(
        "kthvalue",
        fastnn.kthvalue,
        reference.kthvalue,
        [
            Sample(X, 1),
            Sample(X, 9, -1, True),
            Sample(X, 3, 0),
            Sample(numbers(2, 80, 3), 50, 1),
            Sample(numbers(), 1),
        ],
        [
            Bad(ValueError, r"kthvalue: k must lie in \[1, 9\], the size of dim -1, got 0", X, 0),
            Bad(ValueError, r"kthvalue: k must lie in \[1, 4\], the size of dim 0, got 5", X, 5, 0),
            Bad(IndexError, "kthvalue: dim must be", X, 1, 2),
            Bad(TypeError, "kthvalue: k must be an int, got float", X, 1.0),
        ],
        [Sample(shuffled(70_000), 300), Sample(shuffled(300, 20), 40, 0)],
        exact=True,
    ),
    Record(
        "nanmedian",
        fastnn.nanmedian,
        reference.nanmedian,
        [Sample(X), Sample(X, 0), Sample(X, 1, True), Sample(numbers(), 0)],
        [Bad(ValueError, "nanmedian: cannot reduce no elements", X[:0])],
        exact=True,
    ),
    Record(
        "mode",
        fastnn.mode,
        reference.mode,
        [Sample(X), Sample(X, 0, True), Sample(numbers())],
        [
            Bad(ValueError, "mode: cannot reduce no elements, got shape", numbers(2, 0)),
            Bad(IndexError, "mode: dim must be", X, 2),
        ],
        exact=True,
    ),
]


test_record = record_test(RECORDS)


def elements(dtype, *shape, seed=0):
    """Elements of a type with ties; floats with every special one, others over all their range."""
    dtype, rng = np.dtype(dtype), np.random.default_rng(seed)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        x = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
        x[rng.random(shape) < 0.3] = 7
        return x
    x = (rng.standard_normal(shape) * 10.0 ** rng.integers(-4, 4, shape)).astype(dtype)
    for value in (np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0):
        x[rng.random(shape) < 0.05] = value
    return x


DTYPES = ["f4", "f8", "i8", "i4", "u1", "?", "f2", "i1", "i2", "u2", "u4", "u8", ">f4"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("descending", [False, True])
def test_elements_of_any_type(dtype, descending):
    for shape in [*LINES, (65, 33), (7, 300)]:
        for axis in range(len(shape)):
            x = elements(dtype, *shape, seed=shape[0])
            i = reference.order(x, axis, descending)
            values, indices = fastnn.sort(fastnn.tensor(x), axis, descending)
            assert values.dtype == np.dtype(dtype).newbyteorder("=")
            np.testing.assert_array_equal(indices._array, i)
            want = np.take_along_axis(x, i, axis)
            np.testing.assert_array_equal(values._array, want)
            if x.dtype.kind == "f":
                np.testing.assert_array_equal(np.signbit(values._array), np.signbit(want))
            for k in {1, shape[axis] // 9, shape[axis] // 2}:
                values, indices = fastnn.topk(fastnn.tensor(x), k, axis, descending)
                first = np.take(i, range(k), axis)
                np.testing.assert_array_equal(indices._array, first)
                np.testing.assert_array_equal(values._array, np.take_along_axis(x, first, axis))


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "i4", "u1"])
def test_long_lines(dtype, level):
    """In chunks, for any number of threads; NumPy's stable sort puts NaN last, too."""
    x = elements(dtype, 2, 150_001)
    i = np.argsort(x, 1, kind="stable")
    with isa(level):
        for n in (1, 2, 3):
            with threads(n):
                for axis, a in ((1, x), (0, np.ascontiguousarray(x.T))):
                    values, indices = kernels.sort(a, axis)
                    want = i if axis else i.T
                    np.testing.assert_array_equal(indices, want)
                    np.testing.assert_array_equal(values, np.take_along_axis(a, want, axis))
                for k in (1, 3, 40, 4000, 60_000):
                    _, indices = kernels.topk(x, k, 1, False)
                    np.testing.assert_array_equal(indices, i[:, :k])
                    _, indices = kernels.topk(x, k, 1, False, False)
                    np.testing.assert_array_equal(np.sort(indices, 1), np.sort(i[:, :k], 1))


def test_long_keys_with_equal_beginnings():
    """Of keys of 64 bits the first 32 are sorted first: runs within and across chunks."""
    rng = np.random.default_rng(0)
    low = rng.integers(0, 1 << 30, 200_000)
    for high in (np.zeros(200_000, np.int64), rng.integers(0, 3, 200_000)):
        x = (high << 40) + low
        x[17] = 1 << 62
        values, indices = kernels.sort(x, 0)
        np.testing.assert_array_equal(indices, np.argsort(x, kind="stable"))
        np.testing.assert_array_equal(values, np.sort(x))
        short = x[:3000]
        np.testing.assert_array_equal(kernels.sort(short, 0)[1], np.argsort(short, kind="stable"))


@pytest.mark.parametrize("order", ["up", "down", "same"])
def test_lines_in_order(order):
    for n in (30, 300, 5000, 100_000):
        x = {"up": np.arange(n), "down": -np.arange(n), "same": np.ones(n)}[order].astype("f4")
        np.testing.assert_array_equal(kernels.sort(x, 0)[1], np.argsort(x, kind="stable"))
        i = kernels.topk(x, 7, 0)[1]
        np.testing.assert_array_equal(i, reference.order(x[-7:], 0, True) + n - 7
                                      if order == "up" else np.arange(7))  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_most_frequent_element(dtype):
    """The smallest of those, and its last position; a NaN is as frequent as there are NaNs."""
    for shape, axis in [((40,), 0), ((5, 300), 1), ((300, 5), 0)]:
        rng = np.random.default_rng(shape[0])
        x = rng.integers(0, 2 if dtype == "?" else 6, shape).astype(dtype)
        got = fastnn.mode(fastnn.tensor(x), axis)
        want = reference.mode(x.astype("f8"), axis)
        np.testing.assert_array_equal(got.values._array, want[0])
        np.testing.assert_array_equal(got.indices._array, want[1])
    values, indices = fastnn.mode(fastnn.tensor([np.nan, 1.0, np.nan]))
    assert (np.isnan(values.item()), indices.item()) == (True, 2)


def test_the_most_frequent_element_of_a_long_line():
    x = np.random.default_rng(0).integers(0, 1000, 100_000)
    counts = np.bincount(x)
    value, index = kernels.mode(x, 0)
    assert value == counts.argmax()
    assert index == np.flatnonzero(x == value)[-1]


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_of_some_rank(dtype, level):
    with isa(level):
        for shape, axis in [((1,), 0), ((40,), 0), ((49,), 0), ((5, 300), 1), ((300, 5), 0)]:
            x = elements(dtype, *shape, seed=shape[0])
            t, wide = fastnn.tensor(x), x if x.dtype.kind in "iu" else x.astype("f8")
            for name, *k in [("median",), ("nanmedian",), *[("kthvalue", k) for k in (1, 4)]]:
                if k and k[0] > shape[axis]:
                    continue
                got = getattr(fastnn, name)(t, *k, axis)
                want = getattr(reference, name)(wide, *k, axis)
                np.testing.assert_array_equal(got.values._array, want[0], name)
                np.testing.assert_array_equal(got.indices._array, want[1], name)
                assert got.values.dtype == x.dtype.newbyteorder("=")
            size = shape[axis]
            got = fastnn.kthvalue(t, size, axis)
            np.testing.assert_array_equal(
                got.indices._array, reference.kthvalue(wide, size, axis)[1]
            )


def test_medians_without_numbers():
    x = fastnn.tensor([[np.nan, np.nan], [np.nan, 1.0]])
    assert fastnn.nanmedian(x, 1).indices.tolist() == [0, 1]
    assert fastnn.nanmedian(x).item() == 1
    assert np.isnan(fastnn.median(x).item())


def test_gradient_of_the_most_frequent_element():
    x = fastnn.tensor([[1.0, 2.0, 1.0], [3.0, 3.0, 0.0]], requires_grad=True)
    fastnn.mode(x, 1).values.backward(fastnn.tensor([5.0, 7.0]))
    assert x.grad.tolist() == [[0, 0, 5], [0, 7, 0]]


def test_outputs_have_the_memory_order_of_the_input():
    x = np.asfortranarray(numbers(5, 6, 7))
    for axis in range(3):
        for y in (*kernels.sort(x, axis), *kernels.topk(x, 2, axis)):
            assert y.flags.f_contiguous
    i = kernels.topk(x, 2, 1)[1]
    dx = kernels.sort_backward(np.ones((5, 2, 7)), i, 1, 6)
    assert dx.flags.f_contiguous
    assert dx.sum() == 70


def test_scalar():
    x = fastnn.tensor(3.0, requires_grad=True)
    for call in (fastnn.sort, lambda x: x.topk(1), lambda x: x.topk(0, -1), fastnn.mode):
        x.grad = None
        values, indices = call(x)
        assert (values.shape, indices.shape) == ((), ())
        assert (values.item(), indices.item()) == (3, 0)
        values.backward()
        assert x.grad.item() == 1
    assert fastnn.argsort(x).item() == 0


def test_gradients_of_half_precision():
    x = fastnn.tensor(np.array([1.0, 3.0, 2.0], np.float16), requires_grad=True)
    x.sort().values.backward(fastnn.tensor(np.array([1.0, 2.0, 3.0], np.float16)))
    assert x.grad.tolist() == [1, 3, 2]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: kernels.sort([1.0], 0), TypeError, "sort: input must be a NumPy array"),
        (lambda: kernels.sort(X, 2), IndexError, "sort: dim must lie between"),
        (lambda: kernels.topk(X, 10, 1), ValueError, r"topk: k must lie in \[0, 9\]"),
        (lambda: kernels.topk(X, -1, 1), ValueError, r"topk: k must lie in \[0, 9\]"),
        (lambda: kernels.mode(X[:0], 0), ValueError, "mode: cannot reduce no elements"),
        (
            lambda: kernels.sort_backward(X, np.zeros((4, 9), int) - 1, 1, 9),
            IndexError,
            r"sort_backward: indices must lie in \[0, 9\)",
        ),
        (
            lambda: kernels.sort_backward(X, np.full((4, 9), 9), 0, 9),
            IndexError,
            r"sort_backward: indices must lie in \[0, 9\)",
        ),
        (
            lambda: kernels.sort_backward(X[0], np.zeros((4, 9), int), 1, 9),
            ValueError,
            "sort_backward: dy must have shape",
        ),
        (
            lambda: kernels.sort_backward(X, np.zeros((4, 9), "i4"), 1, 9),
            TypeError,
            "sort_backward: indices must have dtype int64",
        ),
        (
            lambda: kernels.sort_backward(np.ones(()), np.zeros((), int), 0, 2),
            ValueError,
            "sort_backward: the one axis of a number has size 1",
        ),
        (
            lambda: kernels.sort_backward(X, np.zeros((4, 9), int), 1, -1),
            ValueError,
            "sort_backward: size must not be negative",
        ),
    ],
)
def test_bad_kernel_calls(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "i4", "u1"])
def test_matches_torch(dtype):
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    for shape in [(), (1,), (40,), (9, 300), (300, 9), (3, 20, 5)]:
        x = elements(dtype, *shape) if shape else np.ones((), dtype)
        t = torch.from_numpy(x)
        for dim in range(-1, max(1, len(shape))):
            for descending in (False, True):
                want = torch.sort(t, dim=dim, descending=descending, stable=True)
                got = fastnn.sort(x, dim, descending)
                np.testing.assert_array_equal(got.values._array, want.values.numpy())
                np.testing.assert_array_equal(got.indices._array, want.indices.numpy())
            size = shape[dim] if shape else 1
            for largest in (False, True):
                got, want = (
                    m.topk(a, size // 2, dim, largest) for m, a in ((fastnn, x), (torch, t))
                )
                np.testing.assert_array_equal(got[0]._array, want[0].numpy())
            if dtype[0] != "f":
                got, want = fastnn.mode(x, dim), torch.mode(t, dim)
                np.testing.assert_array_equal(got.values._array, want.values.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool"])
def test_expanded_elements_are_equal(dtype):
    """Elements that are one in memory: as of a copy, without being sorted."""
    rng = np.random.default_rng(0)
    row = rng.integers(0, 2, (1, 3, 5)).astype(dtype)
    if row.dtype.kind == "f":
        row[0, 0, 1:4] = np.nan, -0.0, np.inf
    for x in (np.broadcast_to(row, (7, 3, 5)), np.broadcast_to(row, (40, 3, 5)).swapaxes(1, 2)):
        for dim in (0, -3):
            copy = np.array(x)
            for call in (
                lambda v, dim=dim: fastnn.sort(v, dim),
                lambda v, dim=dim: fastnn.sort(v, dim, descending=True),
                lambda v, dim=dim: [fastnn.argsort(v, dim)],
                lambda v, dim=dim: fastnn.topk(v, 3, dim),
                lambda v, dim=dim: fastnn.topk(v, 0, dim),
                lambda v, dim=dim: fastnn.median(v, dim),
                lambda v, dim=dim: fastnn.nanmedian(v, dim),
                lambda v, dim=dim: fastnn.kthvalue(v, 4, dim, keepdim=True),
                lambda v, dim=dim: fastnn.mode(v, dim),
            ):
                for got, want in zip(call(x), call(copy), strict=True):
                    np.testing.assert_array_equal(got._array, want._array)
                    assert got._array.flags.writeable
    with pytest.raises(ValueError, match=r"kthvalue: k must lie in \[1, 7\]"):
        fastnn.kthvalue(np.broadcast_to(row, (7, 3, 5)), 8, 0)
    with pytest.raises(ValueError, match=r"topk: k must lie in \[0, 7\]"):
        fastnn.topk(np.broadcast_to(row, (7, 3, 5)), 8, 0)


def test_gradients_of_expanded_elements():
    x = Tensor(np.array([[3.0, 1.0, 2.0]]), requires_grad=True)
    weights = np.arange(12.0).reshape(4, 3)
    for call in (lambda v: fastnn.sort(v, 0)[0], lambda v: fastnn.topk(v, 4, 0)[0]):
        x.grad = None
        call(x.expand(4, 3)).backward(weights)
        np.testing.assert_array_equal(x.grad._array, weights.sum(0, keepdims=True))
    one = np.broadcast_to(np.array([[1]]), (1, 3))
    np.testing.assert_array_equal(kernels.sort_backward(np.ones((1, 3)), one, 1, 2), [[0, 1]])
