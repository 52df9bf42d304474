"""Tables of text."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastnn.data.readers import Table, read_csv

pytestmark = pytest.mark.any_threading
FLATS = """rooms,area,sold,day,city
2,50.5,yes,2026-01-31,Oslo
3,1e2,no,2026-02-28 10:30,Rome
4,-0.5,YES,1999-12-31T23:59:59,Oslo
"""


@pytest.fixture
def table(tmp_path):
    def read(text, types=None, name="table.csv", encoding="utf-8", **options):
        data = text if isinstance(text, bytes) else text.encode(encoding)
        (tmp_path / name).write_bytes(data)
        return read_csv(tmp_path / name, types, encoding=encoding, **options)

    return read


def values(table):
    return {name: table[name].values.tolist() for name in table.names}


def test_types_are_found(table):
    flats = table(FLATS)
    assert len(flats) == 3
    assert flats.types == {
        "rooms": "integer",
        "area": "float",
        "sold": "boolean",
        "day": "date",
        "city": ("Oslo", "Rome"),
    }
    days = np.array(["2026-01-31", "2026-02-28T10:30", "1999-12-31T23:59:59"], "M8[s]")
    assert values(flats) == {
        "rooms": [2, 3, 4],
        "area": [50.5, 100.0, -0.5],
        "sold": [True, False, True],
        "day": days.tolist(),
        "city": [0, 1, 0],
    }
    kinds = {name: flats[name].values.dtype.str[1:] for name in flats.names}
    assert kinds == {"rooms": "i8", "area": "f8", "sold": "b1", "day": "M8[s]", "city": "i8"}
    assert not any(flats[name].missing.any() for name in flats.names)


def test_types_are_given(table):
    types = {
        "rooms": "float",
        "area": "text",
        "sold": "category",
        "day": "category",
        "city": ["Rome", "Oslo", "Bonn"],
    }
    flats = table(FLATS, types)
    assert flats["rooms"].values.dtype == np.float64
    assert flats["area"].values.tolist() == ["50.5", "1e2", "-0.5"]
    assert flats["sold"].categories == ("YES", "no", "yes")
    assert flats["city"].values.tolist() == [1, 0, 1]


def test_another_file_is_read_in_the_same_way(table):
    train = table("a,b\n1,x\n2,y\n")
    test = table("a,b\n3,y\n", train.types)
    assert values(test) == {"a": [3], "b": [1]}
    with pytest.raises(ValueError, match=r"line 2, column 2 \('b'\): 'z' is no category; .*'x'"):
        table("a,b\n3,z\n", train.types)
    with pytest.raises(ValueError, match=r"line 3, column 1 \('a'\): '3.5' is no integer"):
        table("a,b\n3,x\n3.5,x\n", train.types)


def test_missing_values(table):
    found = table(
        "i,f,b,d,c,none\n1,,yes,2026-01-31,x,\n, NA ,no,null,NA,NaN\n2,inf,,2026-02-01,y,None\n"
    )
    assert found.types == {
        "i": "float",
        "f": "float",
        "b": ("no", "yes"),
        "d": "date",
        "c": ("x", "y"),
        "none": "float",
    }
    np.testing.assert_array_equal(found["i"].values, [1, np.nan, 2])
    np.testing.assert_array_equal(found["f"].values, [np.nan, np.nan, np.inf])
    assert found["b"].values.tolist() == [1, 0, -1]
    assert np.isnat(found["d"].values).tolist() == [False, True, False]
    assert found["c"].values.tolist() == [0, -1, 1]
    assert found["none"].missing.all()
    assert found["f"].missing.tolist() == [True, True, False]
    text = table("t\nNA\n-\n", {"t": "text"}, missing=["-"])["t"]
    assert text.values.tolist() == ["NA", ""]
    assert text.missing.tolist() == [False, True]
    for kind in ("integer", "boolean"):
        match = rf"line 3, column 1 \('a'\): '' is missing, which no {kind} can be; read it as"
        with pytest.raises(ValueError, match=match):
            table("a,b\n1,2\n,3\n", {"a": kind})


def test_dates_in_other_formats(table):
    days = table("d\n31.01.2026\n 1.2.2026\n", {"d": "date:%d.%m.%Y"})["d"]
    assert days.values.astype("M8[D]").astype(str).tolist() == ["2026-01-31", "2026-02-01"]
    zoned = table("d\n2026-01-01 00:30 +0100\n", {"d": "date:%Y-%m-%d %H:%M %z"})["d"]
    assert zoned.values[0] == np.datetime64("2025-12-31T23:30")
    with pytest.raises(ValueError, match=r"'2026-01-31' is no date of the form '%d.%m.%Y'"):
        table("d\n2026-01-31\n", {"d": "date:%d.%m.%Y"})
    for bad in ("2026-02-29", "2026-1-1", "today", "20260101", "2026-01-01T25:00"):
        with pytest.raises(ValueError, match=f"'{bad}' is no date such as 2026-01-31"):
            table(f"d\n{bad}\n", {"d": "date"})


@pytest.mark.parametrize(
    ("cell", "kind", "reason"),
    [
        ("1_000", "float", "is no number"),
        ("1_000", "integer", "is no integer"),
        ("one", "float", "is no number"),
        ("1e999", "float", "is beyond the range of 64-bit floats"),
        ("9223372036854775808", "integer", "is beyond the range of 64-bit integers"),
        ("-9223372036854775809", "integer", "is beyond the range of 64-bit integers"),
        ("1" * 5000, "integer", "is no integer"),
        ("2.0", "integer", "is no integer"),
        ("maybe", "boolean", "is no boolean"),
        ("²", "integer", "is no integer"),
    ],
)
def test_bad_cells(table, cell, kind, reason):
    with pytest.raises(ValueError, match=rf"table.csv, line 2, column 1 \('a'\): .* {reason}"):
        table(f"a,b\n{cell},1\n", {"a": kind})


def test_numbers_at_the_ends_of_their_range(table):
    ends = table("i,f\n-9223372036854775808,-inf\n+9223372036854775807,1.7976931348623157e308\n")
    assert ends["i"].values.tolist() == [-(2**63), 2**63 - 1]
    assert ends["f"].values.tolist() == [-np.inf, 1.7976931348623157e308]
    assert table("i\n9223372036854775808\n").types == {"i": "float"}


def test_quotes_and_line_ends(table):
    text = 'a,"b, ""c"""\r\n"x\r\ny",1\r\n\r\n"",2\r\nz,3'
    for ends in ("\r\n", "\n", "\r"):
        found = table(text.replace("\r\n", ends), {"a": "text"})
        assert found.names == ["a", 'b, "c"']
        assert found["a"].values.tolist() == [f"x{ends}y", "", "z"]
        assert found.columns[1].values.tolist() == [1, 2, 3]


