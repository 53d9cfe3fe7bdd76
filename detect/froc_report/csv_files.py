"""The numbers of a report as rows of CSV files: every value with its interval, and the curves' operating points."""

from collections.abc import Iterator
from typing import Any


def value_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header and every value with its interval, in full precision.

    The group is all lesions, those of a size or those of a class, on its own curve or on that of all; fppi is empty for
    measures without a rate.
    """
    yield [
        "system",
        "kind",
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
        whole = {"name": "", "num_lesions": system["num_lesions"], "sens_at": system["sens_at"]}
        kinds = {
            "all": [whole],
            "size": system["sizes"],
            "class": system.get("classes", []),
            "class ranked together": system.get("classes_ranked_together", []),
        }
        for kind, groups in kinds.items():
            for group in groups:
                for rate, entry in group["sens_at"].items():
                    yield [name, kind, group["name"], group["num_lesions"], "sensitivity", rate, *_cells(entry)]
        for measure, entry in system["summary"].items():
            yield [name, "all", "", system["num_lesions"], measure, "", *_cells(entry)]


def _cells(entry: dict[str, Any]) -> list[Any]:
    return [entry["value"], *entry["ci95"], entry.get("reached"), entry.get("threshold")]


def difference_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header and every difference of two systems, in full precision."""
    yield ["a", "b", "measure", "fppi", "difference", "ci95_low", "ci95_high", "p", "p_holm"]
    for entry in [*report["paired"], *report["paired_summary"]]:
        at = [entry.get("measure", "sensitivity"), entry.get("fppi", "")]
        yield [entry["a"], entry["b"], *at, entry["difference"], *entry["ci95"], entry["p"], entry["p_holm"]]


def curve_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header and the operating points of every system that make its curve (`RankedSet.vertices`)."""
    yield ["system", "threshold", "fp_per_image", "sensitivity"]
    for name, system in report["systems"].items():
        columns = (system["curve"][key] for key in ("threshold", "fp_per_image", "sensitivity"))
        for point in zip(*columns, strict=True):
            yield [name, *map(float, point)]
