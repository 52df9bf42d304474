"""Copies between memory orders and types, against NumPy's."""

import itertools

import numpy as np
import pytest

from fastnn import _core, kernels
from tests.harness import isa, isa_levels, threads

DTYPES = ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "float64", "complex128"]
SHAPES = [(), (0,), (3, 0), (1,), (17,), (5, 1), (16, 16), (17, 33), (2, 3, 4), (3, 18, 5, 4)]


def numbers(shape, dtype="float32", seed=0):
    low = 0 if np.dtype(dtype).kind == "u" else -100
    values = np.asarray(np.random.default_rng(seed).integers(low, 100, shape))
    return np.asarray(values > 0 if dtype == "bool" else values.astype(dtype))


def views(x):
    """The array in every order of its axes, reversed, with steps, and expanded."""
    yield x
    if x.ndim == 0:
        return
    for order in itertools.permutations(range(x.ndim)):
        yield x.transpose(order)
    yield x[(slice(None, None, -1),) * x.ndim]
    yield x[(slice(None, None, 2),) * x.ndim]
    yield x[(slice(1, None, 3),) * x.ndim].T
    yield np.broadcast_to(x, (2, *x.shape))
    if x.size:
        yield np.broadcast_to(x[..., :1], x.shape)
        yield np.broadcast_to(x[:1], x.shape).T


def same(a, b):
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", DTYPES)
def test_clone(dtype, level):
    with isa(level):
        for shape in SHAPES:
            for x in views(numbers(shape, dtype)):
                y = kernels.clone(x, contiguous=True)
                assert y.flags.c_contiguous
                same(y, x)
                y = kernels.clone(x)
                same(y, x)
                if 0 not in x.strides:
                    for n, step, numpys in zip(x.shape, y.strides, np.empty_like(x).strides):
                        assert n <= 1 or x.size == 0 or step == numpys


def test_clone_repeated():
    """Axes along which an array repeats itself stay where they are in C order."""
    x = numbers((4, 5), "float32")
    rows, columns = np.broadcast_to(x[:1], (4, 5)), np.broadcast_to(x[:, :1], (4, 5))
    assert kernels.clone(rows).flags.c_contiguous
    assert kernels.clone(columns).flags.c_contiguous
    assert kernels.empty_like(np.broadcast_to(x.T, (3, 5, 4))).strides == (80, 4, 20)
    assert kernels.empty_like(np.broadcast_to(x.T[:, None], (5, 3, 4))).strides == (12, 4, 60)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "complex128"])
@pytest.mark.parametrize(
    "shape", [(3, 70), (2, 65, 4), (4, 3, 37), (3, 5, 7, 9), (2, 2, 2, 2, 40), (16, 16, 3, 2)]
)
def test_axes(shape, dtype, level):
    """Few rows, few columns, and several axes that are transposed as one, in every order."""
    x = numbers(shape, dtype)
    with isa(level):
        for order in itertools.permutations(range(len(shape))):
            y = x.transpose(order)
            for view in (y, np.flip(y), y[::-1], y[..., ::2], y[..., ::-2]):
                same(kernels.clone(view, True), view)
                kernels.copy_into(to := np.zeros_like(view), kernels.clone(view, True))
                same(to, view)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64"])
def test_tiles(dtype, level):
    """Sizes around those of registers and tiles, in both directions and with planes between."""
    with isa(level):
        for m, n in itertools.product(
            [1, 2, 3, 4, 5, 15, 16, 17, 63, 65, 257], [3, 16, 31, 64, 300]
        ):
            x = numbers((m, 2, n), dtype)
            same(kernels.clone(x.transpose(2, 1, 0), True), x.transpose(2, 1, 0))
            same(kernels.clone(x.transpose(1, 2, 0), True), x.transpose(1, 2, 0))
            y = np.zeros((n, 3, m + 1), dtype)
            kernels.copy_into(y[:, ::2, 1:], x.transpose(2, 1, 0))
            same(y[:, ::2, 1:], x.transpose(2, 1, 0))
            assert not y[:, 1].any()
            assert not y[..., 0].any()


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
@pytest.mark.parametrize("strides", [(1024, 1024), (1024, 40), (40, 1024), (256, 512)])
def test_rows_in_few_sets_of_the_cache(strides, dtype, level):
    """Rows a power of two apart on either side; what lies between rows of y stays."""
    x_row, y_row = strides
    with isa(level):
        for planes, m, n in itertools.product([1, 2, 9], [16, 33, 40], [15, 32, 35, 256]):
            x = numbers((planes, m, max(x_row, n)), dtype)[..., :n].transpose(0, 2, 1)
            y = np.zeros((planes, n, max(y_row, m)), dtype)
            kernels.copy_into(y[..., :m], x)
            same(y[..., :m], x)
            assert not y[..., m:].any()
            flat = x.transpose(1, 0, 2)
            same(kernels.clone(flat, True), flat)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("shape", [(3072, 3072), (3075, 3067), (3, 1 << 22)])
