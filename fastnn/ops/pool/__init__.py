"""Pooling: the maximum, the average or a norm of each window of an image, a line or a volume.

Results lie channels-last in memory, which convolutions read without a copy; inputs of any order are
taken.
"""

from .adaptive import *
from .average import *
from .max import *
from .norm import *
from .unpool import *

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]
