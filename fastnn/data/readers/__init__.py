"""Readers of files: IDX, tables of text, NumPy's arrays, pictures."""

from ...names import offer as _offer
from .column import Column
from .idx import read_idx
from .image import read_image
from .image_folder import ImageFolder
from .npy import NpyDataset, map_npy
from .table import Table, read_csv

__all__ = [
    "Column",
    "ImageFolder",
    "NpyDataset",
    "Table",
    "map_npy",
    "read_csv",
    "read_idx",
    "read_image",
]

_offer(__name__)
