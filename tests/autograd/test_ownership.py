"""The backward pass overwrites, or adopts as `.grad`, only gradients that it owns."""

import re
import weakref
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import _core, nn
from fastnn.autograd import Function
from fastnn.autograd.contract import Reuses
from fastnn.autograd.record import array, record, record_many
from fastnn.nn import functional as F
from fastnn.ops.conv import convolution as conv
from tests.harness import in_threads

SHAPE = (2, 32, 64, 64)  # a gradient of 1 MiB


@pytest.fixture
def reused(monkeypatch):
    """Whether the backward of each convolution was allowed to overwrite `dy`."""
    found = []
    original = conv.conv_backward

    @Reuses
    def conv_backward(node, dy, reuse_dy, reuse_saved):
        found.append(reuse_dy)
        return original(node, dy, reuse_dy, reuse_saved)

    monkeypatch.setattr(conv, "conv_backward", conv_backward)
    return found


def layers():
    fastnn.manual_seed(0)
    x = fastnn.randn(*SHAPE)
    w = [fastnn.randn(32, 32, 3, 3) * 0.05 for _ in range(2)]
    return x, [v.detach().requires_grad_() for v in w]


def gradients(loss_of, monkeypatch, never):
    with monkeypatch.context() as patch:
        if never:
            patch.setattr(conv, "LARGE", 1 << 60)
        x, weights = layers()
        loss_of(x, weights).backward()
        return [w.grad.numpy() for w in weights]


def relu_conv(x, w):
    return F.conv2d(x, w, padding=1, activation="relu")


def chain(x, weights):
    return F.max_pool2d(relu_conv(relu_conv(x, weights[0]), weights[1]), 2).sum()


def branches(x, weights):
    """Both terms of a sum get the same gradient."""
    y = relu_conv(x, weights[0])
    return ((relu_conv(y, weights[1]) + y) * 1.5).sum()


def used_twice(x, weights):
    y = relu_conv(x, weights[0])
    return (relu_conv(y, weights[1]) * y).sum()


def expanded(x, weights):
    """The gradient of a sum is one number, broadcast."""
    return relu_conv(relu_conv(x, weights[0]), weights[1]).sum()


def residual(x, weights):
    y = relu_conv(x, weights[0])
    return (F.conv2d(y, weights[1], padding=1, activation="relu", residual=y) * 2.0).sum()


