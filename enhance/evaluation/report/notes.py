"""What a reader of an attention report has to know before believing its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enhance.evaluation.report.summary import MEASURES
from reporting.resampling import group_notes
from reporting.significance import is_below

FEW = 30
"""Below so many images an interval is wide, and a mean of them tells little."""


def attention_notes(summary: dict[str, Any], left_out: dict[str, str], classless: Sequence[str] = ()) -> list[str]:
    """Sentences for the report.

    Args:
        summary: From `enhance.evaluation.report.summary.summarize_attention`.
        left_out: Methods that do not go with the classifier, and why.
        classless: Methods whose maps are not for the target.
    """
    notes = [f"{name} is left out: {reason}." for name, reason in left_out.items()]
    if classless:
        notes.append(f"Not for the class of the image, but of their own choice: the maps of {', '.join(classless)}.")
    return notes + _image_notes(summary) + _noise_notes(summary) + _floor_notes(summary)


def _image_notes(summary: dict[str, Any]) -> list[str]:
    """What the images lack."""
    notes, number = [], summary["num_images"]
    failed, unknown = summary["failed"], summary["num_unknown"]
    listed, taken = summary["num_listed"], number + len(failed)
    if taken < listed:
        notes.append(f"{taken} of {listed} images were drawn (evaluation.max_images).")
    if summary["amp"]:
        notes.append("Changed images were predicted in mixed precision (--amp): compare with no report without it.")
    if failed:
        notes.append(f"Images that could not be read: {len(failed)}, the first: {next(iter(failed.values()))}.")
    notes += group_notes(unknown, number)
    if not summary["num_labeled"]:
        notes.append("The images have no labels of the classifier, so perturbation is not measured.")
    elif not summary["num_correct"]:
        notes.append("No image is predicted correctly, so perturbation is not measured.")
    for name, entries in summary["systems"].items():
        if entries["num_empty"]:
            notes.append(f"{name} draws nothing on {entries['num_empty']} of {number} images.")
    for key, what in (("num_correct", "predicted correctly"), ("num_with_boxes", "with a lesion box")):
        if 0 < summary[key] < FEW:
            notes.append(f"Few images are {what} ({summary[key]}): intervals of so few are too narrow.")
    mean = summary["classifier"]["mean"]
    if mean is not None and mean["ci95"][0] <= 0.5:
        notes.append("The classifier may know no more than chance (AUC): what its maps show is not the disease.")
    return notes


def _noise_notes(summary: dict[str, Any]) -> list[str]:
    """Classes whose probability noise does not lower, so that AOPC has nothing to measure."""
    firm = [label for label, entry in summary["noise_fall"].items() if entry["ci95"][0] <= 0]
    if not firm:
        return []
    return [
        f"Noise on the whole image does not clearly lower the probability of {', '.join(firm)}: there AOPC says "
        "nothing of the maps."
    ]


def _floor_notes(summary: dict[str, Any]) -> list[str]:
    """By which measures no method is clearly better than a map that knows nothing."""
    notes = []
    for floor in summary["floors"]:
        against = [entry for entry in summary["differences"] if entry["b"] == floor]
        level = []
        for name, measure in MEASURES.items():
            entries = [entry for entry in against if entry["measure"] == name]
            if measure.better is not None and entries and not any(_clearly_better(entry) for entry in entries):
                level.append(measure.title)
        if level:
            notes.append(
                f"No method is clearly better (p below .05 after Holm's correction) than {floor}, which knows nothing "
                f"of the image, by: {'; '.join(level)}."
            )
    return notes


def _clearly_better(entry: dict[str, Any]) -> bool:
    up = MEASURES[entry["measure"]].better == "higher"
    return is_below(entry) and (entry["difference"] > 0) == up
