"""Columns of a table: what their cells stand for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np

__all__ = ["BadCell", "Column", "check_type", "column_of"]

INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?")
WORDS = {"true": True, "yes": True, "t": True, "y": True, "1": True}
WORDS |= {"false": False, "no": False, "f": False, "n": False, "0": False}
TYPES = ("integer", "float", "boolean", "date", "category", "text")


class BadCell(Exception):
    """Cell `number` of a column is not what it must be: `reason`."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


@dataclass(frozen=True)
class Column:
    """One column of a `Table`.

    Parameters
    ----------
    name
        Its name.
    type
        What a column of another file is read as to be read alike: one of the words of `read_csv`,
        or for categories their names.
    values
        One element for each row: int64, float64 (NaN where it is missing), bool, datetime64[s]
        (NaT where it is missing), the int64 numbers of categories (-1 where it is missing), or str.
    missing
        Where cells are missing, as bools.
    """

    name: str
    type: Any
    values: np.ndarray[Any, np.dtype[Any]]
    missing: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of categories, of which `values` has the numbers; () for other types."""
        return () if isinstance(self.type, str) else self.type

    def __len__(self) -> int:
        return len(self.values)


def check_type(name: str, type: Any) -> None:
    """Raise unless a column can be read as `type`."""
    if isinstance(type, str):
        kind, _, form = type.partition(":")
        if kind not in TYPES or (form and kind != "date"):
            raise ValueError(
                f"read_csv: the type of column {name!r} must be one of {', '.join(TYPES)}, "
                f"'date:' and a format, or a list of categories, got {type!r}"
            )
        if form:
            check_format(name, form)
    elif not isinstance(type, (list, tuple)) or not all(isinstance(c, str) for c in type):
        raise TypeError(
            f"read_csv: the type of column {name!r} must be a string or a list of strings, got "
            f"{type!r}"
        )
    elif len(set(type)) < len(type):
        raise ValueError(f"read_csv: the categories of column {name!r} must differ, got {type!r}")


def check_format(name: str, form: str) -> None:
    """Raise unless dates that are written in a format can be read in it."""
    try:
        datetime.strptime(datetime(2001, 2, 3, tzinfo=timezone.utc).strftime(form), form)
    except (ValueError, re.error) as problem:
        raise ValueError(
            f"read_csv: column {name!r}: {form!r} is no format of dates: {problem}"
        ) from None


def column_of(
    name: str, cells: list[str], missing: np.ndarray[Any, np.dtype[np.bool_]], type: Any
) -> Column:
    """A column of cells; with None for its type, of the first type that fits all its cells.

    Cells that are missing are left out of `cells`, which has those of the rows that are not.
    """
    if type is None:
        return inferred(name, cells, missing)
    if not isinstance(type, str):
        return categorical(name, cells, missing, tuple(type))
    kind, _, form = type.partition(":")
    if kind == "category":
        return categorical(name, cells, missing, tuple(sorted(set(cells))))
    if kind == "text":
        return Column(name, type, spread(np.array(cells, object), missing, ""), missing)
    if kind in ("integer", "boolean") and missing.any():
        raise BadCell(-1, f"is missing, which no {kind} can be; read it as float or category")
    read, dtype, absent = {
        "integer": (integer, np.int64, 0),
        "float": (number, np.float64, np.nan),
        "boolean": (boolean, np.bool_, False),
        "date": (date(form), "datetime64[s]", np.datetime64("NaT", "s")),
    }[kind]
    return Column(name, type, spread(converted(cells, read, dtype), missing, absent), missing)


def inferred(name: str, cells: list[str], missing: np.ndarray[Any, np.dtype[np.bool_]]) -> Column:
    """A column of the first type that fits all cells; categories fit any."""
    some = [] if cells else ["float"]  # a column without any value is one of missing numbers
    if cells and not missing.any():
        some += ["integer", "boolean"]
    for kind in [*some, "float", "date"]:
        try:
            return column_of(name, cells, missing, kind)
        except BadCell:
            continue
    return column_of(name, cells, missing, "category")


def categorical(
    name: str,
    cells: list[str],
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    categories: tuple[str, ...],
) -> Column:
    numbers = {category: i for i, category in enumerate(categories)}

    def read(cell: str) -> int:
        if cell not in numbers:
            known = ", ".join(map(repr, categories[:5])) + (", …" if len(categories) > 5 else "")
            raise ValueError(f"is no category; there are {known or 'none'}")
        return numbers[cell]

    values = converted(cells, read, np.int64)
    return Column(name, categories, spread(values, missing, -1), missing)


def spread(
    values: np.ndarray[Any, np.dtype[Any]],
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    absent: Any,
) -> np.ndarray[Any, np.dtype[Any]]:
    """Values of rows where they are not missing, and `absent` where they are."""
    if not missing.any():
        return values
    out = np.full(len(missing), absent, values.dtype)
    out[~missing] = values
    return out


def converted(
    cells: Sequence[str], read: Callable[[str], Any], dtype: Any
) -> np.ndarray[Any, np.dtype[Any]]:
    """What `read` makes of cells; a BadCell for the first of which it can make nothing."""
    out = np.empty(len(cells), dtype)
    for i, cell in enumerate(cells):
        try:
            out[i] = read(cell)
        except (ValueError, OverflowError) as problem:
            raise BadCell(i, str(problem)) from None
    return out


def integer(cell: str) -> int:
    text = cell.strip()
    value = int(text) if INTEGER.fullmatch(text) else None
    if value is None:
        raise ValueError("is no integer")
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("is beyond the range of 64-bit integers")
    return value


def number(cell: str) -> float:
    if "_" in cell:  # which Python allows between digits
        raise ValueError("is no number")
    try:
        value = float(cell)
    except ValueError:
        raise ValueError("is no number") from None
    if math.isinf(value) and "n" not in cell.lower():  # inf is written as such
        raise ValueError("is beyond the range of 64-bit floats")
    return value


def boolean(cell: str) -> bool:
    value = WORDS.get(cell.strip().lower())
    if value is None:
        raise ValueError("is no boolean, such as true, false, yes, no, 1 or 0")
    return value


def date(form: str) -> Callable[[str], Any]:
    """What reads dates in a format of `datetime.strptime`; in ISO 8601 for an empty one."""

    def read(cell: str) -> Any:
        text = cell.strip()
        try:
            if form:
                value = datetime.strptime(text, form)
            elif found := ISO.fullmatch(text):
                value = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
            else:
                raise ValueError
            if value.tzinfo is not None:
                value = value.astimezone(timezone.utc).replace(tzinfo=None)
        except (ValueError, OverflowError):
            expected = f"no date of the form {form!r}" if form else "no date such as 2026-01-31"
            raise ValueError(f"is {expected}") from None
        return np.datetime64(value, "s")

    return read