@pytest.mark.parametrize("loss_of", [chain, branches, used_twice, expanded, residual])
def test_the_same_gradients(loss_of, monkeypatch):
    expected = gradients(loss_of, monkeypatch, never=True)
    for a, b in zip(gradients(loss_of, monkeypatch, never=False), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_chain_writes_into_its_gradients(reused):
    x, weights = layers()
    chain(x, weights).backward()
    assert reused == [True, True]


def test_a_gradient_shared_by_two_operations_is_not_overwritten(reused):
    x, weights = layers()
    branches(x, weights).backward()
    assert reused == [False, True]  # the second gets the sum, which the walk allocated


def test_a_view_is_not_overwritten(reused):
    x, weights = layers()
    expanded(x, weights).backward()
    assert reused == [False, True]


def test_a_hook_may_keep_the_gradient(reused):
    x, weights = layers()
    y = relu_conv(x, weights[0])
    kept = []
    y.register_hook(lambda dy: kept.append(dy))
    (y * 3.0).sum().backward()
    assert reused == [False]
    assert (kept[0].numpy() == 3).all()


def test_a_captured_gradient_is_not_overwritten(reused):
    x, weights = layers()
    y = relu_conv(x, weights[0])
    (dy,) = fastnn.autograd.grad((y * 3.0).sum(), [y])
    assert reused == [False]
    assert (dy.numpy() == 3).all()


def test_a_retained_gradient_is_not_overwritten():
    x, weights = layers()
    y = relu_conv(x, weights[0])
    y.retain_grad()
    (y * 3.0).sum().backward()
    assert (y.grad.numpy() == 3).all()


def test_a_given_gradient_is_not_changed(reused):
    x, weights = layers()
    dy = fastnn.ones(*SHAPE)
    relu_conv(x, weights[0]).backward(dy)
    assert reused == [False]
    assert (dy.numpy() == 1).all()


@pytest.mark.parametrize("soft", [False, True])
def test_a_saved_gradient_is_given_away_by_the_last_walk(soft):
    """The loss computes the gradient of its scores forward: without a copy it becomes `.grad`."""
    scores = fastnn.randn(4, 3).requires_grad_()
    target = fastnn.full((4, 3), 1 / 3).requires_grad_() if soft else fastnn.tensor([0, 2, 1, 1])
    loss = F.cross_entropy(scores, target)
    saved = loss.node.saved[0]
    loss.backward(retain_graph=True)
    assert not np.shares_memory(scores.grad.numpy(), saved)
    first = scores.grad.numpy().copy()
    scores.grad = None
    loss.backward()
    assert np.shares_memory(scores.grad.numpy(), saved)
    np.testing.assert_array_equal(scores.grad.numpy(), first)


def test_a_retained_graph_allows_another_backward(reused):
    x, weights = layers()
    loss = chain(x, weights)
    loss.backward(retain_graph=True)
    assert reused == [True, True]  # each walk computes these gradients anew
    first = weights[0].grad.numpy().copy()
    loss.backward(retain_graph=True)
    np.testing.assert_array_equal(weights[0].grad.numpy(), first * 2)
    loss.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        loss.backward()


def test_a_backward_makes_no_second_dy(monkeypatch):
    """The largest arrays of a step of training: x, y, dy and dx."""
    written = []

    def conv_backward(dy, x, w, y, *arguments):
        expected = np.where(y > 0, dy, 0)
        before = _core.config.pool_stats()["used_bytes"]
        grads = _core.conv_backward(dy, x, w, y, *arguments)
        written.append(np.array_equal(dy, expected))
        new = sum(grad.nbytes for grad in grads if grad is not None)
        assert _core.config.pool_stats()["used_bytes"] - before < new + dy.nbytes
        return grads

    monkeypatch.setattr(conv, "CONV", conv.CONV._replace(backward=conv_backward))
    x, weights = layers()
    loss = F.max_pool2d(relu_conv(x, weights[0]), 2).sum()
    loss.backward()
    assert written == [True]


# -- aliases: gradients share memory neither with each other nor with arrays of the user ---------


def leaf(*values):
    return fastnn.tensor(values, requires_grad=True)


def assert_separate(*arrays):
    for i, a in enumerate(arrays):
        for b in arrays[:i]:
            assert not np.shares_memory(a, b)


def same(a):
    return record(array(a), lambda node, dy: (dy,), (a,))


def test_a_fresh_gradient_is_adopted_by_one_leaf():
    made = []

    def backward(node, dy):
        made.append(weakref.ref(g := np.full(2, 5.0, np.float32)))
        return (g, g[:])

    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    record(array(x), backward, (x, y)).backward(np.ones(2))
    assert x.grad._array is made[0]()
    assert_separate(x.grad._array, y.grad._array)


def test_a_gradient_passed_on_unchanged_is_copied():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    start = np.ones(2, np.float32)
    (same(x * 1.0 + y) + y).backward(start)
    assert_separate(x.grad._array, y.grad._array, start)
    assert x.grad.tolist() == [1, 1]
    assert y.grad.tolist() == [2, 2]


def test_the_same_input_twice():
    x = leaf(1.0, 2.0)
    y = x * 1.0
    (y + y).backward(start := np.ones(2, np.float32))
    assert x.grad.tolist() == [2, 2]
    (x * x + x).backward(start)
    assert x.grad.tolist() == [5, 7]
    assert start.tolist() == [1, 1]


def test_a_sum_overwrites_a_term_that_the_walk_owns():
    """Either of the two terms may be owned; `dy` of the other branch does not change."""
    x = leaf(1.0, 2.0)
    kept = []
    y = same(x)
    branch = same(y)
    branch.register_hook(lambda g: kept.append(g))
    made = []

    def backward(node, dy):
        made.append(weakref.ref(g := np.full(2, 5.0, np.float32)))
        return (g,)

    total = []
    y.register_hook(lambda g: total.append(g))
    (record(array(y), backward, (y,)) + branch).backward(np.ones(2, np.float32))
    assert total[0]._array is made[0]()
    assert total[0].tolist() == [6, 6]
    assert kept[0].tolist() == [1, 1]


def test_a_second_backward_adds_in_place():
    x = leaf(1.0, 2.0)
    (x * 2.0).backward(np.ones(2))
    first = x.grad._array
    (x * 3.0).backward(np.ones(2))
    assert x.grad._array is first
    assert first.tolist() == [5, 5]


def test_outputs_that_return_their_gradients():
    def backward(node, *dys):
        return [dy.view() for dy in dys]

    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    start = [np.ones(2, np.float32), np.ones(2, np.float32)]
    fastnn.autograd.backward(record_many((array(x), array(y)), backward, (x, y)), start)
    assert_separate(x.grad._array, y.grad._array, *start)


# -- user functions and hooks may keep and return any array ---------------------------------------


def user_function(returned):
    class Mine(Function):
        @staticmethod
        def forward(ctx, x, y):
            return fastnn.Tensor(x._array + y._array)

        @staticmethod
        def backward(ctx, dy):
            return returned(dy)

    return Mine.apply


KEPT = np.full((2, 2), 3.0, np.float32)


@pytest.mark.parametrize(
    "returned",
    [
        lambda dy: (dy, dy),
        lambda dy: (dy, dy.data),
        lambda dy: (dy._array[:], dy.reshape(2, 1).reshape(2)),
        lambda dy: (KEPT[0], KEPT[0]),
        lambda dy: (fastnn.from_numpy(KEPT[0]), KEPT[:, 0]),
        lambda dy: (dy * 2.0,) * 2,
    ],
)
def test_functions_may_return_one_array_twice(returned):
    x, y, start = leaf(1.0, 2.0), leaf(3.0, 4.0), np.ones(2, np.float32)
    user_function(returned)(x, y).backward(start)
    assert_separate(x.grad._array, y.grad._array, start, KEPT)
    a, b = same(x), same(y)
    (user_function(returned)(a, b) + a + b).backward(start)
    assert x.grad.tolist() == y.grad.tolist()
    assert (start == 1).all()
    assert (KEPT == 3).all()


def test_a_function_may_keep_its_gradient(reused):
    kept = []

    def returned(dy):
        kept.append(dy)
        return dy, None

    x, weights = layers()
    y = user_function(returned)(relu_conv(x, weights[0]), fastnn.zeros(1))
    (y * 3.0).sum().backward()
    assert reused == [False]
    assert (kept[0].numpy() == 3).all()


def test_hooks_of_modules_may_keep_gradients(reused):
    kept = []
    x, weights = layers()
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda module, dx, dy: kept.extend([*dx, *dy]))
    (layer(relu_conv(x, weights[0])) * 3.0).sum().backward()
    assert reused == [False]
    assert all((g.numpy() == 3).all() for g in kept)
    assert len(kept) == 2


