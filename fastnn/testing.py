"""Checks for tests: gradients against finite differences, and closeness of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .autograd.grad_mode import enable_grad, no_grad
from .autograd.gradient import grad
from .tensor import Tensor, as_array

__all__ = ["assert_close", "gradcheck", "gradgradcheck"]


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of `func` with central differences.

    The outputs are summed with random weights ``v``; the gradient of that sum by each element ``x``
    of each input is compared with ``(sum(x + eps) - sum(x - eps)) / (2 * eps)``, for contiguous
    weights, strided ones and a constant broadcast to the shape of the output.

    Parameters
    ----------
    func
        Takes the inputs, returns one or several tensors. It must not draw random numbers.
    inputs
        Tensors; those of type float64 that require a gradient are checked, with any strides.
    eps
        The step of the differences.
    atol, rtol
        Differences up to ``atol + rtol * abs(expected)`` pass.
    raise_exception
        Raise `AssertionError` with a report; otherwise return False.

    Examples
    --------
    >>> x = fastnn.rand(2, 3, dtype=fastnn.float64, requires_grad=True)
    >>> fastnn.testing.gradcheck(lambda t: t.reshape(3, 2), x)
    True
    """
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient")
    for i in checked:
        if args[i].dtype != np.float64:
            raise ValueError(f"gradcheck: input {i} must be float64, got {args[i].dtype}")
        steps, sizes = args[i]._array.strides, args[i].shape
        if 0 not in sizes and any(step == 0 and size > 1 for step, size in zip(steps, sizes)):
            raise ValueError(f"gradcheck: input {i} has elements that share memory")
    rng = np.random.Generator(np.random.PCG64(0))
    for make in (weights, strided_weights, constant_weights):
        report = compare(func, args, checked, make, rng, eps, atol, rtol)
        if report:
            if raise_exception:
                raise AssertionError(report)
            return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    raise_exception: bool = True,
) -> bool:
    """Compare the second gradients of `func` with central differences of the first ones.

    Arguments are those of `gradcheck`.

    Examples
    --------
    >>> x = fastnn.rand(2, 3, dtype=fastnn.float64, requires_grad=True)
    >>> fastnn.testing.gradgradcheck(lambda t: t**3, x)
    True
    """
    args = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [x for x in args if isinstance(x, Tensor) and x.requires_grad]

    def gradients(*given: Any) -> tuple[Tensor, ...]:
        with enable_grad():
            y = func(*given)
        ys = [y] if isinstance(y, Tensor) else [out for out in y if out.requires_grad]
        rng = np.random.Generator(np.random.PCG64(1))
        dys = [Tensor(rng.standard_normal(out.shape)) for out in ys]
        xs = [x for x, was in zip(given, args) if isinstance(was, Tensor) and was.requires_grad]
        found = grad(ys, xs, dys, create_graph=True, materialize_grads=True)
        return tuple([g for g in found if g is not None and g.requires_grad])

    if not checked or not gradients(*args):
        raise ValueError("gradgradcheck: no gradient depends on an input that requires a gradient")
    return gradcheck(gradients, args, eps, atol, rtol, raise_exception)


