"""Nested Python values as JSON, with the names of arrays in the places of tensors.

Dicts with names, lists, strings, numbers, None and truth values are themselves in JSON. Everything
else is an object whose first key is one of `Tag`: ``{"$tensor": "layer.weight"}``,
``{"$tuple": [0.9, 0.999]}``.
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..devices import CPU, device
from ..dtypes import kind
from ..nn.parameter import Parameter
from ..tensor import Size, Tensor
from .element_types import KNOWN, element_type
from .fault import Fault
from .keys import Keys, refusal
from .safetensors import METADATA, parse_json

__all__ = ["DEPTH", "KEY", "Encoder", "decode"]

Array = np.ndarray[Any, np.dtype[Any]]
Path = tuple[Any, ...]

KEY = "fastnn"  # of the text in the file's metadata
VERSION = 1
DEPTH = 100  # levels of dicts, lists and tuples
VALUES = 20_000_000  # in one file; lists in lists that are all the same one may have any number
EXACT = 1 << 63  # integers below it are numbers in JSON


# -- writing -----------------------------------------------------------------------------------


class Encoder:
    """Makes JSON of a value, and collects its arrays by name.

    Tensors and arrays on the same memory, with the same shape and strides, are one array.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.names: dict[tuple[Any, ...], str] = {}
        self.count = 0

    def text(self, value: Any) -> str:
        """The JSON text of a value."""
        encoded = self.encode(value, ())
        return json.dumps({"version": VERSION, "value": encoded}, separators=(",", ":"))

    def encode(self, x: Any, path: Path) -> Any:
        """A value as what `json` writes; `path` has the keys that lead to it."""
        self.count += 1
        if len(path) > DEPTH:
            raise ValueError(
                f"save: obj{place(path[:3])}… has dicts and lists in more than {DEPTH} levels, or "
                "contains itself"
            )
        if self.count > VALUES:
            raise ValueError(f"save: obj has more than {VALUES} values; make arrays of long lists")
        if x is None or x is True or x is False:
            return x
        if isinstance(x, Tensor):
            return self.encode_tensor(x, path)
        if isinstance(x, np.ndarray):
            return {"$array": self.name(x, path), **pairs(x)}
        if isinstance(x, str):
            return str(x)
        if isinstance(x, np.generic):
            check_type(x.dtype, path)
            return {"$scalar": self.encode(python_number(x), path), "dtype": x.dtype.name}
        if isinstance(x, int):
            return int(x) if -EXACT <= x < EXACT else {"$int": hex(x)}
        if isinstance(x, float):
            return float(x) if math.isfinite(x) else {"$float": repr(float(x))}
        if isinstance(x, complex):
            return {"$complex": self.encode_all((x.real, x.imag), path)}
        if isinstance(x, (bytes, bytearray)):
            return {"$bytes": x.hex()}
        if isinstance(x, np.dtype):
            check_type(x, path)
            return {"$dtype": x.name}
        if isinstance(x, device):
            return {"$device": str(x)}
        return self.encode_container(x, path)

    def encode_tensor(self, x: Tensor, path: Path) -> Any:
        if isinstance(x, Parameter):
            more = {} if x.requires_grad else {"requires_grad": False}
            return {"$parameter": self.name(x._array, path), **more}
        more = {"requires_grad": True} if x.requires_grad else {}
        return {"$tensor": self.name(x._array, path), **pairs(x._array), **more}

    def encode_container(self, x: Any, path: Path) -> Any:
        if isinstance(x, dict):
            names = all(isinstance(key, str) and not key.startswith("$") for key in x)
            if names and not isinstance(x, OrderedDict):
                return {str(key): self.encode(value, (*path, key)) for key, value in x.items()}
            items = [
                [self.encode(check_key(k, path), (*path, k)), self.encode(v, (*path, k))]
                for k, v in x.items()
            ]
            return {"$ordered" if isinstance(x, OrderedDict) else "$dict": items}
        if isinstance(x, list):
            return self.encode_all(x, path)
        if isinstance(x, Size):
            return {"$size": self.encode_all(x, path)}
        if isinstance(x, tuple) and not hasattr(x, "_fields"):
            return {"$tuple": self.encode_all(x, path)}
        if isinstance(x, (set, frozenset)):
            tag = "$set" if isinstance(x, set) else "$frozenset"
            return {tag: self.encode_all([check_key(k, path) for k in x], path)}
        raise TypeError(
            f"save: obj{place(path)} is of class {type(x).__module__}.{type(x).__qualname__}; "
            "files hold tensors, arrays, numbers, strings, and dicts, lists and tuples of them: "
            f"save {advice(x)}"
        )

    def encode_all(self, values: Iterable[Any], path: Path) -> list[Any]:
        return [self.encode(value, (*path, i)) for i, value in enumerate(values)]

    def name(self, array: Array, path: Path) -> str:
        """The name in the file of an array that `path` leads to."""
        memory = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype
        key = memory if array.size else (id(array),)
        if key not in self.names:
            self.names[key] = self.new_name(path)
            self.arrays[self.names[key]] = storable(array, path)
        return self.names[key]

    def new_name(self, path: Path) -> str:
        """The keys of a path with dots between them, and a number where that is another's name."""
        name = ".".join(map(str, path)) or "tensor"
        name = wanted = name.encode("utf-8", "replace").decode("utf-8")
        number = 1
        while name in self.arrays or name == METADATA:
            number += 1
            name = f"{wanted}.{number}"
        return name


