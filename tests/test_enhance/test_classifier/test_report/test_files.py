"""The files of a classification report: complete, and readable by their readers."""

import html
import json
import re

import matplotlib.pyplot as plt
import pytest

from enhance.classifier.report.files import classifier_text, write_classifier_report
from reporting.report_page import png_uri
from tests.test_enhance.classifier_cases import multi_class, multi_label


@pytest.mark.parametrize("make", [multi_label, multi_class])
def test_files(tmp_path, make):
    summary = make()
    write_classifier_report(summary, tmp_path / "new" / "report", "python make_it.py")
    names = {"classification.json", "table.md", "table.tex", "index.html"}
    names |= {f"{name}.{suffix}" for name in ("measures", "confusion") for suffix in ("png", "pdf")}
    assert {path.name for path in (tmp_path / "new" / "report").iterdir()} == names
    assert json.loads((tmp_path / "new/report/classification.json").read_text()) == summary
    assert (tmp_path / "new/report/table.md").read_text() == classifier_text(summary)
    assert plt.imread(tmp_path / "new/report/measures.png").std() > 0.01
    page = (tmp_path / "new/report/index.html").read_text()
    for name in ("measures", "confusion"):
        assert png_uri((tmp_path / f"new/report/{name}.png").read_bytes()) in page
    assert "http" not in page and "python make_it.py" in page
    assert {html.escape(note) for note in summary["notes"]} <= set(re.findall('<p class="note">(.*)</p>', page))
    mean = summary["mean"]["mcc"]
    assert f'{mean["value"]:.3f}<span class="ci">' in page
