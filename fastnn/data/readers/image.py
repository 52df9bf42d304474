"""Pictures, through Pillow."""

from __future__ import annotations

import io
import os
from importlib import import_module
from typing import Any

import numpy as np

from .file import FileName, open_regular

__all__ = ["check_reading", "pillow", "read_image"]

# Those that Pillow decodes itself: for others it would start programs of the system.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def pillow() -> Any:
    """Pillow's module of images; ImportError where it is missing."""
    try:
        return import_module("PIL.Image")
    except ImportError:
        raise ImportError("pictures need Pillow: pip install pillow") from None


def read_image(
    path: FileName,
    mode: str = "RGB",
    size: tuple[int, int] | None = None,
    max_pixels: int = 1 << 26,
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Read a picture as an array of bytes, channels first.

    Parameters
    ----------
    path
        A PNG, JPEG, BMP, GIF (its first frame), PPM, TIFF or WebP file.
    mode
        ``"RGB"``, ``"L"`` for shades of grey, or ``"RGBA"``: what it is converted to.
    size
        Height and width to which it is resized, by bilinear interpolation of all pixels that fall
        on one; by default it keeps its own.
    max_pixels
        Pixels that it may have: a small file can state a size beyond all memory.

    Returns
    -------
    numpy.ndarray
        uint8, of shape (C, H, W) with 3, 1 or 4 channels.

    Raises
    ------
    ValueError
        If it cannot be read as a picture, or has too many pixels.
    OSError
        If the file cannot be opened.
    ImportError
        If Pillow is not installed.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "dots.pgm")
    >>> with open(path, "wb") as file:
    ...     _ = file.write(b"P5 3 1 255 " + bytes([0, 7, 255]))
    >>> fastnn.data.readers.read_image(path, mode="L")
    array([[[  0,   7, 255]]], dtype=uint8)
    """
    check_reading("read_image", mode, size, max_pixels)
    library = pillow()
    with open_regular("read_image", path) as (file, _):
        # Pillow asks for as many bytes as a file states, for which a file takes memory beforehand.
        content = io.BytesIO(file.read())
        try:
            with library.open(content, formats=FORMATS) as image:
                width, height = image.size
                if width * height > max_pixels:
                    raise ValueError(
                        f"it has {height} × {width} pixels, max_pixels is {max_pixels}"
                    )
                picture = image.convert(mode)
                if size is not None:
                    picture = picture.resize(size[::-1], library.Resampling.BILINEAR)
                pixels = np.array(picture, np.uint8)
        except MemoryError:
            raise
        except Exception as problem:  # Pillow's plugins raise whatever the bytes lead them to
            reason = str(problem) if isinstance(problem, ValueError) else repr(problem)
            if isinstance(problem, library.UnidentifiedImageError):
                reason = f"it is none of {', '.join(FORMATS)}"
            raise ValueError(f"read_image: cannot read {os.fspath(path)}: {reason}") from problem
    pixels = pixels.reshape(*pixels.shape[:2], CHANNELS[mode])
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def check_reading(op: str, mode: Any, size: Any, max_pixels: Any) -> None:
    """Raise ValueError for options that `read_image` does not have."""
    if not isinstance(mode, str) or mode not in CHANNELS:
        raise ValueError(f"{op}: mode must be one of {', '.join(CHANNELS)}, got {mode!r}")
    whole = (int, np.integer)
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, whole) or max_pixels < 1:
        raise ValueError(f"{op}: max_pixels must be a positive integer, got {max_pixels!r}")
    if size is None:
        return
    if (
        not isinstance(size, (tuple, list))
        or len(size) != 2
        or not all(isinstance(n, whole) and not isinstance(n, bool) and n > 0 for n in size)
        or size[0] * size[1] > max_pixels
    ):
        raise ValueError(
            f"{op}: size must be a height and a width of at most {max_pixels} pixels together, "
            f"got {size!r}"
        )
