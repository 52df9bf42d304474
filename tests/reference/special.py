"""Special functions on float64 arrays, element by element from the standard library."""

import math

import numpy as np

from .elementwise import quiet


def each(f):
    """A function of numbers as one of arrays; NaN or infinity where it has no value."""

    def of_number(*args):
        try:
            return f(*args)
        except (ValueError, ZeroDivisionError):
            return math.nan
        except OverflowError:
            return math.inf

    return np.vectorize(of_number, otypes=[np.float64])


erfc = each(math.erfc)
lgamma = each(lambda x: math.inf if x <= 0 and x == math.floor(x) else math.lgamma(x))


@each
def erfinv(x):
    """By bisection of erfc, which is exact to the last digits."""
    if abs(x) >= 1:
        return math.copysign(math.inf, x) if abs(x) == 1 else math.nan
    low, high = 0.0, 6.0
    for _ in range(80):
        middle = (low + high) / 2
        below = math.erf(middle) < abs(x) if abs(x) < 0.5 else math.erfc(middle) > 1 - abs(x)
        low, high = (middle, high) if below else (low, middle)
    return math.copysign(middle, x)


def zeta(s, q):
    """50 terms, and the integral of the others with the corrections of Euler and Maclaurin."""
    y = sum([(q + k) ** -float(s) for k in reversed(range(50))])
    a = q + 50.0
    y = y + a**-s * (a / (s - 1) + 0.5)
    factor = s * a ** (-s - 1.0)
    for j, number in enumerate((1 / 12, -1 / 720, 1 / 30240)):
        y = y + number * factor
        factor = factor * (s + 2 * j + 1) * (s + 2 * j + 2) / a**2
    return y


def polygamma(n, x):
    return -((-1.0) ** n) * math.factorial(n) * zeta(n + 1, x)


def digamma(x):
    """The asymptotic series at x + 50, less the 50 terms to it."""
    a = x + 50.0
    z = 1 / (a * a)
    large = np.log(a) - 1 / (2 * a) - z * (1 / 12 - z * (1 / 120 - z / 252))
    return large - sum([1 / (x + k) for k in reversed(range(50))])


@quiet
def logit(x, eps=None):
    x = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(x) - np.log1p(-x)


@quiet
def xlogy(x, y):
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * np.log(y))


def heaviside(x, values):
    return np.where(x == 0, values, np.where(x > 0, 1.0, 0.0))
