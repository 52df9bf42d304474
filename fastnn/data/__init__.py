"""Datasets, samplers and batch loading, with PyTorch's names."""

from .dataloader import *
from .dataset import *
from .distributed import *
from .sampler import *
from .task import *
