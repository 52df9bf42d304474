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
    i0,
    igamma,
    igammac,
    isnan,
    lgamma,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    mvlgamma,
    polygamma,
    round,
    sigmoid,
    sinc,
    softmax,
    where,
    xlogy,
    zeros_like,
)
from .ops.elementwise.airy import airy_ai
from .ops.elementwise.bessel import (
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0e,
    i1,
    i1e,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from .ops.elementwise.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from .ops.elementwise.special import zeta
from .ops.elementwise.tail import erfcx, log_ndtr
from .tensor import Tensor, TensorLike

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]

expit = sigmoid
gammaln = lgamma
psi = digamma
gammainc = igamma
gammaincc = igammac
multigammaln = mvlgamma
modified_bessel_i0 = i0
modified_bessel_i1 = i1

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


def xlog1py(input: TensorLike, other: TensorLike) -> Tensor:
    """Product with a logarithm: ``x log(1 + y)``, 0 where x is 0.

    Examples
    --------
    >>> fastnn.special.xlog1py(fastnn.tensor([0.0, 2.0]), fastnn.tensor([-1.0, 0.0]))
    tensor([0., 0.])
    """
    x = input if isinstance(input, Tensor) else Tensor(input)
    y = other if isinstance(other, Tensor) else Tensor(other)
    skip = (x == 0) & ~isnan(y)
    number = isinstance(other, (int, float))  # which takes the type of x
    return x * log1p(where(skip, zeros_like(x), other if number else y))


offer(__name__)
