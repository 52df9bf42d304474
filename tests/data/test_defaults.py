"""The defaults of what reads, draws, changes and divides data."""

import inspect

import pytest

from fastnn import data
from fastnn.data import datasets, readers, transforms

pytestmark = pytest.mark.any_threading
NONE = {"types", "generator", "delimiter", "transform", "target_transform", "num_classes"}
DEFAULTS = {
    data.BucketBatchSampler: {"drop_last": False, "shuffle": True, "pool": 100},
    data.pad_collate: {"padding_value": 0, "batch_first": False},
    data.train_test_split: {"test_size": 0.25, "stratify": None, "shuffle": True},
    datasets.MNIST: {"train": True, "download": False},
    datasets.CIFAR10: {"train": True, "download": False},
    datasets.LabelledDataset: {"classes": (), "feature_names": ()},
    datasets.make_circles: {"n_samples": 100, "noise": 0.05, "factor": 0.5},
    datasets.make_moons: {"n_samples": 100, "noise": 0.1},
    datasets.make_spirals: {"n_samples": 200, "noise": 0.02, "arms": 2, "turns": 1.5},
    datasets.make_xor: {"n_samples": 200, "noise": 0.0},
    readers.ImageFolder: {"mode": "RGB", "size": None, "max_pixels": 1 << 26},
    readers.read_image: {"mode": "RGB", "size": None, "max_pixels": 1 << 26},
    readers.read_csv: {"header": True, "quotechar": '"', "encoding": "utf-8"},
    transforms.RandomCrop: {
        "padding": 0,
        "fill": 0,
        "padding_mode": "constant",
        "channels_last": False,
    },
    transforms.RandomShift: {"fill": 0, "padding_mode": "constant", "channels_last": False},
    transforms.RandomHorizontalFlip: {"p": 0.5, "channels_last": False},
    transforms.RandomVerticalFlip: {"p": 0.5, "channels_last": False},
    transforms.Cutout: {"p": 1.0, "fill": 0, "channels_last": False},
    transforms.MixUp: {"alpha": 1.0},
    transforms.CutMix: {"alpha": 1.0, "channels_last": False},
    transforms.Normalize: {"dim": 1},
    transforms.Standardize: {"dim": 1},
    transforms.MinMax: {"low": 0.0, "high": 1.0, "dim": 1},
}


@pytest.mark.parametrize("made", DEFAULTS, ids=lambda made: made.__name__)
def test_defaults(made):
    parameters = inspect.signature(made).parameters.values()
    found = {p.name: p.default for p in parameters if p.default is not p.empty}
    assert all(found.pop(name) is None for name in NONE & set(found))
    for name in ("missing", "extensions"):  # lists of words, of which tests read each
        assert all(isinstance(word, str) for word in found.pop(name, ()))
    assert repr(found) == repr(DEFAULTS[made])
