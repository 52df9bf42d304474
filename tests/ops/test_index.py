"""Indexing: gather, scatter, masks and assignment."""

import numpy as np
import pytest

import fastnn
from fastnn.ops import index as index_ops
from fastnn.ops.index import basic
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import index as reference

X = numbers(4, 5)
I2 = np.array([[0, 4, 4], [1, 1, 1], [2, 0, 3]])
MASK = X > 0


def assigned(x, key, value):
    y = x.clone()
    y[key] = value
    return y


RECORDS = [
    Record(
        "index",
        index_ops.getitem,
        lambda x, key: x[key],
        [
            Sample(X, 1),
            Sample(X, (slice(None, None, 2), slice(3, 0, -1))),
            Sample(X, (Ellipsis, None, 2)),
            Sample(X, (1, 2)),
            Sample(X, np.array([0, 3, 0])),
            Sample(X, (np.array([0, 0, 1]), np.array([2, 2, -1]))),
            Sample(X, (slice(None), np.array([[1, 1], [4, 0]]))),
            Sample(X, MASK),
            Sample(X, (MASK[:, 0], slice(1, 3))),
            Sample(X, slice(2, 2)),
            Sample(X, [0, 0, 2]),
        ],
        [
            Bad(IndexError, r"index: index 4 is out of bounds .* shape \(4, 5\)", X, 4),
            Bad(IndexError, "index: too many indices", X, (0, 0, 0)),
            Bad(IndexError, "index: index 9 is out of bounds", X, np.array([0, 9])),
        ],
        exact=True,
        layouts=False,
    ),
    Record(
        "setitem",
        assigned,
        reference.put,
        [
            Sample(X, 1, numbers(5, seed=3)),
            Sample(X, (slice(None), slice(1, 3)), numbers(4, 1, seed=3)),
            Sample(X, np.array([0, 2]), numbers(1, 2, 5, seed=3)[0]),
            Sample(X, Ellipsis, numbers(seed=3)),
        ],
        [Bad(ValueError, r"index: .* the tensor has shape \(4, 5\)", X, 1, numbers(4))],
        exact=True,
        layouts=False,
    ),
    Record(
        "select",
        fastnn.select,
        lambda x, dim, i: np.take(x, i, dim),
        [Sample(X, 0, 1), Sample(X, -1, -1)],
        [Bad(IndexError, "index: index 4 is out of bounds", X, 0, 4)],
        exact=True,
    ),
    Record(
        "narrow",
        fastnn.narrow,
        lambda x, dim, start, length: np.take(
            x, range(start % x.shape[dim], start % x.shape[dim] + length), dim
        ),
        [Sample(X, 0, 1, 2), Sample(X, 1, -2, 2), Sample(X, 0, 0, 0)],
        [Bad(IndexError, "narrow: 3 from 2 do not lie in a dimension of size 4", X, 0, 2, 3)],
        exact=True,
    ),
    Record(
        "gather",
        fastnn.gather,
        reference.gather,
        [Sample(X, 1, I2), Sample(X, 0, np.minimum(I2, 3)), Sample(X, -1, I2[:0])],
        [
            Bad(IndexError, r"gather: index must lie in \[0, 5\), got 5", X, 1, I2 + 1),
            Bad(IndexError, r"gather: index must lie in \[0, 5\), got -1", X, 1, I2 - 1),
            Bad(TypeError, "gather: index must hold integers, got float64", X, 1, I2 * 1.0),
            Bad(
                ValueError, r"gather: index must have 2 dimensions, none but 1 larger", X, 1, I2[0]
            ),
        ],
        exact=True,
    ),
    Record(
        "take_along_dim",
        fastnn.take_along_dim,
        lambda x, i, dim=None: np.take_along_axis(
            x if dim is not None else x.reshape(-1), i if dim is not None else i.reshape(-1), dim
        ),
        [
            Sample(X, np.array([[1, 0], [1, 1], [4, 4], [0, 0]]), 1),
            Sample(X, np.array([[3, 3, 0, 1, 2]]), 0),
            Sample(X, np.array([[0, 19]])),
        ],
        [Bad(ValueError, r"take_along_dim: shapes \(4, 5\) and \(3, 3\) differ", X, I2, 1)],
        exact=True,
    ),
    Record(
        "index_select",
        fastnn.index_select,
        lambda x, dim, i: np.take(x, i, dim),
        [Sample(X, 0, np.array([3, 3, 0])), Sample(X, -1, np.array([4]))],
        [
            Bad(
                IndexError, r"index_select: index must lie in \[0, 4\), got 4", X, 0, np.array([4])
            ),
            Bad(ValueError, "index_select: index must have one dimension", X, 0, I2),
        ],
        exact=True,
    ),
    Record(
        "index_add",
        fastnn.index_add,
        lambda x, dim, i, s, alpha=1: reference.index_reduce(x, dim, i, s, "sum", alpha=alpha),
        [
            Sample(X, 0, np.array([3, 0, 3]), numbers(3, 5, seed=4)),
            Sample(X, -1, np.array([1, 1]), numbers(4, 2, seed=4)),
            Sample(X, 1, np.array([1, 0], np.int32), numbers(4, 2, seed=4), alpha=-2.5),
            Sample(numbers(3), 0, np.array(1), numbers(seed=4)),
        ],
        [Bad(ValueError, r"index_add: source must have shape \(2, 5\)", X, 0, np.array([1, 1]), X)],
        depth=3,
    ),
    Record(
        "scatter_add",
        fastnn.scatter_add,
        lambda x, dim, i, s: reference.scatter_reduce(x, dim, i, s, "sum"),
        [Sample(X, 1, I2, numbers(3, 3, seed=5)), Sample(X, 0, I2 % 4, numbers(4, 4, seed=5))],
        [Bad(ValueError, "scatter_add: src must be at least as large as index", X, 1, I2, X[:2])],
        depth=4,
    ),
    Record(
        "scatter",
        fastnn.scatter,
        lambda x, dim, i, s: reference.scatter_reduce(x, dim, i, s, "set"),
        [
            Sample(X, 1, np.array([[0, 2], [4, 1]]), numbers(2, 3, seed=5)),
            Sample(X, 1, I2, numbers(3, 3, seed=5)),
            Sample(X, 0, I2 % 4, 5.0),
        ],
        [Bad(IndexError, r"scatter: index must lie in \[0, 4\)", X, 0, I2, X)],
        exact=True,
    ),
    Record(
        "masked_fill",
        fastnn.masked_fill,
        reference.masked_fill,
        [
            Sample(X, MASK, 9.0),
            Sample(X, MASK[0], -1),
            Sample(X, MASK, numbers()),
            Sample(numbers(5), MASK, 0.5),
        ],
        [
            Bad(TypeError, "masked_fill: mask must be boolean, got int64", X, I2, 0.0),
            Bad(ValueError, r"masked_fill: value must be a scalar, got shape \(4, 5\)", X, MASK, X),
            Bad(ValueError, "masked_fill: mask of shape .* does not fit", X, MASK[:3], 0.0),
        ],
        exact=True,
        layouts=False,
    ),
    Record(
        "masked_select",
        fastnn.masked_select,
        lambda x, mask: np.broadcast_to(x, MASK.shape)[np.broadcast_to(mask, MASK.shape)],
        [Sample(X, MASK), Sample(X, MASK[0]), Sample(numbers(5), MASK), Sample(X, X > 9)],
        [Bad(ValueError, "masked_select: mask of shape .* does not fit", X, MASK[:3])],
        exact=True,
        layouts=False,
    ),
    Record(
        "nonzero",
        fastnn.nonzero,
        np.argwhere,
        [Sample(MASK), Sample(np.array([0, 3, 0, 4])), Sample(np.array(5))],
        exact=True,
        gradient=False,
    ),
    Record(
        "one_hot",
        fastnn.one_hot,
        lambda i, n: np.eye(n, dtype=np.int64)[i],
        [Sample(I2, 5), Sample(np.array([1]), 7), Sample(np.zeros((0, 2), np.int64), 3)],
        [
            Bad(IndexError, r"one_hot: tensor must lie in \[0, 4\), got 4", I2, 4),
            Bad(TypeError, "one_hot: tensor must hold integers", X, 4),
            Bad(ValueError, "one_hot: num_classes cannot be guessed", np.zeros(0, np.int64)),
        ],
        exact=True,
        gradient=False,
    ),
]


