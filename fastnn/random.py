"""Random numbers, all from one seed.

One seed starts two generators. Constructors and shuffles draw from NumPy's Generator on Philox.
Kernels such as dropout use a counter-based generator: they get a seed and an offset, from which any
thread can compute any element, so results do not depend on the number of threads.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from . import devices

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_state",
    "initial_seed",
    "manual_seed",
    "reserve",
    "seed",
    "set_state",
    "stream",
]


class Generator:
    """A random number generator with its own seed.

    Parameters
    ----------
    seed
        Any integer; by default entropy from the operating system. As in PyTorch, the first
        argument may be a device instead.
    device
        ``"cpu"`` or None: there is no other.

    Examples
    --------
    >>> a, b = fastnn.Generator(3), fastnn.Generator(3)
    >>> fastnn.rand(4, generator=a).tolist() == fastnn.rand(4, generator=b).tolist()
    True
    """

    def __init__(self, seed: Any = None, device: Any = None) -> None:
        if isinstance(seed, (str, devices.device)):
            seed, device = None, seed
        devices.check_device("Generator", device)
        self.lock = threading.Lock()
        self.stream: NDArray[np.uint64] = np.zeros(2, np.uint64)
        if seed is None:
            self.seed()
        else:
            self.manual_seed(seed)

    @property
    def device(self) -> devices.device:
        """The device, which is the CPU."""
        return devices.CPU

    def manual_seed(self, seed: int) -> Generator:
        """Restart from `seed`, any integer."""
        self.first = int(seed)
        self.made: np.random.Generator | None = None
        self.stream[:] = (self.first % (1 << 64), 0)
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, created on first use to keep ``import fastnn`` fast."""
        with self.lock:
            if self.made is None:
                self.made = np.random.Generator(np.random.Philox(self.first % (1 << 64)))
            return self.made

    def seed(self) -> int:
        """Restart from a seed drawn by the operating system, and return it."""
        number = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(number)
        return number

    def initial_seed(self) -> int:
        """The seed that was set last."""
        return self.first

    def reserve(self, count: int) -> NDArray[np.uint64]:
        """Reserve `count` numbers of the counter-based generator; return their ``[seed, offset]``.

        The result is a copy: a backward pass that saved it draws the same numbers again.
        """
        with self.lock:
            mine: NDArray[np.uint64] = self.stream.copy()
            self.stream[1] += np.uint64(count)
        return mine

    def get_state(self) -> dict[str, Any]:
        """The complete state, for `set_state`; it can be pickled."""
        return {
            "seed": self.first,
            "numpy": copy.deepcopy(self.numpy.bit_generator.state),
            "stream": self.stream.tolist(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore a state from `get_state`."""
        self.first = state["seed"]
        self.numpy.bit_generator.state = state["numpy"]
        self.stream[:] = state["stream"]


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed all random numbers of fastnn.

    Examples
    --------
    >>> _ = fastnn.manual_seed(0)
    >>> a = fastnn.rand(3)
    >>> _ = fastnn.manual_seed(0)
    >>> fastnn.rand(3).tolist() == a.tolist()
    True
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed from the operating system's entropy, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that was set last."""
    return default_generator.initial_seed()


def stream() -> NDArray[np.uint64]:
    """The current ``[seed, offset]`` of the counter-based generator; `reserve` advances it."""
    return default_generator.stream


def reserve(count: int) -> NDArray[np.uint64]:
    """Reserve `count` numbers of the counter-based generator; return their ``[seed, offset]``."""
    return default_generator.reserve(count)


def get_state() -> dict[str, Any]:
    """The state of the default generator, for `set_state`."""
    return default_generator.get_state()


def set_state(state: dict[str, Any]) -> None:
    """Restore a state from `get_state`."""
    default_generator.set_state(state)


@contextmanager
def fork_rng() -> Iterator[None]:
    """A context manager that restores the state of the generators on exit.

    Examples
    --------
    >>> _ = fastnn.manual_seed(1)
    >>> with fastnn.fork_rng():
    ...     a = fastnn.rand(2)
    >>> fastnn.rand(2).tolist() == a.tolist()
    True
    """
    state = get_state()
    try:
        yield
    finally:
        set_state(state)
