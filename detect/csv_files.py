"""The numbers of a report as CSV: every value with its interval, and every operating point."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def values_csv(report: dict[str, Any]) -> str:
    """Write every value with its interval, in full precision, one a line: system, group, measure, fppi, value, ...

    `group` is "all", a size stratum or a class; `fppi` is empty for measures without a rate.
    """
    header = [
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
    return _csv_text(header, _value_rows(report))


def _value_rows(report: dict[str, Any]) -> Iterable[list[Any]]:
    for name, system in report["systems"].items():
        whole = {"name": "all", "num_lesions": system["num_lesions"], "sens_at": system["sens_at"]}
        for group in [whole, *system["sizes"], *system.get("classes", [])]:
            for rate, entry in group["sens_at"].items():
                yield [name, group["name"], group["num_lesions"], "sensitivity", rate, *_csv_cells(entry)]
        for measure, entry in system["summary"].items():
            yield [name, "all", system["num_lesions"], measure, "", *_csv_cells(entry)]


def _csv_cells(entry: dict[str, Any]) -> list[Any]:
    return [entry["value"], *entry["ci95"], entry.get("reached"), entry.get("threshold")]


def curve_csv(report: dict[str, Any]) -> str:
    """Write every operating point of every system: system, threshold, fp_per_image, sensitivity."""
    rows = (
        [name, *point]
        for name, system in report["systems"].items()
        for point in zip(*(system["curve"][key] for key in ("threshold", "fp_per_image", "sensitivity")), strict=True)
    )
    return _csv_text(["system", "threshold", "fp_per_image", "sensitivity"], rows)


def _csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