def test_lines_of_errors_count_all_lines(table):
    """Empty ones, and those within quotation marks."""
    with pytest.raises(ValueError, match=r"line 6, column 2 \('b'\): 'x' is no integer"):
        table('a,b\n"1\n2\n",3\n\n4,x\n', {"b": "integer"})


def test_delimiters_and_quotation_marks(table):
    assert table("a\tb\n1,5\t2\n", name="table.tsv").names == ["a", "b"]
    assert values(table("a;b\n1;2\n", delimiter=";")) == {"a": [1], "b": [2]}
    assert values(table("a,b\n'x,y',2\n", quotechar="'"))["b"] == [2]
    bare = table('a\tb\n"x\t5" wide\n', name="t.tsv", quotechar=None)
    assert bare["a"].categories + bare["b"].categories == ('"x', '5" wide')


def test_headers(table):
    assert values(table("1,2\n3,4\n", header=False)) == {"0": [1, 3], "1": [2, 4]}
    assert values(table("1,2\n3,4\n", header=["x", "y"])) == {"x": [1, 3], "y": [2, 4]}
    assert len(table("a,b\n")) == 0
    assert table("a,b\n").types == {"a": "float", "b": "float"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_encodings(table, encoding):
    found = table("имя,лет\nАня,20\nБорис,30\n", encoding=encoding)
    assert found.names == ["имя", "лет"]
    assert found["имя"].categories == ("Аня", "Борис")


def test_a_byte_order_mark_is_skipped(table):
    assert table("a\n1\n".encode("utf-8-sig")).names == ["a"]


@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_bytes_of_another_encoding(table, rows):
    text = b"a,b\n" + b"1,2\n" * rows + b"3,caf\xe9\n"
    with pytest.raises(
        ValueError, match=rf"table.csv, line {rows + 2}: it is not encoded in utf-8"
    ):
        table(text)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "has no rows"),
        ("\n\n", "has no rows"),
        ("a,b\n1\n", "line 2: expected 2 fields, got 1"),
        ("a,b\n1,2\n\n1,2,3\n", "line 4: expected 2 fields, got 3"),
        ("a,a\n1,2\n", "two columns have the name 'a'"),
        ('a,b\n1,"2\n3\n', "line 2: unexpected end of data"),
        ('a,b\n1,"2"x\n', "line 2: ',' expected after '\"'"),
        ("a\n" + "x" * 200_000, "line 2: field larger than field limit"),
    ],
)
def test_bad_tables(table, text, match):
    with pytest.raises(ValueError, match=f"read_csv: .*table.csv.*{match}"):
        table(text)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"types": {"x": "float"}}, r"has no column 'x'; it has \['a', 'b'\]"),
        ({"types": {"a": "int"}}, "the type of column 'a' must be one of integer, float"),
        ({"types": {"a": "float:2"}}, "the type of column 'a' must be one of"),
        ({"types": {"a": "date:%Q"}}, "'%Q' is no format of dates"),
        ({"types": {"a": "date:%d%d"}}, "'%d%d' is no format of dates"),
        ({"types": {"a": ["x", "x"]}}, "the categories of column 'a' must differ"),
        ({"delimiter": ""}, "delimiter must be one character, got ''"),
        ({"delimiter": "::"}, "delimiter must be one character"),
        ({"delimiter": "\n"}, "delimiter must be one character"),
        ({"delimiter": '"'}, "delimiter and quotechar must differ"),
        ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
        ({"encoding": "rot13"}, "there is no encoding 'rot13'"),
    ],
)
def test_bad_options(tmp_path, options, match):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=f"read_csv: .*{match}"):
        read_csv(tmp_path / "t.csv", **options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"types": {"a": 3}}, "the type of column 'a' must be a string or a list"),
        ({"types": {"a": [1]}}, "the type of column 'a' must be a string or a list"),
        ({"missing": "NA"}, "missing must be a list of strings, got 'NA'"),
        ({"missing": [0]}, "missing must be a list of strings"),
        ({"header": "a,b"}, "header must be a bool or a list of names, got 'a,b'"),
    ],
)
def test_options_of_another_type(tmp_path, options, match):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TypeError, match=f"read_csv: {match}"):
        read_csv(tmp_path / "t.csv", **options)


