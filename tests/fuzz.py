"""Call every function of a module with invalid arguments; run by test_robustness.py.

`python fuzz.py MODULE SEED CALLS` calls each public function CALLS times with random arguments and
prints its name first, so that the last line names the function if the process crashes. The usual
Python exceptions are expected; any other ends the run with exit status 1.
"""

from __future__ import annotations

import importlib
import inspect
import math
import random
import re
import resource
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

ACCEPTABLE = (
    ArithmeticError,
    AttributeError,
    BufferError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
SHAPES = [(), (0,), (1,), (3,), (4,), (17,), (3, 4), (4, 3), (3, 3), (0, 4), (4, 0), (1, 1), (3, 1)]
SHAPES += [(2, 3, 4), (2, 2, 2, 2), (1,) * 9]
MEMORY = 4 << 30  # bytes; larger allocations raise MemoryError instead of swapping for minutes
DTYPES = ["f4"] * 6 + ["f8"] * 4 + ["i8", "i4", "u1", "?", "f2", "c8", "O", "U3", ">f4", "i2"]
NUMBERS = [
    0,
    1,
    -1,
    2,
    3,
    2**31,
    2**63,
    -(2**63),
    2**70,
    0.0,
    0.5,
    -1.5,
    float("nan"),
    float("inf"),
]
WORDS = [None, True, False, "mean", "sum", "none", "relu", "", b"x", "é" * 3, object(), Ellipsis]
GROUPS = [(), (0,), (1, 0), (-1,), (5,), (0, 0), (2**62, 2**62), [1, 2], [[]], {}, slice(None)]
OTHERS = [np.float32(1.5), np.int64(-7), abs, [np.ones(3, "f4")], [np.ones((3, 4)), np.ones(2)]]
NORMAL = np.random.default_rng(0).normal(size=4096)  # a generator for each array takes longer
NOT_CALLED = re.compile("set_|trim_pool|manual_seed")


def odd_array(rng: random.Random) -> np.ndarray:
    shape = rng.choice(SHAPES)
    dtype = rng.choice(DTYPES)
    if dtype == "O":
        a = np.empty(shape, dtype=object)
    elif dtype == "U3":
        a = np.full(shape, "abc")
    else:
        fill = rng.choice([0, 1, 2, 100])
        with np.errstate(all="ignore"):
            size = math.prod(shape)
            begin = rng.randrange(len(NORMAL) - size)
            a = (NORMAL[begin : begin + size].reshape(shape) * fill).astype(dtype)
    a = np.asarray(a)
    form = rng.randrange(8)
    if form == 0:
        a = a.T
    elif form == 1 and a.ndim:
        a = a[::-1]
    elif form == 2 and a.ndim:
        a = np.repeat(a, 2, axis=-1)[..., ::2]
    elif form == 3:
        a.flags.writeable = False
    elif form == 4 and a.dtype.kind == "f":
        a = np.asarray(np.where(a > 0, np.nan, np.inf).astype(a.dtype))
    elif form == 5:
        a = np.broadcast_to(a, (2, *a.shape))
    elif form == 6 and a.dtype.itemsize > 1 and a.dtype.kind == "f":  # not aligned
        raw = np.zeros(a.nbytes + 1, np.uint8)
        b = raw[1:].view(a.dtype).reshape(a.shape)
        b[...] = a
        a = b
    return a


def odd_argument(rng: random.Random) -> Any:
    if rng.random() < 0.6:
        return odd_array(rng)
    return rng.choice(NUMBERS + WORDS + GROUPS + OTHERS)


def arity(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
        return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    except (TypeError, ValueError):  # pybind11 gives the signature only in the docstring
        signature = re.search(r"\((.*)\) ->", function.__doc__ or "")
        inside = signature.group(1) if signature else ""
        return len([part for part in re.sub(r"\[[^\]]*\]", "", inside).split(",") if ":" in part])


def main(module_name: str, seed: int, calls: int) -> int:
    module = importlib.import_module(module_name)
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in names:
        function = getattr(module, name)
        if not callable(function) or isinstance(function, type) or NOT_CALLED.match(name):
            continue
        most = arity(function)
        for call in range(calls):
            rng = random.Random(f"{seed} {name} {call}")
            arguments = [odd_argument(rng) for _ in range(rng.randint(max(0, most - 2), most))]
            print(name, call, flush=True)
            try:
                function(*arguments)
            except ACCEPTABLE:
                continue
            except Exception as error:
                print(f"{name} raised {type(error).__name__}: {error}", flush=True)
                return 1
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
