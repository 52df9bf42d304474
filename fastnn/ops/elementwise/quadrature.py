"""A rule for integrals of what falls exponentially from 0 to infinity."""

from __future__ import annotations

import numpy as np

__all__: list[str] = []

# The double exponential rule of Takahasi and Mori, w = exp(u - exp(-u)), by the trapezoidal rule
# in u: for integrands that are about exp(-1) at w = 1 the error is about 1e-15 of the integral, and
# about 1e-11 for those that fall like exp(-exp(w)).
STEP = 1 / 16
U = np.arange(-4.0, 4.6, STEP)
NODES = np.exp(U - np.exp(-U))
WEIGHTS = STEP * NODES * (1 + np.exp(-U))
