"""Clipping of gradients, by norm and by value."""

import math

import numpy as np
import pytest

import fastnn
from fastnn import kernels
from fastnn.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from tests.harness import isa, isa_levels, numbers, threads

SHAPES = [(), (0,), (1,), (16,), (17,), (3, 41), (200, 300)]


def model(dtype="float64"):
    """Parameters of many shapes with gradients, and one without."""
    params = [fastnn.zeros(*shape, dtype=dtype, requires_grad=True) for shape in SHAPES]
    for i, p in enumerate(params):
        p.grad = fastnn.Tensor(numbers(*p.shape, seed=i).astype(dtype))
    return [*params, fastnn.zeros(3, requires_grad=True)]


def flat(params):
    return np.concatenate([p.grad._array.reshape(-1) for p in params if p.grad is not None])


def norm_of(x, p):
    """The norm of order p, its sum exact."""
    return np.abs(x).max() if p == np.inf else math.fsum(np.abs(x) ** p) ** (1 / p)


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [1, 2, 3, 0.5, np.inf])
def test_norm(p, dtype, level):
    params = model(dtype)
    before = flat(params).astype(np.float64)
    want = norm_of(before, p)
    eps = float(np.finfo(dtype).eps)
    # A sum is as deep as the tree of its terms; a root of order p multiplies its error by 1/p.
    depth = (np.log2(before.size) + 4) * max(1, 1 / p)
    with isa(level):
        norm = clip_grad_norm_(params, 0.1 * want, p)
        assert norm.shape == ()
        assert norm.dtype == dtype
        assert norm.item() == pytest.approx(want, rel=depth * eps)
        np.testing.assert_allclose(flat(params), before * 0.1, rtol=depth * eps + 1e-6 / want)
        kept = flat(params)
        clip_grad_norm_(params, want, p)  # already small enough
        np.testing.assert_array_equal(flat(params), kept)


@pytest.mark.parametrize("level", isa_levels())
def test_value(level):
    params = model()
    before = flat(params)
    with isa(level):
        clip_grad_value_(params, 0.7)
    np.testing.assert_array_equal(flat(params), np.clip(before, -0.7, 0.7))


def test_one_tensor_and_none():
    p = fastnn.zeros(2, requires_grad=True)
    assert clip_grad_norm_(p, 1.0).item() == 0
    p.grad = fastnn.tensor([3.0, 4.0])
    assert clip_grad_norm_(p, 10).item() == 5
    assert clip_grad_norm_([], 1.0).item() == 0
    clip_grad_value_(p, 3.5)
    assert p.grad.tolist() == [3.0, 3.5]
    assert get_total_norm(iter([p.grad])).item() == pytest.approx(np.hypot(3, 3.5))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("p", [2, np.inf, 3])
def test_not_finite(value, p):
    params = model()
    params[4].grad._array[5] = value
    before = flat(params)
    kind = "NaN" if np.isnan(value) else "infinite"
    match = rf"the total norm of order .*: the gradient of parameter 4 of .* has 1 {kind} of 17$"
    with pytest.raises(RuntimeError, match=match):
        clip_grad_norm_(params, 1.0, p, error_if_nonfinite=True)
    np.testing.assert_array_equal(flat(params), before)
    norm = clip_grad_norm_(params, 1.0, p)
    np.testing.assert_array_equal(norm._array, value)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(flat(params), before * (1.0 / value))
    params[4].grad._array[5] = value
    clip_grad_value_(params, 1.0)
    np.testing.assert_array_equal(params[4].grad._array[5], np.clip(value, -1, 1))


def test_the_parameter_that_is_not_finite_is_named():
    layers = fastnn.nn.Sequential(fastnn.nn.Linear(2, 3), fastnn.nn.Embedding(4, 2, sparse=True))
    for p in layers[0].parameters():
        p.grad = fastnn.zeros(*p.shape)
    layers[1](fastnn.tensor([1, 3])).backward(fastnn.tensor([[1.0, np.inf], [np.nan, np.nan]]))
    match = r"the gradient of `1.weight` of shape \(4, 2\) has 2 NaN and 1 infinite of 4$"
    with pytest.raises(RuntimeError, match=match):
        clip_grad_norm_(layers.named_parameters(), 1.0, error_if_nonfinite=True)
    layers[0].bias.grad[1] = np.nan
    match = r"the gradient of `0.bias` of shape \(3,\) has 1 NaN of 3, and 1 more are not finite$"
    with pytest.raises(RuntimeError, match=match):
        clip_grad_norm_(layers.named_parameters(), 1.0, error_if_nonfinite=True)
    with pytest.raises(RuntimeError, match=r"not finite: tensor 1 of shape \(\) has 1 infinite"):
        get_total_norm([fastnn.ones(2), fastnn.tensor(np.inf)], error_if_nonfinite=True)
    with pytest.raises(RuntimeError, match="each element is finite, and the norm is too large"):
        get_total_norm([fastnn.full((2,), 1e308, dtype="float64")], 1, error_if_nonfinite=True)


