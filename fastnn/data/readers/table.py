"""Tables of text: values separated by commas, tabs or other characters."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .column import BadCell, Column, check_type, column_of
from .file import FileName, open_regular

__all__ = ["Table", "read_csv"]

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")


class Table:
    r"""Columns of equal length with names; ``table[name]`` is a `Column`.

    `read_csv` makes one of a file.

    Parameters
    ----------
    columns
        The columns, in order.

    Raises
    ------
    TypeError
        If they are no columns.
    ValueError
        If two have the same name, or they differ in length.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "flats.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("rooms,area,city\n2,50.5,Oslo\n3,,Rome\n")
    >>> table = fastnn.data.readers.read_csv(path)
    >>> len(table), table.names, table["city"].categories
    (2, ['rooms', 'area', 'city'], ('Oslo', 'Rome'))
    >>> table.matrix(["rooms", "city"], one_hot=True)
    array([[2., 1., 0.],
           [3., 0., 1.]], dtype=float32)
    """

    def __init__(self, columns: Iterable[Column]) -> None:
        self.columns = list(columns)
        if wrong := [c for c in self.columns if not isinstance(c, Column)]:
            raise TypeError(f"Table: expected columns, got {type(wrong[0]).__name__}")
        names, lengths = [c.name for c in self.columns], [len(c) for c in self.columns]
        if len(set(names)) < len(names) or len(set(lengths)) > 1:
            raise ValueError(
                "Table: columns must have names of their own and equal lengths, got "
                f"{dict(zip(names, lengths))}"
            )
        self._by_name = {column.name: column for column in self.columns}

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def types(self) -> dict[str, Any]:
        """The type of each column: with it, `read_csv` reads another file in the same way."""
        return {column.name: column.type for column in self.columns}

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def __getitem__(self, name: str) -> Column:
        if name not in self._by_name:
            raise KeyError(f"Table: there is no column {name!r}; there are {self.names}")
        return self._by_name[name]

    def matrix(
        self, names: Sequence[str] | None = None, one_hot: bool = False, dtype: Any = np.float32
    ) -> np.ndarray[Any, np.dtype[Any]]:
        """Columns side by side, as the inputs of a network.

        Parameters
        ----------
        names
            The columns; all by default.
        one_hot
            Whether a column of K categories becomes K columns of zeros and ones, all 0 where it is
            missing. Their numbers are no quantities, so they are refused without it.
        dtype
            A float type.

        Returns
        -------
        numpy.ndarray
            Of shape (rows, columns); NaN where a number is missing.

        Raises
        ------
        KeyError
            If there is no such column.
        ValueError
            For dates and text, for categories without `one_hot`, and for numbers beyond the range
            of `dtype`.
        """
        if isinstance(names, str):
            raise TypeError(f"Table: names must be a list of names, got {names!r}")
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise TypeError(f"Table: dtype must be a float type, got {dtype}")
        columns = [self[name] for name in (self.names if names is None else names)]
        parts = [numbers_of(column, one_hot, dtype) for column in columns]
        if not parts:
            return np.empty((len(self), 0), dtype)
        return np.concatenate(parts, 1)


def numbers_of(
    column: Column, one_hot: bool, dtype: np.dtype[Any]
) -> np.ndarray[Any, np.dtype[Any]]:
    """A column as a matrix of floats."""
    if not isinstance(column.type, str) and one_hot:
        out = np.zeros((len(column), len(column.type)), dtype)
        out[np.flatnonzero(~column.missing), column.values[~column.missing]] = 1
        return out
    if column.values.dtype.kind not in "biuf" or not isinstance(column.type, str):
        kind = column.type.partition(":")[0] if isinstance(column.type, str) else "category"
        fix = "pass one_hot=True" if kind == "category" else "leave it out or convert it"
        raise ValueError(f"Table: column {column.name!r} of type {kind} is no number; {fix}")
    with np.errstate(over="ignore"):
        out = column.values.astype(dtype)
    beyond = np.isinf(out) & np.isfinite(column.values)
    if beyond.any():
        raise ValueError(
            f"Table: column {column.name!r} has {column.values[beyond.argmax()]}, beyond the range "
            f"of {dtype}"
        )
    return out.reshape(-1, 1)


def read_csv(
    path: FileName,
    types: Mapping[str, Any] | None = None,
    *,
    delimiter: str | None = None,
    header: bool | Sequence[str] = True,
    missing: Sequence[str] = MISSING,
    quotechar: str | None = '"',
    encoding: str = "utf-8",
) -> Table:
    r"""Read a table of text, such as a CSV or TSV file, with typed columns.

    Python's `csv` module splits the rows. Empty lines are skipped; all others have as many fields
    as the first.

    Parameters
    ----------
    path
        The file.
    types
        The types of columns by name, of all or some: ``"integer"``, ``"float"``, ``"boolean"``
        (true, false, yes, no, t, f, y, n, 1, 0), ``"date"`` (ISO 8601, without a time zone),
        ``"date:"`` and a format of `datetime.strptime`, ``"category"``, ``"text"``, or a list of
        all categories. A column without a type is of the first that fits its cells: integer,
        boolean, float, date, category; one of integers with missing cells is of floats, and the
        categories are in alphabetic order. `Table.types` has what was found, to read the file of
        the test part in the same way.
    delimiter
        The character between fields; by default a tab if the name ends with ``.tsv`` or ``.tab``,
        a comma otherwise.
    header
        Whether the first row has the names of columns; or the names, of a file without.
    missing
        What a cell holds, apart from spaces, where its value is missing.
    quotechar
        The character around fields that hold delimiters, doubled within them; None if there is
        none.
    encoding
        Of the file; a byte order mark of UTF-8 is skipped.

    Returns
    -------
    Table
        The columns.

    Raises
    ------
    ValueError
        If the file is not as described: with its name, the line and the column.
    OSError
        If it cannot be read.

    Notes
    -----
    Cells are Python strings until they are converted, some 60 bytes each. What exceeds memory then
    should be an array in a file, see `NpyDataset`.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "days.tsv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("day\tsun\tnote\n2026-01-31\tyes\tdry\n2026-02-01\tno\tNA\n")
    >>> table = fastnn.data.readers.read_csv(path, {"note": "text"})
    >>> table["day"].values.astype("datetime64[D]")
    array(['2026-01-31', '2026-02-01'], dtype='datetime64[D]')
    >>> table["sun"].values, table["note"].missing
    (array([ True, False]), array([False,  True]))
    """
    types = {} if types is None else types
    for name, type in types.items():
        check_type(name, type)
    form = dialect_of(path, delimiter, quotechar)
    if isinstance(missing, str) or not all(isinstance(word, str) for word in missing):
        raise TypeError(f"read_csv: missing must be a list of strings, got {missing!r}")
    if isinstance(header, str) or not all(
        isinstance(n, str) for n in ([] if isinstance(header, bool) else header)
    ):
        raise TypeError(f"read_csv: header must be a bool or a list of names, got {header!r}")
    check_encoding(encoding)
    place = os.fspath(path) if isinstance(path, os.PathLike) else path
    names, lines, cells = rows_of(path, place, form, header, encoding)
    if unknown := [name for name in types if name not in names]:
        raise ValueError(f"read_csv: {place} has no column {unknown[0]!r}; it has {names}")
    absent, columns = frozenset(missing), []
    for position, name in enumerate(names):
        own = cells[position]
        gone = np.fromiter((cell.strip() in absent for cell in own), np.bool_, len(own))
        there = [cell for cell, out in zip(own, gone.tolist()) if not out] if gone.any() else own
        try:
            columns.append(column_of(name, there, gone, types.get(name)))
        except BadCell as bad:
            row = int(np.flatnonzero(gone if bad.number < 0 else ~gone)[max(bad.number, 0)])
            raise ValueError(
                f"read_csv: {place}, line {lines[row]}, column {position + 1} ({name!r}): "
                f"{own[row]!r:.60} {bad.reason}"
            ) from None
        cells[position] = []  # strings take far more memory than numbers
    return Table(columns)


def dialect_of(path: Any, delimiter: str | None, quotechar: str | None) -> dict[str, Any]:
    """The options of `csv.reader`."""
    if delimiter is None:
        tabs = str(path).lower().endswith((".tsv", ".tab"))
        delimiter = "\t" if tabs else ","
    for name, value in (("delimiter", delimiter), ("quotechar", quotechar)):
        if value is None:
            continue
        if not isinstance(value, str) or len(value) != 1 or value in "\r\n\0":
            raise ValueError(f"read_csv: {name} must be one character, got {value!r}")
    if delimiter == quotechar:
        raise ValueError(f"read_csv: delimiter and quotechar must differ, got {delimiter!r} twice")
    quoting = csv.QUOTE_NONE if quotechar is None else csv.QUOTE_MINIMAL
    return {"delimiter": delimiter, "quotechar": quotechar, "quoting": quoting, "strict": True}


def check_encoding(encoding: Any) -> None:
    """Raise ValueError unless text can have an encoding."""
    try:
        "".encode(encoding)
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"read_csv: there is no encoding {encoding!r}") from None


def rows_of(
    path: FileName,
    place: str,
    dialect: Mapping[str, Any],
    header: bool | Sequence[str],
    encoding: str,
) -> tuple[list[str], list[int], list[list[str]]]:
    """Names of columns, the line of each row, and the cells of each column."""
    names = None if isinstance(header, bool) else list(header)
    lines: list[int] = []
    columns: list[list[str]] = [] if names is None else [[] for _ in names]
    for line, row in numbered_rows(path, place, dialect, encoding):
        if names is None:
            names = row if header else [str(i) for i in range(len(row))]
            columns = [[] for _ in names]
            if header:
                continue
        if len(row) != len(names):
            raise ValueError(
                f"read_csv: {place}, line {line}: expected {len(names)} fields, got {len(row)}"
            )
        lines.append(line)
        for column, cell in zip(columns, row):
            column.append(cell)
    if names is None:
        raise ValueError(f"read_csv: {place} has no rows")
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ValueError(f"read_csv: {place}: two columns have the name {twice!r}")
    return names, lines, columns


def numbered_rows(
    path: FileName, place: str, dialect: Mapping[str, Any], encoding: str
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that are not empty, each with the line where it begins."""
    with open_regular("read_csv", path):
        pass
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    with open(path, encoding=encoding, newline="") as file:
        reader = csv.reader(file, **dialect)
        line = 1
        try:
            for row in reader:
                if row:
                    yield line, row
                line = reader.line_num + 1
        except UnicodeError as problem:
            raise ValueError(
                f"read_csv: {place}, line {undecodable_line(path, encoding)}: it is not encoded in "
                f"{encoding.removesuffix('-sig')}: {problem}"
            ) from None
        except csv.Error as problem:
            raise ValueError(f"read_csv: {place}, line {line}: {problem}") from None


def undecodable_line(path: FileName, encoding: str) -> int:
    """The first line of a file that cannot be decoded."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with open(path, "rb") as file:
        for part in file:
            try:
                line += decoder.decode(part).count("\n")
            except UnicodeError:
                break
    return line
