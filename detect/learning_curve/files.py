"""Write a learning curve to a folder: JSON, CSV, Markdown, a figure, a self-contained page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.atomic import write_json, write_text
from detect.learning_curve.figure import learning_curve_figure
from detect.learning_curve.tables import learning_curve_tables
from detect.learning_curve.wording import notes, reading
from detect.table1.files import csv_rows as table1_csv_rows
from detect.table1.wording import counting
from reporting.csv_files import write_csv
from reporting.report_page import Picture, render, save_figure
from reporting.table import markdown

TEMPLATE = Path(__file__).parent / "templates/learning_curve.html"
CAPTION = "Mean over the trainings of each number of images, with 95 % intervals; the bars lie beside one another."


def csv_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the lines of `table1.csv` but for what is published, with the images and what they are worth behind."""
    worths = {(entry["a"], entry["at"]): entry for entry in report["worth"]}
    header, *lines = table1_csv_rows(report | {"published": None})
    yield [*header[:-1], "images", "worth", "worth_low", "worth_high", "worth_bound"]
    for line in lines:
        group, row, at = line[0], line[1], line[5]
        entry = worths.get((f"{group}/{row}", at))
        worth = [entry["images"]["value"], *entry["images"]["ci95"], entry["bound"]] if entry else [None] * 4
        yield [*line[:-1], report["sizes"][group], *worth]


def write_learning_curve(report: dict[str, Any], folder: Path, command: str) -> None:
    """Write all files of the report, each atomically.

    Args:
        report: from `detect.learning_curve.evaluation.evaluate_learning_curve`, with "title", "notes" and "inputs".
        command: how the report was made.
    """
    tables = learning_curve_tables(report)
    report = report | {"reading": reading(report), "notes": notes(report)}
    write_json(folder / "learning_curve.json", report, indent=None)
    write_csv(folder / "learning_curve.csv", csv_rows(report))
    write_text(folder / "table.md", "\n\n".join([*report["reading"], markdown(tables, report["notes"])]))
    picture = Picture(save_figure(learning_curve_figure(report), folder / "learning_curve"), CAPTION)
    html = render(
        TEMPLATE,
        title=report["title"],
        command=command,
        lead=counting(report),
        tables=tables,
        notes=report["notes"],
        reading=report["reading"],
        figures=[picture],
    )
    write_text(folder / "index.html", html)
