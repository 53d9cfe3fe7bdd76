"""The files of the report: complete, self-contained, the numbers of the report."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from detect.table1.files import csv_rows, write_table1
from detect.table1.tables import table1_tables
from detect.table1.wording import reading
from reporting.table import latex
from tests.test_detect.table1_cases import FULL, report


@pytest.fixture(scope="module")
def content() -> dict:
    return report(**FULL, title="Mine & more")


@pytest.fixture(scope="module")
def folder(content: dict, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "deep"
    write_table1(content, out, "python tools/table1_report.py --x")
    return out


def test_all_files_and_nothing_else(folder: Path) -> None:
    figures = {f"froc_{group}.{suffix}" for group in ("faster_rcnn", "retinanet") for suffix in ("png", "pdf")}
    tables = {"table1.json", "table1.csv", "table.md", "table.tex", "index.html"}
    assert {path.name for path in folder.iterdir()} == tables | figures


def test_the_json_is_the_report_with_its_words(folder: Path, content: dict) -> None:
    read = json.loads((folder / "table1.json").read_text())
    plain = json.loads(json.dumps(content, default=np.ndarray.tolist))
    assert read.pop("reading") == reading(content)
    assert read.pop("notes")[0] == plain.pop("notes")[0]
    assert read == plain


def test_the_csv_has_a_line_for_each_row_and_n(folder: Path, content: dict) -> None:
    with (folder / "table1.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 4 * 4 == len(list(csv_rows(content))) - 1
    line = next(x for x in lines if (x["group"], x["row"], x["fppi"]) == ("faster_rcnn", "cawe", "1"))
    cell = content["rows"]["faster_rcnn/cawe"]["sens_at"]["1"]
    numbers = [float(line[name]) for name in ("value", "ci95_low", "ci95_high", "sd_repeats")]
    assert numbers == [cell["value"], *cell["ci95"], cell["sd"]]
    entry = next(e for e in content["differences"] if (e["a"], e["at"]) == ("faster_rcnn/cawe", "1"))
    assert float(line["difference"]) == entry["difference"] and line["p"] == ""
    published = {(x["row"], x["fppi"]): x["published"] for x in lines if x["group"] == "faster_rcnn"}
    assert (published["raw", "1"], published["raw", "mean"], published["cawe", "1"]) == ("0.604", "", "")


def test_markdown_and_latex_have_every_table(folder: Path, content: dict) -> None:
    tables, text = table1_tables(content), (folder / "table.md").read_text()
    assert text.startswith(reading(content)[0])
    assert all(f"**{table.title}**" in text for table in tables)
    assert (folder / "table.tex").read_text() == latex(tables, "table1")


def test_the_page_needs_nothing_else(folder: Path, content: dict) -> None:
    page = (folder / "index.html").read_text()
    assert "<title>Mine &amp; more</title>" in page and page.count("data:image/png;base64,") == 2
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    for table in table1_tables(content):
        assert page.count(f">{table.title.replace('&', '&amp;')}</h2>") == 1
    assert page.index('id="main"') < page.index('id="curves"') < page.index('id="table-1"')
    assert "python tools/table1_report.py --x" in page
