"""The tape: recording, the backward pass, and ownership of its results."""

import gc
import threading
import weakref

import numpy as np
import pytest

import fastnn
from fastnn.autograd.record import array, record, record_many
from tests.harness import in_threads


def mul(a, b):
    """A product in NumPy, to test the tape without kernels."""
    x, y = array(a), array(b)
    return record(x * y, mul_backward, (a, b), x, y)


def mul_backward(node, dy):
    x, y = node.saved
    return dy * y if node.needs[0] else None, dy * x if node.needs[1] else None


def add(a, b):
    return record(array(a) + array(b), lambda node, dy: (dy, dy), (a, b))


def same(a):
    return record(array(a), lambda node, dy: (dy,), (a,))


def total(a):
    x = array(a)
    return record(x.sum(), lambda node, dy: (np.broadcast_to(dy, node.saved[0]),), (a,), x.shape)


def leaf(*values):
    return fastnn.tensor(values, requires_grad=True)


def test_chain_rule():
    x, y = leaf(2.0, 3.0), leaf(5.0, 7.0)
    total(add(mul(x, y), x)).backward()
    assert x.grad.tolist() == [6, 8]
    assert y.grad.tolist() == [2, 3]


def test_gradients_accumulate_over_calls():
    x = leaf(3.0)
    for expected in (6, 12, 18):
        mul(x, x).backward()
        assert x.grad.tolist() == [expected]


def test_diamond_shaped_graph():
    x = leaf(2.0)
    a = mul(x, x)
    b, c = mul(a, 3.0), mul(a, a)
    add(b, c).backward()
    assert x.grad.item() == pytest.approx(3 * 2 * 2 + 4 * 2**3)


def test_nothing_is_recorded_without_need():
    x = fastnn.ones(2)
    assert mul(x, x).node is None
    w = leaf(1.0)
    with fastnn.no_grad():
        assert mul(w, w).node is None
        with fastnn.enable_grad():
            assert mul(w, w).node is not None
    assert mul(w, w.detach()).node.needs == (True, False)


def test_recording_modes():
    w = leaf(1.0)

    @fastnn.no_grad()
    def without(x):
        return mul(x, x)

    @fastnn.no_grad
    def bare(x):
        return mul(x, x)

    @fastnn.set_grad_enabled(False)
    def by_value(x):
        return mul(x, x)

    assert fastnn.is_grad_enabled()
    for function in (without, bare, by_value):
        assert function(w).node is None
        assert fastnn.is_grad_enabled()
    with pytest.raises(KeyError), fastnn.no_grad():
        raise KeyError
    assert fastnn.is_grad_enabled()
    with fastnn.set_grad_enabled(False):
        assert not fastnn.is_grad_enabled()
    fastnn.set_grad_enabled(False)
    assert not fastnn.is_grad_enabled()
    fastnn.set_grad_enabled(True)


def test_one_block_object_may_be_entered_twice():
    block = fastnn.no_grad()
    with block:
        with block:
            pass
        assert not fastnn.is_grad_enabled()
    assert fastnn.is_grad_enabled()


