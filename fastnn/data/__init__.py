"""Datasets, samplers and batch loading, with PyTorch's names."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..names import submodule as _submodule
from .bucket import *
from .dataloader import *
from .dataset import *
from .distributed import *
from .padding import *
from .sampler import *
from .split import *
from .task import *

if _TYPE_CHECKING:  # imported when they are asked for
    from . import datasets as datasets
    from . import readers as readers
    from . import transforms as transforms


def __getattr__(name: str) -> _Any:
    return _submodule(__name__, name)
