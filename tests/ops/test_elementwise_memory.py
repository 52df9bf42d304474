"""Elementwise operations and memory: layouts, ``out=``, changes in place."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastnn
from fastnn import Tensor, _core, kernels
from tests.harness import numbers


def test_order_of_memory_is_kept():
    nhwc = numbers(2, 4, 5, 3).transpose(0, 3, 1, 2)
    bias = numbers(3, 1, 1)
    assert kernels.add(nhwc, bias).strides == nhwc.strides
    assert kernels.add(bias, nhwc).strides == nhwc.strides
    assert kernels.exp(nhwc).strides == nhwc.strides
    assert kernels.exp(numbers(3, 4).T).strides == (8, 32)
    assert kernels.exp(numbers(3, 4, 5)[:, ::2, ::-1]).flags.c_contiguous
    assert kernels.lt(nhwc, 0.0).strides == tuple(s // 8 for s in nhwc.strides)


def test_out():
    x, y = numbers(5, 6), numbers(5, 6, seed=1)
    for out in (
        np.empty((5, 6)),
        np.empty((6, 5)).T,
        np.empty((5, 12))[:, ::2],
        np.empty((5, 6))[::-1],
    ):
        assert kernels.add(x, y, out=out) is out
        np.testing.assert_array_equal(out, x + y)
    out = np.empty((5, 6), np.float32)
    np.testing.assert_array_equal(kernels.add(x, y, out=out), (x + y).astype(np.float32))
    flags = np.empty((5, 6), bool)
    np.testing.assert_array_equal(kernels.lt(x, y, out=flags), x < y)
    counts = np.arange(6)
    kernels.add(counts, 1, out=counts)
    assert counts.tolist() == [1, 2, 3, 4, 5, 6]


def test_out_may_overlap():
    for make in (
        lambda x: (x, x[::-1], x),
        lambda x: (x[:-1], x[1:], x[1:]),
        lambda x: (x[1:], x[:-1], x[:-1]),
        lambda x: (x, x[3:4], x),
        lambda x: (x.reshape(50, 60), x.reshape(60, 50).T, x.reshape(50, 60)),
    ):
        a, b, out = make(numbers(3000))
        want = a - b
        np.testing.assert_array_equal(kernels.sub(a, b, out=out), want)


def test_bad_out():
    x = np.ones((2, 3))
    frozen = np.ones((2, 3))
    frozen.flags.writeable = False
    once = np.lib.stride_tricks.as_strided(np.ones(3), (2, 3), (0, 8))
    for out, error, match in (
        (np.ones((3, 2)), ValueError, r"add: out must have shape \(2, 3\), got \(3, 2\)"),
        (
            np.ones((2, 3), int),
            TypeError,
            "add: a result of dtype float64 cannot be stored.* int64",
        ),
        (frozen, ValueError, "add: out must be writable"),
        (once, ValueError, "add: out must not overlap itself"),
        ([1.0], TypeError, "add: out must be a NumPy array"),
    ):
        with pytest.raises(error, match=match):
            kernels.add(x, x, out=out)


def test_in_place():
    p = fastnn.tensor([1.0, 2.0], requires_grad=True)
    memory = p._array
    with pytest.raises(RuntimeError, match="add_: a leaf that requires a gradient"):
        p += 1.0
    with fastnn.no_grad():
        p -= 0.5 * fastnn.ones(2)
        p.mul_(2.0).add_(fastnn.ones(2), alpha=3.0)
    assert p._array is memory
    assert p.tolist() == [4.0, 6.0]
    y = p * 1.0
    before = y.exp()
    y += before  # exp saved its output and y keeps its graph
    y.clamp_(max=100.0)
    y.backward(fastnn.ones(2))
    np.testing.assert_allclose(
        p.grad.numpy(), np.where(np.exp([4, 6]) < 90, 1 + np.exp([4, 6]), 0), rtol=1e-6
    )
    counts = Tensor(np.arange(3))
    with pytest.raises(TypeError):
        counts += 0.5
    counts += 1
    assert counts.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="add: out must have shape"):
        Tensor(np.ones(3, np.float32)).add_(fastnn.ones(2, 3))


@st.composite
def views(draw, shape, dtype):
    """An array of this shape with any axis order, gaps or negative strides."""
    rank = len(shape)
    order = draw(st.permutations(range(rank)))
    steps = [draw(st.sampled_from([1, 1, 2, -1, -2])) for _ in shape]
    memory = [shape[axis] * abs(steps[axis]) for axis in order]
    size = int(np.prod(memory))
    base = np.arange(1, size + 1).astype(dtype).reshape(memory)
    base = base.transpose(np.argsort(order)) if rank else base
    x = base[(..., *[slice(None, None, s) for s in steps])]
    return x[(..., *[slice(0, n) for n in shape])]


@st.composite
def operands(draw, count):
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=5, min_side=0, max_side=9)
    )
    types = st.sampled_from(["float32", "float64"])
    return [draw(views(s, draw(types))) for s in shapes.input_shapes], shapes.result_shape


@settings(max_examples=300, deadline=None)
@given(operands(2))
def test_any_two_operands(drawn):
    (a, b), shape = drawn
    np.testing.assert_array_equal(kernels.add(a, b), a + b)
    np.testing.assert_array_equal(kernels.lt(a, b), a < b)
    got = kernels.mul_backward(np.ones((), b.dtype), a, b)
    for g, want in zip(got, (b, a)):
        np.testing.assert_array_equal(g, np.broadcast_to(want, shape))


@settings(max_examples=200, deadline=None)
@given(operands(3))
def test_any_three_operands(drawn):
    (c, a, b), _ = drawn
    mask = np.asarray(c > 5)
    np.testing.assert_array_equal(kernels.where(mask, a, b), np.where(mask, a, b))
    np.testing.assert_array_equal(kernels.clamp(c, a, b), np.minimum(np.maximum(c, a), b))


def test_long_transposed():
    """Blocked transposition, with more rows than one chunk."""
    for m, n in ((513, 700), (33, 17), (16, 32), (1000, 40)):
        a, b = numbers(m, n).astype(np.float32), numbers(n, m).astype(np.float32)
        np.testing.assert_array_equal(kernels.add(a, b.T), a + b.T)
        np.testing.assert_array_equal(
            kernels.add(a.astype(np.float64), b.T), a.astype(np.float64) + b.T
        )
        out = np.empty((n, m), np.float32).T
        np.testing.assert_array_equal(kernels.add(a, b.T, out=out), a + b.T)


def test_profiler_counts_the_bytes():
    _core.profiler.start()
    kernels.add(np.ones((4, 5), np.float32), np.ones(5, np.float32))
    (event,) = _core.profiler.stop()
    assert event[0] == "add"
    assert event[3:5] == (20, 4 * (20 + 5 + 20))
