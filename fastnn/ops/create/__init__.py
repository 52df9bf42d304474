"""Constructors: tensors from numbers, from arrays, and filled by a rule."""

from __future__ import annotations

from . import like as like
from .drawn import *
from .filled import *
from .sampled import *
from .values import *
from .values import read_only_array as read_only_array
from .windows import *
