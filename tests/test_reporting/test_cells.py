"""Numbers of tables: digits, signs, and what is not defined."""

import pytest

from reporting.cells import NONE, entry_cell, number, percent, points
from reporting.table import Cell


@pytest.mark.parametrize(("number", "text"), [(0.0713, "+7.1"), (-0.0713, "−7.1"), (0.0, "+0.0"), (-0.0001, "+0.0")])
def test_points(number: float, text: str) -> None:
    assert points(number) == text


def test_percent() -> None:
    assert percent(0.6043) == "60.4"


def test_number_has_a_true_minus_and_never_minus_zero() -> None:
    assert [number(x, 2) for x in (1 / 3, -1 / 3, -0.001)] == ["0.33", "\N{MINUS SIGN}0.33", "0.00"]
    assert [number(x, 1, signed=True) for x in (0.25, -2.0, 0.0)] == ["+0.2", "\N{MINUS SIGN}2.0", "+0.0"]


def test_a_cell_has_its_interval_unless_all_resamples_agree() -> None:
    entry = {"value": 0.5, "ci95": [0.25, 0.75]}
    assert entry_cell(entry, percent, star="*", strong=True) == Cell("50.0*", ("25.0", "75.0"), True)
    assert entry_cell(entry | {"ci95": [0.5, 0.5]}, percent) == Cell("50.0")
    assert entry_cell(entry | {"ci95": [None, None]}, percent) == Cell("50.0")
    assert entry_cell({"difference": -0.1, "ci95": [-0.2, 0.0]}, points, "difference").interval[1] == "+0.0"
    assert entry_cell({"value": None, "ci95": [None, None]}, percent) == NONE
