"""What transforms of batches have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ...random import Generator, default_generator
from ...tensor import Tensor
from ..checks import check_bool
from ..draws import generator_of

__all__ = ["Array", "Compose", "RandomTransform", "Transform", "array_of", "check_keys", "like"]

Array = np.ndarray[Any, np.dtype[Any]]


class Transform:
    """A change of a batch, which is left as it is; a subclass defines ``apply(x)`` of arrays.

    A transform is called with inputs, an array or a tensor of shape (N, …), or with inputs and
    targets, and returns as many, of the same kind.
    """

    def apply(self, x: Array) -> Array:
        """The changed inputs."""
        raise NotImplementedError(f"{type(self).__name__}: define a method apply(self, x)")

    def __call__(self, x: Any, target: Any = None) -> Any:
        out = like(x, self.apply(array_of(type(self).__name__, "x", x)))
        return out if target is None else (out, target)

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes; `fastnn.save` keeps it."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state of `state_dict`.

        Raises
        ------
        TypeError, ValueError
            If it is no such state; nothing has changed then.
        """
        check_keys(type(self).__name__, state_dict, self.state_dict())


class RandomTransform(Transform):
    """A transform that draws random numbers anew for each batch.

    Parameters
    ----------
    generator
        Random number generator, or a seed for one, whose state is in `state_dict`; by default that
        of `fastnn.manual_seed`, whose state `fastnn.get_rng_state` has.
    channels_last
        Whether images are (N, H, W, C) instead of (N, C, H, W).
    """

    def __init__(self, generator: Generator | int | None, channels_last: bool = False) -> None:
        op = type(self).__name__
        self.generator = None if generator is None else generator_of(op, generator)
        self.channels_last = check_bool(op, "channels_last", channels_last)

    @property
    def draw(self) -> np.random.Generator:
        """NumPy's generator, which draws the numbers."""
        return (default_generator if self.generator is None else self.generator).numpy

    def images_of(self, x: Array) -> tuple[int, int]:
        """Height and width of a batch of images.

        Raises
        ------
        ValueError
            If it is none.
        """
        if x.ndim != 4:
            form = "(N, H, W, C)" if self.channels_last else "(N, C, H, W)"
            raise ValueError(
                f"{type(self).__name__}: x must be images, {form}, got shape {x.shape}"
            )
        height, width = x.shape[1:3] if self.channels_last else x.shape[2:]
        return height, width

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes: the state of a generator that was given."""
        return {} if self.generator is None else {"generator": self.generator.get_state()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state of `state_dict`: the same numbers are drawn again.

        Raises
        ------
        TypeError, ValueError
            If it is no such state; nothing has changed then.
        """
        super().load_state_dict(state_dict)
        if self.generator is not None:
            self.generator.set_state(state_dict["generator"])


class Compose(Transform):
    """Transforms one after the other.

    Parameters
    ----------
    transforms
        Transforms, or functions of the inputs.

    Examples
    --------
    >>> from fastnn.data import transforms
    >>> augment = transforms.Compose([
    ...     transforms.RandomCrop(32, padding=4),
    ...     transforms.RandomHorizontalFlip(),
    ...     transforms.Normalize([0.49, 0.48, 0.45], [0.25, 0.24, 0.26]),
    ... ])
    >>> augment(np.zeros((8, 3, 32, 32), np.uint8)).dtype
    dtype('float32')
    """

    def __init__(self, transforms: Iterable[Callable[..., Any]]) -> None:
        self.transforms = list(transforms)
        for t in self.transforms:
            if not callable(t):
                raise TypeError(f"Compose: {t!r} is neither a transform nor a function")

    def __call__(self, x: Any, target: Any = None) -> Any:
        for t in self.transforms:
            if target is None or not isinstance(t, Transform):
                x = t(x)
            else:
                x, target = t(x, target)
        return x if target is None else (x, target)

    def state_dict(self) -> dict[str, Any]:
        """The states of the transforms, by their number."""
        states = [t.state_dict() if isinstance(t, Transform) else {} for t in self.transforms]
        return {str(i): state for i, state in enumerate(states)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Let each transform go on from its state."""
        check_keys("Compose", state_dict, self.state_dict())
        before = self.state_dict()
        try:
            self._load(state_dict)
        except (TypeError, ValueError):
            self._load(before)
            raise

    def _load(self, state_dict: Mapping[str, Any]) -> None:
        for i, t in enumerate(self.transforms):
            if isinstance(t, Transform):
                t.load_state_dict(state_dict[str(i)])


def array_of(op: str, name: str, x: Any) -> Array:
    """The array of a batch of numbers.

    Raises
    ------
    TypeError
        If it is neither an array nor a tensor, or not of real numbers.
    ValueError
        If it has no dimension, or requires a gradient, which would not reach it.
    """
    if isinstance(x, Tensor):
        if x.requires_grad:
            raise ValueError(f"{op}: {name} requires a gradient; transforms are for data")
        x = x._array
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{op}: {name} must be an array or a tensor, got {type(x).__name__}")
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{op}: {name} must be of real numbers, got {x.dtype}")
    if not x.ndim:
        raise ValueError(f"{op}: {name} must be a batch, (N, …), got a single number")
    return x


def like(x: Any, out: Array) -> Any:
    """A result as a tensor where the input is one."""
    return Tensor(out) if isinstance(x, Tensor) else out


def check_keys(op: str, state: Any, own: Mapping[str, Any]) -> None:
    """Raise unless a state has the keys of another one."""
    if not isinstance(state, Mapping):
        raise TypeError(f"{op}: expected a dict of state_dict(), got {type(state).__name__}")
    if set(state) != set(own):
        raise ValueError(f"{op}: expected a state with the keys {[*own]}, got {[*state]}")
