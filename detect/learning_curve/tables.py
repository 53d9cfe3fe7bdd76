"""What the tables of a learning curve say, from a `learning_curve.json` dictionary."""

from collections.abc import Callable
from typing import Any

from detect.learning_curve.sizes import variant_name
from detect.table1.evaluation import MEAN
from detect.table1.tables import table1_tables
from reporting.cells import NONE, number
from reporting.table import Cell, Table

SIGNS = {None: "", "at most": "≤", "at least": "≥"}
SHOWN_FPPI = "2"
"""The N that is shown beside the mean, where it is counted."""


def shown(report: dict[str, Any]) -> list[str]:
    """The columns that figure and table of worth show: the mean and Sens@2; `learning_curve.json` has all."""
    return [at for at in (MEAN, SHOWN_FPPI) if at in next(iter(report["rows"].values()))["sens_at"]]


def column_name(at: str) -> str:
    """Name a column in words."""
    return "Mean of Sens@N" if at == MEAN else f"Sens@{at}"


def learning_curve_tables(report: dict[str, Any]) -> list[Table]:
    """What enhancement is worth, then the tables of sensitivities and differences as in a Table 1 report."""
    others = table1_tables(report | {"published": None, "costs": {}, "negatives": None})
    return [*([worth_table(report)] if report["worth"] else []), *others]


def worth_table(report: dict[str, Any]) -> Table:
    """What each row is worth: in images of the baseline, as a multiple of the own images, and in boxes."""
    rows = []
    for key in dict.fromkeys(entry["a"] for entry in report["worth"]):
        cells = [cell for at in shown(report) for cell in _cells(worth_of(report, key, at))]
        rows.append([Cell(report["rows"][key]["name"]), *cells])
    names = [column_name(at) for at in shown(report)]
    header = ["Trained on", *(text for name in names for text in (f"{name}: images", "times", "boxes"))]
    baseline, training = variant_name(report["worth"][0]["b"]), report["training"]
    note = (
        f"The number of training images with which {baseline} reaches the same sensitivity, with 95 % intervals over "
        "the resamples; the same divided by the own images; and the boxes on so many images, "
        f"{training['boxes'] / training['images']:.2f} each. The curve of {baseline} never falls here (isotonic "
        "regression) and is linear in the logarithm of the images between the sizes. ≤ and ≥: beyond the sizes that "
        "were trained with, where nothing is extrapolated."
    )
    return Table(f"Worth in images of {baseline}", header, rows, note)


def worth_of(report: dict[str, Any], key: str, at: str) -> dict[str, Any]:
    """The entry of a row and a column."""
    return next(entry for entry in report["worth"] if (entry["a"], entry["at"]) == (key, at))


def _cells(entry: dict[str, Any]) -> list[Cell]:
    return [worth_cell(entry, unit) for unit in ("images", "times", "boxes")]


def worth_cell(entry: dict[str, Any], unit: str) -> Cell:
    """A worth in one unit with its interval; what is a bound has a sign before it."""
    worth = entry[unit]
    if worth["value"] is None:
        return NONE
    write: Callable[[float], str] = (lambda x: number(x, 2)) if unit == "times" else (lambda x: number(x, 0))
    low, high = (SIGNS[b] + write(end) for b, end in zip(entry["ci95_bounds"], worth["ci95"], strict=True))
    return Cell(SIGNS[entry["bound"]] + write(worth["value"]), (low, high))
