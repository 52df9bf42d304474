"""float16 and bfloat16: types to store tensors in, whose arithmetic is that of float32."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core

ml_dtypes = pytest.importorskip(
    "ml_dtypes", reason="ml_dtypes, which has bfloat16, is not installed"
)

HALF, BRAIN = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
NARROW = pytest.mark.parametrize("dtype", [HALF, BRAIN], ids=str)


def every(dtype: np.dtype) -> np.ndarray:
    return np.arange(1 << 16, dtype=np.uint16).view(dtype)


def numbers(dtype: np.dtype, seed: int = 0, size: int = 60) -> fastnn.Tensor:
    values = np.random.default_rng(seed).standard_normal(size) * 3
    return fastnn.tensor(values.astype(np.float32).astype(dtype))


def bits(x: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x.astype(np.float32)), 0xFFFF, x.view(np.uint16))


def every_float64(dtype: np.dtype) -> np.ndarray:
    """The same in float64; the cast of ml_dtypes warns of signalling NaN."""
    with np.errstate(invalid="ignore"):
        return every(dtype).astype(np.float64)


def around(dtype: np.dtype, wide: type) -> np.ndarray:
    """Every number, each middle between neighbours, and what lies closest on both sides."""
    finite = np.unique(every_float64(dtype))
    finite = finite[np.isfinite(finite)]
    most = finite[-1]
    ends = [most + (most - finite[-2]) * k for k in (0.49, 0.5, 0.51, 1, 2)]
    x = np.concatenate([finite, (finite[1:] + finite[:-1]) / 2, ends, [np.inf, np.nan]])
    with np.errstate(over="ignore"):
        x = np.concatenate([x, -x]).astype(wide)
        return np.concatenate([x, np.nextafter(x, wide(np.inf)), np.nextafter(x, wide(-np.inf))])


def nearest(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The nearest number of the type, of two the one with an even fraction, by search."""
    known = every_float64(dtype)[: 1 << 15]
    last = int(np.isfinite(known).sum())  # infinity counts as the number after the largest
    known = known[:last]
    known = np.append(known, 2 * known[-1] - known[-2])
    size = np.abs(x.astype(np.float64))
    at = np.clip(np.searchsorted(known, size), 1, last)
    low, high = size - known[at - 1], known[at] - size
    code = np.where((high < low) | ((high == low) & (at % 2 == 0)), at, at - 1)
    code = np.where(np.isnan(size), 0xFFFF, code | np.where(np.signbit(x), 0x8000, 0))
    return code.astype(np.uint16)


