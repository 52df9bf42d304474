"""A reader of pickles that makes plain values only, and runs nothing.

It knows the opcodes that PyTorch writes (pickle's protocol 2). A pickle names functions and classes
by `Global`s; those that a table has become the functions of that table, any other ends the reading.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from struct import unpack_from
from typing import Any

from .fault import Fault
from .keys import Keys, refusal

__all__ = ["Global", "Unfinished", "Unpickler", "shown"]


class Unfinished:
    """What a pickle needs on the way to its values, and what is none: `name` says what."""

    name: str


class Global(Unfinished):
    """What a pickle calls by module and name, and the function that stands for it here."""

    def __init__(self, module: str, name: str, call: Callable[..., Any]) -> None:
        self.name, self.call = f"{module}.{name}", call


class Unpickler:
    """Reads one pickle.

    Parameters
    ----------
    data
        The pickle.
    find
        The value of a global with this module and name, often a `Global`; it raises a `Fault` for
        one that is not allowed.
    persistent
        The value of a persistent id.
    """

    def __init__(
        self,
        data: bytes,
        find: Callable[[str, str], Any],
        persistent: Callable[[Any], Any],
    ) -> None:
        self.data, self.at = data, 0
        self.find, self.persistent = find, persistent
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []  # stacks below the marks
        self.memo: dict[int, Any] = {}
        self.keys: dict[int, Keys] = {}  # of dicts with tuples as keys, by id
        self.left = 1000 + 10 * len(data)  # parts of arguments that calls may still copy

    def load(self) -> Any:
        """The value that the pickle stands for."""
        data, opcodes = self.data, OPCODES
        while self.at < len(data):
            begin = self.at
            code = data[begin]
            self.at += 1
            if code == STOP:
                if len(self.stack) != 1 or self.marked:
                    raise self.fault(begin, "ends with other than one value")
                return check_values(self.stack[0])
            step = opcodes.get(code)
            if step is None:
                raise self.fault(
                    begin, f"has opcode {bytes([code])!r}, which PyTorch does not write"
                )
            try:
                step(self)
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                raise self.fault(begin, f"is broken at opcode {bytes([code])!r}") from None
        raise Fault("its pickle ends before it is complete")

    def fault(self, at: int, text: str) -> Fault:
        return Fault(f"its pickle {text}, byte {at}")

    # -- bytes -------------------------------------------------------------------------------

    def number(self, form: str, size: int) -> Any:
        """The number in the next bytes."""
        if self.at + size > len(self.data):
            raise ValueError
        (result,) = unpack_from(form, self.data, self.at)
        self.at += size
        return result

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.data) - self.at:
            raise ValueError
        self.at += count
        return self.data[self.at - count : self.at]

    def line(self) -> str:
        """The text up to the end of a line; names of globals are short."""
        end = self.data.index(b"\n", self.at, self.at + 200)
        text = self.data[self.at : end].decode("utf-8")
        self.at = end + 1
        return text

    # -- opcodes -----------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop_mark(self) -> list[Any]:
        """The values above the last mark."""
        values, self.stack = self.stack, self.marked.pop()
        return values

    def proto(self) -> None:
        if self.number("B", 1) != 2:
            raise Fault("its pickle is of another protocol than 2, torch.save's default")

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def binunicode(self) -> None:
        self.push(str(self.take(self.number("<I", 4)), "utf-8", "surrogatepass"))

    def long1(self) -> None:
        self.push(int.from_bytes(self.take(self.number("B", 1)), "little", signed=True))

    def tuple_of(self, count: int) -> None:
        if len(self.stack) < count:
            raise IndexError
        values = tuple(self.stack[-count:])
        self.stack[-count:] = [values]

    def append(self) -> None:
        value = self.stack.pop()
        plain_list(self.stack[-1]).append(value)

    def appends(self) -> None:
        values = self.pop_mark()
        plain_list(self.stack[-1]).extend(values)

    def setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def setitems(self) -> None:
        values = self.pop_mark()
        if len(values) % 2:
            raise ValueError
        self.set_items(values)

    def set_items(self, values: list[Any]) -> None:
        """Put keys and values, in turns, into the dict on top of the stack."""
        target = plain_dict(self.stack[-1])
        for key, value in zip(values[::2], values[1::2]):
            if isinstance(key, tuple) and id(target) not in self.keys:
                self.keys[id(target)] = Keys(target)
            check_key(key, self.keys.get(id(target)))
            target[key] = value

    def find_global(self) -> None:
        module, name = self.line(), self.line()
        self.push(self.find(module, name))

    def persistent_id(self) -> None:
        self.push(self.persistent(self.stack.pop()))

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(function) is not Global or type(arguments) is not tuple:
            raise TypeError
        # The memo gives one long list to any number of calls, each of which may copy it.
        self.left -= sum(len(part) for part in arguments if type(part) in COPIED)
        if self.left < 0:
            raise Fault("its pickle copies the same values again and again")
        if function.call in (set, frozenset):
            (members,) = arguments
            keys = Keys(members)
            for member in plain_list(members):
                check_key(member, keys)
        self.push(function.call(*arguments))

    def build(self) -> None:
        """Attributes of an object: of an OrderedDict the versions of modules, of nothing else."""
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict:
            raise TypeError
        if {*state} - {"_metadata"}:
            raise ValueError
        vars(target).update(state)


def plain_list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def plain_dict(value: Any) -> dict[Any, Any]:
    if type(value) is not dict and type(value) is not OrderedDict:
        raise TypeError
    return value


PLAIN = {str, int, float, bool, type(None), bytes, complex}


def check_key(key: Any, keys: Keys | None) -> None:
    """Raise a Fault for a key that a dict or set may not have beside those that it has."""
    reason = refusal(key) if keys is None else keys.refusal(key)
    if reason is not None:
        raise Fault(f"its pickle has {reason}")


def shown(value: Any) -> str:
    """A value for a message. Of nested ones there may be exponentially much to show."""
    if type(value) in PLAIN:
        return f"{value!r:.40}"
    if type(value) is tuple and len(value) <= 8 and all(type(part) in PLAIN for part in value):
        return f"{value!r:.80}"
    return f"a {type(value).__name__}"


def check_values(root: Any) -> Any:
    """A value in which nothing unfinished is left, wherever it is nested."""
    seen, waiting = {id(root)}, [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Unfinished):
            raise Fault(f"its pickle has {value.name} itself as a value")
        if isinstance(value, dict):
            parts: Any = [*value.values(), *getattr(value, "__dict__", {}).values()]
        elif isinstance(value, (list, tuple)):
            parts = value
        else:
            continue
        for part in parts:
            if id(part) not in seen and type(part) not in PLAIN:
                seen.add(id(part))
                waiting.append(part)
    return root


STOP = ord(".")
COPIED = {str, bytes, list, tuple}

OPCODES: Mapping[int, Callable[[Unpickler], Any]] = {
    0x80: Unpickler.proto,
    ord("("): Unpickler.mark,
    ord("0"): Unpickler.pop,
    ord("1"): Unpickler.pop_mark,
    ord("N"): lambda self: self.push(None),
    0x88: lambda self: self.push(True),
    0x89: lambda self: self.push(False),
    ord("K"): lambda self: self.push(self.number("B", 1)),
    ord("M"): lambda self: self.push(self.number("<H", 2)),
    ord("J"): lambda self: self.push(self.number("<i", 4)),
    0x8A: Unpickler.long1,
    ord("G"): lambda self: self.push(self.number(">d", 8)),
    ord("X"): Unpickler.binunicode,
    ord("]"): lambda self: self.push([]),
    ord("}"): lambda self: self.push({}),
    ord(")"): lambda self: self.push(()),
    ord("t"): lambda self: self.push(tuple(self.pop_mark())),
    0x85: lambda self: self.tuple_of(1),
    0x86: lambda self: self.tuple_of(2),
    0x87: lambda self: self.tuple_of(3),
    ord("a"): Unpickler.append,
    ord("e"): Unpickler.appends,
    ord("s"): Unpickler.setitem,
    ord("u"): Unpickler.setitems,
    ord("q"): lambda self: self.put(self.number("B", 1)),
    ord("r"): lambda self: self.put(self.number("<I", 4)),
    ord("h"): lambda self: self.push(self.memo[self.number("B", 1)]),
    ord("j"): lambda self: self.push(self.memo[self.number("<I", 4)]),
    ord("c"): Unpickler.find_global,
    ord("Q"): Unpickler.persistent_id,
    ord("R"): Unpickler.reduce,
    ord("b"): Unpickler.build,
}
