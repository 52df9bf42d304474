"""Joining tensors and taking them apart, and repeating them."""

from __future__ import annotations

from .concatenate import *
from .repeat import *
from .split import *
