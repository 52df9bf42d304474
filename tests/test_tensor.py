"""Tensors: conversions, casts, changes in place, text."""

import copy
import operator
import warnings

import numpy as np
import pytest

import fastnn
from tests.harness import Record, Sample, numbers, record_test


def test_numpy_shares():
    t = fastnn.zeros(2)
    t.numpy()[0] = 1
    assert t.tolist() == [1, 0]
    assert np.asarray(t) is t._array
    assert np.array(t) is not t._array
    assert np.asarray(t, np.float64).dtype == np.float64
    assert np.exp(t).dtype == np.float32
    with pytest.raises(RuntimeError, match=r"use detach\(\).numpy\(\)"):
        fastnn.ones(2, requires_grad=True).numpy()
    with pytest.raises(RuntimeError, match=r"use detach\(\).numpy\(\)"):
        np.asarray(fastnn.ones(2, requires_grad=True))
    assert fastnn.ones(1, requires_grad=True).numpy(force=True).tolist() == [1]
    assert t.__array__(np.float32, copy=False) is t._array
    with pytest.raises(ValueError, match=r"becomes .*float64.* only by copying"):
        t.__array__(np.float64, copy=False)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
def test_operators_of_an_array_and_a_tensor(name):
    """Between the two they are the tensor's; in place they change the array."""
    plain, inplace = getattr(operator, name), getattr(operator, f"i{name}")
    a, t = np.array([7.0, 5.0]), fastnn.tensor([2.0, 3.0], dtype=fastnn.float64)
    want = plain(a, t.numpy())
    got = plain(a, t)
    assert isinstance(got, fastnn.Tensor)
    np.testing.assert_array_equal(got._array, want)
    assert inplace(a, t) is a
    np.testing.assert_array_equal(a, want)
    with pytest.raises(RuntimeError, match=r"use detach\(\).numpy\(\)"):
        inplace(a, t.requires_grad_())
    np.testing.assert_array_equal(a, want)


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor"])
def test_comparisons_of_an_array_and_a_tensor(name):
    plain = getattr(operator, name)
    a, t = np.array([1, 2, 3]), fastnn.tensor([3, 2, 1])
    for got in (plain(a, t), plain(t, a)):
        assert isinstance(got, fastnn.Tensor)
    np.testing.assert_array_equal(plain(a, t)._array, plain(a, t.numpy()))
    np.testing.assert_array_equal(plain(t, a)._array, plain(t.numpy(), a))


def test_shape():
    t = fastnn.zeros(2, 3)
    assert t.shape == t.size() == (2, 3)
    assert t.size(-1) == 3
    assert t.ndim == t.dim() == 2
    assert t.numel() == 6
    assert len(t) == 2
    assert t.stride() == (3, 1)
    assert t.nbytes == 24
    assert t.element_size() == 4
    assert t.T.shape == t.mT.shape == (3, 2)
    assert [row.shape for row in t] == [(3,), (3,)]


def test_scalars():
    assert fastnn.tensor(2.5).item() == float(fastnn.tensor(2.5)) == 2.5
    assert int(fastnn.tensor([3])) == 3
    assert [10, 20][fastnn.tensor(1)] == 20
    assert f"{fastnn.tensor(2.5):.2f}" == "2.50"
    assert bool(fastnn.tensor(1))
    for call, match in (
        (lambda: fastnn.ones(2).item(), "item: expected one element"),
        (lambda: bool(fastnn.ones(2)), "no single truth value"),
    ):
        with pytest.raises(RuntimeError, match=match):
            call()
    for call in (
        lambda: len(fastnn.tensor(1)),
        lambda: iter(fastnn.tensor(1)),
        lambda: [1][fastnn.tensor(0.0)],
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: fastnn.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: fastnn.tensor(3.0), "tensor(3.)"),
        (lambda: fastnn.tensor(-1234.56789), "tensor(-1234.5679)"),
        (lambda: fastnn.tensor(0.0), "tensor(0.)"),
        (lambda: fastnn.tensor(3e-5), "tensor(3.e-05)"),
        (lambda: fastnn.tensor(1.23456e20), "tensor(1.2346e+20)"),
        (lambda: fastnn.tensor(float("-inf")), "tensor(-inf)"),
        (lambda: fastnn.tensor([1]), "tensor([1])"),
        (lambda: fastnn.zeros(0), "tensor([], dtype=float32)"),
        (lambda: fastnn.ones(1, dtype=fastnn.float64), "tensor([1.], dtype=float64)"),
        (lambda: fastnn.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (
            lambda: fastnn.ones(1, requires_grad=True).reshape(1),
            "tensor([1.], grad_fn=<ReshapeBackward>)",
        ),
        (
            lambda: fastnn.ones(1, requires_grad=True).split(1)[0],
            "tensor([1.], grad_fn=<SplitBackward>)",
        ),
        (
            lambda: fastnn.nn.Parameter(fastnn.ones(1)),
            "Parameter containing:\ntensor([1.], requires_grad=True)",
        ),
    ],
)
def test_repr(make, text):
    assert repr(make()) == text


def test_casts():
    x = fastnn.tensor([1.5, 0.0], requires_grad=True)
    assert x.to(fastnn.float32) is x
    assert x.to("cpu") is x
    y = x.double()
    y.backward(np.array([2.0, 3.0]))
    assert y.dtype == fastnn.float64
    assert x.grad.dtype == fastnn.float32
    assert x.grad.tolist() == [2, 3]
    assert x.long().tolist() == [1, 0]
    assert not x.long().requires_grad
    assert x.bool().tolist() == [True, False]
    assert x.int().dtype == fastnn.int32
    assert x.half().float().dtype == fastnn.float32
    assert x.type(fastnn.float64).type() == "torch.DoubleTensor"
    assert x.type_as(y).dtype == y.dtype
    assert x.to(y).dtype == y.dtype
    with pytest.raises(TypeError, match="to: dtype must be a float"):
        x.to("S3")


