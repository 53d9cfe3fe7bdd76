"""CSV tables are read with the columns they must have, or named in an error."""

import gzip

import pytest

from data.errors import UserError
from data.readers.parts.tables import read_table


def test_columns_and_types(tmp_path):
    (tmp_path / "a.csv").write_text("name,number,other\n007,1,x\n008,,y\n")
    rows = read_table(tmp_path / "a.csv", ["name", "number"], dtype=str, keep_default_na=False)
    assert rows.to_dict("list") == {"name": ["007", "008"], "number": ["1", ""], "other": ["x", "y"]}
    assert read_table(tmp_path / "a.csv", ["name"])["name"].tolist() == [7, 8]
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert read_table(tmp_path / "a.csv.gz", ["other"])["other"].tolist() == ["x", "y"]


def test_an_absent_column_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("name\n1\n")
    with pytest.raises(UserError, match=r"a\.csv: no column number, other; expected name,number,other"):
        read_table(tmp_path / "a.csv", ["name", "number", "other"])


def test_other_separators_and_encodings_are_told_what_is_expected(tmp_path):
    (tmp_path / "a.csv").write_text("name;number\n1;2\n")
    with pytest.raises(UserError, match="no column name, number; expected name,number, separated by commas"):
        read_table(tmp_path / "a.csv", ["name", "number"])
    (tmp_path / "a.csv").write_text("name,number\n1,2\n", encoding="utf-16")
    with pytest.raises(UserError, match="not a readable CSV table .*; save it as UTF-8, with commas"):
        read_table(tmp_path / "a.csv", ["name", "number"])


TRUNCATED = gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6]


@pytest.mark.parametrize("content", [None, b"", b'a,b\n"1', TRUNCATED])
def test_a_table_that_cannot_be_read_is_named(tmp_path, content):
    table = tmp_path / ("a.csv.gz" if content and content[:2] == b"\x1f\x8b" else "a.csv")
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.csv.*: not a readable CSV table"):
        read_table(table, ["a"])


def test_numbers_are_numbers_or_nothing(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("id,x\na,1\nb,\nc, 2.5\n")
    rows = read_table(table, ["id", "x"], ["x"])
    assert rows["x"].dtype == float and rows["x"].isna().tolist() == [False, True, False] and rows["x"][2] == 2.5
    for cell in ("abc", "inf", "1e400", "1;5"):
        table.write_text(f"id,x\na,1\nb,{cell}\n")
        with pytest.raises(UserError, match="t.csv: x of row 2 is .*not a finite number"):
            read_table(table, ["id", "x"], ["x"])