def test_a_matrix(table):
    found = table("i,f,b,c,t\n1,0.5,yes,x,2026-01-01\n2,,no,NA,2026-01-02\n3,1,no,y,2026-01-03\n")
    out = found.matrix(["f", "c", "b", "i"], one_hot=True)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, [[0.5, 1, 0, 1, 1], [np.nan, 0, 0, 0, 2], [1, 0, 1, 0, 3]])
    assert found.matrix(["i"], dtype=np.float64).dtype == np.float64
    assert found.matrix([]).shape == (3, 0)
    with pytest.raises(ValueError, match="column 'c' of type category is no number; pass one_hot"):
        found.matrix(["c"])
    with pytest.raises(ValueError, match="column 't' of type date is no number; leave it out"):
        found.matrix(one_hot=True)
    with pytest.raises(KeyError, match=r"there is no column 'x'; there are \['i', 'f'"):
        found.matrix(["x"])
    with pytest.raises(TypeError, match="names must be a list of names, got 'i'"):
        found.matrix("i")
    with pytest.raises(TypeError, match="dtype must be a float type, got int64"):
        found.matrix(["i"], dtype=np.int64)
    with pytest.raises(ValueError, match=r"column 'f' has 1e\+39, beyond the range of float32"):
        table("f\n1\n1e39\n").matrix()


def test_tables_of_columns(table):
    columns = table("a,b\n1,2\n").columns
    assert Table(columns[:1]).names == ["a"]
    assert len(Table([])) == 0
    longer = table("b\n1\n2\n").columns
    for bad in (columns + columns, columns[:1] + longer):
        with pytest.raises(
            ValueError, match="Table: columns must have names of their own and equal"
        ):
            Table(bad)
    with pytest.raises(TypeError, match="Table: expected columns, got int"):
        Table([3])


CELL = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8
).map(lambda s: s + "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, st.integers(-(2**63), 2**63 - 1), st.floats()), min_size=1))
def test_what_the_csv_module_writes_is_read_again(table, rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("t", "i", "f"), *rows])
    found = table(text.getvalue(), {"t": "text", "i": "integer", "f": "float"})
    assert found["t"].values.tolist() == [row[0] for row in rows]
    assert found["i"].values.tolist() == [row[1] for row in rows]
    np.testing.assert_array_equal(found["f"].values, [row[2] for row in rows])
