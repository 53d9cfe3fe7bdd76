"""The files of an attention report."""

import csv
import json

import numpy as np
import pytest

from enhance.evaluation.report.examples import example_views
from enhance.evaluation.report.files import write_attention_report
from tests.test_enhance.attention_cases import LABELS, evaluated, method_set, write_set


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write_set(folder, 12)
    measured, summary = evaluated(folder, threshold=0.5)
    examples = example_views(method_set(), measured, str(folder), 2)
    write_attention_report(
        summary, measured, ["A <note>."], examples, folder / "out", "A title", "python tools/x.py 'a b'"
    )
    return folder / "out", measured, summary


def test_all_files_are_there_and_complete(made):
    folder, _, summary = made
    figures = {f"{name}.{suffix}" for name in ("measures", "curves", "scores", "examples") for suffix in ("png", "pdf")}
    texts = {"attention.json", "images.csv", "table.md", "table.tex", "index.html"}
    assert {path.name for path in folder.iterdir()} == figures | texts
    content = json.loads((folder / "attention.json").read_text())
    assert content["notes"] == ["A <note>."]
    assert content["systems"] == json.loads(json.dumps(summary["systems"]))
    assert "- A <note>." in (folder / "table.md").read_text()


def test_the_page_stands_alone(made):
    page = (made[0] / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 4
    assert page.count('<div class="scroll" role="region" aria-label="picture" tabindex="0"><img') == 1  # the examples
    assert "http" not in page.replace("http-equiv", "")
    assert "A &lt;note&gt;." in page
    assert "python tools/x.py &#39;a b&#39;" in page
    assert "12 images of 6 patients; 6 with lesion boxes;" in page


def test_a_row_for_each_image_and_system(made):
    folder, measured, _ = made
    with (folder / "images.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 * 5
    for number, row in enumerate(rows):
        image, system = divmod(number, 5)
        assert (row["file_name"], row["method"]) == (measured.cases[image].file_name, measured.systems[system])
        assert row["target"] == LABELS[measured.arrays["targets"][image]]
        assert int(row["correct"]) == measured.arrays["correct"][image]
        for name in ("aopc", "insertion", "iou", "roi_size"):
            value = measured.arrays[name][image, system]
            assert row[name] == "" if np.isnan(value) else float(row[name]) == pytest.approx(value, rel=1e-5)
