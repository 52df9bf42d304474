"""Taking elements by position, and putting them back.

A gradient that reaches one element from several places is summed in the order of the output, so the
result is the same in every run.
"""

from __future__ import annotations

from .along import *
from .basic import *
from .basic import getitem as getitem
from .basic import plain_key as plain_key
from .basic import store as store
from .mask import *
