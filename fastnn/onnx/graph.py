"""An ONNX graph under construction: nodes, constants, and sizes that follow the inputs'."""

from __future__ import annotations

import math
from fractions import Fraction
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..autograd.record import Array

__all__: list[str] = []


class Symbol(NamedTuple):
    """A size that may vary: its name, input and axis, and what it was in each run."""

    name: str
    input: str
    axis: int
    sizes: tuple[int, ...]


class Graph:
    """What a file will hold.

    Parameters
    ----------
    onnx
        The package.
    opset
        The version of the operators.
    symbols
        Sizes that are not fixed.
    """

    def __init__(self, onnx: ModuleType, opset: int, symbols: list[Symbol]) -> None:
        self.onnx = onnx
        self.opset = opset
        self.symbols = symbols
        self.nodes: list[Any] = []
        self.initializers: dict[str, Array] = {}
        self.taken: set[str] = set()
        self.counts: dict[str, int] = {}
        self.constants: dict[Any, str] = {}
        self.read: dict[str, str] = {}  # names of the symbols' sizes

    def unique(self, hint: str) -> str:
        """A name that is not taken."""
        count = self.counts.get(hint, 0)
        name = hint if count == 0 and hint not in self.taken else f"{hint}_{count}"
        while name in self.taken:
            count += 1
            name = f"{hint}_{count}"
        self.counts[hint] = count + 1
        self.taken.add(name)
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output, whose name it returns."""
        return self.several(kind, *inputs, outputs=1, **attributes)[0]

    def several(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add a node, and return the names of its outputs."""
        names = [self.unique(kind.lower()) for _ in range(outputs)]
        attributes = {key: value for key, value in attributes.items() if value is not None}
        node = self.onnx.helper.make_node(kind, list(inputs), names, name=names[0], **attributes)
        self.nodes.append(node)
        return names

    def initializer(self, name: str, array: Array) -> str:
        """Store an array under its own name."""
        if name not in self.initializers:
            self.taken.add(name)
            self.initializers[name] = array
        return name

    def constant(self, value: Any, dtype: Any = None) -> str:
        """The name of a constant; equal ones are stored once."""
        array = np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value))
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self.constants:
            self.constants[key] = self.initializer(self.unique("constant"), array)
        return self.constants[key]

    def ints(self, *values: int) -> str:
        """A constant list of int64."""
        return self.constant(np.array(values, np.int64))

    def dtype(self, dtype: Any) -> int:
        """The number of an element type in ONNX."""
        number: int = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return number

    def cast(self, x: str, dtype: Any) -> str:
        """Convert to another element type."""
        return self.add("Cast", x, to=self.dtype(dtype))

    # -- sizes -------------------------------------------------------------------------------

    def size(self, values: tuple[int, ...]) -> str:
        """A list of one number that was `values` in the runs.

        It is a constant, a multiple of a product of sizes of the inputs, or one of these plus a
        number; ValueError for anything else.
        """
        if len(set(values)) == 1:
            return self.ints(values[0])
        used = [s for s in self.symbols if depends(values, s, self.symbols)]
        factor = Fraction(values[0], math.prod(s.sizes[0] for s in used) or 1)
        if all(
            v == factor * math.prod(s.sizes[i] for s in used) for i, v in enumerate(values)
        ) and (factor.denominator == 1 or factor.numerator == 1):
            name = self.symbol(used[0])
            for s in used[1:]:
                name = self.add("Mul", name, self.symbol(s))
            if factor.denominator > 1:
                return self.add("Div", name, self.ints(factor.denominator))
            return name if factor == 1 else self.add("Mul", name, self.ints(factor.numerator))
        if len(used) == 1:
            more = values[0] - used[0].sizes[0]
            if all(v == n + more for v, n in zip(values, used[0].sizes)):
                return self.add("Add", self.symbol(used[0]), self.ints(more))
        raise ValueError(
            f"a size that was {values[0]} does not follow from the sizes of the inputs"
        )

    def symbol(self, s: Symbol) -> str:
        """The list of one number that a symbol is in the file."""
        if s.name not in self.read:
            self.read[s.name] = self.add("Shape", s.input, start=s.axis, end=s.axis + 1)
        return self.read[s.name]

    def sizes(self, each: list[tuple[int, ...]]) -> str:
        """A list of numbers, given in each run."""
        if len(set(each)) == 1:
            return self.ints(*each[0])
        return self.add("Concat", *[self.size(values) for values in zip(*each)], axis=0)

    def reshape(self, x: str, before: list[tuple[int, ...]], after: list[tuple[int, ...]]) -> str:
        """Another shape, given in each run."""
        if before == after:
            return x
        if len(set(after)) == 1:
            return self.add(
                "Reshape", x, self.ints(*after[0]), allowzero=int(0 in after[0]) or None
            )
        entries: list[Any] = []
        rest = []
        for i, values in enumerate(zip(*after)):
            if len(set(values)) == 1:
                entries.append(values[0])
            elif all(i < len(s) and s[i] == n for s, n in zip(before, values)):
                entries.append(0)
            else:
                rest.append(i)
                entries.append(values)
        if 0 in after[0] or not rest:
            return self.add("Reshape", x, self.ints(*entries))
        entries[rest[-1]] = -1
        if len(rest) == 1:
            return self.add("Reshape", x, self.ints(*entries))
        parts = [self.size(e) if isinstance(e, tuple) else self.ints(e) for e in entries]
        return self.add("Reshape", x, self.add("Concat", *parts, axis=0))


def depends(values: tuple[int, ...], symbol: Symbol, symbols: list[Symbol]) -> bool:
    """Whether numbers differ between runs that differ in one symbol alone."""
    for i in range(1, len(values)):
        alone = all(s.sizes[i] == s.sizes[0] for s in symbols if s is not symbol)
        if alone and symbol.sizes[i] != symbol.sizes[0] and values[i] != values[0]:
            return True
    return False