test_record = record_test(RECORDS)


def test_index_with_tensors():
    x = fastnn.arange(6.0).reshape(2, 3)
    assert x[fastnn.tensor([1, 0]), fastnn.tensor([0, 2])].tolist() == [3, 2]
    assert x[fastnn.tensor([True, False])].tolist() == [[0, 1, 2]]
    assert x[fastnn.tensor(1)].tolist() == [3, 4, 5]


def test_repeated_indices_sum_their_gradients():
    x = fastnn.zeros(3, requires_grad=True)
    x[[0, 0, 2, 0]].backward(fastnn.tensor([1.0, 2.0, 4.0, 8.0]))
    assert x.grad.tolist() == [11, 0, 4]


def test_nonzero_as_tuple():
    rows, columns = fastnn.nonzero(fastnn.eye(2), as_tuple=True)
    assert rows.tolist() == columns.tolist() == [0, 1]
    assert [i.tolist() for i in fastnn.where(fastnn.eye(2) > 0)] == [[0, 1], [0, 1]]
    assert [i.tolist() for i in fastnn.nonzero(fastnn.tensor(5), as_tuple=True)] == [[0]]


REPEATED = {
    "list": [0, 0, 2],
    "array": np.array([0, 0, 2]),
    "unsigned": np.array([0, 0, 2], np.uint8),
    "tensor": fastnn.tensor([0, 0, 2]),
    "tensor of two dimensions": fastnn.tensor([[0, 0], [1, 0]]),
    "range": range(2),
    "tuple in a tuple": ((0, 0, 2),),
    "tuple and slice": ((0, 0, 2), slice(None)),
    "slice and tuple": (slice(None), (1, 1)),
    "slice and list": (slice(None), [1, 1, 4]),
    "slice and tensor": (slice(None), fastnn.tensor([[1, 1], [4, 1]])),
    "two tuples": ((0, 0), (1, 1)),
    "two lists": ([0, 0, 3], [1, 1, -1]),
    "lists that broadcast": ([[0], [0]], [1, 1, -1]),
    "nested list": [[0, 0], [1, 0]],
    "ellipsis and list": (Ellipsis, [2, 2]),
    "number and list": (1, [2, 2]),
    "list and number": ([2, 2], 1),
    "list and new axis": ([2, 2], None),
    "negative": [-1, 3, -1],
    "tensors in a list": [fastnn.tensor(1), fastnn.tensor(1)],
    "list and part of a slice": ([0, 0], slice(1, None)),
    "mask and list": (MASK[:, 0], [1] * int(MASK[:, 0].sum())),
    "nothing": [],
    "empty tensor": fastnn.tensor([], dtype=fastnn.int64),
}