def test_a_hook_on_a_leaf_may_keep_its_gradient():
    kept = []
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: kept.append(g))
    (x * 3.0).backward(np.ones(2))
    assert_separate(x.grad._array, kept[0]._array)
    x.grad.zero_()
    assert kept[0].tolist() == [3, 3]


def test_threads_run_backward_through_several_outputs():
    """Gradients of outputs collected so far belong to the walk, not to the graph."""
    x = leaf(*np.arange(64.0))
    y = x
    for _ in range(50):
        y = fastnn.cat(fastnn.split(y * 1.0, 8))
    y = y.sum()
    results = []

    def work(_):
        results.append(fastnn.autograd.grad(y, x, retain_graph=True)[0].tolist())

    in_threads(work)
    assert results == [[1.0] * 64] * 4


# -- the source ----------------------------------------------------------------------------------


def test_no_reference_counts_of_the_interpreter():
    for path in Path(fastnn.__file__).parent.rglob("*.py"):
        assert not re.search("getrefcount|get_referrers", path.read_text("utf-8")), path


def test_the_tape_has_the_length_in_the_readme():
    root = Path(__file__).parents[2]
    lines = int(
        re.search(r"tape is (\d+) lines of Python", (root / "README.md").read_text("utf-8"))[1]
    )
    source = root / "fastnn/autograd/tape.py"
    assert len(source.read_text("utf-8").splitlines()) <= lines
