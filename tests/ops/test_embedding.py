"""Embedding and EmbeddingBag."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.autograd import RowGradient
from tests.harness import SIZES, Bad, Record, Sample, isa, isa_levels, numbers, record_test, threads
from tests.reference import embedding as reference


def ids(*shape, rows=7, seed=0):
    return np.random.default_rng(seed).integers(0, rows, shape)


W = numbers(7, 5)
SAMPLES = [
    *[Sample(ids(4), numbers(7, n)) for n in SIZES],
    *[Sample(ids(n), W) for n in SIZES],
    Sample(ids(3, 4), W),
    Sample(ids(2, 3, 4).astype("u1"), W),
    Sample(ids(2, 3).astype("i2"), W),
    Sample(np.array(6), W),
    Sample(ids(5, rows=1), numbers(1, 4)),
    Sample(ids(0), numbers(0, 4)),
    Sample(ids(3, 130), numbers(7, 131)),
]
LARGE = [
    Sample(ids(40, 50, rows=3000), numbers(3000, 128)),
    Sample(ids(9000, rows=3), numbers(3, 17)),  # runs of thousands
    Sample(np.minimum(ids(9000, rows=200), ids(9000, rows=200, seed=1)), numbers(200, 33)),
    Sample(ids(700, rows=100_000), numbers(100_000, 3)),
]
BAD = [
    Bad(
        IndexError,
        r"embedding: input\[1, 0\] is 7, but weight has 7 rows",
        np.array([[0, 6], [7, -1]]),
        W,
    ),
    Bad(IndexError, r"input\[1\] is -1, but weight has 7 rows", np.array([0, -1]), W),
    Bad(IndexError, "input is 9, but weight has 7 rows", np.array(9), W),
    Bad(IndexError, r"input\[0\] is 0, but weight has 0 rows", np.array([0]), numbers(0, 4)),
    Bad(TypeError, "input must have an integer dtype, got float64", numbers(3), W),
    Bad(TypeError, "input must have an integer dtype, got bool", np.array([True]), W),
    Bad(
        ValueError, r"weight must have 2 dimensions \(num_embeddings, embedding_dim\)", ids(3), W[0]
    ),
    Bad(TypeError, "weight must have dtype float32 or float64", ids(3), np.zeros((3, 3), int)),
    Bad(ValueError, "padding_idx must name one of 7 rows, got 7", ids(3), W, 7),
    Bad(ValueError, "padding_idx must name one of 7 rows, got -8", ids(3), W, -8),
    Bad(TypeError, "cannot be interpreted as an integer", ids(3), W, 1.5),
    Bad(ValueError, "norm_type must be positive", ids(3), W, None, 1.0, 0.0),
]


def bag(ids, weight, offsets=None, mode="mean", scales=None, padding=None, last=False):
    return F.embedding_bag(
        ids,
        weight,
        offsets,
        mode=mode,
        per_sample_weights=scales,
        padding_idx=padding,
        include_last_offset=last,
    )


OFFSETS = np.array([0, 0, 3, 4, 4])
S = numbers(8, low=0.5, high=1.5, seed=3)
BAG_SAMPLES = [
    *[Sample(ids(3, 4), W, None, mode) for mode in ("sum", "mean", "max")],
    *[Sample(ids(8), W, OFFSETS, mode) for mode in ("sum", "mean", "max")],
    *[Sample(ids(8), numbers(7, n), OFFSETS.astype("i4"), "mean") for n in SIZES],
    *[Sample(ids(8), W, OFFSETS, mode, None, 3) for mode in ("sum", "mean", "max")],
    *[Sample(ids(3, 4), W, None, mode, None, -1) for mode in ("sum", "mean", "max")],
    Sample(ids(8), W, OFFSETS, "sum", S),
    Sample(ids(2, 4), W, None, "sum", S.reshape(2, 4)),
    Sample(ids(8), W, OFFSETS, "sum", S, 3),
    Sample(ids(8), W, np.array([0, 3, 8]), "max", None, None, True),
    Sample(ids(0), W, np.array([0, 0]), "mean"),
    Sample(ids(0), W, np.array([0, 0]), "max"),
    Sample(ids(0), W, np.array([], int), "sum"),
    Sample(ids(3, 0), W, None, "mean"),
    Sample(ids(0, 3), W, None, "sum"),
]
BAG_LARGE = [
    *[Sample(ids(64, 200, rows=3000), numbers(3000, 64), None, m) for m in ("sum", "mean", "max")],
    Sample(ids(9000, rows=3), numbers(3, 17), np.arange(0, 9000, 9), "sum", numbers(9000)),
]
BAG_BAD = [
    Bad(IndexError, r"embedding_bag: input\[2\] is 7", np.array([0, 1, 7]), W, np.array([0])),
    Bad(ValueError, "must begin with 0 and end with the number of ids", ids(3), W, np.array([1])),
    Bad(ValueError, "must begin with 0 and end", ids(3), W, np.array([0, 2]), last=True),
    Bad(ValueError, "must begin with 0 and end", ids(3), W, np.array([], int)),
    Bad(ValueError, r"offsets\[2\] is 1 after 2", ids(3), W, np.array([0, 2, 1])),
    Bad(ValueError, r"offsets\[2\] is 3 after 4", ids(3), W, np.array([0, 4])),
    Bad(ValueError, "one-dimensional input needs offsets", ids(3), W),
    Bad(TypeError, "offsets must have an integer dtype", ids(3), W, np.array([0.0])),
    Bad(ValueError, "offsets are for one-dimensional input", ids(3, 3), W, np.array([0])),
    Bad(ValueError, r"offsets must have shape \(B,\)", ids(3), W, np.array([[0]])),
    Bad(ValueError, r"input must have shape \(B, N\) or \(N,\)", ids(3, 1, 1), W),
    Bad(ValueError, "mode must be 'sum', 'mean' or 'max', got 'min'", ids(3, 1), W, None, "min"),
    Bad(ValueError, "need mode 'sum', got 'mean'", ids(8), W, OFFSETS, "mean", S),
    Bad(ValueError, r"the shape of input, \(8,\), got \(7,\)", ids(8), W, OFFSETS, "sum", S[1:]),
    Bad(ValueError, "padding_idx must name one of 7 rows", ids(8), W, OFFSETS, "sum", None, 7),
]


def longest_sum(ids, *args, **kwargs):
    """An upper bound of the number of terms: the number of ids."""
    return 4 + np.size(ids)


RECORDS = [
    Record("embedding", F.embedding, reference.embedding, SAMPLES, BAD, LARGE, depth=longest_sum),
    Record(
        "embedding_bag",
        bag,
        reference.embedding_bag,
        BAG_SAMPLES,
        BAG_BAD,
        BAG_LARGE,
        depth=longest_sum,
    ),
]


test_record = record_test(RECORDS)


def gradient(rows, dy, table, padding=None, by_frequency=False):
    """The gradient of an embedding, one id after the other."""
    dw = np.zeros(table)
    np.add.at(dw, rows.reshape(-1), dy.reshape(-1, table[1]))
    if by_frequency:
        dw /= np.maximum(1, np.bincount(rows.reshape(-1), minlength=table[0]))[:, None]
    if padding is not None:
        dw[padding] = 0
    return dw


@pytest.mark.parametrize("by_frequency", [False, True])
@pytest.mark.parametrize("padding", [None, 2, -1])
@pytest.mark.parametrize(
    ("count", "rows", "width"),
    [(0, 7, 5), (20, 7, 5), (600, 50, 16), (3000, 5000, 19), (5000, 3, 128), (4000, 9_000_000, 1)],
)
def test_gradient(count, rows, width, padding, by_frequency):
    """Dense and sparse gradients are equal at every level and for all sizes."""
    i, dy = ids(count, rows=rows), numbers(count, width)
    want = gradient(i, dy, (rows, width), padding, by_frequency)
    for level in isa_levels():
        with isa(level):
            dense = fastnn.kernels.embedding_backward(dy, i, rows, padding, by_frequency)
            np.testing.assert_allclose(dense, want, atol=1e-11)
            some, values = fastnn.kernels.embedding_backward_rows(
                dy, i, rows, padding, by_frequency
            )
    met = np.unique(i)
    met = met if padding is None else met[met != padding % rows]
    np.testing.assert_array_equal(some, met)
    np.testing.assert_array_equal(values, dense[met])
    bits = []
    for n in (1, 2, 3, 7):
        with threads(n):
            parts = fastnn.kernels.embedding_backward_rows(dy, i, rows, padding, by_frequency)
            bits.append(parts[1].tobytes())
    assert len(set(bits)) == 1


def test_equal_ids_are_summed_in_their_order():
    """Sums of numbers of very different magnitudes depend on the order."""
    dy = np.array([[1e8], [1.0], [-1e8], [1.0]], np.float32)
    got = fastnn.kernels.embedding_backward(dy, np.array([1, 1, 1, 1]), 2)
    assert got.tolist() == [[0.0], [1.0]]


def test_padding_is_looked_up_but_gets_no_gradient():
    table = nn.Embedding(5, 3, padding_idx=-5)
    assert table.padding_idx == 0
    assert table.weight._array[0].tolist() == [0, 0, 0]
    table.weight._array[0] = 1
    y = table(fastnn.tensor([0, 2]))
    assert y.tolist()[0] == [1, 1, 1]
    y.sum().backward()
    assert table.weight.grad.tolist() == [[0] * 3, [0] * 3, [1] * 3, [0] * 3, [0] * 3]


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, float("inf")])
def test_max_norm(order):
    weight = fastnn.tensor(numbers(6, 4), requires_grad=True)
    before = weight._array.copy()
    y = F.embedding(np.array([1, 4, 1]), weight, max_norm=0.5, norm_type=order)
    norms = np.linalg.norm(weight._array, order, axis=1)
    np.testing.assert_allclose(norms[[1, 4]], 0.5, rtol=1e-6)
    np.testing.assert_array_equal(weight._array[[0, 2, 3, 5]], before[[0, 2, 3, 5]])
    np.testing.assert_array_equal(y.detach(), weight._array[[1, 4, 1]])
    direction = weight._array[1] / before[1]
    np.testing.assert_allclose(direction, direction[0])
    y = F.embedding(np.array([1]), weight, max_norm=10.0)
    np.testing.assert_allclose(np.linalg.norm(weight._array[1], order), 0.5, rtol=1e-6)
    with pytest.raises(ValueError, match="max_norm must not be negative"):
        F.embedding(np.array([1]), weight, max_norm=-1.0)


def test_max_norm_invalidates_earlier_products_with_the_table():
    weight = fastnn.tensor(numbers(6, 4), requires_grad=True)
    product = (weight * weight).sum()
    F.embedding(np.array([1, 4, 1]), weight, max_norm=0.1)
    with pytest.raises(RuntimeError, match="changed in place"):
        product.backward()


def test_from_pretrained():
    values = fastnn.tensor(numbers(4, 3).astype("f4"))
    table = nn.Embedding.from_pretrained(values, padding_idx=-1)
    assert table.weight._array is values._array
    assert not table.weight.requires_grad
    assert repr(table) == "Embedding(4, 3, padding_idx=3)"
    bags = nn.EmbeddingBag.from_pretrained(values, freeze=False, mode="max")
    assert bags.weight.requires_grad
    assert bags(fastnn.tensor([[0, 1]])).shape == (1, 3)
    for kind in (nn.Embedding, nn.EmbeddingBag):
        with pytest.raises(ValueError, match=r"embeddings must have shape \(V, D\), got \(3,\)"):
            kind.from_pretrained(values[0])
        with pytest.raises(ValueError, match="padding_idx must name one of 4 rows, got 4"):
            kind.from_pretrained(values, padding_idx=4)
        with pytest.raises(ValueError, match="padding_idx must name one of 4 rows, got -5"):
            kind(4, 3, padding_idx=-5)
        with pytest.raises(TypeError, match=r"padding_idx must be an int, got 1\.0"):
            kind(4, 3, padding_idx=1.0)


def test_no_ids():
    table = nn.Embedding(5, 3)
    assert table([]).shape == (0, 3)
    assert nn.Embedding(0, 3)([]).shape == (0, 3)
    assert nn.Embedding(5, 0)(fastnn.tensor([1, 2])).shape == (2, 0)
    table([]).sum().backward()
    assert not table.weight.grad._array.any()


@pytest.mark.parametrize("padding", [None, 2])
@pytest.mark.parametrize("mode", ["sum", "mean"])
@pytest.mark.parametrize("sparse", [False, True])
def test_bags_by_frequency(sparse, mode, padding):
    """The result equals a lookup of single ids, divided by their counts."""
    i, dy = ids(6, 4), numbers(6, 5, seed=1)
    weight = fastnn.tensor(W, requires_grad=True)
    grads = []
    for by_frequency in (True, False):
        weight.grad = None
        F.embedding_bag(
            i,
            weight,
            mode=mode,
            scale_grad_by_freq=by_frequency,
            sparse=sparse,
            padding_idx=padding,
        ).backward(fastnn.tensor(dy))
        grads.append(weight.grad.numpy())
    counts = np.maximum(1, np.bincount(i.reshape(-1), minlength=7))
    np.testing.assert_allclose(grads[0], grads[1] / counts[:, None], rtol=1e-12, atol=1e-14)


def test_options_of_bags_that_are_incompatible():
    with pytest.raises(ValueError, match="mode 'max' goes neither with sparse nor by frequency"):
        F.embedding_bag(ids(2, 3), W, mode="max", sparse=True)
    with pytest.raises(ValueError, match="mode 'max' goes neither"):
        F.embedding_bag(ids(2, 3), W, mode="max", scale_grad_by_freq=True)
    with pytest.raises(ValueError, match="EmbeddingBag: mode must be 'sum', 'mean' or 'max'"):
        nn.EmbeddingBag(3, 3, mode="median")


D, AT, WINNERS = numbers(4, 5), np.array([0, 3, 3, 4, 8]), np.array([[0, 2, -1, 6, 1]] * 4)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (
            lambda k: k.embedding_bag(ids(8), AT, W, "sum", S[1:]),
            ValueError,
            r"embedding_bag: per_sample_weights must have the shape of input, \(8,\), got \(7,\)",
        ),
        (
            lambda k: k.embedding_bag(ids(8), AT, W, "sum", np.ones((2, 4))),
            ValueError,
            "per_sample_weights must have the shape of input",
        ),
        (
            lambda k: k.embedding_bag(ids(8), AT, W, "sum", S.astype("f4")),
            TypeError,
            "per_sample_weights must have dtype float64, got float32",
        ),
        (
            lambda k: k.embedding_bag(ids(8), AT, W, "sum", [1.0] * 8),
            TypeError,
            "per_sample_weights must be a NumPy array, got list",
        ),
        (
            lambda k: k.embedding_bag(ids(8), AT, W, "max", S),
            ValueError,
            "per_sample_weights need mode 'sum'",
        ),
        (
            lambda k: k.embedding_bag_backward(D, ids(8), AT, 7, "sum", S[1:]),
            ValueError,
            "embedding_bag_backward: per_sample_weights must have the shape of input",
        ),
        (
            lambda k: k.embedding_bag_backward(D, ids(8), AT, 7, "mean", S),
            ValueError,
            "embedding_bag_backward: per_sample_weights need mode 'sum'",
        ),
        (
            lambda k: k.embedding_bag_backward_rows(D, ids(8), AT, 7, "sum", S.astype("f4")),
            TypeError,
            "embedding_bag_backward_rows: per_sample_weights must have dtype float64",
        ),
        (
            lambda k: k.embedding_bag_weights_backward(D[1:], ids(8), AT, W),
            ValueError,
            r"embedding_bag_weights_backward: dy must have shape \(4, 5\), got \(3, 5\)",
        ),
        (
            lambda k: k.embedding_bag_max_backward(D, WINNERS[1:], 7),
            ValueError,
            r"embedding_bag_max_backward: winners must have the shape of dy, \(4, 5\), got \(3, 5",
        ),
        (
            lambda k: k.embedding_bag_max_backward(D, WINNERS, 6),
            IndexError,
            r"winners\[0, 3\] is 6, but there are 6 rows",
        ),
        (
            lambda k: k.embedding_bag_max_backward(D, WINNERS - 1, 7),
            IndexError,
            r"winners\[0, 2\] is -2, but there are 7 rows",
        ),
        (
            lambda k: k.embedding_bag_max_backward(D, WINNERS * 1.0, 7),
            TypeError,
            "winners must have an integer dtype, got float64",
        ),
    ],
)
def test_bad_kernel_calls_of_bags(call, error, match):
    with pytest.raises(error, match=match):
        call(fastnn.kernels)


def test_the_gradient_of_winners():
    """Row -1 stands for an empty bag; every other winner gets its part of dy."""
    want = np.zeros((7, 5))
    for b, column in np.ndindex(WINNERS.shape):
        if WINNERS[b, column] >= 0:
            want[WINNERS[b, column], column] += D[b, column]
    got = fastnn.kernels.embedding_bag_max_backward(D, WINNERS, 7)
    np.testing.assert_allclose(got, want, rtol=1e-15)


# -- sparse gradients ------------------------------------------------------------------------


def sparse_table(rows=50, width=4):
    return nn.Embedding(rows, width, sparse=True)


def test_sparse_gradient_has_the_used_rows():
    table = sparse_table()
    table(fastnn.tensor([7, 3, 7])).sum().backward()
    g = table.weight.grad
    assert type(g) is RowGradient
    assert g.is_sparse
    assert g.shape == (50, 4)
    assert g.dtype == np.float32
    assert g.ids.tolist() == [3, 7]
    assert g.rows.tolist() == [[1] * 4, [2] * 4]
    dense = g.to_dense()
    assert g.is_sparse
    assert dense._array.sum() == 12
    assert dense._array[7].tolist() == [2] * 4


@pytest.mark.parametrize("dense", [False, True])
def test_copies_of_sparse_gradients(dense):
    table = sparse_table()
    table(fastnn.tensor([7, 3, 7])).sum().backward()
    if dense:
        assert table.weight.grad._array.shape == (50, 4)
    twin = copy.deepcopy(table)
    loaded = pickle.loads(pickle.dumps(table.weight.grad))
    assert table.weight.grad.is_sparse == (not dense)
    for g in (twin.weight.grad, loaded):
        assert getattr(g, "is_sparse", False) == (not dense)
        np.testing.assert_array_equal(g.to_dense(), table.weight.grad.to_dense())
    if not dense:
        twin.weight.grad.rows[:] = 5
        assert table.weight.grad.rows.tolist() == [[1] * 4, [2] * 4]


def test_sparse_gradient_becomes_dense_on_access():
    table = sparse_table()
    table(fastnn.tensor([7, 3, 7])).sum().backward()
    g = table.weight.grad
    np.testing.assert_array_equal(g.numpy(), g.to_dense())
    assert not g.is_sparse
    assert g.ids is None
    assert g.shape == (50, 4)
    g._array[0] = 1  # a change of the dense array takes effect
    fastnn.optim.SGD(table.parameters(), lr=0.0).step()
    assert table.weight.grad._array[0].tolist() == [1] * 4


def test_sparse_gradients_accumulate():
    """Over several calls of backward, with sparse and with dense gradients."""
    table, dense = sparse_table(), nn.Embedding(50, 4)
    dense.weight._array[...] = table.weight._array
    for layer in (table, dense):
        for i in ([7, 3, 7], [4, 7], [0]):
            layer(fastnn.tensor(i)).sum().backward()
    assert table.weight.grad.ids.tolist() == [0, 3, 4, 7]
    np.testing.assert_array_equal(table.weight.grad.to_dense(), dense.weight.grad)
    for layer in (table, dense):
        (layer.weight * 2).sum().backward()
    assert not table.weight.grad.is_sparse
    np.testing.assert_array_equal(table.weight.grad, dense.weight.grad)
    for layer in (table, dense):
        layer(fastnn.tensor([5])).sum().backward()
    np.testing.assert_array_equal(table.weight.grad, dense.weight.grad)


def test_one_backward_with_two_uses_of_the_table():
    table = sparse_table()
    (table(fastnn.tensor([1, 2])).sum() + table(fastnn.tensor([2, 3])).sum()).backward()
    assert table.weight.grad.ids.tolist() == [1, 2, 3]
    assert table.weight.grad.rows[:, 0].tolist() == [1, 2, 1]


def test_operations_and_hooks_get_dense_gradients():
    """If the table is not a leaf, or a hook reads its gradient, the gradient is dense."""
    weight = fastnn.tensor(numbers(5, 2), requires_grad=True)
    F.embedding(np.array([1, 1]), weight * 3, sparse=True).sum().backward()
    assert weight.grad.tolist() == [[0, 0], [6, 6], [0, 0], [0, 0], [0, 0]]
    weight.grad = None
    seen = []
    handle = weight.register_hook(lambda g: seen.append(g.shape))
    F.embedding(np.array([1, 1]), weight, sparse=True).sum().backward()
    assert seen == [(5, 2)]
    handle.remove()
    y = F.embedding(np.array([1, 1]), weight, sparse=True).sum()
    (g,) = fastnn.autograd.grad(y, weight)
    assert g.tolist() == [[0, 0], [2, 2], [0, 0], [0, 0], [0, 0]]


def test_sparse_gradients_are_clipped():
    table, dense = sparse_table(), nn.Embedding(50, 4)
    for layer in (table, dense):
        layer(fastnn.tensor([7, 3, 7])).sum().backward()
    norms = [nn.utils.clip_grad_norm_(x.parameters(), 1.0).item() for x in (table, dense)]
    assert norms[0] == pytest.approx(norms[1])
    assert table.weight.grad.is_sparse
    np.testing.assert_allclose(table.weight.grad.to_dense(), dense.weight.grad, rtol=1e-6)
    nn.utils.clip_grad_value_(table.parameters(), 0.25)
    assert table.weight.grad.is_sparse
    assert table.weight.grad.rows.max() == 0.25


def test_zero_grad_of_sparse_gradients():
    table = sparse_table()
    optimizer = fastnn.optim.SGD(table.parameters(), lr=0.1)
    table(fastnn.tensor([7])).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert not table.weight.grad._array.any()
    optimizer.zero_grad()
    assert table.weight.grad is None


# -- against PyTorch -------------------------------------------------------------------------


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("by_frequency", [False, True])
@pytest.mark.parametrize("max_norm", [None, 0.7])
@pytest.mark.parametrize("padding", [None, 0, -2])
def test_embedding_matches_torch(padding, max_norm, by_frequency, sparse):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if sparse and by_frequency:
        pytest.skip("PyTorch does not support both")
    options = {
        "padding_idx": padding,
        "max_norm": max_norm,
        "norm_type": 3.0,
        "scale_grad_by_freq": by_frequency,
        "sparse": sparse,
    }
    theirs = torch.nn.Embedding(9, 4, dtype=torch.float64, **options)
    ours = nn.Embedding(9, 4, dtype=fastnn.float64, **options)
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy().copy() for k, v in theirs.state_dict().items()})
    i, dy = ids(3, 5, rows=9), numbers(3, 5, 4)
    got, want = ours(fastnn.tensor(i)), theirs(torch.tensor(i))
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), atol=1e-10)
    np.testing.assert_allclose(ours.weight.detach(), theirs.weight.detach(), atol=1e-10)
    their_grad = theirs.weight.grad.to_dense() if sparse else theirs.weight.grad
    np.testing.assert_allclose(ours.weight.grad, their_grad, atol=1e-10)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 0, -2])
@pytest.mark.parametrize("last", [False, True, None])
def test_bag_matches_torch(last, padding, mode, weighted, sparse):
    """Without `scale_grad_by_freq`, which PyTorch 2.13 divides by the counts of other ids."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    if mode == "max" and sparse:
        pytest.skip("neither library supports it")
    if weighted and mode != "sum":
        pytest.skip("neither library supports it")
    options = {
        "padding_idx": padding,
        "max_norm": 1.1,
        "mode": mode,
        "sparse": sparse,
        "include_last_offset": bool(last),
    }
    theirs = torch.nn.EmbeddingBag(9, 4, dtype=torch.float64, **options)
    ours = nn.EmbeddingBag(9, 4, dtype=fastnn.float64, **options)
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy().copy() for k, v in theirs.state_dict().items()})
    if last is None:
        i, offsets = ids(5, 4, rows=9), None
    else:
        i, offsets = ids(20, rows=9), np.array([0, 3, 3, 9, 16, *([20] if last else [])])
    s = numbers(*i.shape, seed=4) if weighted else None
    dy = numbers(5, 4, seed=5)
    a = None if s is None else fastnn.tensor(s, requires_grad=True)
    b = None if s is None else torch.tensor(s, requires_grad=True)
    got = ours(fastnn.tensor(i), None if offsets is None else fastnn.tensor(offsets), a)
    want = theirs(torch.tensor(i), None if offsets is None else torch.tensor(offsets), b)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), atol=1e-10)
    their_grad = theirs.weight.grad.to_dense() if sparse else theirs.weight.grad
    np.testing.assert_allclose(ours.weight.grad, their_grad, atol=1e-10)
    if weighted:
        np.testing.assert_allclose(a.grad, b.grad, atol=1e-10)
