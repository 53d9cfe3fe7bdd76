"""What the tables of an attention report say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enhance.evaluation.report.summary import MEASURES, Measure
from reporting.cells import entry_cell, number, percent, points, three_digits
from reporting.significance import is_below
from reporting.table import Cell, Table

ON_LABELS = ("aopc", "aopc_lerf", "deletion", "insertion")
ON_BOXES = ("pointing", "energy_ratio", "iou")
ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


def attention_tables(summary: dict[str, Any]) -> list[Table]:
    """The tables that an `attention.json` dictionary has content for."""
    tables = []
    if summary["num_correct"]:
        tables.append(_perturbation(summary))
    if summary["num_with_boxes"]:
        tables.append(_localization(summary))
    tables.append(_regions(summary))
    if summary["num_correct"]:
        tables.append(_aopc_by_class(summary))
    tables += [_differences(summary, b) for b in (summary["reference"], *summary["floors"])]
    if summary["classifier"]["mean"] is not None:
        tables.append(_classifier(summary))
    return tables


def _perturbation(summary: dict[str, Any]) -> Table:
    settings = summary["settings"]
    note = (
        f"Of the {summary['num_correct']} images whose class is predicted correctly (of {summary['num_images']}); the "
        "fall of that class's probability. AOPC (paper 004, eq. 2): noise of standard deviation "
        f"{settings['noise_std']:g} on regions of {settings['region']} × {settings['region']} pixels, most relevant "
        "first (MoRF, a good map has a high one) or least relevant first (LeRF, a low one)."
    )
    if settings["steps"]:
        note += (
            f" Deletion and insertion (RISE): area under the probability while pixels turn black, or come back into a "
            f"blurred image, in {settings['steps']} steps."
        )
    return _by_measure(summary, "Perturbation", ON_LABELS, note)


def _localization(summary: dict[str, Any]) -> Table:
    settings = summary["settings"]
    note = (
        f"Of the {summary['num_with_boxes']} images with lesion boxes. Pointing game: percent of images whose highest "
        f"point lies in a box{_tolerance(settings['tolerance'])}. Energy: the share of the map inside the boxes over "
        "the boxes' share of the area, a ratio of means; 1 is a flat map; the boxes, of any category, cover "
        f"{100 * summary['box_area']:.1f} % of these images on average. IoU, percent: of the boxes with the region "
        f"above {100 * settings['roi_share']:g} % of the map's maximum."
    )
    return _by_measure(summary, "Localization", ON_BOXES, note)


def _tolerance(pixels: float) -> str:
    return f", or at most {pixels:g} pixels from one" if pixels else ""


def _by_measure(summary: dict[str, Any], title: str, names: Sequence[str], note: str) -> Table:
    """Systems in rows, measures in columns; the best value of each column stands out."""
    measures = {name: MEASURES[name] for name in names if name in summary["systems"][summary["reference"]]}
    rows = [
        [Cell(system)] + [_cell(entries[name], measure) for name, measure in measures.items()]
        for system, entries in summary["systems"].items()
    ]
    for column, (name, measure) in enumerate(measures.items(), 1):
        best = best_systems(summary, name, measure)
        for row in rows:
            if row[0].text in best:
                row[column] = Cell(row[column].text, row[column].interval, strong=True)
    header = ["Method", *(measure.title + ARROWS[measure.better] for measure in measures.values())]
    return Table(
        title,
        header,
        rows,
        f"{note} With 95 % bootstrap intervals. {_floors(summary)} Bold: the best of the column, perhaps by chance.",
    )


def _floors(summary: dict[str, Any]) -> str:
    return f"{' and '.join(summary['floors'])} know nothing of the image: the floor."


def best_systems(summary: dict[str, Any], name: str, measure: Measure) -> list[str]:
    """The systems with the best value of a measure; none if it has no direction or no value."""
    values = {system: entries[name]["value"] for system, entries in summary["systems"].items()}
    known = [value for value in values.values() if value is not None]
    if measure.better is None or not known:
        return []
    best = max(known) if measure.better == "higher" else min(known)
    return [system for system, value in values.items() if value == best]


def _cell(entry: dict[str, Any], measure: Measure) -> Cell:
    return entry_cell(entry, percent if measure.percent else three_digits)


def _signed_three_digits(value: float) -> str:
    return number(value, 3, signed=True)


def _regions(summary: dict[str, Any]) -> Table:
    """Paper 001, table 3."""
    measure, share = MEASURES["roi_size"], summary["settings"]["roi_share"]
    classes = _classes(summary)
    rows = [
        [Cell(system), _cell(entries["roi_size"], measure)]
        + [_cell(entries["classes"][label]["roi_size"], measure) for label in classes]
        for system, entries in summary["systems"].items()
    ]
    counts = "; ".join(f"{label}: {number}" for label, number in classes.items())
    note = (
        f"Percent of the image above {100 * share:g} % of the map's maximum (paper 001, table 3), of all "
        f"{summary['num_images']} images"
        + (f", and of those predicted correctly as a class ({counts})." if classes else ".")
    )
    return Table("Size of the region of interest", ["Method", "All", *classes], rows, note)


def _aopc_by_class(summary: dict[str, Any]) -> Table:
    classes = _classes(summary)
    rows = [
        [Cell(system)] + [_cell(entries["classes"][label]["aopc"], MEASURES["aopc"]) for label in classes]
        for system, entries in summary["systems"].items()
    ]
    return Table("AOPC (MoRF) by class", ["Method", *classes], rows, "Of the images predicted correctly as the class.")


def _classes(summary: dict[str, Any]) -> dict[str, int]:
    """Classes with correctly predicted images, and how many these are."""
    entries = summary["systems"][summary["reference"]]["classes"]
    return {label: entry["roi_size"]["num_images"] for label, entry in entries.items()}


def _differences(summary: dict[str, Any], b: str) -> Table:
    found = {(entry["a"], entry["measure"]): entry for entry in summary["differences"] if entry["b"] == b}
    names = [name for name in MEASURES if any(measure == name for _, measure in found)]
    rows = []
    for system in dict.fromkeys(a for a, _ in found):
        cells = []
        for name in names:
            entry = found[system, name]
            text = points if MEASURES[name].percent else _signed_three_digits
            cells.append(entry_cell(entry, text, "difference", strong=is_below(entry)))
        rows.append([Cell(f"{system} \N{MINUS SIGN} {b}"), *cells])
    header = ["Difference", *(MEASURES[name].title + ARROWS[MEASURES[name].better] for name in names)]
    note = (
        "On the same images and resamples. Bold: p below .05 after Holm's correction over the rows of the column; "
        "nothing is corrected for looking at several columns."
    )
    return Table(f"Differences from {b}", header, rows, note)


def _classifier(summary: dict[str, Any]) -> Table:
    measure = Measure("AUC", "", "higher")
    entries = summary["classifier"]["labels"] | {"Mean": summary["classifier"]["mean"]}
    rows = [[Cell(name), Cell(str(entry["num_images"])), _cell(entry, measure)] for name, entry in entries.items()]
    note = "On these images, with 95 % bootstrap intervals."
    return Table("The classifier", ["Label", "Images", "AUC"], rows, note)
