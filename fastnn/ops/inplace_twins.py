"""Methods that leave in a tensor what an operation of several families makes of it."""

from __future__ import annotations

from .distances import renorm
from .elementwise.inplace import in_place
from .products import addbmm, addmm, addmv, addr, baddbmm
from .scan import cumprod, cumsum

__all__: list[str] = []  # methods only

addbmm_ = in_place(addbmm)
addmm_ = in_place(addmm)
addmv_ = in_place(addmv)
addr_ = in_place(addr)
baddbmm_ = in_place(baddbmm)
cumprod_ = in_place(cumprod)
cumsum_ = in_place(cumsum)
renorm_ = in_place(renorm)
