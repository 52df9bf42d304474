"""What `fit`, `evaluate` and `predict` are given, as batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..data import DataLoader, IterableDataset, TensorDataset
from ..dtypes import kind
from ..tensor import Tensor

__all__: list[str] = []

FORMS = (
    "arrays (inputs, targets) or (inputs, targets, weights), a Dataset, a DataLoader, or an "
    "iterable of batches"
)


def loader_of(op: str, argument: str, data: Any, batch_size: int, shuffle: bool, dtype: Any) -> Any:
    """Batches of data, which is loaded again in each epoch."""
    if isinstance(data, DataLoader):
        check_some(op, argument, data)
        return data
    if isinstance(data, (tuple, list)):
        dataset: Any = dataset_of(op, argument, data, dtype)
    elif isinstance(data, (np.ndarray, Tensor)):
        raise TypeError(f"{op}: {argument} lacks targets: pass a pair, ({argument}, targets)")
    elif isinstance(data, Iterator):
        raise TypeError(
            f"{op}: {argument} is a {type(data).__name__}, which gives its batches once; pass "
            f"{FORMS}"
        )
    elif isinstance(data, (IterableDataset, TensorDataset)) or hasattr(type(data), "__getitem__"):
        if isinstance(data, (str, bytes, Mapping)):
            raise TypeError(f"{op}: {argument} must be {FORMS}, got {type(data).__name__}")
        dataset = data
    elif isinstance(data, Iterable):
        return data
    else:
        raise TypeError(f"{op}: {argument} must be {FORMS}, got {type(data).__name__}")
    loader = DataLoader(dataset, batch_size, shuffle and not isinstance(dataset, IterableDataset))
    check_some(op, argument, loader)
    return loader


def dataset_of(op: str, argument: str, data: Any, dtype: Any) -> TensorDataset:
    """A pair of arrays as a dataset; floats get the type of the model's."""
    if len(data) not in (2, 3) or any(isinstance(part, (str, Mapping)) for part in data):
        raise TypeError(
            f"{op}: {argument} must be {FORMS}, got a {type(data).__name__} of {len(data)}"
        )
    arrays = [array_of(op, name, part, dtype) for name, part in zip(PARTS, data)]
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        given = ", ".join(f"{n} {name}" for n, name in zip(lengths, PARTS))
        raise ValueError(f"{op}: {argument} must have as many of each, got {given}")
    return TensorDataset(*arrays)


PARTS = ("inputs", "targets", "weights")


def array_of(op: str, name: str, data: Any, dtype: Any) -> Tensor:
    """An array of samples; floats get the type of the model's."""
    try:
        array = data.detach().numpy() if isinstance(data, Tensor) else np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{op}: {name} are no array: {error}") from None
    if kind(array.dtype) not in "biuf":
        raise TypeError(f"{op}: {name} must hold numbers, got type {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{op}: {name} must have shape (N, ...), got a single number")
    if kind(array.dtype) == "f" and dtype is not None and name != "weights":
        array = array.astype(dtype, copy=False)
    return Tensor(array)


def check_some(op: str, argument: str, loader: Any) -> None:
    """Raise ValueError for a loader without batches."""
    if length_of(loader) == 0:
        raise ValueError(f"{op}: {argument} is empty: it has no batches")


def length_of(loader: Any) -> int | None:
    """The number of batches, None if it is not known."""
    try:
        return len(loader)
    except TypeError:
        return None


def check_batch(op: str, batch: Any) -> None:
    """Raise TypeError unless a batch is inputs and targets, and perhaps weights."""
    if not isinstance(batch, (tuple, list)) or len(batch) not in (2, 3):
        what = type(batch).__name__
        if isinstance(batch, (tuple, list)):
            what += f" of {len(batch)}"
        raise TypeError(
            f"{op}: a batch must be a tuple (inputs, targets) or (inputs, targets, weights), got a "
            f"{what}; a collate_fn can make it one"
        )


def output_of(model: Any, inputs: Any) -> Any:
    """What a model gives for inputs: one, a tuple of several, or a dict of them by name."""
    if isinstance(inputs, (tuple, list)):
        return model(*inputs)
    if isinstance(inputs, Mapping):
        return model(**inputs)
    return model(inputs)
