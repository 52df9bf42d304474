"""MNIST, Fashion-MNIST and CIFAR-10 from folders."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from benches.checks.data_readers import idx
from fastnn.data import DataLoader
from fastnn.data.datasets import CIFAR10, MNIST, FashionMNIST

pytestmark = pytest.mark.any_threading
DATA = Path(os.environ.get("FASTNN_DATA", Path(__file__).parents[4] / "shared" / "data"))
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (6, 28, 28), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5, 9], np.uint8)
RECORDS = RNG.integers(0, 10, (7, 3073), np.uint8)


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(idx(array)) if path.suffix == ".gz" else idx(array))


def write_mnist(folder, end="", part="train", images=IMAGES, labels=LABELS):
    write(folder / f"{part}-images-idx3-ubyte{end}", images)
    write(folder / f"{part}-labels-idx1-ubyte{end}", labels)


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("inner", [False, True])
def test_mnist(tmp_path, kind, end, inner):
    write_mnist(tmp_path / kind.__name__ / "raw" if inner else tmp_path, end)
    data = kind(tmp_path)
    np.testing.assert_array_equal(data.data.numpy(), IMAGES[:, None], strict=True)
    assert data.targets.tolist() == LABELS.tolist()
    assert len(data.classes) == 10
    x, y = data[2]
    assert (x.shape, x.dtype, y.item()) == ((1, 28, 28), np.uint8, 4)
    (batch, _), _ = DataLoader(data, batch_size=4)
    assert (batch.shape, batch.dtype) == ((4, 1, 28, 28), np.uint8)
    with pytest.raises(
        FileNotFoundError, match=r"has t10k-images-idx3-ubyte or t10k-.*; download="
    ):
        kind(tmp_path, train=False)


def test_the_part_for_tests(tmp_path):
    write_mnist(tmp_path)
    write_mnist(tmp_path, part="t10k", images=IMAGES[:2], labels=LABELS[:2])
    assert len(MNIST(tmp_path, train=False)) == 2


@pytest.mark.skipif(
    not DATA.is_dir(), reason=f"there is no folder {DATA}; FASTNN_DATA may name another"
)
def test_the_real_files_of_fashion_mnist():
    test = FashionMNIST(DATA / "fashion-mnist", train=False)
    assert test.data.shape == (10000, 1, 28, 28)
    assert test.targets.bincount().tolist() == [1000] * 10
    assert test.classes[test.targets[0]] == "Ankle boot"
    for name, checksum in FashionMNIST.checksums.items():
        import hashlib

        found = (DATA / "fashion-mnist" / name).read_bytes()
        assert hashlib.sha256(found).hexdigest() == checksum


@pytest.mark.parametrize(
    ("images", "labels", "match"),
    [
        (IMAGES[:, :27], LABELS, r"images of 28 × 28 bytes, it has shape \(6, 27, 28\) of uint8"),
        (IMAGES.astype("f4"), LABELS, "images of 28 × 28 bytes, it has shape .* of float32"),
        (IMAGES[0], LABELS, "images of 28 × 28 bytes"),
        (IMAGES, LABELS[:5], r"must have 6 bytes, one for each image, it has shape \(5,\)"),
        (IMAGES, LABELS[:, None], "must have 6 bytes"),
        (IMAGES, LABELS.astype("i4"), "must have 6 bytes"),
        (IMAGES, LABELS + 1, "has the label 10 of image 5, there are 10 classes"),
    ],
)
def test_other_images_and_labels(tmp_path, images, labels, match):
    write_mnist(tmp_path, images=images, labels=labels)
    with pytest.raises(ValueError, match=f"MNIST: {tmp_path}.*{match}"):
        MNIST(tmp_path)


def test_damaged_files(tmp_path):
    write_mnist(tmp_path, ".gz")
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=f"read_idx: cannot read {path}"):
        MNIST(tmp_path)
    with pytest.raises(TypeError, match="MNIST: path must be a string or a path, got int"):
        MNIST(3)


def write_cifar(folder, records=RECORDS):
    folder.mkdir(exist_ok=True)
    for i, part in enumerate(np.array_split(records[:-1], 5), 1):
        (folder / f"data_batch_{i}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(records[-1:].tobytes())


@pytest.mark.parametrize("inner", [False, True])
def test_cifar(tmp_path, inner):
    write_cifar(tmp_path / "cifar-10-batches-bin" if inner else tmp_path)
    for train, expected in ((True, RECORDS[:-1]), (False, RECORDS[-1:])):
        data = CIFAR10(tmp_path, train)
        np.testing.assert_array_equal(
            data.data.numpy(), expected[:, 1:].reshape(-1, 3, 32, 32), strict=True
        )
        assert data.targets.tolist() == expected[:, 0].tolist()
        assert data.targets.dtype == np.int64
    assert len(data.classes) == 10


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_the_pickles_of_cifar_are_not_loaded(tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("data_batch_1", "test_batch"):
        (folder / name).write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(FileNotFoundError, match="made of pickles, which are not read"):
        CIFAR10(tmp_path)


def test_bad_files_of_cifar(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nor its folder .* has data_batch_1\.bin, "):
        CIFAR10(tmp_path)
    write_cifar(tmp_path)
    path = tmp_path / "data_batch_3.bin"
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    with pytest.raises(ValueError, match=f"{path} must be made of records of 3073 bytes, it has"):
        CIFAR10(tmp_path)
    path.write_bytes(good + b"\x0a" + bytes(3072))
    with pytest.raises(ValueError, match=f"{path} has the label 10 of image 1, there are 10"):
        CIFAR10(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileNotFoundError):
        CIFAR10(tmp_path)


@pytest.mark.parametrize("kind", [MNIST, CIFAR10])
def test_switches_of_another_type(kind, tmp_path):
    for name in ("train", "download"):
        for bad in (1, "yes", None, LABELS):
            match = f"{kind.__name__}: {name} must be True or False, got"
            with pytest.raises(TypeError, match=match):
                kind(tmp_path, **{name: bad})
