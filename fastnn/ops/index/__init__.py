"""Taking elements by position, and putting them back.

A gradient that reaches one element from several places is summed in the order of the output, so the
result is the same in every run.
"""

from __future__ import annotations

from .along import *
from .basic import *
from .basic import getitem as getitem
from .basic import plain_key as plain_key
from .basic import put as put
from .basic import store as store
from .mask import *

__all__ = [
    "gather",
    "index_add",
    "index_select",
    "masked_fill",
    "masked_select",
    "narrow",
    "nonzero",
    "one_hot",
    "scatter",
    "scatter_add",
    "select",
    "take_along_dim",
]