def place(path: Path) -> str:
    """The keys that lead to a value, as in a program."""
    return "".join(f"[{key!r:.40}]" for key in path)


def check_key(key: Any, path: Path) -> Any:
    """A key of a dict or a member of a set, if it is one of those that files have."""
    reason = refusal(key)
    if reason is not None:
        raise TypeError(
            f"save: obj{place(path)} has {reason}; keys are strings, numbers and tuples of these"
        )
    return key


def check_type(dtype: np.dtype[Any], path: Path) -> None:
    if dtype.name not in KNOWN:
        raise TypeError(
            f"save: obj{place(path)} has elements of type {dtype}; files hold numbers of "
            f"{', '.join(sorted(KNOWN))}"
        )


def python_number(x: np.generic[Any]) -> Any:
    """The value of NumPy's number as one of Python's, which holds it exactly."""
    value = x.item()
    return value if isinstance(value, (bool, int, float, complex)) else float(value)


def pairs(array: Array) -> dict[str, bool]:
    """What is noted of complex numbers, which are stored as pairs of real ones."""
    return {"complex": True} if array.dtype.kind == "c" else {}


def storable(array: Array, path: Path) -> Array:
    """An array of one of the format's types."""
    check_type(array.dtype, path)
    if array.dtype.kind == "c":
        return np.stack([array.real, array.imag], -1)
    return array


def advice(x: Any) -> str:
    """What to save instead of an object."""
    if callable(getattr(x, "state_dict", None)):
        return "its state_dict(), and load that into a new one with load_state_dict()"
    if callable(getattr(x, "get_state", None)):
        return "its get_state()"
    if hasattr(x, "_asdict"):
        return "its _asdict()"
    if hasattr(x, "__fspath__"):
        return "its name, str(path)"
    if hasattr(x, "__dlpack__"):
        return "a tensor of it, fastnn.from_dlpack(x)"
    if hasattr(x, "__dict__") and not callable(x):
        return "its attributes, vars(x)"
    if hasattr(x, "__iter__"):
        return "a list of it"
    return "what makes it, or leave it out"


# -- reading -----------------------------------------------------------------------------------


def decode(text: str, arrays: dict[str, Array]) -> Any:
    """The value of a text that `Encoder` made, with the arrays of the file."""
    whole = parse_json(text)
    if not isinstance(whole, dict) or {*whole} != {"version", "value"}:
        raise Fault(f"{KEY} of its metadata has no version and value")
    if whole["version"] != VERSION:
        raise Fault(
            f"its structure is of version {whole['version']!r:.40}; this fastnn reads {VERSION}"
        )
    decoder = Decoder(arrays)
    value = decoder.decode(whole["value"], 0)
    unused = arrays.keys() - decoder.used
    if unused:
        raise Fault(f"its structure does not have tensor {min(unused)!r:.80}")
    return value