@NARROW
@pytest.mark.parametrize("wide", [np.float32, np.float64])
def test_conversions_are_exact_one_way_and_round_once_the_other(dtype, wide):
    y = _core.astype(every(dtype), np.empty(0, wide))
    assert y.dtype == wide
    np.testing.assert_array_equal(y, every_float64(dtype))
    x = around(dtype, wide)
    y = _core.astype(x, np.empty(0, dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(bits(y), nearest(x, dtype))


@NARROW
def test_conversions_of_strided_arrays_and_integers(dtype):
    x = np.random.default_rng(1).standard_normal((7, 9, 5)).astype(np.float32)
    want = _core.astype(x, np.empty(0, dtype))
    for view, expected in ((x[::2, ::-1], want[::2, ::-1]), (x.T, want.T)):
        y = _core.astype(view, np.empty(0, dtype))
        np.testing.assert_array_equal(bits(y), bits(np.ascontiguousarray(expected)))
    whole = fastnn.tensor([-300, 0, 1, 255, 2049, 70000])
    assert fastnn.allclose(whole.to(dtype).double(), whole.double(), 2**-8) or dtype == HALF
    assert whole.to(dtype)[:4].long().tolist() == [-300, 0, 1, 255]
    assert whole.to(dtype).bool().tolist() == [True, False, True, True, True, True]
    assert fastnn.tensor([True, False]).to(dtype).tolist() == [1.0, 0.0]
    assert whole[:4].short().to(dtype).char().dtype == np.int8


@NARROW
def test_makers_hold_the_type(dtype):
    for x in (
        fastnn.tensor([1.0, 2.0], dtype=dtype),
        fastnn.ones(2, dtype=dtype),
        fastnn.full((2,), 3, dtype=dtype),
        fastnn.arange(2, dtype=dtype),
        fastnn.from_numpy(np.ones(2, dtype)),
        fastnn.as_tensor(np.ones(2, dtype)),
        fastnn.tensor([1.0, 2.0]).to(dtype),
        fastnn.zeros(2).type_as(fastnn.ones(1, dtype=dtype)),
        fastnn.frombuffer(bytearray(4), dtype=dtype),
        numbers(dtype, size=2).new_zeros(2),
        fastnn.empty_like(numbers(dtype, size=2)),
    ):
        assert x.dtype == dtype
        assert x.shape == (2,)
        assert x.is_floating_point()
        assert x.element_size() == 2


MOVES = {
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.view(6, 10).t().contiguous(),
    "reshape": lambda x: x.view(6, 10).t().reshape(-1),
    "cat": lambda x: fastnn.cat([x, x]),
    "stack": lambda x: fastnn.stack([x, x], 1),
    "index": lambda x: x[fastnn.tensor([3, 3, 1])],
    "slice": lambda x: x[3:40:2],
    "mask": lambda x: x[fastnn.arange(60) % 2 == 0],
    "gather": lambda x: x.gather(0, fastnn.tensor([5, 5, 0])),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(7),
    "repeat": lambda x: x.repeat(2),
    "expand": lambda x: x.expand(3, 60),
    "pad": lambda x: F.pad(x, (1, 2)),
    "tril": lambda x: x.view(6, 10).tril(),
    "masked_fill": lambda x: x.masked_fill(fastnn.arange(60) > 30, 0.5),
    "where": lambda x: fastnn.where(fastnn.arange(60) > 30, x, 0.25),
    "sort": lambda x: x.sort()[0],
    "topk": lambda x: x.topk(5)[0],
    "scatter_add": lambda x: x.scatter_add(0, fastnn.tensor([1, 1]), x[:2]),
}


@NARROW
@pytest.mark.parametrize("move", MOVES)
def test_elements_move_unchanged_and_so_do_gradients(dtype, move):
    x, wide = numbers(dtype).requires_grad_(), numbers(dtype).float().requires_grad_()
    y, want = MOVES[move](x), MOVES[move](wide)
    assert y.dtype == dtype
    near = 2e-2 if move == "scatter_add" else 0
    assert fastnn.allclose(y.float(), want, near, near)
    dy = numbers(dtype, 1, want.numel()).view(want.shape)
    y.backward(dy)
    want.backward(dy.float())
    assert x.grad.dtype == dtype
    assert fastnn.allclose(x.grad.float(), wide.grad.to(dtype).float(), 2**-6, 0.0)


ARITHMETIC = {
    "add": lambda x, y: x + y,
    "number": lambda x, y: 0.1 * x - 3,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1),
    "pow": lambda x, y: x**2,
    "exp": lambda x, y: fastnn.exp(x),
    "sqrt": lambda x, y: x.abs().sqrt(),
    "sin": lambda x, y: x.sin(),
    "clamp": lambda x, y: x.clamp(-1, 0.3),
    "maximum": lambda x, y: fastnn.maximum(x, y),
    "round": lambda x, y: x.round() + x.floor() + x.trunc(),
    "column": lambda x, y: x.view(6, 10) * y[:6].view(6, 1),
}


@NARROW
@pytest.mark.parametrize("op", ARITHMETIC)
def test_arithmetic_is_that_of_float32_rounded(dtype, op):
    inputs = [numbers(dtype, seed).requires_grad_() for seed in (0, 1)]
    wide = [numbers(dtype, seed).float().requires_grad_() for seed in (0, 1)]
    y, want = ARITHMETIC[op](*inputs), ARITHMETIC[op](*wide)
    assert y.dtype == dtype
    steps = 4 * 2.0 ** (-8 if dtype == BRAIN else -11)  # of some operations one after the other
    assert fastnn.allclose(y.float(), want, steps, steps)
    y.sum_to_size(y.shape).backward(fastnn.ones(y.shape, dtype=dtype))
    want.backward(fastnn.ones(want.shape))
    for x, w in zip(inputs, wide):
        if w.grad is not None:
            assert x.grad.dtype == dtype
            assert fastnn.allclose(x.grad.float(), w.grad, 8 * steps, 8 * steps)


@NARROW
def test_one_operation_rounds_once(dtype):
    x, y = numbers(dtype), numbers(dtype, 1)
    for op in (fastnn.add, fastnn.sub, fastnn.mul, fastnn.div, fastnn.pow):
        first = x.abs() if op is fastnn.pow else x
        want = op(first.float(), y.float()).numpy()
        np.testing.assert_array_equal(bits(op(first, y).numpy()), nearest(want, dtype))


@NARROW
def test_overflow_gives_infinity_without_a_warning(dtype):
    most = fastnn.tensor([float(fastnn.finfo(dtype).max)], dtype=dtype)
    assert (most * 2).tolist() == [np.inf]
    assert (-most * most).tolist() == [-np.inf]
    assert most.double().mul(2).to(dtype).tolist() == [np.inf]
    with pytest.raises(RuntimeError, match="without overflow"):
        fastnn.full((1,), 1e39, dtype=dtype)


@NARROW
def test_operands_beyond_the_range_give_no_warning(dtype):
    x = fastnn.tensor([1.0, 2.0], dtype=dtype)
    large = fastnn.tensor([1e-3, 1e300], dtype=fastnn.float64)
    x += large
    assert x[1].item() == np.inf
    assert (x + large[1])[0].item() == np.inf


@NARROW
def test_bytes_in_another_order(dtype):
    values = np.arange(6).astype(dtype)
    swapped = values.byteswap().view(dtype.newbyteorder(">" if sys.byteorder == "little" else "<"))
    x = fastnn.Tensor(swapped)
    assert x.float().tolist() == x.double().tolist() == [0, 1, 2, 3, 4, 5]


@NARROW
def test_comparisons_are_elementwise_and_round_numbers(dtype):
    x = fastnn.tensor([0.1, 0.5, np.nan], dtype=dtype)
    assert (x == x).tolist() == [True, True, False]
    assert (x != x).tolist() == [False, False, True]
    assert (x == 0.1).tolist() == [True, False, False]
    assert (x < 0.5).tolist() == [True, False, False]
    assert (x < 1e38).tolist() == [True, True, False]
    assert (x >= fastnn.tensor([0.0, 1.0, 1.0])).tolist() == [True, False, False]
    assert x.isnan().tolist() == [False, False, True]
    assert fastnn.equal(x[:2], x[:2].clone())


def test_types_meet_as_in_pytorch():
    half, brain = fastnn.ones(2, dtype=HALF), fastnn.ones(2, dtype=BRAIN)
    assert (half + brain).dtype == np.float32
    assert (brain + fastnn.ones(2)).dtype == np.float32
    assert (brain + fastnn.ones(2, dtype=np.int64)).dtype == BRAIN
    assert (brain + fastnn.tensor(1.5)).dtype == BRAIN
    assert (brain * 1.5).dtype == BRAIN
    assert fastnn.cat([brain, fastnn.zeros(1)]).dtype == np.float32
    assert fastnn.promote_types(BRAIN, HALF) == np.float32
    assert fastnn.can_cast(np.float32, BRAIN)
    assert not fastnn.can_cast(BRAIN, np.int64)
    assert brain.type() == "torch.BFloat16Tensor"
    brain += half
    assert brain.dtype == BRAIN
    assert brain.tolist() == [2.0, 2.0]


@NARROW
def test_copies_printing_data_and_pickles(dtype):
    x = fastnn.tensor([[1.5, -2.0], [3.0, 0.25]], dtype=dtype)
    assert repr(x[0]) == f"tensor([ 1.5, -2. ], dtype={dtype})"
    assert x[1, 1].item() == 0.25
    assert fastnn.equal(pickle.loads(pickle.dumps(x)), x)
    w = x.clone().requires_grad_()
    w.data[0] = 7
    w.data *= 2
    assert w.tolist() == [[14.0, 14.0], [6.0, 0.5]]
    assert w.requires_grad
    y = fastnn.zeros(2, 2).copy_(x)
    assert y.tolist() == x.tolist()


@NARROW
def test_a_module_is_stored_in_it(dtype):
    layer = fastnn.nn.Sequential(fastnn.nn.Linear(3, 2), fastnn.nn.BatchNorm1d(2))
    weight = layer[0].weight.detach().clone()
    layer.half() if dtype == HALF else layer.bfloat16()
    assert layer[0].weight.dtype == layer[1].running_mean.dtype == dtype
    assert layer[1].num_batches_tracked.dtype == np.int64
    with pytest.raises(TypeError, match=str(dtype)):
        layer(fastnn.ones(4, 3, dtype=dtype))
    layer.float()
    assert fastnn.allclose(layer[0].weight, weight, 2**-8, 0.0)
    assert layer(fastnn.ones(4, 3)).shape == (4, 2)


@pytest.mark.parametrize(
    "op",
    [
        lambda x: x.sum(),
        lambda x: x.cumsum(0),
        lambda x: x @ x.t(),
        lambda x: x.logsumexp(0),
        lambda x: x.any(),
        lambda x: x.amax(),
        lambda x: F.softmax(x, -1),
        lambda x: F.gelu(x),
        lambda x: F.linear(x, x),
        lambda x: F.dropout(x),
        lambda x: F.mse_loss(x, x),
        lambda x: fastnn.special.legendre_polynomial_p(x, 2).sum(),
        lambda x: fastnn.optim.SGD([x.requires_grad_()], 0.1),
    ],
)
@NARROW
def test_what_does_not_compute_with_it_names_it(dtype, op):
    with pytest.raises(TypeError, match=str(dtype)):
        op(fastnn.ones(2, 2, dtype=dtype))


def test_the_sum_of_a_broadcast_gradient_is_that_of_float32():
    x = fastnn.ones(1, dtype=BRAIN, requires_grad=True)
    (x * fastnn.ones(1000, dtype=BRAIN)).backward(fastnn.ones(1000, dtype=BRAIN))
    assert x.grad.tolist() == [1000.0]  # a sum in bfloat16 ends at 256


@NARROW
def test_factors_may_be_fractions(dtype):
    x, i = fastnn.tensor([1.0, 2.0], dtype=dtype), fastnn.tensor([0, 1])
    for y, want in (
        (fastnn.add(x, x, alpha=0.5), [1.5, 3.0]),
        (fastnn.sub(x, x, alpha=0.5), [0.5, 1.0]),
        (fastnn.addcmul(x, x, x, value=0.5), [1.5, 4.0]),
        (fastnn.index_add(x, 0, i, x, alpha=0.5), [1.5, 3.0]),
    ):
        assert y.dtype == dtype
        assert y.tolist() == want
    assert (x.uniform_() >= 0).all()
    assert x.dtype == dtype


def test_an_average_of_bfloat16_keeps_its_fractions():
    model = fastnn.nn.Linear(1, 1, bias=False).to(BRAIN)
    with fastnn.no_grad():
        model.weight.fill_(0.5)
    averaged = fastnn.optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    with fastnn.no_grad():
        model.weight.fill_(1.0)
    averaged.update_parameters(model)
    assert averaged.module.weight.tolist() == [[0.75]]


def test_bytes_whose_class_has_the_name_are_no_numbers():
    x = np.zeros(3, np.dtype((type("bfloat16", (np.void,), {}), [("a", np.uint16)])))
    with pytest.raises(TypeError, match="input must have dtype float32 or float64"):
        _core.add(x, x)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ImportError, match="pip install ml_dtypes"):
        _ = fastnn.bfloat16


def test_arithmetic_beside_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    x = np.random.default_rng(3).standard_normal((2, 500)).astype(np.float32) * 4
    for name in ("float16", "bfloat16"):
        a, b = (torch.tensor(row).to(getattr(torch, name)) for row in x)
        p, q = (fastnn.tensor(row).to(getattr(fastnn, name)) for row in x)
        for op in (
            lambda x, y: x + y,
            lambda x, y: x * 0.1,
            lambda x, y: x - y * 0.3,
            lambda x, y: x / y,
            lambda x, y: x.exp(),
            lambda x, y: x.sqrt(),
            lambda x, y: x < 0.1,
            lambda x, y: x == y,
            lambda x, y: x.round(),
            lambda x, y: x.clamp(-1, 0.3),
        ):
            want, got = op(a, b), op(p, q)
            assert str(got.dtype) == str(want.dtype).removeprefix("torch.")
            np.testing.assert_allclose(
                got.double().numpy(), want.double().numpy(), rtol=2.0**-8, atol=0
            )
