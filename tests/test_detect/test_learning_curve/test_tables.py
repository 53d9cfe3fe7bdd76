"""The table of worth, before those of a Table 1 report."""

from dataclasses import replace

from detect.learning_curve.tables import column_name, learning_curve_tables, shown, worth_cell, worth_table
from reporting.cells import NONE
from reporting.table import Cell
from tests.test_detect.learning_curve_cases import FOUND, report
from tests.test_detect.table1_cases import SETTINGS

CONTENT = report()


def test_worth_comes_first() -> None:
    titles = [table.title for table in learning_curve_tables(CONTENT)]
    others = ["Sens@N", "Differences to the baseline", "p of the differences", "Between repeats"]
    assert titles == ["Worth in images of raw", *others]
    alone = report({key: found for key, found in FOUND.items() if key.endswith("raw")})
    assert [table.title for table in learning_curve_tables(alone)] == ["Sens@N", "Between repeats"]


def test_the_mean_and_sens_at_2_are_shown() -> None:
    table = worth_table(CONTENT)
    units = ["times", "boxes"]
    assert table.header == ["Trained on", "Mean of Sens@N: images", *units, "Sens@2: images", *units]
    assert [row[0].text for row in table.rows][:2] == ["2 images, Color+CAWE", "2 images, mine"]
    entry = next(e for e in CONTENT["worth"] if (e["a"], e["at"]) == ("4/color_cawe", "mean"))
    assert table.rows[2][1:4] == [worth_cell(entry, unit) for unit in ("images", "times", "boxes")]
    assert "1.50 each" in table.note
    without = report(settings=replace(SETTINGS, fppi=(0.5, 1)))
    assert shown(without) == ["mean"] and len(worth_table(without).header) == 4
    assert [column_name(at) for at in shown(CONTENT)] == ["Mean of Sens@N", "Sens@2"]


def test_bounds_have_a_sign() -> None:
    entry = {
        "bound": "at least",
        "ci95_bounds": ["at most", "at least"],
        "images": {"value": 666.0, "ci95": [50.0, 666.0]},
        "times": {"value": 3.33, "ci95": [0.25, 3.33]},
    }
    assert worth_cell(entry, "images") == Cell("≥666", ("≤50", "≥666"))
    assert worth_cell(entry, "times") == Cell("≥3.33", ("≤0.25", "≥3.33"))
    inside = {"bound": None, "ci95_bounds": [None, None], "images": {"value": 119.6, "ci95": [70.2, 310.0]}}
    assert worth_cell(inside, "images") == Cell("120", ("70", "310"))
    assert worth_cell(inside | {"images": {"value": None, "ci95": [None, None]}}, "images") == NONE
