"""Numbers as the tables of all reports write them."""

from collections.abc import Callable
from typing import Any

from reporting.table import Cell

NONE = Cell("–")
"""What is not defined."""


def number(value: float, digits: int, signed: bool = False) -> str:
    """0.6043 -> "0.604" (three digits); with a true minus sign, never minus zero; `signed` writes a plus too."""
    rounded = round(float(value), digits) + 0.0
    return f"{rounded:{'+' if signed else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")


def three_digits(value: float) -> str:
    """0.6043 -> "0.604"."""
    return number(value, 3)


def percent(share: float) -> str:
    """0.6043 -> "60.4"."""
    return number(100 * share, 1)


def points(difference: float) -> str:
    """0.0713 -> "+7.1", in percentage points."""
    return number(100 * difference, 1, signed=True)


def entry_cell(
    entry: dict[str, Any], text: Callable[[float], str], key: str = "value", star: str = "", strong: bool = False
) -> Cell:
    """The cell of a value (or of the difference, `key`) with its "ci95"; no interval where all resamples agree.

    Args:
        entry: as `reporting.estimate.Estimate.entry` makes it; a value of None is `NONE`.
        text: how a number is written.
        star: what is written after the value.
    """
    if entry[key] is None:
        return NONE
    low, high = entry["ci95"]
    interval = None if low is None or low == high else (text(low), text(high))
    return Cell(text(entry[key]) + star, interval, strong)
