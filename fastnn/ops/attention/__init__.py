"""Attention: of one matrix or of many, and of several heads with their projections."""

from __future__ import annotations

from .multi_head import *
from .scaled_dot_product import *
