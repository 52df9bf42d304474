"""Orthogonal polynomials, by their recurrences of three terms."""

from __future__ import annotations

from collections.abc import Callable

from ...autograd.record import array
from ...tensor import Tensor, TensorLike

__all__: list[str] = []  # parts of fastnn.special

Step = Callable[[int, Tensor, Tensor, Tensor], Tensor]


def recurrence(
    op: str, input: TensorLike, n: int, first: Callable[[Tensor], Tensor], step: Step
) -> Tensor:
    """``p_n`` with ``p_0 = 1``, ``p_1 = first(x)`` and ``p_{k+1} = step(k, x, p_k, p_{k-1})``."""
    if not hasattr(n, "__index__"):
        raise TypeError(f"{op}: n must be one integer, got {n!r}")
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    if x.dtype.kind in "iub":
        x = x.float()
    last, p = 0 * x, 0 * x + 1
    for k in range(n.__index__()):
        last, p = p, first(x) if k == 0 else step(k, x, p, last)
    return p if n.__index__() >= 0 else last


def chebyshev(k: int, x: Tensor, p: Tensor, last: Tensor) -> Tensor:
    return 2 * x * p - last


def chebyshev_polynomial_t(input: TensorLike, n: int) -> Tensor:
    r"""Chebyshev polynomials of the first kind: :math:`T_{k+1} = 2 x T_k - T_{k-1}, T_1 = x`.

    Parameters
    ----------
    input
        ``x``, of any shape.
    n
        The degree, one integer; below 0 the result is 0.

    Returns
    -------
    Tensor
        ``p_n(x)``, of the same shape.

    Examples
    --------
    >>> fastnn.special.chebyshev_polynomial_t(fastnn.tensor([0.5, 1.0]), 2)
    tensor([-0.5,  1. ])
    """
    return recurrence("chebyshev_polynomial_t", input, n, lambda x: x, chebyshev)


def chebyshev_polynomial_u(input: TensorLike, n: int) -> Tensor:
    r"""Chebyshev polynomials of the second kind: those of the first with :math:`U_1 = 2 x`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.chebyshev_polynomial_u(fastnn.tensor([0.5, 1.0]), 2)
    tensor([0., 3.])
    """
    return recurrence("chebyshev_polynomial_u", input, n, lambda x: 2 * x, chebyshev)


def chebyshev_polynomial_v(input: TensorLike, n: int) -> Tensor:
    r"""Chebyshev polynomials of the third kind: those of the first with :math:`V_1 = 2 x - 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.chebyshev_polynomial_v(fastnn.tensor([0.5, 1.0]), 2)
    tensor([-1.,  1.])
    """
    return recurrence("chebyshev_polynomial_v", input, n, lambda x: 2 * x - 1, chebyshev)


def chebyshev_polynomial_w(input: TensorLike, n: int) -> Tensor:
    r"""Chebyshev polynomials of the fourth kind: those of the first with :math:`W_1 = 2 x + 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.chebyshev_polynomial_w(fastnn.tensor([0.5, 1.0]), 2)
    tensor([1., 5.])
    """
    return recurrence("chebyshev_polynomial_w", input, n, lambda x: 2 * x + 1, chebyshev)


def shifted(input: TensorLike) -> Tensor:
    """``2 x - 1``: the interval from 0 to 1 as that from -1 to 1."""
    x = input if isinstance(input, Tensor) else Tensor(array(input))
    return 2 * x - 1


def shifted_chebyshev_polynomial_t(input: TensorLike, n: int) -> Tensor:
    r"""`chebyshev_polynomial_t` of :math:`2 x - 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.shifted_chebyshev_polynomial_t(fastnn.tensor([0.75, 1.0]), 2)
    tensor([-0.5,  1. ])
    """
    return chebyshev_polynomial_t(shifted(input), n)


def shifted_chebyshev_polynomial_u(input: TensorLike, n: int) -> Tensor:
    r"""`chebyshev_polynomial_u` of :math:`2 x - 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.shifted_chebyshev_polynomial_u(fastnn.tensor([0.75, 1.0]), 2)
    tensor([0., 3.])
    """
    return chebyshev_polynomial_u(shifted(input), n)


def shifted_chebyshev_polynomial_v(input: TensorLike, n: int) -> Tensor:
    r"""`chebyshev_polynomial_v` of :math:`2 x - 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.shifted_chebyshev_polynomial_v(fastnn.tensor([0.75, 1.0]), 2)
    tensor([-1.,  1.])
    """
    return chebyshev_polynomial_v(shifted(input), n)


def shifted_chebyshev_polynomial_w(input: TensorLike, n: int) -> Tensor:
    r"""`chebyshev_polynomial_w` of :math:`2 x - 1`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.shifted_chebyshev_polynomial_w(fastnn.tensor([0.75, 1.0]), 2)
    tensor([1., 5.])
    """
    return chebyshev_polynomial_w(shifted(input), n)


def hermite_polynomial_h(input: TensorLike, n: int) -> Tensor:
    r"""Hermite polynomials of physicists: :math:`H_{k+1} = 2 x H_k - 2 k H_{k-1}, H_1 = 2 x`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.hermite_polynomial_h(fastnn.tensor([0.5, 1.0]), 2)
    tensor([-1.,  2.])
    """
    return recurrence(
        "hermite_polynomial_h",
        input,
        n,
        lambda x: 2 * x,
        lambda k, x, p, last: 2 * (x * p - k * last),
    )


def hermite_polynomial_he(input: TensorLike, n: int) -> Tensor:
    r"""Hermite polynomials of statisticians: :math:`H_{k+1} = x H_k - k H_{k-1}, H_1 = x`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.hermite_polynomial_he(fastnn.tensor([0.5, 1.0]), 2)
    tensor([-0.75,  0.  ])
    """
    return recurrence(
        "hermite_polynomial_he", input, n, lambda x: x, lambda k, x, p, last: x * p - k * last
    )


def laguerre_polynomial_l(input: TensorLike, n: int) -> Tensor:
    r"""Laguerre polynomials.

    :math:`(k + 1) L_{k+1} = (2k + 1 - x) L_k - k L_{k-1}, L_1 = 1 - x`

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.laguerre_polynomial_l(fastnn.tensor([0.0, 1.0]), 2)
    tensor([ 1. , -0.5])
    """
    return recurrence(
        "laguerre_polynomial_l",
        input,
        n,
        lambda x: 1 - x,
        lambda k, x, p, last: ((2 * k + 1 - x) * p - k * last) / (k + 1),
    )


def legendre_polynomial_p(input: TensorLike, n: int) -> Tensor:
    r"""Legendre polynomials: :math:`(k + 1) P_{k+1} = (2k + 1) x P_k - k P_{k-1}, P_1 = x`.

    Arguments and result are those of `chebyshev_polynomial_t`.

    Examples
    --------
    >>> fastnn.special.legendre_polynomial_p(fastnn.tensor([0.0, 1.0]), 2)
    tensor([-0.5,  1. ])
    """
    return recurrence(
        "legendre_polynomial_p",
        input,
        n,
        lambda x: x,
        lambda k, x, p, last: ((2 * k + 1) * x * p - k * last) / (k + 1),
    )
