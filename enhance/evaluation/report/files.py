"""The files of an attention report: JSON, CSV, Markdown and LaTeX tables, figures, and one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.atomic import write_json, write_text
from enhance.evaluation.report.figures import curves_figure, measures_figure, scores_figure
from enhance.evaluation.report.measured import Measured
from enhance.evaluation.report.tables import attention_tables
from enhance.pictures.method_grid import method_grid
from enhance.pictures.view import View
from reporting.csv_files import write_csv
from reporting.report_page import PAGE, Picture, render, save_figure
from reporting.table import latex, markdown

CURVES_CAPTION = (
    "Mean probability of the predicted class, of the images that are predicted correctly. By a good map it falls "
    "fast in MoRF and deletion, stays in LeRF, and rises fast in insertion. Gray: maps that know nothing of the image."
)
MEASURES_CAPTION = "Means with 95 % bootstrap intervals over patients. Gray: maps that know nothing of the image."
SCORES_CAPTION = (
    "Scores of the maps of correctly predicted images of each class, each map scaled to [0, 1]; the vertical axis is "
    "logarithmic above 1."
)
EXAMPLES_CAPTION = (
    "Images with lesion boxes (yellow) if there are some, else ones that are predicted correctly, spread over the set. "
    "Nothing is drawn below 20 % of a map's maximum."
)


def write_attention_report(
    summary: dict[str, Any],
    measured: Measured,
    notes: Sequence[str],
    examples: Sequence[View],
    folder: Path,
    title: str,
    command: str,
) -> None:
    """Write all files, each atomically.

    Args:
        summary: From `enhance.evaluation.report.summary.summarize_attention`.
        notes: From `enhance.evaluation.report.notes.attention_notes`.
        examples: From `enhance.evaluation.report.examples.example_views`; at least one.
        command: How the report was made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = attention_tables(summary)
    write_json(folder / "attention.json", summary | {"notes": list(notes)}, indent=None)
    write_csv(folder / "images.csv", image_rows(measured, summary["label_names"]))
    write_text(folder / "table.md", markdown(tables) + "".join(f"\n- {note}" for note in notes) + "\n")
    write_text(folder / "table.tex", latex(tables, "attention"))
    figures = [Picture(save_figure(measures_figure(summary), folder / "measures"), MEASURES_CAPTION)]
    if summary["num_correct"]:
        figures.append(Picture(save_figure(curves_figure(summary), folder / "curves"), CURVES_CAPTION))
        figures.append(Picture(save_figure(scores_figure(summary), folder / "scores"), SCORES_CAPTION))
    figures.append(Picture(save_figure(method_grid(examples), folder / "examples"), EXAMPLES_CAPTION, wide=True))
    people = "" if summary["num_unknown"] else f" of {summary['num_patients']} patients"
    counts = [f"{summary['num_with_boxes']} with lesion boxes"] if summary["num_with_boxes"] else []
    if summary["num_labeled"]:
        counts.append(f"{summary['num_correct']} of {summary['num_labeled']} with labels predicted correctly")
    page = render(
        PAGE,
        title=title,
        lead="; ".join([f"{summary['num_images']} images{people}", *counts]) + ".",
        command=command,
        tables=tables,
        notes=notes,
        figures=figures,
    )
    write_text(folder / "index.html", page)


def image_rows(measured: Measured, label_names: Sequence[str]) -> Iterator[list[Any]]:
    """A header, then a row for each image and system with all measures; empty where one does not apply."""
    arrays = measured.arrays
    names = [name for name, values in arrays.items() if values.shape[1:] == (len(measured.systems),)]
    names = [name for name in names if name not in ("probabilities", "score_square")]
    yield ["file_name", "patient", "target", "probability", "correct", "method", *names]
    for index, case in enumerate(measured.cases):
        target = int(arrays["targets"][index])
        head = [case.file_name, case.patient, label_names[target], f"{arrays['probabilities'][index, target]:.6g}"]
        for column, system in enumerate(measured.systems):
            values = [arrays[name][index, column] for name in names]
            cells = ["" if np.isnan(value) else f"{value:.6g}" for value in values]
            yield [*head, int(arrays["correct"][index]), system, *cells]
