"""Write a FROC comparison to a folder: froc.json, froc.csv, froc.png, froc.pdf, table.md, self-contained index.html."""

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from matplotlib.figure import Figure

from data.atomic import atomic_path
from data.coco import write_json
from detect.coco_results import GroundTruth
from detect.figure import froc_figure

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Picture:
    """A PNG to show in the report, with its caption."""

    data_uri: str
    caption: str


def read_picture(path: Path) -> Picture:
    """Read a PNG; a text file of the same name with the suffix .txt is its caption, else the file's name is.

    Raises:
        FileNotFoundError: no such picture.
        ValueError: not a PNG.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such picture for --figure")
    content = path.read_bytes()
    if not content.startswith(b"\x89PNG"):
        raise ValueError(f"{path}: --figure takes PNG pictures, this is none")
    text = path.with_suffix(".txt")
    return Picture(_data_uri(content), text.read_text(encoding="utf-8").strip() if text.is_file() else path.stem)


def write_report(
    report: dict[str, Any],
    truth: GroundTruth,
    folder: Path,
    title: str,
    command: str,
    pictures: Sequence[Picture] = (),
) -> None:
    """Write all files of the report, each atomically.

    Args:
        report: from `detect.evaluation.evaluate`.
        truth: the ground truth it was made with, for the counts and the notes.
        command: how the report was made.
    """
    write_json(folder / "froc.json", report)
    _write_text(folder / "froc.csv", curve_csv(report))
    _write_text(folder / "table.md", markdown_table(report))
    figure = froc_figure(report)
    for suffix in (".png", ".pdf"):
        with atomic_path(folder / f"froc{suffix}") as temporary:
            figure.savefig(temporary, dpi=200)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(percent=percent, points=points)
    html = environment.get_template("froc_report.html").render(
        title=title,
        command=command,
        report=report,
        rates=[f"{rate:g}" for rate in report["settings"]["fppi"]],
        notes=[*truth.notes, *report_notes(report)],
        counts=_counts(truth),
        curves=_figure_uri(figure),
        pictures=pictures,
    )
    _write_text(folder / "index.html", html)


def report_notes(report: dict[str, Any]) -> list[str]:
    """Say what a reader could misread: systems without detections, curves that end before a rate."""
    notes = []
    for name, system in report["systems"].items():
        if system["num_detections"] == 0:
            notes.append(f"{name} has no detections: its sensitivity is 0 everywhere.")
            continue
        short = [rate for rate, point in system["sens_at"].items() if not point["reached"]]
        if short:
            end = system["curve"]["fp_per_image"][-1]
            notes.append(
                f"The curve of {name} ends at {end:.2f} false positives per image; its values at {', '.join(short)} "
                "(marked *) are the last ones. A lower score floor in testing would lengthen it."
            )
    return notes


def markdown_table(report: dict[str, Any]) -> str:
    """Return Sens@N of each system with its interval, and the paired differences, as Markdown tables in percent."""
    rates = [f"{rate:g}" for rate in report["settings"]["fppi"]]
    lines = [
        "| system | " + " | ".join(f"Sens@{rate}" for rate in rates) + " | mean |",
        "|---" * (len(rates) + 2) + "|",
    ]
    for name, system in report["systems"].items():
        cells = [_cell(system["sens_at"][rate]) for rate in rates]
        lines.append(f"| {_escaped(name)} | {' | '.join(cells)} | {percent(system['mean_sensitivity'])} |")
    lines += ["", "Percent, with 95 % bootstrap intervals; * the curve ends before this rate."]
    if report["paired"]:
        lines += ["", "| difference | at | points | 95 % interval | p |", "|---|---|---|---|---|"]
        for entry in report["paired"]:
            low, high = map(points, entry["ci95"])
            pair, rate = _escaped(f"{entry['a']} - {entry['b']}"), f"Sens@{entry['fppi']:g}"
            lines.append(f"| {pair} | {rate} | {points(entry['difference'])} | [{low}, {high}] | {entry['p']:.3f} |")
    return "\n".join(lines) + "\n"


def curve_csv(report: dict[str, Any]) -> str:
    """Return every operating point of every system: system, threshold, fp_per_image, sensitivity."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["system", "threshold", "fp_per_image", "sensitivity"])
    for name, system in report["systems"].items():
        curve = system["curve"]
        rows = zip(curve["threshold"], curve["fp_per_image"], curve["sensitivity"], strict=True)
        writer.writerows([name, *row] for row in rows)
    return text.getvalue()


def percent(share: float) -> str:
    """0.6043 -> "60.4"."""
    return f"{100 * share:.1f}"


def points(difference: float) -> str:
    """0.0713 -> "+7.1", in percentage points, with a true minus sign; never minus zero."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}".replace("-", "\N{MINUS SIGN}")


def _cell(point: dict[str, Any]) -> str:
    low, high = map(percent, point["ci95"])
    return f"{percent(point['value'])}{'' if point['reached'] else '*'} [{low}, {high}]"


def _escaped(name: str) -> str:
    return name.replace("|", "\\|")


def _counts(truth: GroundTruth) -> dict[str, int]:
    lesions = [len(boxes) for boxes in truth.boxes]
    people = {"patients": len(set(truth.groups))} if truth.grouped_by == "patient" else {}
    return people | {"images": len(lesions), "images without lesions": lesions.count(0), "lesions": sum(lesions)}


def _figure_uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200)
    return _data_uri(buffer.getvalue())


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _write_text(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
