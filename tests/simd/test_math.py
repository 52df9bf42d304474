"""simd/math.h and simd/activation.h: special values, and the errors that the headers state."""

from __future__ import annotations

import ctypes
import math
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from . import toolchain

pytestmark = pytest.mark.any_threading

TYPES = (np.float32, np.float64)
INF, NAN = math.inf, math.nan

# The errors that math.h states, in ULP: {function: (float, double)}.
STATED = {
    name: (float(single), float(double))
    for name, single, double in re.findall(
        r"// (\w+): at most ([\d.]+) ULP in float, ([\d.]+) in double",
        (toolchain.INCLUDE / "simd" / "math.h").read_text(),
    )
}

# function -> (argument, exact result)
SPECIAL = {
    "exp": [(0.0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (1e30, INF), (-1e30, 0)],
    "log": [(1.0, 0), (0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (-1.0, NAN)],
    "expm1": [
        (0.0, 0),
        (-0.0, -0.0),
        (INF, INF),
        (-INF, -1),
        (1e30, INF),
        (-1e30, -1),
        (1e-30, 1e-30),
    ],
    "log1p": [
        (0.0, 0),
        (-0.0, -0.0),
        (-1.0, -INF),
        (INF, INF),
        (-INF, NAN),
        (-1.5, NAN),
        (1e-30, 1e-30),
    ],
    "tanh": [(0.0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (30.0, 1), (-30.0, -1), (1e-30, 1e-30)],
    "sigmoid": [(0.0, 0.5), (-0.0, 0.5), (INF, 1), (-INF, 0), (60.0, 1), (-1e30, 0)],
    "erf": [(0.0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (7.0, 1), (-7.0, -1)],
    "sin": [(0.0, 0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (1e-30, 1e-30)],
    "cos": [(0.0, 1), (-0.0, 1), (INF, NAN), (-INF, NAN)],
    "rsqrt": [(0.0, INF), (-0.0, -INF), (INF, 0), (-1.0, NAN), (-INF, NAN), (0.25, 2)],
}
BOUNDED = ("tanh", "sigmoid", "erf", "sin", "cos")


def apply(library: Path, name: str, x: NDArray, y: NDArray | None = None) -> NDArray:
    """One function of the compiled library on an array."""
    code = ctypes.CDLL(str(library))
    call = code.apply_float if x.dtype == np.float32 else code.apply_double
    out = np.empty_like(x)
    arrays = [ctypes.c_void_p(a.ctypes.data) for a in (x, x if y is None else y, out)]
    assert call(name.encode(), *arrays, ctypes.c_long(x.size)) == 0
    return out


def same(got: NDArray, want: NDArray) -> bool:
    """Equal in value and in the sign of zero; any NaN equals any other."""
    equal = (got == want) & (np.signbit(got) == np.signbit(want))
    return bool(np.all(equal | (np.isnan(got) & np.isnan(want))))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", toolchain.ONE_ARGUMENT)
def test_special_values(name: str, dtype: type, level: str, programs: Path) -> None:
    x, want = np.array([*SPECIAL[name], (NAN, NAN)], dtype).T.copy()
    got = apply(toolchain.library(level, programs), name, x)
    assert same(got, want), np.stack([x, got, want], 1)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BOUNDED)
def test_never_exceeds_one(name: str, dtype: type, level: str, programs: Path) -> None:
    # 1 - y*y, the derivative of tanh, must not become negative.
    x = np.linspace(-40, 40, 400_001, dtype=dtype)
    got = apply(toolchain.library(level, programs), name, x)
    assert np.abs(got).max() <= 1


@pytest.mark.parametrize("dtype", TYPES)
def test_exp_at_the_ends_of_the_range(dtype: type, level: str, programs: Path) -> None:
    info = np.finfo(dtype)
    top = dtype(math.log(info.max))
    if float(top) > math.log(info.max):
        top = np.nextafter(top, dtype(0))
    bottom = dtype(math.log(2) * (math.log2(info.smallest_subnormal) - 1))
    x = np.array([top, np.nextafter(top, dtype(INF)), bottom + dtype(0.1), bottom - dtype(0.1)])
    got = apply(toolchain.library(level, programs), "exp", x.astype(dtype))
    assert np.isfinite(got[0])
    assert got[1] == INF
    assert got[2] == info.smallest_subnormal
    assert got[3] == 0


@pytest.mark.parametrize("dtype", TYPES)
def test_pow_special_values(dtype: type, level: str, programs: Path) -> None:
    values = [0, 0.5, 1, 1.5, 2, 3, 7, 1e9, 16777215, 1e30, INF]
    values = np.array([*values, *(-v for v in values), NAN], dtype)
    x, y = (a.ravel().copy() for a in np.meshgrid(values, values))
    got = apply(toolchain.library(level, programs), "pow", x, y)
    with np.errstate(all="ignore"):
        # NumPy's float64 power has the special cases of C.
        want = (x.astype(np.float64) ** y.astype(np.float64)).astype(dtype)
        close = np.abs(got - want) <= 2 * np.spacing(np.abs(want))
    assert same(np.where(close, want, got), want)


@pytest.mark.parametrize("size", [0, 1, 3, 15, 16, 17, 35])
@pytest.mark.parametrize("dtype", TYPES)
def test_tails(size: int, dtype: type, level: str, programs: Path) -> None:
    library = toolchain.library(level, programs)
    x = np.linspace(0.1, 3, 64, dtype=dtype)
    assert same(apply(library, "exp", x[:size]), apply(library, "exp", x)[:size])


@pytest.mark.parametrize("name", toolchain.FUNCTIONS)
def test_errors_are_as_stated(name: str, programs: Path) -> None:
    # A thousandth of float's bit patterns here; all of them in docs/dev/math.md.
    libraries = [toolchain.library(v, programs) for v in toolchain.offered(programs)]
    for kind, count, bound in zip(("float", "double"), (4093, 40_000), STATED[name]):
        lines = toolchain.measure(programs, "error", name, kind, count, 1, *libraries)
        worst = max(lines, key=lambda line: float(line.split()[1]))
        assert float(worst.split()[1]) <= bound, (kind, worst)


def test_every_activation_states_its_errors() -> None:
    text = (toolchain.INCLUDE / "simd" / "activation.h").read_text()
    assert list(toolchain.ACTIVATIONS) == re.findall(r'\.name = "(\w+)"', text)


@pytest.mark.parametrize("name", toolchain.ACTIVATIONS)
def test_errors_of_activations_are_as_stated(name: str, programs: Path) -> None:
    libraries = [toolchain.library(v, programs) for v in toolchain.offered(programs)]
    unit, *bounds = toolchain.ACTIVATIONS[name]
    for function, bound, mode in zip(
        (name, f"{name}'"), bounds, ("error" if unit == "ULP" else "absolute", "absolute")
    ):
        for kind, count, most in zip(("float", "double"), (4093, 40_000), bound):
            lines = toolchain.measure(programs, mode, function, kind, count, 1, *libraries)
            worst = max(lines, key=lambda line: float(line.split()[1]))
            assert float(worst.split()[1]) <= most, (kind, function, worst)


@pytest.mark.parametrize("name", toolchain.ONE_ARGUMENT)
def test_no_undefined_behaviour(level: str, programs: Path, name: str) -> None:
    """Random bit patterns; a trap on undefined behaviour would end the process."""
    flags = ["-shared", "-fPIC", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    library = toolchain.kernel("functions.cpp", level, programs / "undefined", *flags)
    for kind in ("float", "double"):
        assert toolchain.measure(programs, "error", name, kind, 20000, 1, library)