RECORDS = [
    Record(
        "double",
        lambda x: x.double(),
        lambda x: x,
        [Sample(numbers(3))],
        exact=True,
        dtypes=("float64",),
    ),
]


test_record = record_test(RECORDS)


# -- changes in place ------------------------------------------------------------------------


def test_changes_outside_a_graph_are_in_place():
    a = np.zeros((2, 2), np.float32)
    t = fastnn.from_numpy(a)
    assert t.fill_(3.0) is t
    t[0, 0] = 7
    t[1] = fastnn.tensor([1.0, 2.0])
    assert a.tolist() == [[7, 3], [1, 2]]
    t.zero_()
    t.copy_(np.eye(2))
    t.masked_fill_(fastnn.tensor([[True, False], [False, False]]), 9.0)
    assert a.tolist() == [[9, 0], [0, 1]]
    t.fill_(1.0).tril_()
    assert a.tolist() == [[1, 0], [1, 1]]


def test_leaf_that_requires_a_gradient_is_protected():
    w = fastnn.ones(2, requires_grad=True)
    for change in (
        lambda: w.zero_(),
        lambda: w.fill_(1),
        lambda: w.copy_([1, 2]),
        lambda: w.uniform_(),
        lambda: w.__setitem__(0, 1.0),
    ):
        with pytest.raises(RuntimeError, match=r"cannot be changed in place; use no_grad\(\)"):
            change()
    with fastnn.no_grad():
        w[0] = 5
        w.fill_(2)
    assert w.tolist() == [2, 2]
    assert w.is_leaf


def test_assignment_inside_a_graph():
    x = fastnn.arange(4.0, requires_grad=True)
    v = fastnn.tensor([10.0], requires_grad=True)
    y = x.clone()
    before = y._array
    y[1:3] = v
    assert y.tolist() == [0, 10, 10, 3]
    assert before.tolist() == [0, 10, 10, 3]
    y.backward(fastnn.tensor([1.0, 2.0, 4.0, 8.0]))
    assert x.grad.tolist() == [1, 0, 0, 8]
    assert v.grad.tolist() == [6]


def test_constant_becomes_part_of_a_graph():
    v = fastnn.tensor([2.0], requires_grad=True)
    z = fastnn.zeros(3)
    z[0] = v[0]
    z.backward(fastnn.ones(3))
    assert v.grad.tolist() == [1]


def test_bad_assignment_changes_nothing():
    t = fastnn.arange(3)
    with pytest.raises(IndexError, match="index: index 5 is out of bounds"):
        t[5] = 1
    with pytest.raises(ValueError, match="index: could not broadcast"):
        t[:2] = fastnn.arange(3)
    assert t.tolist() == [0, 1, 2]


def test_fill_inside_a_graph_detaches_earlier_operations():
    x = fastnn.ones(2, requires_grad=True)
    y = x.clone().fill_(4.0)
    y.backward(fastnn.ones(2))
    assert x.grad.tolist() == [0, 0]


@pytest.mark.parametrize("other", [None, "word", object(), {}, print])
def test_a_tensor_differs_from_what_is_no_tensor(other):
    t = fastnn.tensor([1.0])
    assert (t == other) is False
    assert (other == t) is False
    assert (t != other) is True
    assert (other != t) is True
    assert [t, other, other].count(other) == 2
    assert other not in (t,)
    with pytest.raises(TypeError):
        fastnn.eq(t, other)
    with pytest.raises(TypeError):
        t < other  # noqa: B015


def test_the_gradient_of_a_tensor_that_an_operation_made():
    x = fastnn.ones(2, requires_grad=True)
    y = x * 2
    with pytest.warns(
        UserWarning, match=r"call retain_grad\(\) on it before backward\(\), or"
    ) as seen:
        assert y.grad is None
    assert seen[0].filename == __file__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert y.grad is None
    assert len(caught) == 1  # at one place
    z = x * 3
    z.retain_grad()
    assert z.grad is None  # and no warning
    z.sum().backward()
    assert z.grad.tolist() == [1, 1]
    assert x.grad is not None
    assert y.detach().grad is None
    assert fastnn.ones(2).grad is None


def test_a_shallow_copy_is_a_leaf_over_the_same_memory():
    """As in PyTorch, also that of a tensor which an operation made."""
    for x in (
        fastnn.ones(2),
        fastnn.ones(2, requires_grad=True),
        fastnn.ones(2, requires_grad=True) * 2,
    ):
        y = copy.copy(x)
        assert y._array is x._array
        assert (type(y), y.requires_grad, y.is_leaf) == (fastnn.Tensor, x.requires_grad, True)
    buffer = copy.copy(fastnn.nn.Buffer(fastnn.ones(2), persistent=False))
    assert (type(buffer), buffer.persistent) == (fastnn.nn.Buffer, False)
    p = fastnn.nn.Parameter(fastnn.ones(2))
    p.grad = fastnn.ones(2)
    q = copy.copy(p)
    assert (type(q), q.grad, q.requires_grad) == (fastnn.nn.Parameter, None, True)
    q.sum().backward()
    assert q.grad is not p.grad
