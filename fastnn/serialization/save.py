"""Writing a file."""

from __future__ import annotations

import io
import os
from typing import Any

__all__ = ["save"]


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write tensors, and the dicts, lists and numbers around them, to a safetensors file.

    Parameters
    ----------
    obj
        Tensors, parameters, NumPy arrays and numbers, strings, bytes, numbers, None, types, shapes,
        devices, and dicts, lists, tuples and sets of them in up to 100 levels: the ``state_dict()``
        of modules, optimizers and schedules, states of random generators. Keys of dicts are
        strings, numbers, and tuples of these.
    f
        A path, or a file opened for writing in binary mode. A path gets the whole file in one step:
        after an error, a full disk or a crash it is the old one or the new one.
    pickle_module, pickle_protocol, _use_new_zipfile_serialization
        Of PyTorch; without effect.

    Raises
    ------
    TypeError
        For any other object, a whole module for instance: save its ``state_dict()``.
    ValueError
        For more than 100 levels, or a list that contains itself.
    OSError
        If the file cannot be written.

    Notes
    -----
    Each array is under its keys with dots between them: of a ``state_dict()``, under the names of
    its parameters, by which other readers of safetensors find them. What is no array is JSON in the
    header, under ``fastnn`` of ``__metadata__``. Tensors on the same memory, with one shape and
    order, are one array in the file, and share memory when they are loaded; other views become
    arrays of their own. Arrays are in C order. Subclasses of dict, list and tuple lose their class,
    but for OrderedDict and Size.

    See https://huggingface.co/docs/safetensors for the format.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> fastnn.save({"weights": {"w": fastnn.ones(2)}, "epoch": 3, "betas": (0.9, 0.999)}, file)
    >>> _ = file.seek(0)
    >>> fastnn.load(file)
    {'weights': {'w': tensor([1., 1.])}, 'epoch': 3, 'betas': (0.9, 0.999)}
    """
    write_file("save", obj, f, {})


def write_file(op: str, obj: Any, f: Any, metadata: dict[str, str]) -> None:
    """Write an object, and more metadata."""
    from .atomic import write_whole
    from .safetensors import header_of, write_arrays
    from .structure import KEY, Encoder

    path = os.fsdecode(f) if isinstance(f, (str, bytes, os.PathLike)) else None
    if path is None and not callable(getattr(f, "write", None)):
        raise TypeError(
            f"{op}: f must be a path or a file opened for writing in binary mode, "
            f"got {type(f).__name__}"
        )
    if isinstance(f, io.TextIOBase):
        raise TypeError(f'{op}: f must be a file opened in binary mode, as by open(path, "wb")')
    encoder = Encoder()
    text = encoder.text(obj)
    header, order = header_of(encoder.arrays, {KEY: text, **metadata})

    def write(file: Any) -> None:
        write_all(file, header)
        write_arrays(lambda data: write_all(file, data), (encoder.arrays[name] for name in order))

    if path is None:
        write(f)
    else:
        write_whole(path, write)


def write_all(file: Any, data: Any) -> None:
    """Write bytes to a file, of which an unbuffered one may take fewer at a time."""
    left = memoryview(data)
    while len(left):
        written = file.write(left)
        left = left[len(left) if written is None else written :]
