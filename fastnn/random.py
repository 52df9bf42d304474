"""Random numbers, all from one seed.

One seed starts two generators. Constructors and shuffles draw from NumPy's Generator on Philox.
Kernels such as dropout use a counter-based generator: they get a seed and an offset, from which any
thread can compute any element, so results do not depend on the number of threads.

Threads, signal handlers and forked children may draw at any time: nothing here has a lock. A
generator's source is replaced as a whole, and a stream moves by one atomic addition.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core, devices

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

forks = 0  # between the first process and this one
imported = False  # whether NumPy has been asked for numpy.random, which it imports on first use


def before_fork() -> None:
    """Wait for a thread that is importing numpy.random: a child would wait for it for ever."""
    if imported:
        import_module("numpy.random")


def after_fork() -> None:
    """Tell the sources of a child that its parent made their generators."""
    global forks
    forks += 1


os.register_at_fork(before=before_fork, after_in_child=after_fork)


def philox(seed: int) -> Any:
    """NumPy's Philox, imported on first use to keep ``import fastnn`` fast."""
    global imported
    imported = True
    return np.random.Philox(seed % (1 << 64))


class Source:
    """What follows from one seed: a stream for kernels, and a generator of NumPy's."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.stream: NDArray[np.uint64] = np.array([seed % (1 << 64), 0], np.uint64)
        self.made: dict[int, np.random.Generator] = {}  # by the number of forks before

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, created on first use.

        It has a lock, which a child may inherit from a thread that it does not have. So a child
        continues with a copy.
        """
        made = self.made.get(forks)
        if made is None:  # of several threads that come here, one has its generator taken
            bits = philox(self.seed)
            for inherited in self.made.copy().values():
                bits.state = inherited.bit_generator.state
            made = self.made.setdefault(forks, np.random.Generator(bits))
        return made


class Generator:
    """A random number generator with its own seed.

    Parameters
    ----------
    seed
        Any integer; by default entropy from the operating system. As in PyTorch, the first
        argument may be a device instead.
    device
        ``"cpu"`` or None: there is no other.

    Notes
    -----
    Several threads may draw from one generator. No two of them get the same numbers, but which of
    them gets which is a matter of timing: for numbers that are the same in each run, give each
    thread a generator of its own. A generator can be copied and pickled; the copy continues with
    the numbers that the original would draw next. So does that of a forked child.

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
        if seed is None:
            self.seed()
        else:
            self.manual_seed(seed)

    @property
    def device(self) -> devices.device:
        """The device, which is the CPU."""
        return devices.CPU

    def manual_seed(self, seed: int) -> Generator:
        """Restart from `seed`, any integer, in all threads.

        What another thread is drawing in this moment still comes from the seed before.
        """
        self.source = Source(int(seed))
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, for draws that no kernel makes."""
        return self.source.numpy

    @property
    def stream(self) -> NDArray[np.uint64]:
        """The current ``[seed, offset]`` of the counter-based generator, as a copy."""
        return np.array(self.source.stream)

    def seed(self) -> int:
        """Restart from a seed drawn by the operating system, and return it."""
        number = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(number)
        return number

    def initial_seed(self) -> int:
        """The seed that was set last."""
        return self.source.seed

    def reserve(self, count: int) -> NDArray[np.uint64]:
        """Reserve `count` numbers of the counter-based generator; return their ``[seed, offset]``.

        The result is a copy: a backward pass that saved it draws the same numbers again.
        """
        reserved: NDArray[np.uint64] = _core.random.reserve(self.source.stream, count)
        return reserved

    def get_state(self) -> dict[str, Any]:
        """The complete state, for `set_state`; it can be pickled."""
        source = self.source
        return {
            "seed": source.seed,
            "numpy": source.numpy.bit_generator.state,
            "stream": source.stream.tolist(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore a state from `get_state`.

        Raises
        ------
        TypeError, ValueError
            If it is not such a state; the generator has not changed then.
        """
        self.source = restored(state)

    __getstate__ = get_state
    __setstate__ = set_state


def restored(state: dict[str, Any]) -> Source:
    """The source whose state `Generator.get_state` returned."""
    if not isinstance(state, dict):
        raise TypeError(f"set_state: expected a dict from get_state, got {type(state).__name__}")
    try:
        source = Source(int(state["seed"]))
        seed, offset = map(index, state["stream"])
        source.stream[:] = seed, offset
        if not 0 <= int(state["numpy"]["buffer_pos"]) <= 4:  # NumPy trusts this index
            raise ValueError("buffer_pos is not from 0 to 4")
        source.numpy.bit_generator.state = state["numpy"]
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as problem:
        raise ValueError(f"set_state: expected a state from get_state: {problem!r}") from problem
    return source


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed all random numbers of fastnn, of all threads.

    A single thread draws the same numbers after each call with the same seed. Several threads share
    the default generator, see `Generator`.

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