def test_beyond_the_caches(shape, level):
    x = np.arange(shape[0] * shape[1], dtype=np.int32).reshape(shape).view(np.float32)
    with isa(level):
        y = kernels.clone(x.T, True)
    np.testing.assert_array_equal(y.view(np.int32), x.view(np.int32).T)


def test_bits_of_nan_are_kept():
    x = np.array([[0x7F800001, 0xFFC12345]] * 20, np.uint32).view(np.float32)
    for y in (kernels.clone(x), kernels.clone(x.T, True).T, kernels.cat([x, x], 0)[:20]):
        np.testing.assert_array_equal(y.view(np.uint32), x.view(np.uint32))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_threads(count):
    x = numbers((300, 700))
    with threads(count):
        same(kernels.clone(x.T, True), x.T)
        same(kernels.tril(x.T, 5), np.tril(x.T, 5))


@pytest.mark.parametrize("to", DTYPES)
@pytest.mark.parametrize("source", DTYPES)
def test_conversion(source, to):
    """As NumPy casts; numbers fit into every type but bool."""
    x = np.abs(numbers((17, 35), source))
    if not np.can_cast(source, to, "unsafe") or (source == "complex128" and to != source):
        return
    for x_, y in (
        (x, np.zeros((17, 35), to)),
        (x.T, np.zeros((35, 17), to)),
        (x, np.zeros((35, 17), to).T),
    ):
        kernels.copy_into(y, x_)
        same(y, x_.astype(to))


@pytest.mark.parametrize("to", DTYPES)
@pytest.mark.parametrize("source", DTYPES)
def test_conversion_of_one_number(source, to):
    """It is converted once, in whatever axes it is repeated."""
    x = np.abs(numbers((3,), source))[1, ...]
    if source == "complex128" and to != source:
        return
    for shape in [(), (1,), (7,), (3, 70), (2, 3, 5)]:
        y = np.zeros((*shape, 2), to)[..., 0]
        kernels.copy_into(y, x)
        same(y, np.broadcast_to(x.astype(to), shape))


def test_negative_numbers_wrap_around():
    x = np.array([-1, 300, -129], np.int64)
    y = np.zeros(3, np.uint8)
    kernels.copy_into(y, x)
    assert y.tolist() == [255, 44, 127]


def test_broadcasting_and_errors():
    y = np.zeros((2, 3), np.float32)
    kernels.copy_into(y, np.arange(3.0))
    assert y.tolist() == [[0, 1, 2]] * 2
    kernels.copy_into(y, np.array(7, np.float32))
    assert y.tolist() == [[7] * 3] * 2
    with pytest.raises(ValueError, match="broadcast"):
        kernels.copy_into(y, np.zeros(4))
    y.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        kernels.copy_into(y, np.zeros(3))
    with pytest.raises(TypeError, match="copy_into: to must be a NumPy array, got list"):
        kernels.copy_into([1.0], np.zeros(1))


@pytest.mark.parametrize("shift", [1, -1])
def test_overlap(shift):
    x = np.arange(100000.0)
    want = x.copy()
    if shift > 0:
        kernels.copy_into(x[1:], x[:-1])
        want[1:] = want[:-1].copy()
    else:
        kernels.copy_into(x, x[::-1])
        want = want[::-1]
    same(x, want)


