"""The files of a classification report: JSON, tables, figures of the measures and the confusions, and one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.atomic import write_json, write_text
from enhance.classifier.report.figures import confusion_figure, measures_figure
from enhance.classifier.report.tables import classifier_tables, count_text
from reporting.report_page import PAGE, Picture, render, save_figure
from reporting.table import latex, markdown


def write_classifier_report(summary: dict[str, Any], folder: Path, command: str) -> None:
    """Write the report, each file atomically.

    They are `classification.json`, `table.md`, `table.tex`, `measures` and `confusion` as PNG and PDF, and a
    self-contained `index.html`.

    Args:
        summary: from `enhance.classifier.report.summary.summarize_classifier`.
        command: how the report was made.
    """
    tables = classifier_tables(summary)
    write_json(folder / "classification.json", summary)
    write_text(folder / "table.md", classifier_text(summary))
    write_text(folder / "table.tex", latex(tables, "classification"))
    figures = [
        Picture(save_figure(measures_figure(summary), folder / "measures"), "Each measure with its 95 % interval."),
        Picture(
            save_figure(confusion_figure(summary), folder / "confusion"), "Counts, shaded by their share of a row."
        ),
    ]
    html = render(
        PAGE,
        title="Classification report",
        lead=f"{count_text(summary)}, {len(summary['labels'])} labels.",
        command=command,
        figures=figures,
        tables=tables,
        notes=summary["notes"],
    )
    write_text(folder / "index.html", html)


def classifier_text(summary: dict[str, Any]) -> str:
    """The tables and the notes, for GitHub's Markdown."""
    return markdown(classifier_tables(summary), summary["notes"])
