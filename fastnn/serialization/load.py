"""Reading a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..devices import check_device

__all__ = ["load"]


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read a file of `save`, another safetensors file, or a ``.pt`` file of PyTorch's.

    Nothing in a file is run: of PyTorch's files, those with tensors, numbers, strings, and dicts,
    lists, tuples and sets of them are read, whatever `weights_only` is. Files are checked before
    memory is taken for their tensors, of which there is no more than the file has bytes.

    Parameters
    ----------
    f
        A path, or a file opened for reading in binary mode, which is read from where it stands.
    map_location
        None or the CPU. From PyTorch's forms, a function is not called, and the devices that a dict
        leads to must be the CPU; tensors that were on another device are on the CPU now.
    weights_only
        Without effect.
    mmap
        Whether tensors lie in the file, for a path: parts of it are read when they are first used,
        and copied where they are written to, which does not change the file. It must not be
        shortened meanwhile; `save` replaces files as a whole, which does no harm.
    pickle_module, pickle_load_args
        Of PyTorch; without effect.

    Returns
    -------
    object
        What `save` or ``torch.save`` was given. Other safetensors files are dicts of tensors.

    Raises
    ------
    ValueError
        If the file is damaged, or none of these, or needs a class or function: what is wrong.
    ModuleNotFoundError
        For tensors of bfloat16 or 8-bit floats, where ml_dtypes is not installed.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> model = fastnn.nn.Linear(2, 3)
    >>> fastnn.save(model.state_dict(), path)
    >>> model.load_state_dict(fastnn.load(path, map_location="cpu"))
    LoadResult(missing_keys=[], unexpected_keys=[])
    """
    check_locations(map_location)
    if not isinstance(f, (str, bytes, os.PathLike)):
        if mmap:
            raise ValueError("load: with mmap, f must be a path")
        return load_from(f, f"the {type(f).__name__}", False)
    with open(f, "rb") as file:
        return load_from(file, os.fsdecode(f), bool(mmap))


def load_from(file: Any, name: str, mmap: bool) -> Any:
    """Read an open file."""
    from . import torch_zip
    from .fault import Fault
    from .safetensors import read
    from .source import Source

    try:
        source = Source(file)
        if mmap:
            source.open_map()
        if source.size >= 4 and source.bytes(0, 4) == b"PK\3\4":
            return torch_zip.read(source)
        torch_zip.refuse_legacy(source)
        return value_of(*read(source))
    except Fault as fault:
        raise ValueError(f"load: cannot read {name}: {fault}") from None
    except RecursionError:
        raise ValueError(f"load: cannot read {name}: it is nested too deeply") from None


def value_of(metadata: dict[str, str], arrays: dict[str, Any]) -> Any:
    """What a safetensors file stands for."""
    from ..tensor import Tensor
    from .structure import KEY, decode

    if KEY in metadata:
        return decode(metadata[KEY], arrays)
    return {name: Tensor(array) for name, array in arrays.items()}


def check_locations(map_location: Any) -> None:
    """Raise unless tensors are to come to the CPU."""
    if callable(map_location):
        return
    if isinstance(map_location, Mapping):
        for target in map_location.values():
            check_device("load", target)
    else:
        check_device("load", map_location)
