"""The loader of `fastnn.data` under PyTorch's name."""

from ...data.dataloader import *  # noqa: F403
from ...data.dataloader import __all__ as __all__
from ...names import offer as _offer

_offer(__name__)
