"""Softmax and log_softmax."""

import numpy as np
import pytest

import fastnn
from fastnn import _core
from tests.harness import SIZES, Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.reference import softmax as reference

SAMPLES = [
    *[Sample(numbers(n), 0) for n in SIZES],
    *[Sample(numbers(3, n), -1) for n in SIZES],  # rows
    *[Sample(numbers(5, n, seed=1), 0) for n in SIZES],  # columns
    *[Sample(numbers(2, 3, 4, 5, seed=2), dim) for dim in range(-4, 4)],
    Sample(numbers(2, 0, 3), 1),
    Sample(numbers(2, 0, 3), 2),
    Sample(numbers(low=0), 0),
    Sample(numbers(2, 1, 3), 1),
    # Large scores, which must not affect other rows.
    Sample(np.where(numbers(40, 7) > 1.5, 1e4, numbers(40, 7)), 1),
]
LARGE = [
    Sample(numbers(33, 5001), 1),
    Sample(numbers(5001, 33), 0),
    Sample(numbers(50, 41, 60), 1),
    Sample(numbers(3000, 5, 3), 1),
]
BAD = [
    Bad(IndexError, "dim must lie between -2 and 1 for shape \\(2, 3\\), got 2", numbers(2, 3), 2),
    Bad(
        IndexError, "dim must lie between -2 and 1 for shape \\(2, 3\\), got -3", numbers(2, 3), -3
    ),
    Bad(IndexError, "dim must lie between -1 and 0 for shape \\(\\), got 1", numbers(), 1),
    Bad(TypeError, "input must have dtype float32 or float64, got int64", np.arange(3), 0),
    Bad(TypeError, "dim", numbers(3), "0"),
]


def length(x, dim):
    return 8 + (np.log2(1 + x.shape[dim]) if x.ndim else 0)


RECORDS = [
    Record(
        "softmax",
        fastnn.softmax,
        reference.softmax,
        SAMPLES,
        BAD,
        LARGE,
        depth=length,
    ),
    Record(
        "log_softmax",
        fastnn.log_softmax,
        reference.log_softmax,
        SAMPLES,
        BAD,
        LARGE,
        depth=length,
        magnitude=lambda x, dim: max(1.0, np.abs(x).max(initial=0.0)),
    ),
]


test_record = record_test(RECORDS)


INF = np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [False, True])
def test_infinities(columns, dtype):
    rows = np.array(
        [
            [1.0, -INF, 1.0],  # a masked score gets probability 0
            [-INF, -INF, -INF],
            [INF, 1.0, 2.0],
            [np.nan, 1.0, 2.0],
            [-1e30, -1e30, -INF],
        ],
        dtype,
    )
    rows = np.tile(rows, (1, 7))
    x, dim = (rows.T.copy(), 0) if columns else (rows, 1)
    y = fastnn.softmax(x, dim).numpy()
    log_y = fastnn.log_softmax(x, dim).numpy()
    if columns:
        y, log_y = y.T, log_y.T
    np.testing.assert_allclose(y[0], np.tile([1 / 14, 0.0, 1 / 14], 7), rtol=1e-6)
    assert np.isnan(y[1:4]).all()
    assert np.isnan(log_y[1:4]).all()
    np.testing.assert_allclose(y[4], np.tile([1 / 14, 1 / 14, 0.0], 7), rtol=1e-6)
    np.testing.assert_allclose(log_y[0], np.tile([-np.log(14), -INF, -np.log(14)], 7), rtol=1e-6)


def test_the_lecture_example():
    y = fastnn.softmax(fastnn.tensor([2.0, 1.0, 0.1]), dim=0)
    np.testing.assert_allclose(y, [0.6590, 0.2424, 0.0986], atol=5e-5)


@pytest.mark.parametrize("dim", [0, 1])
def test_long_rows_add_up(dim):
    """The sum is accumulated in double: one million equal terms do not drift."""
    n = 1_000_001
    x = np.zeros((n, 1) if dim == 0 else (1, n), np.float32)
    y = fastnn.log_softmax(x, dim).numpy()
    np.testing.assert_allclose(y, -np.log(n), rtol=1e-6)
    x = np.zeros((n, 2) if dim == 0 else (2, n), np.float32)
    np.testing.assert_allclose(fastnn.log_softmax(x, dim).numpy(), -np.log(n), rtol=1e-6)


def test_dtype():
    x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    for op in (fastnn.softmax, fastnn.log_softmax):
        y = op(x, 0, dtype=fastnn.float64)
        assert y.dtype == np.float64
        y.backward(np.array([1.0, 3.0]))
        assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dim", [0, 1, 2, 3])
@pytest.mark.parametrize("last", [False, True])
def test_matches_torch(name, dim, last):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, dy = numbers(3, 17, 5, 4, low=-9, high=9), numbers(3, 17, 5, 4, seed=1)
    theirs = torch.tensor(x, requires_grad=True)
    x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if last else x
    ours = fastnn.Tensor(x, requires_grad=True)
    want, got = getattr(torch, name)(theirs, dim), getattr(fastnn, name)(ours, dim)
    want.backward(torch.tensor(dy))
    got.backward(fastnn.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(40, 1152), (33, 128), (2100, 256), (3, 40, 1152)])
def test_columns_with_power_of_two_strides(shape, name, level):
    """These are copied to contiguous memory first; the result equals that of rows."""
    x = numbers(*shape).astype(np.float32)
    dy = numbers(*shape, seed=1).astype(np.float32)
    op, backward = getattr(_core, name), getattr(_core, f"{name}_backward")
    turned = [np.ascontiguousarray(np.moveaxis(v, -2, -1)) for v in (x, dy)]
    with isa(level):
        y = op(x, -2)
        dx = backward(dy, y, -2)
        want = op(turned[0], -1)
        want_dx = backward(turned[1], want, -1)
    np.testing.assert_allclose(np.moveaxis(y, -2, -1), want, rtol=3e-6, atol=1e-7)
    np.testing.assert_allclose(np.moveaxis(dx, -2, -1), want_dx, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("shape", "dim"), [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2,) * 4, 1)])
def test_the_dimension_that_is_taken_where_none_is_given(shape, dim):
    x = fastnn.randn(*shape)
    for name, layer in (("softmax", fastnn.nn.Softmax()), ("log_softmax", fastnn.nn.LogSoftmax())):
        op = getattr(fastnn, name)
        for call in (op, layer):
            with pytest.warns(UserWarning, match=f"{name}: dim is missing, {dim} is taken"):
                got = call(x)
            assert got.tolist() == op(x, dim).tolist()
