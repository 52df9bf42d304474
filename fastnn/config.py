"""Settings and build information: threads, instruction sets, convolution algorithms."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from . import _core
from .callers import warn

__all__ = [
    "ConvAlgorithms",
    "conv_algorithm",
    "conv_algorithm_for",
    "get_num_threads",
    "get_threading",
    "isa",
    "set_conv_algorithm",
    "set_isa",
    "set_num_threads",
    "set_threading",
    "show_config",
]

__version__: str = _core.config.version

_ISA_SOURCES = {
    "cpu": "the highest of this CPU",
    "FASTNN_ISA": "forced by FASTNN_ISA",
    "set_isa": "chosen by set_isa",
}


_VARIABLES = ("FASTNN_ISA", "FASTNN_THREADING")


def _warn_of_variables(environment: Iterable[str]) -> None:
    """Warn of an environment variable that nothing reads, where a name that is read is like it."""
    for name in environment:
        word = name.removeprefix("FASTNN_")
        if word == name or name in _VARIABLES:
            continue
        from difflib import get_close_matches

        known = [variable.removeprefix("FASTNN_") for variable in _VARIABLES]
        if word.endswith("THREADS"):
            warn(f"{name} is not read; the number of threads is OMP_NUM_THREADS")
        elif similar := get_close_matches(word.upper(), known, 1):
            warn(f"{name} is not read; did you mean FASTNN_{similar[0]}?")


def set_num_threads(n: int) -> None:
    """Let kernels use up to `n` threads.

    The setting is process-wide; each Python thread applies it at its next call. Results have the
    same bits for every number of threads.

    Parameters
    ----------
    n : int
        At least 1. Small calls use fewer.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is less than 1, or exceeds both 256 and the number of CPUs.
    """
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: n must be an int, got {type(n).__name__}")
    number = n.__index__()
    if abs(number) >= 1 << 31:  # more than the binding takes
        bound = "at least 1" if number < 1 else "at most 256, or the number of CPUs"
        raise ValueError(f"set_num_threads: n must be {bound}, got {number}")
    _core.config.set_num_threads(number)


def get_num_threads() -> int:
    """Number of threads that a kernel called from this Python thread may use.

    The default is OMP_NUM_THREADS if set, otherwise the least of: CPUs this process may run on,
    the quota of its control group, physical cores. In a forked child it is 1.
    """
    return _core.config.num_threads()


def set_threading(name: str) -> None:
    """Choose the threads that run parallel work: fastnn's pool or OpenMP, process-wide.

    The environment variable FASTNN_THREADING sets the choice at import; the build has a default.
    Results have the same bits under both.

    Parameters
    ----------
    name : {"pool", "openmp"}
        "pool": fastnn's own threads, which all threads of the process share; no call waits for a
        thread that the system has not started. "openmp": OpenMP regions, whose threads are placed
        and bound by OMP_PLACES and OMP_PROC_BIND.

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If it is neither.

    Examples
    --------
    >>> before = fastnn.get_threading()
    >>> fastnn.set_threading("openmp")
    >>> fastnn.get_threading()
    'openmp'
    >>> fastnn.set_threading(before)
    """
    if not isinstance(name, str):
        raise TypeError(f"set_threading: name must be a str, got {type(name).__name__}")
    _core.config.set_threading(name)


def get_threading() -> str:
    """The threads that run parallel work: "pool" or "openmp"; see `set_threading`."""
    return _core.config.threading()


@overload
def isa() -> str: ...
@overload
def isa(level: str) -> AbstractContextManager[None]: ...
def isa(level: str | None = None) -> str | AbstractContextManager[None]:
    """The instruction set level in use; or, given a level, a context manager that uses it.

    Parameters
    ----------
    level : {"v2", "v3", "v4", "neon"}, optional
        A level to use inside a ``with`` block, process-wide.

    Returns
    -------
    str or context manager

    Raises
    ------
    ValueError
        On entry, if this machine does not support the level.

    Examples
    --------
    >>> before = fastnn.isa()
    >>> with fastnn.isa("v2"):
    ...     fastnn.isa()
    'v2'
    >>> fastnn.isa() == before
    True
    """
    return _core.config.isa() if level is None else _setting(_core.config.isa, set_isa, level)


@contextmanager
def _setting(get: Callable[[], str], set: Callable[[str], None], value: str) -> Iterator[None]:
    """Run a block with another setting."""
    before = get()
    set(value)
    try:
        yield
    finally:
        set(before)


def set_isa(level: str) -> None:
    """Use an instruction set level from now on, process-wide.

    The best level of the machine is chosen at import; the environment variable FASTNN_ISA forces a
    lower one. Results of different levels agree up to rounding.

    Parameters
    ----------
    level : {"v2", "v3", "v4", "neon"}
        x86-64-v2 (SSE4.2), x86-64-v3 (AVX2, FMA), x86-64-v4 (AVX-512), or NEON on ARM.

    Raises
    ------
    TypeError
        If `level` is not a string.
    ValueError
        If it is not a level, or this machine does not support it.
    """
    if not isinstance(level, str):
        raise TypeError(f"set_isa: level must be a str, got {type(level).__name__}")
    _core.config.set_isa(level)


@overload
def conv_algorithm() -> str: ...
@overload
def conv_algorithm(name: str) -> AbstractContextManager[None]: ...
def conv_algorithm(name: str | None = None) -> str | AbstractContextManager[None]:
    """The convolution algorithm in use; or, given a name, a context manager that uses it.

    Parameters
    ----------
    name : {"auto", "direct", "winograd"}, optional
        "auto", the default, chooses the fastest for each shape by estimate. "direct" sums products,
        with the rounding of a matrix product. "winograd" multiplies transformed tiles, with fewer
        multiplications and larger rounding errors; it applies to 3×3 kernels with stride 1 in
        float32, and all others are direct. The setting is process-wide.

    Returns
    -------
    str or context manager

    Raises
    ------
    ValueError
        On entry, if the name is none of these.

    Examples
    --------
    >>> with fastnn.conv_algorithm("direct"):
    ...     fastnn.conv_algorithm()
    'direct'
    >>> fastnn.conv_algorithm()
    'auto'
    """
    return (
        _core.config.conv_algorithm()
        if name is None
        else _setting(_core.config.conv_algorithm, set_conv_algorithm, name)
    )


def set_conv_algorithm(name: str) -> None:
    """Use a convolution algorithm from now on, process-wide; see `conv_algorithm`.

    Parameters
    ----------
    name : {"auto", "direct", "winograd"}

    Raises
    ------
    TypeError
        If `name` is not a string.
    ValueError
        If it is none of the three.
    """
    if not isinstance(name, str):
        raise TypeError(f"set_conv_algorithm: name must be a str, got {type(name).__name__}")
    _core.config.set_conv_algorithm(name)


class ConvAlgorithms(NamedTuple):
    """What computes a convolution and its two gradients; see `conv_algorithm_for`."""

    forward: str | None
    dx: str | None
    dw: str | None


def conv_algorithm_for(
    input: Sequence[int],
    weight: Sequence[int],
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    *,
    transposed: bool = False,
    output_padding: int | Sequence[int] = 0,
    dtype: Any = "float32",
) -> ConvAlgorithms:
    """Name the algorithms that a convolution of these shapes takes, under `conv_algorithm`.

    A profile names them, too. They depend on the sizes and on the instruction set level, not on
    the number of threads.

    Parameters
    ----------
    input
        The shape of the input, (N, C, ...).
    weight
        The shape of the weight, (O, C / groups, ...), or where transposed, (C, O / groups, ...).
    stride, padding, dilation, groups, output_padding
        As `fastnn.nn.functional.conv2d` and `conv_transpose2d` take them.
    transposed
        Whether it is a transposed convolution.
    dtype
        "float32" or "float64".

    Returns
    -------
    ConvAlgorithms
        Of the forward pass, the gradient of the input (dx) and that of the weight (dw), one of

        * ``"product"``: one tap that meets each pixel once, a plain matrix product;
        * ``"full_extent"``: a kernel as large as the image, a matrix product as well;
        * ``"depthwise"``: groups of 1, 2, 4 or 8 channels;
        * ``"merged_groups"``: several groups of few channels as one;
        * ``"implicit_gemm"``: products on the pixels where they lie;
        * ``"pixel_blocked"``: several pixels as one, where there are few output channels;
        * ``"winograd"``: products of transformed tiles.

        None for an empty batch.

    Raises
    ------
    ValueError, TypeError
        As the convolution itself.

    Examples
    --------
    >>> fastnn.conv_algorithm_for((8, 64, 56, 56), (64, 64, 1, 1))
    ConvAlgorithms(forward='product', dx='product', dw='product')
    >>> fastnn.conv_algorithm_for((8, 64, 56, 56), (64, 64, 3, 3), padding=1).forward
    'winograd'
    """
    # Arrays of these shapes, of one element each: none is read.
    x, w = (np.broadcast_to(np.zeros((), dtype), tuple(shape)) for shape in (input, weight))
    if transposed:
        options = (stride, padding, output_padding, groups, dilation)
        return ConvAlgorithms(*_core.config.conv_transpose_algorithms(x, w, *options))
    return ConvAlgorithms(*_core.config.conv_algorithms(x, w, stride, padding, dilation, groups))


@overload
def show_config(mode: Literal["stdout"] = ...) -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Show the build and its configuration on this machine.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default "stdout"
        Whether to print the information or return it.

    Returns
    -------
    dict or None
        Version, compiler, instruction set levels, CPU, threads and the source of their number,
        and the buffer pool.

    Raises
    ------
    ValueError
        If `mode` is neither.
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"show_config: mode must be 'stdout' or 'dicts', got {mode!r}")
    config = _config()
    if mode == "dicts":
        return config
    print(_describe(config))
    return None


def _config() -> dict[str, Any]:
    available = _core.config.isa_levels()
    return {
        "version": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "compiler": _core.config.compiler,
        "cpu": {
            "name": _cpu_name(),
            "count": os.cpu_count(),
            "features": _core.config.cpu_features().split(),
        },
        "isa": {
            "level": _core.config.isa(),
            "source": _core.config.isa_source(),
            "built": _core.config.isa_built(),
            "available": list(available),
        },
        "threads": {"number": _core.config.num_threads(), "source": _core.config.threads_source()},
        "threading": {
            "provider": _core.config.threading(),
            "source": _core.config.threading_source(),
        },
        "pool": _core.config.pool_stats(),
    }


def _describe(config: dict[str, Any]) -> str:
    level, cpu, threads, threading, pool = (
        config[name] for name in ("isa", "cpu", "threads", "threading", "pool")
    )
    levels = [
        f"{name} ({words}{'' if name in level['available'] else '; not on this machine'})"
        for name, words in level["built"].items()
    ]
    rows = {
        "Python": f"{config['python']}, NumPy {config['numpy']}, {sys.platform}",
        "compiler": config["compiler"],
        "CPU": f"{cpu['name']}, {cpu['count']} CPUs",
        "features": " ".join(cpu["features"]),
        "ISA built": ", ".join(levels),
        "ISA in use": f"{level['level']}, {_ISA_SOURCES[level['source']]}",
        "threads": f"{threads['number']}, from {threads['source']}",
        "threading": f"{threading['provider']}, from {threading['source']}",
        "pool": f"{_size(pool['used_bytes'])} in use, {_size(pool['cached_bytes'])} kept for reuse,"
        f" at most {_size(pool['limit_bytes'])}",
    }
    lines = [f"fastnn {config['version']}"]
    lines += [f"{name:<12}{value}" for name, value in rows.items()]
    return "\n".join(lines)


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:.3g} GiB"


_warn_of_variables(os.environ)