def plain(key):
    """The same index for NumPy."""
    if isinstance(key, fastnn.Tensor):
        return key.numpy()
    if isinstance(key, tuple):
        return tuple([plain(k) for k in key])
    return [plain(k) for k in key] if isinstance(key, list) else key


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 0)])
@pytest.mark.parametrize("name", REPEATED)
def test_what_an_index_repeats_gets_the_sum(name, shape, dtype):
    key = REPEATED[name]
    values = numbers(*shape).astype(dtype)
    if name == "ellipsis and list" and shape[-1] == 0:
        with pytest.raises(IndexError, match="index: index 2 is out of bounds"):
            fastnn.tensor(values)[key]
        return
    x = fastnn.tensor(values, requires_grad=True)
    y = x[key]
    np.testing.assert_array_equal(y.detach().numpy(), values[plain(key)])
    assert not np.shares_memory(y.detach().numpy(), x.detach().numpy())
    dy = np.arange(1.0, y.numel() + 1).reshape(y.shape).astype(dtype)
    want = np.zeros(shape, dtype)
    np.add.at(want, plain(key), dy)
    y.backward(dy)
    np.testing.assert_array_equal(x.grad.numpy(), want)


def test_a_number_in_a_tensor_or_array_gives_a_view():
    for i in (1, np.int64(1), np.uint8(1), np.array(1), fastnn.tensor(1), fastnn.tensor(-2)):
        x = fastnn.zeros(3, 2)
        x[i].fill_(1.0)
        x[i, 0] = 3.0
        x[i][1] += 1.0
        assert x.tolist() == [[0, 0], [3, 2], [0, 0]]
    out = fastnn.zeros(3, 2)
    for t in fastnn.arange(3):
        out[t].copy_(fastnn.ones(2) * t)
    assert out.tolist() == [[0, 0], [1, 1], [2, 2]]


