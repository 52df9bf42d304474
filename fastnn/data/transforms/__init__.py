"""Transforms of batches: scaling of features, augmentation of images."""

from ...names import offer as _offer
from .crop import RandomCrop, RandomShift
from .cutout import Cutout
from .flip import RandomHorizontalFlip, RandomVerticalFlip
from .mixing import CutMix, MixUp
from .scaling import MinMax, Normalize, Standardize
from .transform import Compose, RandomTransform, Transform

__all__ = [
    "Compose",
    "CutMix",
    "Cutout",
    "MinMax",
    "MixUp",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomShift",
    "RandomTransform",
    "RandomVerticalFlip",
    "Standardize",
    "Transform",
]

_offer(__name__)
