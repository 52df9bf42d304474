"""Optimizers with sparse gradients."""

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim
from fastnn.autograd import RowGradient
from tests.harness import THREADS, isa, isa_levels, numbers, threads

IDS = [np.array([7, 3, 7]), np.array([0, 3]), np.array([9, 9, 1])]


def train(make, sparse, rows=10, width=20, dtype="float64", steps=IDS):
    """A table after some steps, and its initial value."""
    start = numbers(rows, width).astype(dtype)
    table = nn.Embedding.from_pretrained(fastnn.tensor(start), freeze=False, sparse=sparse)
    optimizer = make(table.parameters())
    for i in steps:
        optimizer.zero_grad()
        y = table(fastnn.from_numpy(i))
        (y * y).sum().backward()
        optimizer.step()
    return table, start, optimizer


@pytest.mark.parametrize(
    "options", [{}, {"maximize": True}, {"momentum": 0.9}, {"weight_decay": 0.1}]
)
def test_sgd_is_the_same_with_sparse_gradients(options):
    """Bit for bit; and if only stored rows are updated, the gradient stays sparse."""
    make = lambda p: optim.SGD(p, lr=0.1, **options)  # noqa: E731
    (rows, _, _), (whole, _, _) = train(make, True), train(make, False)
    np.testing.assert_array_equal(rows.weight.detach(), whole.weight.detach())
    assert rows.weight.grad.is_sparse == (set(options) <= {"maximize"})


def test_adam_uses_a_dense_gradient():
    make = lambda p: optim.Adam(p, lr=0.1)  # noqa: E731
    (rows, _, _), (whole, _, _) = train(make, True), train(make, False)
    np.testing.assert_array_equal(rows.weight.detach(), whole.weight.detach())


def test_sparse_and_dense_gradients_together():
    fastnn.manual_seed(1)  # no weight is close to its step, so differences keep their digits
    table, layer = nn.Embedding(10, 4, sparse=True), nn.Linear(4, 2)
    optimizer = optim.SGD([*table.parameters(), *layer.parameters()], lr=0.1)
    before = [p._array.copy() for p in (table.weight, layer.weight, layer.bias)]
    layer(table(fastnn.tensor([1, 2]))).sum().backward()
    grads = [p.grad._array.copy() for p in layer.parameters()]
    assert type(table.weight.grad) is RowGradient
    rows = table.weight.grad.rows.copy()
    optimizer.step()
    np.testing.assert_allclose(
        table.weight._array[[1, 2]], before[0][[1, 2]] - 0.1 * rows, rtol=1e-6
    )
    np.testing.assert_array_equal(table.weight._array[3:], before[0][3:])
    for p, b, g in zip(layer.parameters(), before[1:], grads):
        np.testing.assert_allclose(p._array, b - 0.1 * g, rtol=1e-6)


