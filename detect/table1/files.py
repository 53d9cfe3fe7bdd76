"""Write a Table 1 report to a folder: JSON, CSV, Markdown, LaTeX, a figure of each group, a self-contained page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.atomic import write_json, write_text
from detect.table1.evaluation import MEAN
from detect.table1.figure import group_figure
from detect.table1.row_names import group_name
from detect.table1.tables import published_values, table1_tables
from detect.table1.wording import counting, reading, table1_notes
from reporting.csv_files import write_csv
from reporting.report_page import Picture, render, save_figure
from reporting.table import latex, markdown

TEMPLATE = Path(__file__).parent / "templates/table1.html"


def csv_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield a header, then a line for each row and N, and one for the mean, in full precision; shares, not percent."""
    yield [
        *("group", "row", "name", "baseline", "repeats", "fppi", "value", "ci95_low", "ci95_high", "sd_repeats"),
        *("reached", "difference", "difference_low", "difference_high", "p", "p_holm", "published"),
    ]
    differences = {(entry["a"], entry["at"]): entry for entry in report["differences"]}
    for key, row in report["rows"].items():
        for at, cell in row["sens_at"].items():
            entry = differences.get((key, at))
            compared = [entry["difference"], *entry["ci95"], entry["p"], entry["p_holm"]] if entry else [None] * 5
            yield [
                *(row["group"], key.split("/")[1], row["name"], row["baseline"], row["num_repeats"], at),
                *(cell["value"], *cell["ci95"], cell["sd"], cell["reached"], *compared, _published(report, key, at)),
            ]


def _published(report: dict[str, Any], key: str, at: str) -> float | None:
    published = report["published"] or {"rows": {}}
    if at == MEAN or key not in published["rows"]:
        return None
    values = published_values(published, key)
    return values[at] / 100 if at in values else None


def write_table1(report: dict[str, Any], folder: Path, command: str) -> None:
    """Write all files of the report, each atomically.

    Args:
        report: from `detect.table1.evaluation.evaluate_rows`, with "title", "notes", "published", "costs" and
            "negatives".
        command: how the report was made.
    """
    tables, notes = table1_tables(report), table1_notes(report)
    report = report | {"reading": reading(report), "notes": notes}
    write_json(folder / "table1.json", report, indent=None)
    write_csv(folder / "table1.csv", csv_rows(report))
    write_text(folder / "table.md", "\n\n".join([*report["reading"], markdown(tables, notes)]))
    write_text(folder / "table.tex", latex(tables, "table1"))
    html = render(
        TEMPLATE,
        title=report["title"],
        command=command,
        main=tables[0],
        tables=tables[1:],
        notes=notes,
        reading=report["reading"],
        counting=counting(report),
        figures=_figures(report, folder),
    )
    write_text(folder / "index.html", html)


def _figures(report: dict[str, Any], folder: Path) -> list[Picture]:
    pictures = []
    for group in dict.fromkeys(row["group"] for row in report["rows"].values()):
        uri = save_figure(group_figure(report, group), folder / f"froc_{group}")
        pictures.append(Picture(uri, group_name(group, report.get("titles"))))
    return pictures
