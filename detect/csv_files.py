"""The numbers of a report as CSV files: every value with its interval, and every operating point."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from data.atomic import atomic_path


def value_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header and every value with its interval, in full precision.

    The group is "all", a size stratum or a class; fppi is empty for measures without a rate.
    """
    yield [
        "system",
        "group",
        "num_lesions",
        "measure",
        "fppi",
        "value",
        "ci95_low",
        "ci95_high",
        "reached",
        "threshold",
    ]
    for name, system in report["systems"].items():
        whole = {"name": "all", "num_lesions": system["num_lesions"], "sens_at": system["sens_at"]}
        for group in [whole, *system["sizes"], *system.get("classes", [])]:
            for rate, entry in group["sens_at"].items():
                yield [name, group["name"], group["num_lesions"], "sensitivity", rate, *_cells(entry)]
        for measure, entry in system["summary"].items():
            yield [name, "all", system["num_lesions"], measure, "", *_cells(entry)]


def _cells(entry: dict[str, Any]) -> list[Any]:
    return [entry["value"], *entry["ci95"], entry.get("reached"), entry.get("threshold")]


def curve_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header and every operating point of every system."""
    yield ["system", "threshold", "fp_per_image", "sensitivity"]
    for name, system in report["systems"].items():
        columns = (system["curve"][key] for key in ("threshold", "fp_per_image", "sensitivity"))
        for point in zip(*columns, strict=True):
            yield [name, *point]


def write_csv(path: Path, rows: Iterable[list[Any]]) -> None:
    """Write rows as they come, atomically."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
