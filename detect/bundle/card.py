"""The card of a bundle: what it is for, what it was made of, how good it is, and where it must not be trusted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reporting.cells import entry_cell, number, three_digits
from reporting.table import Cell, Table, markdown

TEMPLATE = Path(__file__).parent / "templates/card.md"
SHOWN = ("0.25", "0.5", "1", "2", "3", "4")
"""False positives an image that the card has in its tables."""


def card(
    facts: Mapping[str, Any], froc: Mapping[str, Any], calibration: Mapping[str, Any], test: Mapping[str, Any] | None
) -> str:
    """Write the card as Markdown.

    Args:
        facts: `name`, `detector`, `variant`, `runs`, `flip`, `label_names`, `enhancer` (its config as text), `counts`
            (of each side of the data: what is counted to how many), `same_images` (the test images are the validation
            images), `versions`.
        froc, calibration: see `validation_froc` and `validation_calibration`.
        test: `counts` and `points` (see `at_points`) of test images, or None.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATE.parent), undefined=StrictUndefined, trim_blocks=True)
    values = {"froc": froc, "calibration": calibration, "test": test, "points": markdown([_validation_table(froc)])}
    values["test_points"] = markdown([_test_table(test["points"])]) if test else ""
    return environment.get_template(TEMPLATE.name).render(**facts, **values)


def _validation_table(froc: Mapping[str, Any]) -> Table:
    header = ["False positives an image, at most", "Score from", "Lesions found"]
    rows = [
        [Cell(rate), Cell(_score(point["threshold"])), entry_cell(point, three_digits)]
        for rate, point in froc["points"].items()
        if rate in SHOWN
    ]
    return Table("Validation images: the operating points", header, rows, "Intervals: 95 %, bootstrap over persons.")


def _test_table(points: Mapping[str, Any]) -> Table:
    header = ["Threshold for", "False positives an image", "Lesions found"]
    rows = [
        [Cell(rate), entry_cell(point["fp_per_image"], three_digits), entry_cell(point["sensitivity"], three_digits)]
        for rate, point in points.items()
        if rate in SHOWN
    ]
    return Table("Test images: what the same thresholds give", header, rows, "The first column is what was promised.")


def _score(threshold: float | None) -> str:
    return "–" if threshold is None else number(threshold, 4)
