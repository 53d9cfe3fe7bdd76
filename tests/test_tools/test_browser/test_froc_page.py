"""A FROC report from uploaded files."""

import json
from html import unescape
from zipfile import ZipFile

import pytest

gr = pytest.importorskip("gradio")

from tools import froc_report  # noqa: E402
from tools.browser.froc_page import FrocPage  # noqa: E402


@pytest.fixture
def files(bundled, tmp_path) -> list[str]:
    truth = bundled / "set/test.json"
    first, *_ = json.loads(truth.read_text())["annotations"]
    results = [{key: first[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.5}]
    for name in ("one.bbox.json", '<b>"two".json'):
        (tmp_path / name).write_text(json.dumps(results))
    return [str(truth), str(tmp_path / "one.bbox.json"), str(tmp_path / '<b>"two".json')]


@pytest.fixture
def page(tmp_path) -> FrocPage:
    (tmp_path / "reports").mkdir()
    with gr.Blocks():
        return FrocPage(tmp_path / "reports")


def test_it_is_the_report_of_the_tool(page, files, tmp_path, capsys):
    frame, archive = page.make_report(files[0], files[1:2], "center", 0.3)
    argv = ["--ann", files[0], "--pred", f"one.bbox={files[1]}", "--out", str(tmp_path / "by_tool")]
    froc_report.main([*argv, "--matching", "center", "--iou-thr", "0.3"])
    names = {file.name for file in (tmp_path / "by_tool").iterdir()}
    with ZipFile(archive["value"]) as made:
        assert {name.removeprefix("froc_report/") for name in made.namelist()} - {""} == names
        theirs = json.loads((tmp_path / "by_tool/froc.json").read_text())
        assert json.loads(made.read("froc_report/froc.json"))["systems"] == theirs["systems"]
    assert archive["visible"] is True
    command = "python tools/froc_report.py --ann test.json --pred one.bbox=one.bbox.json --out froc_report"
    assert f"{command} --matching center --iou-thr 0.3" in unescape(unescape(frame)), "no path of this machine"


def test_names_of_files_stay_text(page, files, capsys):
    """Neither the frame's attribute nor the page in it can be left by a name."""
    frame, _ = page.make_report(files[0], files[1:], "iou", 0.5)
    head, inner, tail = frame.split('srcdoc="')[0], frame.split('srcdoc="')[1][:-11], frame[-11:]
    assert tail == '"></iframe>' and '"' not in inner and "<" not in inner and "sandbox" in head
    assert '<b>"two"' not in unescape(inner) and "&lt;b&gt;" in unescape(inner)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_missing_file(page, files, kept):
    given = [files[0], None] if kept == 0 else [None, files[1:]]
    with pytest.raises(gr.Error, match="a ground truth file and at least one results file"):
        page.make_report(*given, "iou", 0.5)


def test_files_in_each_others_place(page, files):
    with pytest.raises(gr.Error, match=r"one\.bbox\.json"):
        page.make_report(files[1], [files[0]], "iou", 0.5)


def test_two_files_of_one_name(page, files, tmp_path):
    (tmp_path / "more").mkdir()
    other = tmp_path / "more/one.bbox.json"
    other.write_text("[]")
    with pytest.raises(gr.Error, match="one.bbox is given twice"):
        page.make_report(files[0], [files[1], str(other)], "iou", 0.5)
