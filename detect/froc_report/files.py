"""Write a FROC comparison to a folder: JSON, CSV, Markdown and LaTeX tables, figures, a self-contained index.html."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.atomic import write_json, write_text
from data.errors import MissingFileError, UserError
from detect.froc.ground_truth import GroundTruth, set_counts
from detect.froc_report.csv_files import curve_rows, difference_rows, value_rows
from detect.froc_report.figure import froc_figure, score_figure
from detect.froc_report.gallery import Gallery
from detect.froc_report.tables import froc_tables
from reporting.csv_files import write_csv
from reporting.report_page import Picture, png_uri, render, save_figure
from reporting.table import latex, markdown

TEMPLATE = Path(__file__).parent / "templates/froc_report.html"


def read_picture(path: Path) -> Picture:
    """Read a PNG; a text file of the same name with the suffix .txt is its caption, else the file's name is.

    Raises:
        MissingFileError: no such picture.
        UserError: not a PNG.
    """
    if not path.is_file():
        raise MissingFileError(f"{path}: no such picture for --figure")
    content = path.read_bytes()
    if not content.startswith(b"\x89PNG"):
        raise UserError(f"{path}: --figure takes PNG pictures, this is none")
    text = path.with_suffix(".txt")
    return Picture(png_uri(content), text.read_text(encoding="utf-8").strip() if text.is_file() else path.stem)


def write_froc_report(
    report: dict[str, Any],
    truth: GroundTruth,
    folder: Path,
    title: str,
    command: str,
    gallery: Gallery | None = None,
    pictures: Sequence[Picture] = (),
) -> None:
    """Write all files of the report, each atomically.

    Args:
        report: from `detect.froc.evaluation.evaluate`.
        truth: the ground truth it was made with, for the counts.
        command: how the report was made.
    """
    tables = froc_tables(report)
    write_json(folder / "froc.json", report, indent=None)
    write_csv(folder / "froc.csv", curve_rows(report))
    write_csv(folder / "table.csv", value_rows(report))
    write_csv(folder / "differences.csv", difference_rows(report))
    write_text(folder / "table.md", markdown(tables))
    write_text(folder / "table.tex", latex(tables, "froc"))
    html = render(
        TEMPLATE,
        title=title,
        command=command,
        report=report,
        tables=tables,
        notes=all_notes(report, gallery),
        counts=set_counts(truth),
        curves=save_figure(froc_figure(report), folder / "froc"),
        scores=save_figure(score_figure(report), folder / "scores"),
        gallery=gallery,
        pictures=pictures,
        score_down=score_down,
    )
    write_text(folder / "index.html", html)


def score_down(score: float) -> str:
    """Six decimals, rounded down, so that `score >= threshold` keeps the last point; all digits of tiny numbers."""
    return f"{math.floor(score * 1e6) / 1e6:.6f}" if abs(score) >= 1e-3 else repr(score)


def all_notes(report: dict[str, Any], gallery: Gallery | None) -> list[str]:
    """Return what a reader of the report has to know."""
    return [*report["notes"], *short_curve_notes(report), *(gallery.notes if gallery else [])]


def short_curve_notes(report: dict[str, Any]) -> list[str]:
    """Name the curves that end before a rate."""
    notes = []
    for name, system in report["systems"].items():
        short = [rate for rate, point in system["sens_at"].items() if not point["reached"]]
        if short and len(system["curve"]["threshold"]):
            end = system["curve"]["fp_per_image"][-1]
            notes.append(
                f"The curve of {name} ends at {end:.2f} false positives per image; its values at {', '.join(short)} "
                "(marked *) are the last ones. A lower score floor, or more boxes an image, would lengthen it."
            )
    return notes
