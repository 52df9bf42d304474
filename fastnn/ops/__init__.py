"""Operations, one file per family; `methods.py` names those that are methods of `Tensor` too."""

from __future__ import annotations

from ..tensor import Tensor
from . import cast, elementwise_inplace, gemm, index, inplace, shape
from .create import *
from .einsum import *
from .elementwise import *
from .elementwise_compare import *
from .elementwise_unary import *
from .gemm import *
from .index import *
from .join import *
from .linear import *
from .rearrange import *
from .shape import *
from .sort import *

# isort: split
from .methods import Methods  # last: it looks up the operations imported above

for _name, _operation in vars(Methods).items():
    if _name not in ("__module__", "__doc__", "__dict__", "__weakref__", "__hash__"):
        setattr(Tensor, _name, _operation)
