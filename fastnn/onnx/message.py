"""A file's message, checked: arrays and nodes in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..autograd.record import Array
from .operators.elementwise import dtype_of
from .operators.table import Operator, operators

__all__: list[str] = []

OPSETS = range(13, 22)
RANK = 32  # NumPy 1 has no more axes
# The field of a TensorProto that holds numbers of each type, where they are not in raw_data.
FIELDS = {
    1: "float_data",
    7: "int64_data",
    11: "double_data",
    12: "uint64_data",
    13: "uint64_data",
}


class Fault(Exception):
    """What is wrong with a file."""


class Node(NamedTuple):
    """One operation of a graph."""

    name: str
    kind: str
    operator: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def label(self) -> str:
        """How errors name it."""
        return f"node {self.name!r} ({self.kind})" if self.name else f"a node {self.kind}"


class Input(NamedTuple):
    """An input of a graph: its name, type and sizes, of which None may be any."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...] | None


class Body(NamedTuple):
    """A graph."""

    inputs: list[Input]
    outputs: list[str]
    arrays: dict[str, Array]
    nodes: list[Node]


def parsed(onnx: ModuleType, data: bytes) -> Body:
    """The graph of a file; Fault where something is wrong with it."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # of protobuf, whose classes differ between its versions
        raise Fault(f"not a file of ONNX: {str(error)[:200]}") from None
    if not model.HasField("graph"):
        raise Fault("not a file of ONNX: it has no graph")
    versions = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    if len(versions) != 1 or versions[0] not in OPSETS:
        found = ", ".join(map(str, versions)) or "none"
        raise Fault(f"the version of its operators must be {OPSETS[0]} to {OPSETS[-1]}: {found}")
    graph = model.graph
    if graph.sparse_initializer:
        raise Fault("sparse initializers cannot be loaded")
    arrays = {}
    for tensor in graph.initializer:
        if not tensor.name or tensor.name in arrays:
            raise Fault(f"initializer {tensor.name!r} stands twice, or has no name")
        arrays[tensor.name] = array_of(tensor, f"initializer {tensor.name!r}")
    inputs = [input_of(v) for v in graph.input if v.name not in arrays]
    outputs = [v.name for v in graph.output]
    nodes = [node_of(node, versions[0]) for node in graph.node]
    check_order(inputs, arrays, nodes, outputs)
    return Body(inputs, outputs, arrays, nodes)


def array_of(tensor: Any, what: str) -> Array:
    """The array of a TensorProto, whose size is checked before anything is made of it."""
    if tensor.data_location != 0 or tensor.external_data:
        raise Fault(f"{what} is in another file, which is not read")
    try:
        dtype = dtype_of(tensor.data_type)
    except ValueError as error:
        raise Fault(f"{what}: {error}") from None
    shape = tuple(tensor.dims)
    if len(shape) > RANK or min(shape, default=0) < 0:
        raise Fault(f"{what} has the impossible shape {list(shape)[:40]}")
    count = math.prod(shape)
    if tensor.HasField("raw_data"):
        if len(tensor.raw_data) != count * dtype.itemsize:
            raise Fault(
                f"{what} has {len(tensor.raw_data)} bytes, and its shape {list(shape)} takes "
                f"{count * dtype.itemsize}"
            )
        little = np.frombuffer(tensor.raw_data, dtype.newbyteorder("<"))
        if dtype.kind == "b":
            little = np.frombuffer(tensor.raw_data, np.uint8) != 0
        return little.astype(dtype).reshape(shape)
    numbers = getattr(tensor, FIELDS.get(tensor.data_type, "int32_data"))
    if len(numbers) != count:
        raise Fault(f"{what} has {len(numbers)} numbers, and its shape {list(shape)} takes {count}")
    found = np.array(numbers, np.float64 if dtype.kind == "f" and dtype.itemsize > 2 else np.int64)
    if dtype == np.float16:  # stored as the integers of their bits
        return found.astype(np.uint16).view(np.float16).reshape(shape)
    if dtype == np.uint64:
        found = np.array(numbers, np.uint64)
    with np.errstate(over="ignore"):
        return found.astype(dtype).reshape(shape)


def input_of(value: Any) -> Input:
    """An input of the graph."""
    if not value.type.HasField("tensor_type"):
        raise Fault(f"input {value.name!r} is no tensor")
    kind = value.type.tensor_type
    try:
        dtype = dtype_of(kind.elem_type)
    except ValueError as error:
        raise Fault(f"input {value.name!r}: {error}") from None
    if not kind.HasField("shape"):
        return Input(value.name, dtype, None)
    sizes = tuple([d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim])
    if len(sizes) > RANK or any(n is not None and n < 0 for n in sizes):
        raise Fault(f"input {value.name!r} has the impossible shape {sizes[:40]}")
    return Input(value.name, dtype, sizes)


def node_of(node: Any, version: int) -> Node:
    """An operation, with its attributes."""
    where = f"node {node.name[:200]!r}" if node.name else "a node"
    if node.domain not in ("", "ai.onnx") or node.op_type not in operators:
        kind = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        raise Fault(f"{where}: the operator {kind[:200]} cannot be loaded")
    known = operators[node.op_type]
    inputs = tuple(node.input)
    given = len(inputs)
    if given < known.least or (known.most is not None and given > known.most):
        raise Fault(f"{where} ({node.op_type}) has {given} inputs")
    if any(not name for name in inputs[: known.least]):
        raise Fault(f"{where} ({node.op_type}) lacks an input")
    if not any(node.output):
        raise Fault(f"{where} ({node.op_type}) has no output")
    attributes: dict[str, Any] = {}
    for attribute in node.attribute:
        wanted = known.attributes.get(attribute.name)
        if wanted is None:
            name = attribute.name[:200]
            raise Fault(f"{where}: the attribute {name} of {node.op_type} cannot be loaded")
        attributes[attribute.name] = attribute_of(attribute, wanted, f"{where} ({node.op_type})")
    missing = known.required - set(attributes)
    if missing:
        raise Fault(f"{where} ({node.op_type}) lacks the attribute {min(missing)}")
    return Node(node.name, node.op_type, known, inputs, tuple(node.output), attributes)


def attribute_of(attribute: Any, wanted: str, where: str) -> Any:
    """The value of an attribute, of the type that its operator has."""
    types: dict[str, tuple[int, Any]] = {
        "float": (1, lambda a: float(a.f)),
        "int": (2, lambda a: int(a.i)),
        "str": (3, lambda a: a.s.decode("utf-8", "replace")),
        "Array": (4, lambda a: array_of(a.t, f"{where}: {a.name}")),
        "list[float]": (6, lambda a: [float(x) for x in a.floats]),
        "list[int]": (7, lambda a: [int(x) for x in a.ints]),
        "list[str]": (8, lambda a: [x.decode("utf-8", "replace") for x in a.strings]),
    }
    number, read = types[wanted]
    if attribute.type != number:
        raise Fault(f"{where}: the attribute {attribute.name} must be {wanted}")
    return read(attribute)


def check_order(
    inputs: list[Input], arrays: Iterable[str], nodes: list[Node], outputs: list[str]
) -> None:
    """Each name is made once, before it is read."""
    names = [v.name for v in inputs]
    if len(set(names)) < len(names) or not all(names):
        raise Fault("inputs must have different names")
    known = {*names, *arrays}
    for node in nodes:
        for name in node.inputs:
            if name and name not in known:
                raise Fault(f"{node.label} reads {name[:200]!r} before it is made")
        for name in node.outputs:
            if name in known:
                raise Fault(f"{node.label} makes {name[:200]!r}, which is there already")
            if name:
                known.add(name)
    if not outputs:
        raise Fault("the graph has no output")
    for name in outputs:
        if name not in known:
            raise Fault(f"nothing makes the output {name[:200]!r}")