def test_an_index_that_changes_later_has_been_read():
    x, i = fastnn.ones(4, requires_grad=True), fastnn.tensor(1)
    key = [0, 0]
    y = x[:i].sum() + x[i] * 10 + x[key].sum() * 100
    i.add_(1)
    key[1] = 3
    y.backward()
    assert x.grad.tolist() == [201, 10, 0, 0]


def test_wrong_kinds_of_index():
    x = fastnn.ones(3)
    for key, match in (
        (1.0, "integer"),
        ("a", "index: expected numbers"),
        ([[1], [1, 2]], "index: expected numbers"),
        ([0.5], "integer"),
    ):
        with pytest.raises((IndexError, TypeError), match=match):
            x[key]
        with pytest.raises((IndexError, TypeError), match=match):
            x[key] = 1.0
    assert x.tolist() == [1, 1, 1]


def test_a_loop_over_rows_is_one_operation():
    x = fastnn.ones(5, 3, requires_grad=True)
    rows = list(x * 2)
    assert len({id(row.node.inputs[0]) for row in rows}) == 1
    (rows[1] * 3 + rows[4]).sum().backward()
    assert x.grad.tolist() == [[0] * 3, [6] * 3, [0] * 3, [0] * 3, [2] * 3]


@pytest.mark.parametrize("leaf", [True, False])
def test_slices_of_a_large_tensor_sum_their_gradients_in_place(leaf, monkeypatch):
    """Not a tensor of zeros for each of them."""
    made = []
    dense = basic.Slice.__array__

    def counted(self, *args, **kwargs):
        made.append(self.shape)
        return dense(self, *args, **kwargs)

    monkeypatch.setattr(basic.Slice, "__array__", counted)
    x = fastnn.zeros(20, 500, requires_grad=True)
    y = x if leaf else x * 1
    total = sum((y[i] * (i + 1)).sum() for i in range(20)) + y[:, 3].sum() * 100
    total.backward(retain_graph=True)
    assert made == [(20, 500)]
    want = np.repeat(np.arange(1.0, 21)[:, None], 500, 1)
    want[:, 3] += 100
    np.testing.assert_array_equal(x.grad.numpy(), want)
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * want)
    (dx,) = fastnn.autograd.grad((y if leaf else x)[2].sum(), x)
    assert dx.sum().item() == 500


def test_a_slice_of_a_leaf_with_a_hook():
    x = fastnn.zeros(20, 500, requires_grad=True)
    x.register_hook(lambda g: g * 3)
    (x[1] * 2 + x[1]).sum().backward()
    assert x.grad.sum().item() == 500 * 9


@pytest.mark.parametrize("shape", [(), (1,), (2, 1)])
@pytest.mark.parametrize("part", [0, 1])
def test_positions_beyond_int64_are_none_from_the_end(shape, part):
    x = fastnn.arange(9).reshape(3, 3)
    places = np.full(shape, 2**64 - 1, np.uint64)
    for key in (places, fastnn.Tensor(places)):
        key = (slice(None),) * part + (key,)
        key = key[0] if len(key) == 1 else key
        with pytest.raises(IndexError, match="out of bounds"):
            x[key]
        with pytest.raises(IndexError, match="out of bounds"):
            x[key] = 1
    assert x[places // np.uint64(2**63)].shape == (*shape, 3)
