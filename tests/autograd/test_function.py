"""User-defined operations."""

import gc
import weakref

import numpy as np
import pytest

import fastnn
from fastnn.autograd import Function
from fastnn.testing import gradcheck


class Scale(Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return fastnn.Tensor(x._array * factor)

    @staticmethod
    def backward(ctx, dy):
        assert not fastnn.is_grad_enabled()
        return fastnn.Tensor(dy._array * ctx.factor), None


class Both(Function):
    """Product and sum."""

    @staticmethod
    def forward(ctx, a, b):
        assert not fastnn.is_grad_enabled()
        ctx.save_for_backward(a, b)
        return fastnn.Tensor(a._array * b._array), fastnn.Tensor(a._array + b._array)

    @staticmethod
    def backward(ctx, dp, ds):
        a, b = ctx.saved_tensors
        da = dp._array * b._array + ds._array if ctx.needs_input_grad[0] else None
        return da, dp._array * a._array + ds._array


def double(*shape):
    return fastnn.rand(*shape, dtype=fastnn.float64, requires_grad=True)


def test_one_output():
    x = double(3)
    y = Scale.apply(x, 4.0)
    assert repr(y).endswith("grad_fn=<ScaleBackward>)")
    assert gradcheck(lambda t: Scale.apply(t, 4.0), x)
    assert Scale.apply(x.detach(), 4.0).node is None


def test_several_outputs():
    assert gradcheck(Both.apply, [double(3), double(3)])
    x = double(3)
    product, _ = Both.apply(x.detach(), x)
    product.backward(np.ones(3))
    assert x.grad is not None


def test_a_missing_gradient_is_zeros_or_none():
    seen = []

    class Watch(Both):
        @staticmethod
        def forward(ctx, a, b):
            ctx.set_materialize_grads(False)
            return Both.forward(ctx, a, b)

        @staticmethod
        def backward(ctx, dp, ds):
            seen.append((dp, ds))
            return None, ds

    x = double(2)
    Watch.apply(x, x)[1].backward(np.ones(2))
    assert seen[0][0] is None


def test_errors_name_the_function():
    class Short(Scale):
        @staticmethod
        def backward(ctx, dy):
            return dy

    class Wrong(Scale):
        @staticmethod
        def backward(ctx, dy):
            return np.ones(7), None

    x = double(3)
    with pytest.raises(RuntimeError, match=r"Short.backward: expected 2 gradients.*got 1"):
        Short.apply(x, 1.0).backward(np.ones(3))
    with pytest.raises(RuntimeError, match=r"Wrong.backward: gradient 0 must have shape \(3,\)"):
        Wrong.apply(x, 1.0).backward(np.ones(3))
    with pytest.raises(NotImplementedError, match="define a static method forward"):
        Function.apply(x)


def test_non_differentiable_output():
    class Best(Function):
        @staticmethod
        def forward(ctx, x):
            place = fastnn.Tensor(np.asarray(x._array.argmax()))
            sign = fastnn.Tensor(np.sign(x._array))
            ctx.mark_non_differentiable(sign)
            return place, sign, fastnn.Tensor(x._array * 2)

        @staticmethod
        def backward(ctx, dplace, dsign, dy):
            return fastnn.Tensor(dy._array * 2)

    place, sign, y = Best.apply(double(3))
    assert [t.requires_grad for t in (place, sign, y)] == [False, False, True]
    y.backward(np.ones(3))


def test_saving_an_output_makes_no_cycle():
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = fastnn.Tensor(np.exp(x._array))
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, dy):
            (y,) = ctx.saved_tensors
            return fastnn.Tensor(dy._array * y._array)

    assert gradcheck(Exp.apply, double(4))
    gc.disable()
    try:
        y = Exp.apply(double(4))
        alive = weakref.ref(y)
        del y
        assert alive() is None
    finally:
        gc.enable()


def test_memory_of_a_function_never_becomes_a_gradient():
    kept = np.ones(3)

    class Leak(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, dy):
            return fastnn.from_numpy(kept)

    x = double(3)
    Leak.apply(x).backward(np.ones(3))
    assert not np.shares_memory(x.grad._array, kept)


def test_where_numpy_needs_detach():
    seen = []

    class Square(Function):
        @staticmethod
        def forward(ctx, x, constant):
            assert not fastnn.is_grad_enabled()
            with pytest.raises(RuntimeError, match=r"numpy: .* use detach\(\)\.numpy\(\)"):
                x.numpy()
            ctx.save_for_backward(x, constant)
            return x.detach().numpy() ** 2 * constant.numpy()

        @staticmethod
        def backward(ctx, dy):
            assert not fastnn.is_grad_enabled()
            x, constant = ctx.saved_tensors
            seen.extend([dy.requires_grad, x.requires_grad, constant.requires_grad])
            return 2 * x.numpy() * constant.numpy() * dy.numpy(), None

    x = fastnn.tensor([1.0, 3.0], requires_grad=True)
    Square.apply(x, fastnn.tensor([1.0, 2.0])).sum().backward()
    assert x.grad.tolist() == [2.0, 12.0]
    assert seen == [False] * 3
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        Square.apply(x, constant=x)


class Reverse(Function):
    """The same values with the gradient's sign changed: its output is its input, or a part."""

    @staticmethod
    def forward(ctx, x, part):
        ctx.full = x.shape
        y = x.view(-1)[:2] if part else x
        return (y, y[:1]) if part == "twice" else y

    @staticmethod
    def backward(ctx, *dys):
        dx = np.zeros(ctx.full, np.float32)
        for dy in dys:
            dx.reshape(-1)[: dy.numel()] -= dy.numpy().reshape(-1)
        return dx, None


@pytest.mark.parametrize("part", [None, "once", "twice"])
def test_outputs_have_memory_of_their_own(part):
    """A change of the input or of another output does not pass by the user's backward."""
    x = fastnn.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    out = Reverse.apply(y, part)
    outs = out if part == "twice" else (out,)
    for o in outs:
        assert not np.shares_memory(o.detach().numpy(), y.detach().numpy())
        assert o.alias is None
    y.mul_(10)
    outs[-1].mul_(2)
    sum((o * 1).sum() for o in outs).backward()
    if part == "twice":
        assert outs[0].tolist() == [1, 2]
        assert x.grad.tolist() == [-3, -1, 0]
    else:
        assert x.grad.tolist() == ([-2, -2, 0] if part else [-2, -2, -2])
