"""Elementwise operations in place (``add_``), and those of Python's operators that need a word.

In and out of a graph they behave as said in `inplace`: under `no_grad` the array itself is changed,
in one pass and without a new one (``p -= lr * p.grad``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import _core
from ...autograd.changes import changed
from ...tensor import Tensor
from .. import elementwise
from ..inplace import recorded, replace
from . import compare
from .operands import operand

__all__: list[str] = []  # methods only

Operation = Callable[..., Tensor]


def in_place(
    operation: Operation,
    kernel: Callable[..., Any] | None = None,
    factor: tuple[str, Callable[..., Any]] | None = None,
) -> Operation:
    """The method that leaves ``operation(self, ...)`` in `self`; with a kernel, without a copy.

    `factor` names an argument, and the kernel that takes floats and that argument.
    """
    name = f"{operation.__name__}_"

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        graph = recorded(name, input, *args)
        if kernel is not None and not graph and not kwargs:
            run, last = kernel, ()
        elif factor is not None and not graph and factored(input, args, kwargs, factor[0]):
            run, last = factor[1], tuple(kwargs.values())
        else:
            return replace(name, input, operation(input, *args, **kwargs))
        run(input._array, *[operand(x) for x in args], *last, input._array)
        changed((input._array,))
        return input

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"As `fastnn.{operation.__name__}`, in place."
    return method


def factored(input: Tensor, args: Any, kwargs: dict[str, Any], name: str) -> bool:
    """Whether a kernel for floats with the argument `name`, and no other, computes a change."""
    tensors = (input, *[x for x in args if isinstance(x, Tensor)])
    return (
        list(kwargs) == [name]
        and isinstance(kwargs[name], (int, float))
        and all(x._array.dtype == input._array.dtype and x.dtype.kind == "f" for x in tensors)
    )


def subtract_scaled(a: Any, b: Any, alpha: float, out: Any) -> Any:
    return _core.add_scaled(a, b, -alpha, out)


def reflected(operation: Operation) -> Operation:
    """``operation(other, self)``, for an operator whose left side is no tensor."""

    def method(self: Tensor, other: Any) -> Tensor:
        return operation(other, self)

    method.__name__ = method.__qualname__ = f"__r{operation.__name__}__"
    return method


add_ = in_place(elementwise.add, _core.add, ("alpha", _core.add_scaled))
sub_ = in_place(elementwise.sub, _core.sub, ("alpha", subtract_scaled))
mul_ = in_place(elementwise.mul, _core.mul)
div_ = in_place(elementwise.div, _core.div)
pow_ = in_place(elementwise.pow, _core.pow)
remainder_ = in_place(elementwise.remainder, _core.remainder)
fmod_ = in_place(elementwise.fmod, _core.fmod)
floor_divide_ = in_place(elementwise.floor_divide, _core.floor_divide)
lerp_ = in_place(elementwise.lerp, _core.lerp)
clamp_ = in_place(elementwise.clamp)
addcmul_ = in_place(elementwise.addcmul, None, ("value", _core.addcmul))
addcdiv_ = in_place(elementwise.addcdiv, None, ("value", _core.addcdiv))
neg_ = in_place(elementwise.neg, _core.neg)
abs_ = in_place(elementwise.abs, _core.abs)
sign_ = in_place(elementwise.sign, _core.sign)
square_ = in_place(elementwise.square, _core.square)
reciprocal_ = in_place(elementwise.reciprocal, _core.reciprocal)
sqrt_ = in_place(elementwise.sqrt, _core.sqrt)
rsqrt_ = in_place(elementwise.rsqrt, _core.rsqrt)
exp_ = in_place(elementwise.exp, _core.exp)
expm1_ = in_place(elementwise.expm1, _core.expm1)
log_ = in_place(elementwise.log, _core.log)
log1p_ = in_place(elementwise.log1p, _core.log1p)
log2_ = in_place(elementwise.log2, _core.log2)
log10_ = in_place(elementwise.log10, _core.log10)
sin_ = in_place(elementwise.sin, _core.sin)
cos_ = in_place(elementwise.cos, _core.cos)
tan_ = in_place(elementwise.tan, _core.tan)
floor_ = in_place(elementwise.floor, _core.floor)
ceil_ = in_place(elementwise.ceil, _core.ceil)
round_ = in_place(elementwise.round, _core.round)
trunc_ = in_place(elementwise.trunc, _core.trunc)
frac_ = in_place(elementwise.frac, _core.frac)
acos_ = in_place(elementwise.acos, _core.acos)
asin_ = in_place(elementwise.asin, _core.asin)
atan_ = in_place(elementwise.atan, _core.atan)
sinh_ = in_place(elementwise.sinh, _core.sinh)
cosh_ = in_place(elementwise.cosh, _core.cosh)
erf_ = in_place(elementwise.erf, _core.erf)
exp2_ = in_place(elementwise.exp2, _core.exp2)
acosh_ = in_place(elementwise.acosh, _core.acosh)
asinh_ = in_place(elementwise.asinh, _core.asinh)
atanh_ = in_place(elementwise.atanh, _core.atanh)
erfc_ = in_place(elementwise.erfc, _core.erfc)
erfinv_ = in_place(elementwise.erfinv, _core.erfinv)
sinc_ = in_place(elementwise.sinc, _core.sinc)
digamma_ = in_place(elementwise.digamma, _core.digamma)
lgamma_ = in_place(elementwise.lgamma, _core.lgamma)
copysign_ = in_place(elementwise.copysign, _core.copysign)
atan2_ = in_place(elementwise.atan2, _core.atan2)
hypot_ = in_place(elementwise.hypot, _core.hypot)
heaviside_ = in_place(elementwise.heaviside, _core.heaviside)
nextafter_ = in_place(elementwise.nextafter, _core.nextafter)
xlogy_ = in_place(elementwise.xlogy, _core.xlogy)
logit_ = in_place(elementwise.logit)
deg2rad_ = in_place(elementwise.deg2rad)
rad2deg_ = in_place(elementwise.rad2deg)
ldexp_ = in_place(elementwise.ldexp)
float_power_ = in_place(elementwise.float_power)
nan_to_num_ = in_place(elementwise.nan_to_num)
clamp_min_ = in_place(elementwise.clamp_min)
clamp_max_ = in_place(elementwise.clamp_max)
eq_ = in_place(compare.eq)
ne_ = in_place(compare.ne)
lt_ = in_place(compare.lt)
le_ = in_place(compare.le)
gt_ = in_place(compare.gt)
ge_ = in_place(compare.ge)
logical_and_ = in_place(compare.logical_and)
logical_or_ = in_place(compare.logical_or)
logical_xor_ = in_place(compare.logical_xor)
logical_not_ = in_place(compare.logical_not)

bitwise_and_ = in_place(elementwise.bitwise_and)
bitwise_or_ = in_place(elementwise.bitwise_or)
bitwise_xor_ = in_place(elementwise.bitwise_xor)
bitwise_not_ = in_place(elementwise.bitwise_not)
bitwise_left_shift_ = in_place(elementwise.bitwise_left_shift)
bitwise_right_shift_ = in_place(elementwise.bitwise_right_shift)
gcd_ = in_place(elementwise.gcd)
lcm_ = in_place(elementwise.lcm)
i0_ = in_place(elementwise.i0)
igamma_ = in_place(elementwise.igamma)
igammac_ = in_place(elementwise.igammac)
mvlgamma_ = in_place(elementwise.mvlgamma)

radd = reflected(elementwise.add)
rsub = reflected(elementwise.sub)
rmul = reflected(elementwise.mul)
rtruediv = reflected(elementwise.div)
rfloordiv = reflected(elementwise.floor_divide)
rmod = reflected(elementwise.remainder)
rpow = reflected(elementwise.pow)
rlshift = reflected(elementwise.bitwise_left_shift)
rrshift = reflected(elementwise.bitwise_right_shift)


def polygamma(input: Tensor, n: int) -> Tensor:
    """As `fastnn.polygamma`, whose first argument is `n`."""
    return elementwise.polygamma(n, input)


polygamma_ = in_place(polygamma)