def test_other_types_go_through_numpy():
    for x in (
        np.array([["a", "bc"]]),
        np.array([[1, 2]], object),
        np.arange(6, dtype=">i4").reshape(2, 3),
    ):
        same(kernels.clone(x.T, True), x.T)
        np.testing.assert_array_equal(kernels.cat([x, x], 1), np.concatenate([x, x], 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cat_and_stack(dtype):
    for shape in SHAPES[3:]:
        a, b = numbers(shape, dtype), numbers(shape, dtype, 1)
        for axis in range(-len(shape), len(shape)):
            same(kernels.cat([a, b, a], axis), np.concatenate([a, b, a], axis))
            same(kernels.cat([a.T, b.T], axis), np.concatenate([a.T, b.T], axis))
        for axis in range(-len(shape) - 1, len(shape) + 1):
            same(kernels.stack((a, b), axis), np.stack((a, b), axis))
            same(kernels.stack((a.T, b.T), axis), np.stack((a.T, b.T), axis))
    image = np.moveaxis(numbers((2, 4, 5, 3), dtype), -1, 1)
    assert np.moveaxis(kernels.cat([image, image], 1), 1, -1).flags.c_contiguous
    assert np.moveaxis(kernels.stack([image, image], 0), 2, -1).flags.c_contiguous


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: kernels.cat([], 0), ValueError, "at least one"),
        (
            lambda x: kernels.cat([x, x[:, :1]], 0),
            ValueError,
            r"one shape but for dim 0, got \(2, 3\)",
        ),
        (lambda x: kernels.cat([x, x], 2), IndexError, "between -2 and 1"),
        (lambda x: kernels.cat([x, x.astype("f8")], 0), TypeError, "one dtype"),
        (lambda x: kernels.cat(x, 0), TypeError, "list or tuple"),
        (lambda x: kernels.stack([x, 1], 0), TypeError, "NumPy array, got int"),
        (lambda x: kernels.tril(x[0], 0), ValueError, "at least 2 dimensions"),
        (lambda x: kernels.tril(x, 1.5), TypeError, "diagonal must be an int"),
        (lambda x: kernels.empty_like(x, (-1,)), ValueError, "negative"),
        (
            lambda x: kernels.reshape(x.T, (4, 2)),
            ValueError,
            r"reshape: shape \(4, 2\) does not fit",
        ),
        (lambda x: kernels.reshape(x.T, (-1, -1)), ValueError, "does not fit"),
        (lambda x: kernels.empty_like(x, (1 << 40, 1 << 40)), MemoryError, None),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call(np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (7, 5), (2, 3, 40), (3, 40, 41)])
def test_triangles(shape, dtype):
    for x in views(numbers(shape, dtype)):
        for k in (-50, -3, -1, 0, 1, 4, 50, 1 << 62, -(1 << 62)):
            same(kernels.tril(x, k), np.tril(x, max(min(k, 99), -99)))
            same(kernels.triu(x, k), np.triu(x, max(min(k, 99), -99)))


def test_reshape_is_a_view_where_numpy_has_one():
    shapes = {
        1: [(24,), (-1,)],
        2: [(2, 12), (6, 4), (3, 8), (24, 1)],
        3: [(2, 3, 4), (1, 24, 1), (4, 3, 2)],
    }
    for base in (
        numbers((2, 3, 4)),
        numbers((4, 6)),
        numbers((2, 1, 12)),
        numbers((4, 12))[:, ::2],
    ):
        for x in views(base):
            if x.size != 24:
                continue
            for shape in itertools.chain(*shapes.values()):
                y = kernels.reshape(x, shape)
                want = x.reshape(shape)
                same(y, want)
                assert np.may_share_memory(y, x) == np.may_share_memory(want, x), (x.strides, shape)


def test_empty_like():
    x = np.zeros((2, 3, 4), np.int16).transpose(1, 2, 0)
    assert kernels.empty_like(x).strides == np.empty_like(x).strides
    assert kernels.empty_like(x, (5, 6, 7)).strides == np.empty_like(x, shape=(5, 6, 7)).strides
    assert kernels.empty_like(x, (5, 6)).flags.c_contiguous
    assert _core.empty_like(x, (0, 3)).shape == (0, 3)
