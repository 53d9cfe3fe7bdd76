"""CSV files: whole, and read back as they were written."""

import csv

import pytest

from reporting.csv_files import write_csv


def test_read_back(tmp_path):
    rows = [["a", "b"], [0.1 + 0.2, 'x, "y"'], [None, "−"]]
    write_csv(tmp_path / "new/table.csv", rows)
    with (tmp_path / "new/table.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], ["0.30000000000000004", 'x, "y"'], ["", "−"]]
    assert b"\r" not in (tmp_path / "new/table.csv").read_bytes()


def test_rows_that_fail_leave_the_old_file(tmp_path):
    write_csv(tmp_path / "table.csv", [["old"]])
    with pytest.raises(ZeroDivisionError):
        write_csv(tmp_path / "table.csv", ([1 / number] for number in (1, 0)))
    assert (tmp_path / "table.csv").read_text() == "old\n" and len(list(tmp_path.iterdir())) == 1