class Decoder:
    """Makes values of JSON; tensors with one name share memory."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.arrays = arrays
        self.used: set[str] = set()
        self.made: dict[tuple[Any, ...], Any] = {}

    def decode(self, x: Any, depth: int) -> Any:
        """The value that some JSON stands for."""
        if depth > 3 * DEPTH:
            raise Fault(f"its structure has more than {DEPTH} levels")
        if isinstance(x, list):
            return [self.decode(value, depth + 1) for value in x]
        if not isinstance(x, dict):
            return x
        tag = next(iter(x), "")
        if not tag.startswith("$"):
            if any(key.startswith("$") for key in x):
                raise Fault(f"its structure has an object with the keys {[*x]!r:.80}")
            return {key: self.decode(value, depth + 1) for key, value in x.items()}
        content = x[tag]
        options = {key: value for key, value in x.items() if key != tag}
        try:
            if tag in ARRAYS:
                return self.array(tag, content, options)
            if tag == "$scalar":
                number = self.decode(content, depth + 1)
                result: Any = scalar(number, element_type(options.pop("dtype")))
            elif tag in TUPLES:
                result = TUPLES[tag](self.decode(part, depth + 1) for part in listed(content))
            elif tag in SETS:
                members = [self.decode(part, depth + 1) for part in listed(content)]
                result = SETS[tag](checked(members))
            elif tag in DICTS:
                items = [self.decode(item, depth + 1) for item in listed(content)]
                checked([key for key, _ in items])
                result = DICTS[tag](items)
            else:
                result = TAGS[tag](content)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            raise Fault(f"its structure has an object {x!r:.80}") from None
        if options or (tag in DISTINCT and len(result) != len(content)):
            raise Fault(f"its structure has an object {x!r:.80}")
        return result

    def array(self, tag: str, name: Any, options: dict[str, Any]) -> Any:
        """A tensor, a parameter or an array."""
        if not isinstance(name, str) or name not in self.arrays:
            raise Fault(f"its structure has tensor {name!r:.80}, which is not in the file")
        pair = options.pop("complex", False)
        grad = False if tag == "$array" else options.pop("requires_grad", tag == "$parameter")
        if options or type(pair) is not bool or type(grad) is not bool:
            raise Fault(f"its structure has options {options!r:.80} of tensor {name!r:.80}")
        self.used.add(name)
        key = tag, name, pair, grad
        if key not in self.made:
            array = self.arrays[name]
            if pair:
                if array.dtype.name not in COMPLEX or array.shape[-1:] != (2,):
                    raise Fault(f"tensor {name!r:.80} has no pairs of floats for complex numbers")
                array = array.view(COMPLEX[array.dtype.name])[..., 0]
            if grad and kind(array.dtype) != "f":
                raise Fault(f"tensor {name!r:.80} of {array.dtype} requires a gradient")
            self.made[key] = ARRAYS[tag](array, grad)
        return self.made[key]


COMPLEX = {"float32": np.complex64, "float64": np.complex128}

ARRAYS: dict[str, Callable[[Array, bool], Any]] = {
    "$array": lambda array, grad: array,
    "$tensor": lambda array, grad: Tensor(array, grad),
    "$parameter": lambda array, grad: Parameter(array, grad),
}


def checked(keys: list[Any]) -> list[Any]:
    """The keys of a dict, or the members of a set; Fault for those that may not be."""
    known = Keys(keys)
    for key in keys:
        reason = known.refusal(key)
        if reason is not None:
            raise Fault(f"its structure has {reason}")
    return keys


def scalar(number: Any, dtype: np.dtype[Any]) -> Any:
    """A number as one of NumPy's, of whose kind and range it is."""
    expected: Any = {"b": bool, "i": int, "u": int, "c": complex}.get(dtype.kind, float)
    if type(number) is not expected:
        raise TypeError
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= number <= np.iinfo(dtype).max:
        raise OverflowError
    with np.errstate(over="raise"):
        return dtype.type(number)


def listed(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise TypeError
    return content


def sizes(values: Iterable[Any]) -> Size:
    result = Size(values)
    if not all(type(n) is int for n in result):
        raise TypeError
    return result


def complex_of(values: Iterable[Any]) -> complex:
    real, imag = values
    return complex(real, imag)


def big_int(text: Any) -> int:
    if not isinstance(text, str):
        raise TypeError
    return int(text, 16)


def device_of(text: Any) -> device:
    if text not in ("cpu", "cpu:0"):
        raise ValueError
    return CPU if text == "cpu" else device(text)


TUPLES: dict[str, Callable[[Iterable[Any]], Any]] = {
    "$tuple": tuple,
    "$size": sizes,
    "$complex": complex_of,
}
SETS: dict[str, Callable[[Iterable[Any]], Any]] = {"$set": set, "$frozenset": frozenset}
DICTS: dict[str, Callable[[Iterable[Any]], Any]] = {"$dict": dict, "$ordered": OrderedDict}
DISTINCT = {*SETS, *DICTS}  # where a key that occurs twice is a fault
TAGS: dict[str, Callable[[Any], Any]] = {
    "$int": big_int,
    "$float": {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.__getitem__,
    "$bytes": bytes.fromhex,
    "$dtype": element_type,
    "$device": device_of,
}
