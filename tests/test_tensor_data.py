"""`Tensor.data` is, as in PyTorch, a detached tensor over the same memory."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn, optim


def parameter(values=(1.0, -2.0, 3.0)):
    p = nn.Parameter(fastnn.tensor(list(values)))
    p.grad = fastnn.tensor([0.5, 1.0, -1.0])
    return p


def add_assign(p):
    p.data += 1


def subtract_assign(p):
    p.data -= 0.1 * p.grad


def multiply_assign(p):
    p.data *= 2


def divide_assign(p):
    p.data /= 2


def store_all(p):
    p.data[...] = 7


def store_one(p):
    p.data[0] = 7


def store_where(p):
    p.data[p.data < 0] = 0


# Changes of a parameter [1, -2, 3] with the gradient [0.5, 1, -1], and the values that PyTorch 2
# gives.
IN_PLACE = {
    "+=": (add_assign, [2, -1, 4]),
    "-= lr * grad": (subtract_assign, [0.95, -2.1, 3.1]),
    "*=": (multiply_assign, [2, -4, 6]),
    "/=": (divide_assign, [0.5, -1, 1.5]),
    "zero_": (lambda p: p.data.zero_(), [0, 0, 0]),
    "fill_": (lambda p: p.data.fill_(4), [4, 4, 4]),
    "add_": (lambda p: p.data.add_(p.grad), [1.5, -1, 2]),
    "add_ alpha": (lambda p: p.data.add_(p.grad, alpha=-2), [0, -4, 5]),
    "sub_": (lambda p: p.data.sub_(p.grad), [0.5, -3, 4]),
    "mul_": (lambda p: p.data.mul_(p.grad), [0.5, -2, -3]),
    "clamp_": (lambda p: p.data.clamp_(-1, 1), [1, -1, 1]),
    "copy_": (lambda p: p.data.copy_(fastnn.tensor([9.0, 8.0, 7.0])), [9, 8, 7]),
    "[...] =": (store_all, [7, 7, 7]),
    "[0] =": (store_one, [7, -2, 3]),
    "[mask] =": (store_where, [1, 0, 3]),
    "init.constant_": (lambda p: nn.init.constant_(p.data, 3), [3, 3, 3]),
    "numpy": (lambda p: p.data.numpy().fill(5), [5, 5, 5]),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_changes_of_data_change_the_parameter(name):
    change, want = IN_PLACE[name]
    p = parameter()
    memory = p.data_ptr()
    change(p)
    assert p.tolist() == pytest.approx(want)
    assert type(p) is nn.Parameter
    assert p.requires_grad
    assert p.is_leaf
    assert p.data_ptr() == memory


def test_random_initialisation_of_data():
    layer = nn.Linear(40, 50)
    nn.init.normal_(layer.weight.data, 2.0, 0.1)
    assert abs(layer.weight.mean().item() - 2) < 0.02
    assert abs(layer.weight.data.std().item() - 0.1) < 0.02
    layer.weight.data.uniform_(-1, 1)
    assert layer.weight.data.abs().max().item() <= 1
    assert layer.weight.requires_grad


def test_data_is_a_tensor_outside_the_graph():
    x = fastnn.tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 3.0]], requires_grad=True)
    y = x * 2
    for t in (x, y):
        assert type(t.data) is fastnn.Tensor
        assert not t.data.requires_grad
        assert t.data.is_leaf
        assert t.data.grad is None
        assert t.data.shape == (2, 3)
        assert t.data.data_ptr() == t.data_ptr()
    assert y.data.max(1)[1].tolist() == [1, 0]
    assert y.data.numpy().tolist() == [[2, 10, 4], [8, 0, 6]]
    assert np.asarray(y.data).sum() == 30
    assert np.shares_memory(y.data.numpy(), y.detach().numpy())
    assert y.requires_grad


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3)])
def test_data_of_every_type_and_shape(dtype, shape):
    x = fastnn.from_numpy(np.ones(shape, dtype))
    assert x.data.shape == shape
    assert x.data.dtype == x.dtype
    x.data.zero_()
    assert not np.asarray(x).any()


def test_data_of_views():
    x = fastnn.arange(12.0).reshape(3, 4)
    view = x.t()[::2]
    assert view.data.stride() == view.stride()
    assert view.data.data_ptr() == view.data_ptr()
    view.data.zero_()
    assert x[:, 0].tolist() == x[:, 2].tolist() == [0, 0, 0]
    assert x[:, 1].tolist() == [1, 5, 9]
    whole = fastnn.ones(3).expand(2, 3)
    assert whole.data.tolist() == [[1, 1, 1]] * 2


def test_data_of_a_gradient():
    p = parameter()
    grad = p.grad
    p.grad.data.zero_()
    assert p.grad is grad
    assert p.grad.tolist() == [0, 0, 0]
    p.grad.data += 2
    assert p.grad.tolist() == [2, 2, 2]


def sparse_gradient():
    table = nn.Embedding(4, 2, sparse=True)
    table(fastnn.tensor([1, 1, 3])).sum().backward()
    return table


def test_reading_the_data_of_a_sparse_gradient_leaves_it_stored_as_rows():
    grad = sparse_gradient().weight.grad
    assert grad.data.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]
    assert grad.data.norm().item() == pytest.approx(10**0.5)
    assert (grad.data + 1).shape == grad.data.data.shape == (4, 2)
    assert grad.data.clone().zero_().sum().item() == 0
    assert copy.deepcopy(grad.data).is_sparse
    assert grad.is_sparse
    assert grad.ids.tolist() == [1, 3]


def test_an_optimizer_moves_only_the_used_rows_after_the_gradient_was_logged():
    table = sparse_gradient()
    adam, before = optim.SparseAdam(table.parameters(), lr=0.1), table.weight.detach().clone()
    for _ in range(2):
        assert table.weight.grad.data.abs().max().item() == 2
        adam.step()
    assert (table.weight != before).any(1).tolist() == [False, True, False, True]


def halve(data):
    data *= 0.5


def store(data):
    data[...] = fastnn.tensor([[0.0], [1.0], [0.0], [0.5]])


@pytest.mark.parametrize("change", [halve, store, lambda data: data.mul_(0.5)])
def test_changing_the_data_of_a_sparse_gradient_changes_the_gradient(change):
    grad = sparse_gradient().weight.grad
    data = grad.data
    change(data)
    assert grad.tolist() == data.tolist() == [[0, 0], [1, 1], [0, 0], [0.5, 0.5]]
    data.zero_()
    assert not grad.is_sparse
    assert grad.sum().item() == 0


def test_an_array_of_a_sparse_gradient_s_data_is_no_way_to_lose_a_change():
    grad = sparse_gradient().weight.grad
    with pytest.raises(ValueError, match="read-only"):
        grad.data.numpy()[0] = 1
    grad.data = fastnn.zeros(4, 2)
    assert grad.tolist() == [[0, 0]] * 4


def test_changes_through_data_are_not_detected():
    """As in PyTorch, whose version counter does not count them."""
    for change, noticed in (
        (lambda x: x.data.zero_(), False),
        (lambda x: x.detach().zero_(), True),
    ):
        x = fastnn.tensor([1.0, 2.0], requires_grad=True)
        y = (x * x).sum()
        change(x)
        if noticed:
            with pytest.raises(RuntimeError, match="changed in place"):
                y.backward()
        else:
            y.backward()
            assert x.grad.tolist() == [0, 0]


def test_later_changes_of_the_tensor_are_still_detected():
    x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    x.data += 1
    x.data = x.data
    with fastnn.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_assigned_data_is_shared_and_may_have_another_shape_and_type():
    p = parameter()
    value = fastnn.ones(2, 2, dtype=fastnn.float64)
    p.data = value
    assert p.shape == (2, 2)
    assert p.dtype == fastnn.float64
    assert p.requires_grad
    assert p.data_ptr() == value.data_ptr()
    value.zero_()
    assert not p.data.any()
    array = np.full(3, 4, "f4")
    p.data = array
    assert p.tolist() == [4, 4, 4]
    assert np.shares_memory(array, p.data.numpy())


def test_assigned_data_may_come_from_a_graph():
    x = fastnn.tensor([1.0], requires_grad=True)
    p = parameter()
    p.data = x * 2
    assert p.tolist() == [2]
    assert p.is_leaf
    q = parameter()
    q.data = p.data.view(1, 1)
    assert q.shape == (1, 1)
    y = x * 3
    y.data = fastnn.tensor([8.0])
    y.backward()
    assert (y.item(), x.grad.item()) == (8, 3)


def test_invalid_assignments():
    p = parameter()
    with pytest.raises(RuntimeError, match="must be floating point, got int64"):
        p.data = fastnn.arange(3)
    for wrong in (1.0, [1.0], None):
        with pytest.raises(TypeError, match="data: expected a tensor or an ndarray, got"):
            p.data = wrong
    with pytest.raises(AttributeError):
        del p.data
    assert p.tolist() == [1, -2, 3]


def test_data_of_a_read_only_parameter_cannot_be_written():
    layer = nn.utils.make_read_only(nn.Linear(2, 2))
    with pytest.raises((ValueError, RuntimeError), match="read-only"):
        layer.weight.data.zero_()
    with pytest.raises(ValueError, match="WRITEABLE"):
        layer.weight.data.numpy().flags.writeable = True


def test_copies_of_data():
    p = parameter()
    for made in (copy.deepcopy(p.data), pickle.loads(pickle.dumps(p.data)), p.data.clone()):
        assert made.tolist() == [1, -2, 3]
        made.zero_()
        assert p.tolist() == [1, -2, 3]


def test_the_memory_outlives_its_tensor():
    data = fastnn.ones(1000, requires_grad=True).data
    for _ in range(20):
        fastnn.zeros(1000)
    assert data.sum().item() == 1000


def test_training_by_hand_equals_sgd():
    fastnn.manual_seed(0)
    ours, other = nn.Linear(3, 1), nn.Linear(3, 1)
    for p, q in zip(ours.parameters(), other.parameters()):
        p.data.copy_(q.data)
    x, t = fastnn.randn(8, 3), fastnn.randn(8, 1)
    sgd = optim.SGD(other.parameters(), lr=0.1)
    for _ in range(5):
        for model in (ours, other):
            model.zero_grad()
            nn.functional.mse_loss(model(x), t).backward()
        for p in ours.parameters():
            p.data -= 0.1 * p.grad.data
        sgd.step()
    for p, q in zip(ours.parameters(), other.parameters()):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-5)


WRONG = {
    "a number": (1.0, TypeError, "grad: expected a tensor or None, got float"),
    "a list": ([1.0, 1.0, 1.0], TypeError, "grad: expected a tensor or None, got list"),
    "an array": (np.ones(3, np.float32), TypeError, "grad: expected a tensor .* got ndarray"),
    "another shape": (
        fastnn.ones(4),
        RuntimeError,
        r"shape \(3,\) and type float32, got shape \(4",
    ),
    "a row": (fastnn.ones(1, 3), RuntimeError, r"got shape \(1, 3\) and type float32"),
    "float64": (fastnn.ones(3, dtype=fastnn.float64), RuntimeError, "and type float64"),
    "integers": (fastnn.ones(3, dtype=fastnn.int64), RuntimeError, "and type int64"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_gradient_is_refused_where_it_is_assigned(name):
    value, error, match = WRONG[name]
    p = parameter()
    before = p.grad
    with pytest.raises(error, match=match):
        p.grad = value
    assert p.grad is before
    optim.SGD([p], lr=1.0).step()
    assert p.tolist() == [0.5, -3, 4]


def test_a_tensor_is_not_its_own_gradient():
    p = parameter()
    with pytest.raises(RuntimeError, match="its own gradient"):
        p.grad = p


def test_a_gradient_may_be_replaced_and_removed():
    p = parameter()
    p.grad = fastnn.ones(3, 2)[:, 0]
    (p * 2).sum().backward()
    assert p.grad.tolist() == [3, 3, 3]
    del p.grad
    assert p.grad is None
    p.grad = None
    y = p * 2
    y.grad = fastnn.ones(3)
    assert y.grad.tolist() == [1, 1, 1]


def test_which_tensors_may_require_gradients():
    for wrong in (fastnn.arange(3), fastnn.tensor([True])):
        for ask in (
            lambda t: setattr(t, "requires_grad", True),
            lambda t: t.requires_grad_(),
            lambda t: fastnn.Tensor(t._array, requires_grad=True),
            lambda t: nn.Parameter(t),
        ):
            with pytest.raises((RuntimeError, TypeError), match="floating point"):
                ask(wrong)
        wrong.requires_grad = False
        assert not wrong.requires_grad
    assert not nn.Parameter(fastnn.arange(3), requires_grad=False).requires_grad
    p = parameter()
    for value in (5, None, "no", np.True_):
        with pytest.raises(TypeError, match="requires_grad: expected a bool"):
            p.requires_grad = value
    y = p * 2
    with pytest.raises(RuntimeError, match="only leaves can be changed"):
        y.requires_grad = False
    y.requires_grad = True
    y.sum().backward()
    assert p.grad.tolist() == [2.5, 3, 1]


def test_data_of_another_shape_or_type():
    p = parameter()
    p.data = fastnn.ones(4)
    with pytest.raises(
        RuntimeError, match=r"a tensor of shape \(4,\) whose \.grad has shape \(3,\)"
    ):
        p.sum().backward()
    p.grad = None
    p.sum().backward()
    assert p.grad.tolist() == [1] * 4
    y = p * 2
    for wrong in (fastnn.ones(5), fastnn.ones(4, dtype=fastnn.float64), fastnn.arange(4)):
        with pytest.raises(RuntimeError, match="data: a tensor that"):
            y.data = wrong
    with pytest.raises(TypeError, match="data: expected numbers, got an array of <U1"):
        p.data = np.array(["a"] * 4)
    assert y.tolist() == [2] * 4
