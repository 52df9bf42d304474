"""`fastnn.data` under PyTorch's name."""

from ...data import *
from ...names import offer as _offer
from . import dataloader, dataset, distributed, sampler

_offer(__name__)