def test_recording_is_switched_for_each_thread():
    seen = []
    with fastnn.no_grad():
        thread = threading.Thread(target=lambda: seen.append(fastnn.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_backward_needs_a_gradient():
    with pytest.raises(RuntimeError, match="backward: the tensor does not require a gradient"):
        fastnn.ones(1).backward()
    with pytest.raises(RuntimeError, match=r"implicit only for scalars; pass one of shape \(2,\)"):
        leaf(1.0, 2.0).backward()
    with pytest.raises(RuntimeError, match=r"must have shape \(2,\), got \(3,\)"):
        same(leaf(1.0, 2.0)).backward(np.ones(3))


def test_second_backward():
    x = leaf(3.0)
    y = mul(x, x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12]
    with pytest.raises(RuntimeError, match="pass retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [12]


def test_saved_arrays_are_freed_during_backward():
    x = leaf(3.0)
    saved = np.ones(1, np.float32)
    alive = weakref.ref(saved)
    y = mul(x, saved)
    del saved
    y.backward()
    assert alive() is None


def test_a_long_chain_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = same(y)
    y.backward()
    assert x.grad.tolist() == [1]
    del y  # nor does freeing it


def test_a_long_chain_is_freed_without_recursion():
    y = leaf(1.0)
    for _ in range(100_000):
        y = mul(y, y)
    del y


def test_graphs_have_no_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        a = mul(x, x)
        b = same(a)
        a.register_hook(lambda g: None)
        a.retain_grad()
        c = fastnn.split(total(b).reshape(1), 1)[0]
        alive = [weakref.ref(t) for t in (a, b, c)]
        c.backward()
        del a, b, c
        assert [t() for t in alive] == [None] * 3
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_inputs_of_operations_are_not_kept_alive():
    x = leaf(1.0)
    a = same(x)
    alive = weakref.ref(a)
    b = same(a)
    del a
    assert alive() is None
    b.backward()
    assert x.grad.tolist() == [1]


# -- ownership of gradients --------------------------------------------------------------------


def test_gradients_share_no_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    start = np.ones(2, np.float32)
    add(x, y).backward(start)
    assert not np.shares_memory(x.grad._array, y.grad._array)
    assert not np.shares_memory(x.grad._array, start)
    assert not np.shares_memory(y.grad._array, start)
    z = leaf(1.0, 2.0)
    z.backward(start)
    assert not np.shares_memory(z.grad._array, start)


def test_views_and_saved_arrays_are_copied():
    kept = np.ones((2, 1), np.float32)
    for make in (lambda: kept.reshape(2), lambda: kept[:, 0], lambda: np.broadcast_to(kept[0], 2)):
        x = leaf(1.0, 2.0)
        record(array(x), lambda node, dy, make=make: (make(),), (x,)).backward(np.ones(2))
        assert not np.shares_memory(x.grad._array, kept)
        assert x.grad._array.flags.writeable


def test_a_fresh_array_is_adopted():
    address = []

    def backward(node, dy):
        g = np.full(2, 5.0, np.float32)
        address.append(g.ctypes.data)
        return (g,)

    x = leaf(1.0, 2.0)
    record(array(x), backward, (x,)).backward(np.ones(2))
    assert x.grad._array.ctypes.data == address[0]


def test_a_view_of_a_kept_array_is_copied():
    kept = []

    def backward(node, dy):
        kept.append(np.full(2, 5.0, np.float32))
        return (kept[-1].view(),)

    x = leaf(1.0, 2.0)
    record(array(x), backward, (x,)).backward(np.ones(2))
    assert not np.shares_memory(x.grad._array, kept[0])


def test_sums_inside_the_graph_do_not_change_their_terms():
    x = leaf(1.0)
    seen = []
    a = same(x)
    parts = [same(a) for _ in range(4)]
    for part in parts:
        part.register_hook(lambda g: seen.append(g))
    y = add(add(parts[0], parts[1]), add(parts[2], parts[3]))
    y.backward()
    assert x.grad.tolist() == [4]
    assert [g.item() for g in seen] == [1] * 4


def test_gradient_has_the_type_of_its_leaf():
    x = leaf(1.0)
    record(array(x), lambda node, dy: (np.ones(1),), (x,)).backward()
    assert x.grad.dtype == np.float32


def test_the_error_names_a_wrong_shape():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"returned a gradient of shape \(3,\) for a tensor"):
        record(array(x), lambda node, dy: (np.ones(3),), (x,)).backward(np.ones(2))


def test_the_order_of_sums_is_fixed():
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((50, 100)).astype(np.float32)

    def once():
        x = fastnn.tensor(np.ones(100, np.float32), requires_grad=True)
        a = same(x)
        parts = [mul(a, w) for w in weights]
        fastnn.autograd.backward([total(p) for p in parts])
        return x.grad._array.tobytes()

    assert len({once() for _ in range(5)}) == 1


# -- several outputs -------------------------------------------------------------------------


def halves(x):
    a = array(x)
    return record_many((a[:1], a[1:]), halves_backward, (x,))


def halves_backward(node, *dys):
    return (np.concatenate([np.zeros(1, np.float32) if dy is None else dy for dy in dys]),)


def test_several_outputs():
    x = leaf(1.0, 2.0)
    a, b = halves(x)
    add(mul(a, 3.0), mul(b, 5.0)).backward()
    assert x.grad.tolist() == [3, 5]


def test_an_output_without_gradient():
    x = leaf(1.0, 2.0)
    halves(x)[1].backward()
    assert x.grad.tolist() == [0, 1]


def test_several_outputs_walked_twice():
    x = leaf(1.0, 2.0)
    a, b = halves(x)
    y = add(a, b)
    y.backward(retain_graph=True)
    a.backward()
    assert x.grad.tolist() == [2, 1]


# -- hooks -----------------------------------------------------------------------------------


def test_hooks_see_and_replace():
    x = leaf(1.0, 2.0)
    seen = []
    first = x.register_hook(lambda g: seen.append(g.tolist()))
    second = x.register_hook(lambda g: fastnn.tensor(g._array * 10))
    y = same(x)
    inner = y.register_hook(lambda g: g._array + 1)
    add(y, y).backward(np.ones(2))
    assert seen == [[3, 3]]
    assert x.grad.tolist() == [30, 30]
    first.remove()
    second.remove()
    inner.remove()
    inner.remove()
    x.grad = None
    same(x).backward(np.ones(2))
    assert x.grad.tolist() == [1, 1]
    assert len(seen) == 1


def test_hooks_of_a_graph_that_is_walked_twice():
    """They run in each walk, and their results do not build up in the graph."""
    x = leaf(1.0, 2.0)
    seen = []
    y = mul(x, x)
    y.register_hook(lambda g: seen.append(("y", g.tolist())))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(("x", g.tolist())))
    z = add(y, y)
    for turn in (1, 2, 3):
        z.backward(np.ones(2), retain_graph=turn < 3)
        assert seen == [("y", [2, 2]), ("x", [40, 80])] * turn
        assert x.grad.tolist() == [40 * turn, 80 * turn]
    with pytest.raises(RuntimeError, match="pass retain_graph=True"):
        z.backward(np.ones(2))
    assert x.grad.tolist() == [120, 240]


def test_a_hook_on_a_leaf_runs_once_for_the_sum():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.item()))
    add(add(x, x), mul(x, 5.0)).backward()
    assert seen == [7]


