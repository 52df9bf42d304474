"""Datasets, samplers and batch loading, with PyTorch's names."""

from .dataset import *
from .loader import *
from .sampler import *
