"""The examples with images: reading files, invalid input, and learning."""

import gzip
import lzma
import os
import struct
from pathlib import Path

import numpy as np
import pytest

import fastnn
from tests.harness import threads
from tests.test_examples import load

DATA = Path(os.environ.get("FASTNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="module")
def classifier():
    return load("image_classifier")


def idx(array):
    """An array in IDX format."""
    return struct.pack(f">I{array.ndim}I", 0x800 | array.ndim, *array.shape) + array.tobytes()


def bars(count, side, rng, channels=()):
    """Noisy images with a horizontal bar, a vertical bar or a square."""
    labels = np.arange(count) % 3
    images = rng.integers(0, 60, (count, side, side, *channels))
    for image, label, (i, j) in zip(images, labels, rng.integers(0, side - 4, (count, 2))):
        height, width = ((2, side), (side, 2), (4, 4))[label]
        i, j = (0 if height == side else i), (0 if width == side else j)
        image[i : i + height, j : j + width] += 150
    return images.astype(np.uint8), labels.astype(np.uint8)


def write_idx(folder, side=12, channels=(), pack=gzip.compress, tail=".gz"):
    rng = np.random.default_rng(0)
    for part, count in (("train", 180), ("t10k", 60)):
        for kind, array in zip(("images", "labels"), bars(count, side, rng, channels)):
            name = f"{part}-{kind}-idx{array.ndim}-ubyte{tail}"
            (folder / name).write_bytes(pack(idx(array)))


def test_learns(classifier, tmp_path, capsys):
    """Bars and squares, with the same result for any number of threads."""
    write_idx(tmp_path)
    pictures = tmp_path / "pictures"
    options = f"--data {tmp_path} --epochs 6 --width 8 --batch 20 --names flat,tall,square"
    found = []
    for n in (1, 3):
        with threads(n):
            found.append(classifier.main([*options.split(), "--pictures", str(pictures)]))
            said = capsys.readouterr().out
    assert found[0] == found[1]
    assert found[0] > 0.9
    for word in ("180 images to learn from", "1 x 12 x 12 pixels, 3 classes", "epoch 6: loss"):
        assert word in said
    for name in ("filters", "confusion"):
        assert (pictures / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_uncompressed_colour_images(classifier, tmp_path):
    write_idx(tmp_path, 9, (3,), lzma.compress, ".xz")
    data = classifier.read_data(tmp_path, 0, None)
    assert data.train_x.shape == (180, 3, 9, 9)
    plain, labels = bars(180, 9, np.random.default_rng(0), (3,))
    np.testing.assert_array_equal(data.train_x, plain.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(data.train_y, labels)
    assert classifier.main(["--data", str(tmp_path), "--epochs", "0", "--width", "4"]) >= 0


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-images-idx3-ubyte.gz", lambda b: b[:-20], "cannot read .*train-images"),
        ("train-images-idx3-ubyte.gz", lambda b: b"no gzip", "cannot read .*Not a gzipped file"),
        ("train-labels-idx1-ubyte.gz", lambda b: gzip.compress(b"nothing"), "is no IDX file of b"),
        ("train-labels-idx1-ubyte.gz", lambda b: gzip.compress(b"\0\0\x08"), "is no IDX file of b"),
        (
            "t10k-labels-idx1-ubyte.gz",
            lambda b: gzip.compress(gzip.decompress(b)[:-1]),
            "should have 60 elements, has 59",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            lambda b: gzip.compress(idx(np.zeros(59, np.uint8))),
            r"images \(60, 1, 12, 12\) and labels \(59,\) do not fit",
        ),
        ("t10k-labels-idx1-ubyte.gz", None, "there is no file t10k-labels-idx…"),
        (
            "t10k-images-idx3-ubyte.gz",
            lambda b: gzip.compress(idx(np.zeros((60, 3, 3), np.uint8))),
            "differ in size",
        ),
    ],
)
def test_broken_idx_files(classifier, tmp_path, name, change, message):
    write_idx(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    path.unlink()
    if change is not None:
        path.write_bytes(change(content))
    with pytest.raises(SystemExit, match=message) as caught:
        classifier.main(["--data", str(tmp_path)])
    assert "\n" not in str(caught.value)


def write_pictures(folder, rng, count=12, suffix=".png"):
    image = pytest.importorskip("PIL.Image")
    for label, name in enumerate(("blue", "green", "red")):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 90, (13 + i, 17, 3)).astype(np.uint8)
            pixels[..., 2 - label] += 150
            image.fromarray(pixels).save(folder / name / f"{i}{suffix}")


def test_folders_of_pictures(classifier, tmp_path, capsys):
    write_pictures(tmp_path, np.random.default_rng(0), suffix=".jpg")
    (tmp_path / "red" / "notes.txt").write_text("not a picture")
    options = f"--data {tmp_path} --size 10 --epochs 8 --width 8 --batch 8 --shift 1 --lr 0.02"
    assert classifier.main(options.split()) > 0.8
    assert "29 images to learn from, 7 to be tested on" in capsys.readouterr().out
    data = classifier.read_data(tmp_path, 10, np.random.default_rng(0))
    assert data.names == ["blue", "green", "red"]
    assert data.train_x.shape == (29, 3, 10, 10)


def test_folders_for_training_and_testing(classifier, tmp_path):
    rng = np.random.default_rng(0)
    write_pictures(tmp_path / "train", rng, 3)
    write_pictures(tmp_path / "test", rng, 2)
    data = classifier.read_data(tmp_path, 8, rng)
    assert (data.train_x.shape, data.test_x.shape) == ((9, 3, 8, 8), (6, 3, 8, 8))
    assert data.test_y.tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("keep", [0, 40, -60])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif"])
def test_broken_pictures(classifier, tmp_path, suffix, keep):
    write_pictures(tmp_path, np.random.default_rng(0), 2, suffix)
    path = tmp_path / "green" / f"1{suffix}"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SystemExit, match=r"cannot read .*green/1\.") as caught:
        classifier.main(["--data", str(tmp_path)])
    assert "\n" not in str(caught.value)


def test_nothing_to_read(classifier, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"there is no folder .*none"):
        classifier.main(["--data", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="neither IDX files nor folders of pictures"):
        classifier.main(["--data", str(tmp_path)])
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(SystemExit, match=r"there is no picture in .*a"):
        classifier.main(["--data", str(tmp_path)])
    with pytest.raises(SystemExit):
        classifier.main(["--data", str(tmp_path), "--shift", "-1"])
    assert "--shift must not be negative, got -1" in capsys.readouterr().err


def test_too_few_names(classifier, tmp_path):
    write_idx(tmp_path)
    with pytest.raises(SystemExit, match="of 3 classes with 2 names"):
        classifier.main(["--data", str(tmp_path), "--names", "a,b"])


def test_validation_split(classifier, tmp_path, capsys):
    write_pictures(tmp_path, np.random.default_rng(0))
    data = classifier.read_data(tmp_path, 10, np.random.default_rng(0))
    parts = classifier.kept_apart(data, 4, np.random.default_rng(0))
    assert len(parts.test_y) == 4
    joined = np.concatenate([parts.train_x, parts.test_x])
    assert sorted(x.tobytes() for x in joined) == sorted(x.tobytes() for x in data.train_x)
    options = f"--data {tmp_path} --size 10 --epochs 0 --width 4 --validate"
    classifier.main([*options.split(), "4"])
    assert "25 images to learn from, 4 to be tested on" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="--validate must be below 29, all training images"):
        classifier.main([*options.split(), "29"])


def test_augmentation(classifier):
    """Every variant is the image shifted by at most two pixels and possibly mirrored."""
    images = np.random.default_rng(0).integers(1, 255, (40, 2, 6, 5)).astype(np.uint8)
    augment = classifier.Augmentation(images, 2, True, np.random.default_rng(1))
    normal = augment.normal(images).numpy()
    np.testing.assert_allclose(normal.mean((0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(normal.std((0, 2, 3)), 1, rtol=1e-3)
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    seen = set()
    for i, variant in enumerate(augment.variants(images).numpy()):
        for key in np.ndindex(5, 5, 2):
            y, x, flip = key
            cut = padded[i, :, y : y + 6, x : x + 5]
            cut = cut[..., ::-1] if flip else cut
            if np.array_equal(augment.normal(cut).numpy(), variant):
                seen.add(key)
                break
        else:
            pytest.fail(f"image {i} is no variant")
    assert len(seen) > 15
    rates = [classifier.rate(i, 100, 0.5) for i in range(100)]
    assert max(rates) == 0.5
    assert rates[0] == pytest.approx(0.05)
    assert 0 < rates[-1] < 0.01


def test_vanishing_gradient(tmp_path, capsys):
    """Without shortcuts the gradient of the first layers vanishes; with them it does not."""
    example = load("vanishing_gradient")
    picture = tmp_path / "gradients.png"
    example.main(["--layers", "20", "--picture", str(picture)])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert len(capsys.readouterr().out.splitlines()) == 6
    plain, residual = (example.gradient_norms(name, 20) for name in ("plain", "residual"))
    assert len(plain) == len(residual) == 20
    assert plain[0] < 1e-5 * plain[18]
    assert residual[0] > 0.1 * residual[18]
    with pytest.raises(SystemExit):
        example.main(["--layers", "7"])


real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"there is no folder {DATA}; FASTNN_DATA may name another"
)


def test_fashion(tmp_path, capsys):
    """It learns bars and squares, goes on from its checkpoint, and is timed beside others."""
    write_idx(tmp_path, 28)
    fashion = load("fashion")
    fashion.SIZES, fashion.BATCH, fashion.RATE = (784, 64, 32, 10), 25, 3e-3
    checkpoint = tmp_path / "run"
    options = [f"--data={tmp_path}", "--validation=30", f"--checkpoint={checkpoint}"]
    assert fashion.main([*options, "--epochs=20"]) > 0.8
    assert "epoch 20/20" in capsys.readouterr().out
    assert fashion.main([*options, "--epochs=20"]) > 0.8  # all epochs are done
    said = capsys.readouterr().out
    assert "epoch" not in said.partition("test accuracy")[0]
    assert "of 60 images" in said


def test_fashion_beside_others(tmp_path, capsys):
    pytest.importorskip("sklearn")
    write_idx(tmp_path, 28)
    fashion = load("fashion")
    fashion.SIZES = (784, 64, 32, 10)
    x, y = fashion.read(str(tmp_path), True)
    times = fashion.compare(np.tile(x, (40, 1)), np.tile(y, 40), 1)
    assert {"fastnn", "scikit-learn"} <= {*times}
    assert "1.0 times fastnn's" in capsys.readouterr().out


@real_data
def test_real_files(classifier):
    data = classifier.read_data(DATA / "fashion-mnist", 0, None)
    assert data.train_x.shape == (60000, 1, 28, 28)
    assert data.test_x.shape == (10000, 1, 28, 28)
    assert np.bincount(data.train_y).tolist() == [6000] * 10
    assert data.train_x.mean() == pytest.approx(72.94, abs=0.01)
    small = data._replace(train_x=data.train_x[:64])
    augment = classifier.Augmentation(small.train_x, 2, True, np.random.default_rng(0))
    model = classifier.build_model(1, 10, 8)
    with fastnn.no_grad():
        assert model(augment.variants(small.train_x)).shape == (64, 10)
