"""Folders of pictures."""

import os
import struct
import zlib

import numpy as np
import pytest

from fastnn.data import DataLoader
from fastnn.data.readers import ImageFolder, read_image

pytestmark = pytest.mark.any_threading
Image = pytest.importorskip("PIL.Image")
PIXELS = np.random.default_rng(0).integers(0, 255, (6, 5, 3), np.uint8)


def picture(path, pixels=PIXELS):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def root(tmp_path):
    for name in ("cat/b.png", "cat/a.png", "cat/more/c.BMP", "dog/d.ppm", "ant/e.tif"):
        picture(tmp_path / name, PIXELS + len(name))
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "cat" / ".hidden.png").write_text("no picture")
    (tmp_path / ".git").mkdir()
    (tmp_path / "readme.png").write_text("in no class")
    return tmp_path


def test_classes_and_samples(root):
    pictures = ImageFolder(root)
    assert pictures.classes == ["ant", "cat", "dog"]
    assert pictures.class_to_idx == {"ant": 0, "cat": 1, "dog": 2}
    names = [os.path.relpath(path, root) for path, _ in pictures.samples]
    assert names == ["ant/e.tif", "cat/a.png", "cat/b.png", "cat/more/c.BMP", "dog/d.ppm"]
    assert pictures.targets.tolist() == [0, 1, 1, 1, 2]
    assert len(pictures) == 5
    for index, name in enumerate(names):
        image, target = pictures[index]
        np.testing.assert_array_equal(image, (PIXELS + len(name)).transpose(2, 0, 1), strict=True)
        assert target == pictures.targets[index]


def test_batches_and_transforms(root):
    pictures = ImageFolder(root, lambda x: x[:, :2, :2] // 2, lambda t: -t, mode="L", size=(4, 3))
    (x, y), _ = DataLoader(pictures, batch_size=3)
    assert x.shape == (3, 1, 2, 2)
    assert x.dtype == np.uint8
    assert x.numpy().max() < 128
    assert y.tolist() == [0, -1, -1]


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_modes(tmp_path, mode, channels):
    for i, pixels in enumerate((PIXELS, PIXELS[..., 0], PIXELS[..., 0] > 100)):
        image = read_image(picture(tmp_path / f"{i}.png", pixels), mode)
        assert image.shape == (channels, 6, 5)
        assert image.dtype == np.uint8
    same = read_image(tmp_path / "1.png", mode)[0]
    np.testing.assert_array_equal(same, PIXELS[..., 0])


def test_sizes(tmp_path):
    path = picture(tmp_path / "a.png", np.full((8, 6, 3), 77, np.uint8))
    assert (read_image(path, size=(3, 4)) == np.full((3, 3, 4), 77)).all()
    picture(tmp_path / "x" / "b.png", PIXELS)
    picture(tmp_path / "x" / "c.png", PIXELS[:4])
    with pytest.raises(ValueError, match=r"\(3, 6, 5\), but sample 1\[0\] has shape \(3, 4, 5\)"):
        next(iter(DataLoader(ImageFolder(tmp_path), batch_size=2)))


def test_broken_pictures_are_named(root):
    good = (root / "cat" / "a.png").read_bytes()
    path = root / "cat" / "broken.png"
    for data, match in [
        (b"", "it is none of PNG, JPEG"),
        (b"no picture", "it is none of PNG, JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is none of PNG, JPEG"),
        (good[:60], "read_image"),
        (good[:50] + bytes(20) + good[70:], "read_image"),
    ]:
        path.write_bytes(data)
        pictures = ImageFolder(root)
        with pytest.raises(ValueError, match=f"read_image: cannot read {path}: .*{match}|{path}"):
            pictures[3]
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"broken\.png"):
        pictures[3]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [300, 20_000, 2**31 - 1])
def test_a_small_file_of_a_huge_picture(tmp_path, side):
    """Its size is compared with `max_pixels` before it is decoded."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    path = tmp_path / "x" / "huge.png"
    path.parent.mkdir()
    path.write_bytes(data + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""))
    pictures = ImageFolder(tmp_path, max_pixels=1 << 16)
    with pytest.raises(ValueError, match=r"cannot read .*huge\.png: "):
        pictures[0]


def test_bad_folders(tmp_path):
    with pytest.raises(FileNotFoundError):
        ImageFolder(tmp_path / "none")
    with pytest.raises(NotADirectoryError):
        ImageFolder(picture(tmp_path / "a.png"))
    with pytest.raises(ValueError, match=f"ImageFolder: {tmp_path} has no folders, one for each"):
        ImageFolder(tmp_path)
    picture(tmp_path / "full" / "a.png")
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    (tmp_path / "empty" / "a.txt").touch()
    match = f"the folder {tmp_path}/empty has no file whose name ends with .png"
    with pytest.raises(ValueError, match=match):
        ImageFolder(tmp_path)
    with pytest.raises(TypeError, match="ImageFolder: path must be a string or a path, got int"):
        ImageFolder(3)


def test_links_in_a_circle(tmp_path):
    picture(tmp_path / "x" / "a.png")
    os.symlink(tmp_path, tmp_path / "x" / "again")
    assert len(ImageFolder(tmp_path)) == 1


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"mode": "CMYK"}, "mode must be one of L, RGB, RGBA, got 'CMYK'"),
        ({"mode": None}, "mode must be one of"),
        ({"size": 3}, "size must be a height and a width"),
        ({"size": (3,)}, "size must be a height and a width"),
        ({"size": (0, 3)}, "size must be a height and a width"),
        ({"size": (2.0, 3)}, "size must be a height and a width"),
        (
            {"size": (1 << 20, 1 << 20)},
            "size must be a height and a width of at most 67108864 pixels",
        ),
        ({"max_pixels": 0}, "max_pixels must be a positive integer, got 0"),
        ({"max_pixels": 1e6}, "max_pixels must be a positive integer"),
    ],
)
def test_bad_options(root, options, match):
    with pytest.raises(ValueError, match=f"ImageFolder: {match}"):
        ImageFolder(root, **options)
    with pytest.raises(ValueError, match=f"read_image: {match}"):
        read_image(root / "cat" / "a.png", **options)
    with pytest.raises(TypeError, match=r"extensions must be a list, got '\.png'"):
        ImageFolder(root, extensions=".png")
