"""The sampler of `fastnn.data` for several processes under PyTorch's name."""

from ...data.distributed import *  # noqa: F403
from ...data.distributed import __all__ as __all__
from ...names import offer as _offer

_offer(__name__)