def weights(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Random weights, dense."""
    return np.asarray(rng.uniform(0.5, 1.5, shape))


def strided_weights(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Random weights with axes in reverse order and gaps between elements."""
    gaps = tuple([2 * n for n in shape[::-1]])
    return (
        rng.uniform(-1.5, -0.5, gaps)[(slice(None, None, 2),) * len(shape)].T
        if shape
        else weights(shape, rng)
    )


def constant_weights(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """One number broadcast to the shape."""
    return np.broadcast_to(np.asarray(rng.uniform(0.5, 1.5)), shape)


def compare(
    func: Callable[..., Any],
    args: list[Any],
    checked: list[int],
    make: Callable[..., Any],
    rng: np.random.Generator,
    eps: float,
    atol: float,
    rtol: float,
) -> str:
    """A report on the first input whose gradient is wrong, or an empty string."""
    result = func(*args)
    outs = [result] if isinstance(result, Tensor) else list(result)
    outs = [y for y in outs if y.dtype.kind == "f"]
    weighted = [(y, make(y.shape, rng)) for y in outs if y.requires_grad]
    if not weighted:
        return "gradcheck: no output depends on the inputs that require a gradient"
    vs = iter([v for _, v in weighted])
    all_vs = [next(vs) if y.requires_grad else None for y in outs]
    found = grad(
        [y for y, _ in weighted],
        [args[i] for i in checked],
        [v for _, v in weighted],
        allow_unused=True,
    )

    def total() -> float:
        with no_grad():
            again = func(*args)
        ys = [again] if isinstance(again, Tensor) else [y for y in again if y.dtype.kind == "f"]
        return float(sum((y._array * v).sum() for y, v in zip(ys, all_vs) if v is not None))

    for i, g in zip(checked, found):
        x = args[i]._array
        expected = np.zeros(x.shape)
        for index in np.ndindex(*x.shape):
            before = x[index]
            x[index] = before + eps
            above = total()
            x[index] = before - eps
            below = total()
            x[index] = before
            expected[index] = (above - below) / (2 * eps)
        got = np.zeros(x.shape) if g is None else g._array
        wrong = ~(np.abs(got - expected) <= atol + rtol * np.abs(expected))
        if wrong.any():
            gap = np.where(np.isfinite(got), np.abs(got - expected), np.inf)
            worst = np.unravel_index(int(np.argmax(gap)), x.shape)
            place = tuple(int(k) for k in worst)
            return (
                f"gradcheck: input {i} of shape {x.shape}, {int(wrong.sum())} of {x.size} elements "
                f"wrong with {make.__name__.replace('_', ' ')}\n  worst at {place}: backward gives "
                f"{got[worst]!r}, differences give {expected[worst]!r}"
            )
    return ""


def assert_close(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
) -> None:
    """Raise `AssertionError` unless shapes and types agree and all elements are close.

    Parameters
    ----------
    actual, expected
        Tensors, arrays or numbers.
    rtol, atol
        Differences up to ``atol + rtol * abs(expected)`` pass. By default 1.3e-6 and 1e-5 for
        float32, 1e-7 and 1e-7 for float64, as in PyTorch; equality for integers.
    equal_nan
        Whether NaN is close to NaN.
    check_dtype
        Whether the types must agree.

    Examples
    --------
    >>> fastnn.testing.assert_close(fastnn.ones(2) , [1.0, 1.0])
    """
    a, e = as_array(actual), as_array(expected)
    if a.shape != e.shape:
        raise AssertionError(f"assert_close: shape {a.shape} is not the expected {e.shape}")
    if check_dtype and a.dtype != e.dtype:
        raise AssertionError(f"assert_close: dtype {a.dtype} is not the expected {e.dtype}")
    usual = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7), "float16": (1e-3, 1e-5)}
    default = max((usual.get(str(t), (0.0, 0.0)) for t in (a.dtype, e.dtype)), default=(0.0, 0.0))
    rtol = default[0] if rtol is None else rtol
    atol = default[1] if atol is None else atol
    close = np.isclose(a, e, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if not close.all():
        with np.errstate(invalid="ignore"):
            gap = np.abs(a.astype(np.float64) - e.astype(np.float64))
        worst = np.unravel_index(
            int(np.argmax(np.where(close, -1, np.nan_to_num(gap, nan=np.inf)))), a.shape
        )
        raise AssertionError(
            f"assert_close: {int((~close).sum())} of {a.size} elements differ; worst at "
            f"{tuple(int(k) for k in worst)}: {a[worst]!r}, expected {e[worst]!r} "
            f"(rtol {rtol:g}, atol {atol:g})"
        )