def test_a_step_is_recorded_as_a_change():
    table = nn.Embedding(10, 4, sparse=True)
    y = (table.weight * table.weight).sum()
    table(fastnn.tensor([1, 2])).sum().backward()
    optim.SGD(table.parameters(), lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def by_hand(start, steps, lr, betas, eps, sign=1):
    """SparseAdam by its formula."""
    p, m, v = start.astype("f8"), np.zeros(start.shape), np.zeros(start.shape)
    for t, i in enumerate(steps, 1):
        g = np.zeros(start.shape)
        np.add.at(g, i, 2 * p[i] * sign)
        r = np.unique(i)
        m[r] = betas[0] * m[r] + (1 - betas[0]) * g[r]
        v[r] = betas[1] * v[r] + (1 - betas[1]) * g[r] ** 2
        size = lr * np.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
        p[r] -= size * m[r] / (np.sqrt(v[r]) + eps)
    return p


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("maximize", [False, True])
def test_sparse_adam(maximize, sparse):
    make = lambda p: optim.SparseAdam(p, 0.1, (0.8, 0.9), 1e-3, maximize)  # noqa: E731
    steps = IDS if sparse else [np.arange(10)] * 3  # a dense gradient has every row
    want = by_hand(numbers(10, 20), steps, 0.1, (0.8, 0.9), 1e-3, -1 if maximize else 1)
    for level in isa_levels():
        with isa(level):
            table, start, optimizer = train(make, sparse, steps=steps)
            np.testing.assert_allclose(table.weight.detach(), want, rtol=1e-12)
    if sparse:
        untouched = [2, 4, 5, 6, 8]
        np.testing.assert_array_equal(table.weight._array[untouched], start[untouched])
        state = optimizer.state[table.weight]
        assert state["step"].item() == 3
        assert not state["exp_avg"]._array[untouched].any()


def test_sparse_adam_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    make = lambda p: optim.SparseAdam(p, 0.1, (0.8, 0.9), 1e-3)  # noqa: E731
    table, start, _ = train(make, True)
    theirs = torch.nn.Embedding.from_pretrained(torch.tensor(start), freeze=False, sparse=True)
    optimizer = torch.optim.SparseAdam(theirs.parameters(), 0.1, (0.8, 0.9), 1e-3)
    for i in IDS:
        optimizer.zero_grad()
        y = theirs(torch.from_numpy(i))
        (y * y).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(table.weight.detach(), theirs.weight.detach(), rtol=1e-10)


@pytest.mark.parametrize("make", [optim.SGD, optim.SparseAdam])
def test_same_bits_for_any_number_of_threads(make):
    i = np.random.default_rng(0).integers(0, 3000, 5000)
    found = []
    for n in THREADS:
        with threads(n):
            table, *_ = train(lambda p: make(p, lr=0.1), True, 3000, 33, "float32", [i, i])
            found.append(table.weight._array.tobytes())
    assert len(set(found)) == 1


def test_sparse_adam_saves_and_loads():
    table, _, optimizer = train(lambda p: optim.SparseAdam(p, lr=0.1), True)
    other = optim.SparseAdam(table.parameters())
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["lr"] == 0.1
    np.testing.assert_array_equal(
        other.state[table.weight]["exp_avg"], optimizer.state[table.weight]["exp_avg"]
    )


def test_bad_options():
    p = [fastnn.zeros(2, requires_grad=True)]
    with pytest.raises(ValueError, match="SparseAdam: lr must not be negative"):
        optim.SparseAdam(p, lr=-1.0)
    with pytest.raises(ValueError, match=r"SparseAdam: betas\[1\] must be in \[0, 1\), got 1"):
        optim.SparseAdam(p, betas=(0.9, 1.0))


def test_kernels_check_their_arguments():
    step = fastnn.kernels.sgd_step_rows
    p, rows = numbers(5, 3), numbers(2, 3)
    for ids, error, text in [
        ([1, 5], IndexError, r"ids\[1\] is 5, but param has 5 rows"),
        ([-1, 2], IndexError, r"ids\[0\] is -1"),
        ([2, 2], ValueError, r"ids must ascend, but ids\[1\] is 2 after 2"),
        ([1, 2, 3], ValueError, "rows must have shape"),
    ]:
        with pytest.raises(error, match=text):
            step(p, np.array(ids), rows, 0.1)
    with pytest.raises(ValueError, match="rows must not overlap param"):
        step(p, np.array([1, 2]), p[:2], 0.1)
    with pytest.raises(TypeError, match="rows must have dtype float64"):
        step(p, np.array([1, 2]), rows.astype("f4"), 0.1)
    m = np.zeros((5, 3))
    with pytest.raises(ValueError, match="step must be one float64 number"):
        fastnn.kernels.adam_step_rows(
            p, np.array([1, 2]), rows, m, m.copy(), np.zeros(2), 0.1, 0.9, 0.9, 1e-8
        )
    with pytest.raises(ValueError, match="exp_avg must not overlap"):
        fastnn.kernels.adam_step_rows(
            p, np.array([1, 2]), rows, p, m, np.zeros(()), 0.1, 0.9, 0.9, 1e-8
        )
    np.testing.assert_array_equal(p, numbers(5, 3))


# -- memory orders and shapes ----------------------------------------------------------------

ORDERS = [
    lambda x: x,
    np.asfortranarray,
    lambda x: np.repeat(x, 2, 0)[::2],
    lambda x: x[::-1].copy()[::-1],
]


@pytest.mark.parametrize("kind", [optim.SGD, optim.SparseAdam])
@pytest.mark.parametrize("state_order", ORDERS)
@pytest.mark.parametrize("order", ORDERS)
def test_rows_of_a_table_in_any_memory_order(order, state_order, kind):
    """Only those are updated, and the state is kept from step to step."""
    tables = []
    for change, change_state in ((lambda x: x, lambda x: x), (order, state_order)):
        p = fastnn.Tensor(change(numbers(6, 3)), requires_grad=True)
        memory = p._array
        optimizer = kind([p], lr=0.1)
        if kind is optim.SparseAdam:
            for key in kind.buffers:
                optimizer.state[p][key] = fastnn.Tensor(change_state(np.zeros((6, 3))))
        for ids in ([1, 4], [0, 4], [2]):
            p.grad = RowGradient(np.array(ids), numbers(len(ids), 3), (6, 3))
            optimizer.step()
        assert p._array is memory
        tables.append(p._array)
    np.testing.assert_array_equal(*tables)
    np.testing.assert_array_equal(tables[1][[3, 5]], numbers(6, 3)[[3, 5]])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (0, 3), (3, 0), (2, 0, 3), (4, 3, 2)])
@pytest.mark.parametrize("order", ORDERS[:2])
def test_sparse_adam_with_dense_gradients_of_any_shape(order, shape):
    p = fastnn.Tensor(order(np.ones(shape)), requires_grad=True)
    optimizer = optim.SparseAdam([p], lr=0.5, eps=0)
    for t in (1, 2):
        p.grad = fastnn.ones(*p.shape, dtype="float64")
        optimizer.step()
        np.testing.assert_allclose(p._array, np.full(p.shape, 1 - 0.5 * t), atol=1e-12)
        assert optimizer.state[p]["step"].item() == t


def test_sparse_adam_checks_the_shape_of_a_dense_gradient():
    p = fastnn.ones(2, 3, requires_grad=True)
    p._grad = fastnn.ones(3, 2)  # past the check of `grad`
    with pytest.raises(
        ValueError, match=r"SparseAdam: the gradient .* \(2, 3\) has shape \(3, 2\)"
    ):
        optim.SparseAdam([p]).step()
