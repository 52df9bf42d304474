"""Operations, one file per family, and the table of those that are also methods of `Tensor`."""

from __future__ import annotations

from ..tensor import Tensor
from .create import *
from .shape import *

# Attribute of Tensor -> operation. Dunder names are Python's operators.
METHODS = {
    **{
        name: globals()[name]
        for name in (
            # shape
            "reshape",
            # activation
        )
    },
}

for _name, _operation in METHODS.items():
    setattr(Tensor, _name, _operation)
