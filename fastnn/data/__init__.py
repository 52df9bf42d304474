"""Datasets and batches."""

from .dataset import *
from .loader import *
from .sampler import *
