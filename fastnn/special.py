"""Special functions under the names that `torch.special` and SciPy give them.

All but those defined here are the functions of the same meaning in `fastnn`.
"""

from __future__ import annotations

from .names import offer
from .ops import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    lgamma,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    polygamma,
    round,
    sigmoid,
    sinc,
    softmax,
    where,
    xlogy,
)
from .tensor import Tensor, TensorLike

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlogy",
]

expit = sigmoid
gammaln = lgamma
psi = digamma

SQRT_2 = 2**0.5


def entr(input: TensorLike) -> Tensor:
    """The summand of an entropy: ``-x ln x``, 0 at 0 and -inf below.

    Examples
    --------
    >>> fastnn.special.entr(fastnn.tensor([0.0, 0.5, -1.0]))
    tensor([0.    , 0.3466,   -inf])
    """
    x = input if isinstance(input, Tensor) else Tensor(input)
    return where(x < 0, -float("inf"), 0 - xlogy(x, where(x < 0, 1.0, x)))


def ndtr(input: TensorLike) -> Tensor:
    r"""The normal distribution function: :math:`\tfrac12 \operatorname{erfc}(-x / \sqrt 2)`.

    Examples
    --------
    >>> fastnn.special.ndtr(fastnn.tensor([-1.0, 0.0]))
    tensor([0.1587, 0.5   ])
    """
    x = input if isinstance(input, Tensor) else Tensor(input)
    return erfc(x * -(1 / SQRT_2)) * 0.5


def ndtri(input: TensorLike) -> Tensor:
    r"""The inverse of `ndtr`: :math:`\sqrt 2 \operatorname{erfinv}(2 p - 1)`.

    Examples
    --------
    >>> fastnn.special.ndtri(fastnn.tensor([0.5, 0.8413447]))
    tensor([0., 1.])
    """
    p = input if isinstance(input, Tensor) else Tensor(input)
    return erfinv(p * 2 - 1) * SQRT_2


offer(__name__)
