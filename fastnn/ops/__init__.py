"""Operations, one file per family, and the table of those that are also methods of `Tensor`."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import cast, index, inplace, shape
from .cast import *
from .create import *
from .index import *
from .join import *
from .rearrange import *
from .shape import *
from .sort import *

# One line per family of names that are an operation and a method alike.
SAME_NAME = """
    argsort sort topk
    chunk repeat repeat_interleave split tile unbind
    adjoint broadcast_to clone contiguous diagonal expand expand_as flatten movedim permute ravel reshape
        reshape_as squeeze swapaxes t transpose unflatten unsqueeze view view_as
    flip fliplr flipud roll rot90 tril triu
    gather index_add index_select masked_fill masked_select narrow nonzero scatter scatter_add select
        take_along_dim
    to type_as
""".split()

# Methods and operators whose name is not that of a public operation.
OTHER_NAME: dict[str, Any] = {
    "T": property(shape.reverse),
    "mT": property(shape.adjoint),
    "__getitem__": index.getitem,
    "__setitem__": inplace.setitem,
    "zero_": inplace.zero_,
    "fill_": inplace.fill_,
    "copy_": inplace.copy_,
    "masked_fill_": inplace.masked_fill_,
    "tril_": inplace.tril_,
    "triu_": inplace.triu_,
    "uniform_": inplace.uniform_,
    "normal_": inplace.normal_,
    "astype": cast.to,
    "type": cast.type_,
    "float": cast.float_,
    "double": cast.double,
    "half": cast.half,
    "int": cast.int_,
    "long": cast.long,
    "bool": cast.bool_,
    "cpu": cast.cpu,
}

for _name in SAME_NAME:
    setattr(Tensor, _name, globals()[_name])
for _name, _operation in OTHER_NAME.items():
    setattr(Tensor, _name, _operation)
