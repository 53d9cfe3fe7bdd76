"""The files of the report: complete, self-contained, the numbers of the report."""

import csv
import json
import re
from pathlib import Path

import pytest

from detect.learning_curve.files import csv_rows, write_learning_curve
from detect.learning_curve.tables import learning_curve_tables
from detect.learning_curve.wording import notes, reading
from tests.test_detect.learning_curve_cases import report

CONTENT = report()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "deep"
    write_learning_curve(CONTENT, out, "python report.py --x")
    return out


def test_all_files_and_nothing_else(folder: Path) -> None:
    figures = {f"learning_curve.{suffix}" for suffix in ("png", "pdf")}
    assert {path.name for path in folder.iterdir()} == figures | {
        *("learning_curve.json", "learning_curve.csv", "table.md", "index.html"),
    }


def test_the_json_is_the_report_with_its_words(folder: Path) -> None:
    read = json.loads((folder / "learning_curve.json").read_text())
    assert (read["reading"], read["notes"]) == (reading(CONTENT), notes(CONTENT))
    assert read["worth"] == CONTENT["worth"] and read["sizes"] == CONTENT["sizes"]


def test_the_csv_has_a_line_for_each_row_and_n(folder: Path) -> None:
    with (folder / "learning_curve.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 9 * 4 == len(list(csv_rows(CONTENT))) - 1
    assert "published" not in lines[0]
    by_name = {(line["group"], line["row"], line["fppi"]): line for line in lines}
    line, cell = by_name["all", "mine", "1"], CONTENT["rows"]["all/mine"]["sens_at"]["1"]
    assert (line["images"], float(line["value"])) == ("8", cell["value"])
    entry = next(e for e in CONTENT["worth"] if (e["a"], e["at"]) == ("all/mine", "1"))
    worth = [float(line[name]) for name in ("worth", "worth_low", "worth_high")]
    assert worth == [entry["images"]["value"], *entry["images"]["ci95"]]
    assert by_name["all", "color_cawe", "mean"]["worth_bound"] == "at least"
    assert by_name["2", "raw", "1"]["worth"] == ""


def test_the_page_and_the_markdown_have_every_table(folder: Path) -> None:
    page, text = ((folder / name).read_text() for name in ("index.html", "table.md"))
    assert "<title>Curve &amp; more</title>" in page and page.count("data:image/png;base64,") == 1
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for table in learning_curve_tables(CONTENT):
        assert page.count(f">{table.title}</h2>") == 1 and f"**{table.title}**" in text
    assert text.startswith(reading(CONTENT)[0]) and "python report.py --x" in page
    assert page.index("By the mean of Sens@N Color+CAWE") < page.index("data:image/png") < page.index("</h2>")
    assert re.search(r'"ci">(≤?\d+) to ≥8<', page) and not re.search(r'"ci">[^<]*–[^<]*[≤≥]', page)
