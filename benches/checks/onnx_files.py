"""Damaged ONNX files, by the hundred thousand: each is loaded and computed, or is a ValueError.

``python -m benches.checks.onnx_files --inputs 100000`` changes files of many layers: bytes, and, in
messages that stay whole, operators, attributes, names, sizes and numbers of arrays. What is loaded
is called on zeros. Nothing else may be raised, but MemoryError for outputs that do not fit.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

import fastnn
from benches.checks.readers import changed
from fastnn.onnx.operators.table import operators
from tests.onnx.cases import CASES

SECONDS = 20.0  # of this thread, for loading and one call, where outputs take all memory
LARGEST = 10_000  # elements of an input
SMALL = 60_000  # bytes of a file
NUMBERS = [
    -(2**63),
    -(2**31),
    -5,
    -2,
    -1,
    0,
    1,
    2,
    3,
    4,
    7,
    64,
    1000,
    2**20,
    2**31,
    2**62,
    2**63 - 1,
]


def files() -> list[bytes]:
    """One file for each kind of module."""
    found = {}
    for case in CASES:
        example = tuple(map(fastnn.from_numpy, case.inputs(2)))
        names = ["input", *[f"input_{i}" for i in range(1, len(example))]]
        axes = {names[i]: {axis: "batch"} for i, axis in case.batch.items()}
        file = io.BytesIO()
        if case.name not in found:
            fastnn.onnx.export(case.make(), example, file, dynamic_axes=axes)
            if len(file.getvalue()) < SMALL:
                found[case.name] = file.getvalue()
    return list(found.values())


def edited(rng: random.Random, data: bytes) -> bytes:
    """A message with a few changes of its parts."""
    model = onnx.load_model_from_string(data)
    graph = model.graph
    for _ in range(rng.choice([1, 1, 2, 4])):
        kind = rng.randrange(7)
        node = rng.choice(graph.node)
        names = [x for n in graph.node for x in (*n.input, *n.output)]
        if kind == 0:
            node.op_type = rng.choice(sorted(operators))
        elif kind == 1 and node.attribute:
            edit_attribute(rng, rng.choice(node.attribute))
        elif kind == 2 and node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        elif kind == 3 and node.input:
            node.input.pop()
        elif kind == 4 and graph.initializer:
            tensor = rng.choice(graph.initializer)
            if tensor.dims:
                tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
        elif kind == 5 and graph.initializer:
            with suppress(ValueError), np.errstate(all="ignore"):  # of an impossible size
                edit_array(rng, rng.choice(graph.initializer))
        elif kind == 6:
            shape = rng.choice(graph.input).type.tensor_type.shape
            if shape.dim:
                rng.choice(shape.dim).dim_value = rng.choice([0, 1, 2, 3, 4, 8])
    return model.SerializeToString()


def edit_attribute(rng: random.Random, attribute: Any) -> None:
    """Another number or name in an attribute."""
    if attribute.type == 2:
        attribute.i = rng.choice(NUMBERS)
    elif attribute.type == 7 and attribute.ints:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
    elif attribute.type == 1:
        attribute.f = rng.choice([0.0, -1.0, 1e30, float("nan"), float("inf")])
    else:
        attribute.type = rng.randrange(1, 11)


def edit_array(rng: random.Random, tensor: Any) -> None:
    """Another number, type or shape of an array."""
    array = np.array(numpy_helper.to_array(tensor))
    if array.dtype.kind == "i" and array.size:
        array.reshape(-1)[rng.randrange(array.size)] = rng.choice(NUMBERS) % 2**63
    elif rng.random() < 0.5:
        array = array.astype(rng.choice([np.float64, np.int64, np.float16, np.bool_]))
    else:
        array = array.reshape(-1)[: rng.randrange(array.size + 1)]
    name = tensor.name
    tensor.CopyFrom(numpy_helper.from_array(array, name))


def inputs(seed: int) -> Iterator[bytes]:
    """Endless damaged files."""
    rng = random.Random(seed)
    good = files()
    while True:
        data = rng.choice(good)
        yield edited(rng, data) if rng.random() < 0.7 else changed(rng, data, good)


def read(data: bytes) -> bool:
    """Whether a file is loaded and computes; False for the errors that it may raise."""
    try:
        model = fastnn.onnx.load(io.BytesIO(data))
    except ValueError as error:
        if not str(error).startswith("onnx.load: the file: "):
            raise
        return False
    shapes = [[2 if n is None else n for n in i.shape or ()] for i in model._inputs]
    if any(np.prod(shape, dtype=float) > LARGEST for shape in shapes):
        return False
    try:
        with fastnn.no_grad():
            model(*[np.zeros(s, i.dtype) for s, i in zip(shapes, model._inputs)])
    except ValueError as error:
        if not str(error).startswith("GraphModule: "):
            raise
        return False
    except MemoryError:
        return False
    return True


def check(count: int, seed: int) -> tuple[int, float, list[str]]:
    """Read `count` files: how many computed, the longest time, and what went wrong."""
    good, longest, faults = 0, 0.0, []
    for number, data in zip(range(count), inputs(seed)):
        begin = time.thread_time()
        try:
            good += read(data)
        except Exception as error:
            faults.append(f"{seed} {number}: {type(error).__name__}: {str(error)[:300]}")
        seconds = time.thread_time() - begin
        if seconds > SECONDS:
            faults.append(f"{seed} {number}: {seconds:.1f} s")
        longest = max(longest, seconds)
    return good, longest, faults


def main() -> int:
    """Read damaged files; print what went wrong."""
    parser = argparse.ArgumentParser(description="Damaged ONNX files.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    good, longest, faults = check(given.inputs, given.seed)
    print(
        f"{given.inputs} files, {good} of them computed, at most {1e3 * longest:.1f} ms each, "
        f"{len(faults)} faults",
        *faults[:20],
        sep="\n  ",
    )
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
