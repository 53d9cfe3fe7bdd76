"""What a reader of an attention report has to know before believing its tables."""

from __future__ import annotations

from typing import Any

from enhance.evaluation.attention_summary import MEASURES
from enhance.evaluation.attention_tables import best_systems

FEW = 30
"""Below so many images an interval is wide, and a mean of them tells little."""


def report_notes(summary: dict[str, Any], left_out: dict[str, str]) -> list[str]:
    """Sentences for the report.

    Args:
        summary: From `enhance.evaluation.attention_summary.summarize`.
        left_out: Methods that do not go with the classifier, and why.
    """
    notes = [f"{name} is left out: {reason}." for name, reason in left_out.items()]
    failed = summary["failed"]
    if failed:
        notes.append(f"{len(failed)} images could not be read, the first: {next(iter(failed.values()))}.")
    if summary["num_unknown"]:
        notes.append(
            f"The person is not known for {summary['num_unknown']} of {summary['num_images']} images; each counts as "
            "another one, so intervals may be too narrow."
        )
    for name, entries in summary["systems"].items():
        if entries["num_empty"]:
            notes.append(f"{name} draws nothing on {entries['num_empty']} of {summary['num_images']} images.")
    notes += _floor_notes(summary)
    for number, what in (
        (summary["num_correct"], "predicted correctly"),
        (summary["num_with_boxes"], "with a lesion box"),
    ):
        if 0 < number < FEW:
            notes.append(f"Only {number} images are {what}: the intervals of so few are too narrow.")
    mean = summary["classifier"]["mean"]
    if mean is not None and mean["ci95"][0] is not None and mean["ci95"][0] <= 0.5:
        notes.append("The classifier may know no more than chance (AUC): what its maps show is not the disease.")
    return notes


def _floor_notes(summary: dict[str, Any]) -> list[str]:
    """The measures by which a map that knows nothing is the best of all."""
    beaten: dict[str, list[str]] = {}
    for name, measure in MEASURES.items():
        if name in summary["systems"][summary["reference"]]:
            for system in best_systems(summary, name, measure):
                if system in summary["floors"]:
                    beaten.setdefault(system, []).append(measure.title)
    return [
        f"{system}, which knows nothing of the image, is the best by: {', '.join(titles)}. By these, no method shows "
        "here that it has found anything."
        for system, titles in beaten.items()
    ]
