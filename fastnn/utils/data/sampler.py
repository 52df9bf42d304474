"""The samplers of `fastnn.data` under PyTorch's name."""

from ...data.sampler import *  # noqa: F403
from ...data.sampler import __all__ as __all__
from ...names import offer as _offer

_offer(__name__)