def test_named_parameters():
    params = model()
    again = model()
    norm = clip_grad_norm_([(f"p{i}", p) for i, p in enumerate(params)], 0.5)
    assert norm.item() == clip_grad_norm_(again, 0.5).item()
    clip_grad_value_([(f"p{i}", p) for i, p in enumerate(params)], 0.1)
    clip_grad_value_(again, 0.1)
    np.testing.assert_array_equal(flat(params), flat(again))


@pytest.mark.parametrize("call", [clip_grad_norm_, clip_grad_value_, get_total_norm])
def test_a_module_in_place_of_its_parameters(call):
    for layer in (fastnn.nn.Linear(2, 3), fastnn.nn.Sequential(fastnn.nn.Linear(2, 3))):
        with pytest.raises(TypeError, match=rf"{call.__name__}: pass the parameters of the"):
            call(layer, 1.0)


def test_float32_squares_do_not_overflow():
    p = fastnn.zeros(2, requires_grad=True)
    p.grad = fastnn.tensor([3e30, 4e30])
    assert clip_grad_norm_(p, 1.0).item() == pytest.approx(5e30)
    np.testing.assert_allclose(p.grad._array, [0.6, 0.8], rtol=1e-6)


def test_layouts():
    for change in (np.asfortranarray, lambda x: np.repeat(x, 2, 1)[:, ::2], lambda x: x[::-1]):
        p = fastnn.zeros(5, 7, dtype="float64", requires_grad=True)
        p.grad = fastnn.Tensor(change(numbers(5, 7)))
        before = p.grad._array.copy()
        memory = p.grad._array
        norm = clip_grad_norm_(p, 1.0)
        assert p.grad._array is memory
        np.testing.assert_allclose(memory, before / (norm.item() + 1e-6), rtol=1e-14)
        clip_grad_value_(p, 0.1)
        np.testing.assert_array_equal(
            memory, np.clip(before * (1 / (norm.item() + 1e-6)), -0.1, 0.1)
        )


def test_threads():
    results = set()
    for n in (1, 2, 3, 7):
        with threads(n):
            params = model("float32")
            norm = clip_grad_norm_(params, 1.0)
            results.add((norm._array.tobytes(), flat(params).tobytes()))
    assert len(results) == 1


def test_errors():
    with pytest.raises(ValueError, match="clip_grad_norm_: norm_type must be positive, got 0"):
        clip_grad_norm_(model(), 1.0, 0)
    with pytest.raises(ValueError, match="clip_value must not be negative, got -1"):
        clip_grad_value_(model(), -1.0)
    with pytest.raises(ValueError, match="grad_norm: p must be positive, got nan"):
        kernels.grad_norm([np.ones(2)], np.nan)
    with pytest.raises(TypeError, match=r"grads\[1\] must have dtype float32 or float64"):
        kernels.grad_norm([np.ones(2), np.ones(2, int)], 2.0)
    with pytest.raises(ValueError, match="norm must be one float64 number"):
        kernels.clip_grad_norm([np.ones(2)], np.ones(2), 1.0)
    frozen = np.ones(2)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match=r"grads\[0\] must be writable"):
        kernels.clip_grad_value([frozen], 1.0)


def test_matches_torch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    for p in (1.0, 2.0, np.inf):
        ours = model()[:-1]
        theirs = [torch.zeros(q.shape, dtype=torch.float64, requires_grad=True) for q in ours]
        for a, b in zip(theirs, ours):
            a.grad = torch.tensor(b.grad._array)
        if p == np.inf:  # PyTorch rejects the maximum of no elements
            ours, theirs = ours[2:], theirs[2:]
        want = torch.nn.utils.clip_grad_norm_(theirs, 1.0, p)
        assert clip_grad_norm_(ours, 1.0, p).item() == pytest.approx(want.item(), rel=1e-12)
        for a, b in zip(theirs, ours):
            np.testing.assert_allclose(b.grad._array, a.grad.numpy(), rtol=1e-12)