def test_hooks_of_a_leaf_that_is_an_output():
    """Once for the whole gradient, also where the leaf is an input of another output."""
    x = leaf(1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 10)
    x.backward(np.ones(2))
    assert seen == [[1, 1]]
    assert x.grad.tolist() == [10, 10]
    fastnn.autograd.backward([x, mul(x, x), x], [np.ones(2)] * 3)
    assert seen[1:] == [[4, 6]]
    assert x.grad.tolist() == [50, 70]
    (g,) = fastnn.autograd.grad([x, mul(x, x)], x, [np.ones(2)] * 2)
    assert seen[2:] == [[3, 5]]
    assert g.tolist() == [30, 50]
    assert x.grad.tolist() == [50, 70]


def test_hooks_are_checked():
    with pytest.raises(RuntimeError, match="register_hook: the tensor does not require"):
        fastnn.ones(1).register_hook(print)
    x = leaf(1.0)
    x.register_hook(lambda g: np.ones(3))
    with pytest.raises(RuntimeError, match=r"must return shape \(1,\), got \(3,\)"):
        same(x).backward()


def test_retain_grad():
    x = leaf(2.0)
    y = mul(x, x)
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    mul(y, 3.0).backward()
    assert y.grad.tolist() == [3]
    assert x.grad.tolist() == [12]
    assert not np.shares_memory(y.grad._array, x.grad._array)


# -- autograd.grad ---------------------------------------------------------------------------


def test_grad_does_not_change_grad():
    x, y = leaf(2.0), leaf(3.0)
    z = mul(x, y)
    dx, dz = fastnn.autograd.grad(mul(z, z), [x, z])
    assert dx.item() == 36
    assert dz.item() == 12
    assert x.grad is None
    assert y.grad is None


def test_grad_frees_the_graph_unless_it_is_retained():
    x = leaf(2.0)
    y = mul(x, x)
    assert fastnn.autograd.grad(y, x, retain_graph=True)[0].item() == 4
    assert fastnn.autograd.grad(y, x)[0].item() == 4
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        fastnn.autograd.grad(y, x)


def test_grad_of_unused_inputs():
    x, y = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match="grad: the outputs do not depend on input 1"):
        fastnn.autograd.grad(mul(x, x), [x, y])
    assert fastnn.autograd.grad(mul(x, x), [x, y], allow_unused=True)[1] is None
    with pytest.raises(RuntimeError, match="grad: input 0 does not require"):
        fastnn.autograd.grad(mul(x, x), fastnn.ones(1))


def test_arguments_of_grad_in_pytorchs_order():
    x, y = leaf(2.0), leaf(3.0)
    gradients = fastnn.autograd.grad(mul(x, x), (x, y), None, False, False, True, True)
    assert gradients[0].item() == 4
    assert gradients[1] is None


def test_grad_of_a_tensor_by_itself():
    x = leaf(2.0)
    assert fastnn.autograd.grad(x, x)[0].item() == 1
    y = mul(x, x)
    assert fastnn.autograd.grad([y, x], [y, x], [np.array([3.0]), None])[1].item() == 13


def test_backward_of_several():
    x = leaf(2.0)
    fastnn.autograd.backward([mul(x, x), x], [np.array([2.0]), np.array([5.0])])
    assert x.grad.item() == 13


def test_requires_grad_():
    x = fastnn.ones(2).requires_grad_()
    assert x.requires_grad
    with pytest.raises(RuntimeError, match="only leaves can be changed"):
        same(x).requires_grad_(False)
    with pytest.raises(RuntimeError, match="only floating point tensors"):
        fastnn.arange(3).requires_grad_()


def test_an_error_in_backward_leaves_the_tape_usable():
    x = leaf(1.0)

    def fail(node, dy):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(array(same(x)), fail, (same(x),)).backward()
    assert x.grad is None
    same(x).backward()
    assert x.grad.tolist() == [1]


def test_threads_may_run_backward_on_one_graph():
    x = leaf(*np.linspace(0, 1, 100).tolist())
    y = x
    for _ in range(200):
        y = mul(y, 1.0)
    y = total(y)
    results = []

    def work(_):
        results.append(fastnn.autograd.grad(y, x, retain_graph=True)[0].tolist())

    in_threads(work)
    assert results == [[1.0] * 100] * 4


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_broadcast_gradients_of_every_float_type(dtype):
    x = fastnn.ones(3, dtype=getattr(fastnn, dtype), requires_grad=True)
    dy = fastnn.from_numpy(np.arange(6).reshape(2, 3).astype(dtype))
    x.expand(2, 3).backward(dy)
    assert x.grad.dtype == np.dtype(dtype)
    assert x.grad.tolist() == [3.0, 5.0, 7.0]
