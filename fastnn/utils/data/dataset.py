"""The datasets of `fastnn.data` under PyTorch's name."""

from ...data.dataset import *  # noqa: F403
from ...data.dataset import __all__ as __all__
from ...names import offer as _offer

_offer(__name__)
