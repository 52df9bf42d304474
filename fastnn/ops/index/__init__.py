"""Taking elements by position, and putting them back.

Values that meet in one place do so in the order of the index, so a result is the same in every run
and for any number of threads: sums are added up in this order, and of values that are put the last
one stays, and gets the gradient.
"""

from __future__ import annotations

from .along import *
from .basic import *
from .basic import drain as drain
from .basic import getitem as getitem
from .basic import store as store
from .key import plain_key as plain_key
from .mask import *
from .places import *
from .reduced import *
from .slices import *
