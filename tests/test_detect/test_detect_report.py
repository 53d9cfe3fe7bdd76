"""The report's files: complete, self-contained, and with the numbers of the comparison."""

import base64
import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.coco_results import GroundTruth
from detect.evaluation import FrocSettings, evaluate
from detect.report import Picture, curve_csv, markdown_table, percent, points, read_picture, write_report

TRUTH = GroundTruth(
    image_ids=[0, 1, 2, 3],
    boxes=[np.array([[0.0, 0, 30, 30]])] * 3 + [np.zeros((0, 4))],
    labels=[np.array([1])] * 3 + [np.zeros(0, int)],
    groups=["a", "a", "b", "c"],
    grouped_by="patient",
    categories={1: "x"},
    notes=["A note on the truth."],
)


def find(image_id: int, score: float, hit: bool = True) -> dict:
    return {"image_id": image_id, "category_id": 1, "bbox": [0, 0, 30, 30] if hit else [50, 50, 30, 30], "score": score}


SYSTEMS = {
    "raw": [find(0, 0.9), *(find(i % 4, 0.8 - i / 100, False) for i in range(12)), find(1, 0.1)],
    "a|<b>&": [find(0, 0.9), find(1, 0.8), find(3, 0.7, False)],
    "silent": [],
}


@pytest.fixture(scope="module")
def report() -> dict:
    return evaluate(TRUTH, SYSTEMS, FrocSettings(fppi=(0.5, 1, 2), bootstrap=40))


@pytest.fixture(scope="module")
def folder(report: dict, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "deep" / "report"
    png = cv2.imencode(".png", np.zeros((4, 4), np.uint8))[1].tobytes()
    picture = Picture("data:image/png;base64," + base64.b64encode(png).decode(), "One <picture>")
    write_report(report, TRUTH, out, "Title & more", "python tools/froc_report.py --x", [picture])
    return out


def test_all_files_and_nothing_else(folder: Path) -> None:
    names = {"froc.json", "froc.csv", "froc.png", "froc.pdf", "table.md", "index.html"}
    assert {p.name for p in folder.iterdir()} == names
    assert cv2.imread(str(folder / "froc.png")).shape[1] > 1000
    assert (folder / "froc.pdf").read_bytes().startswith(b"%PDF")


def test_json_is_the_contract(folder: Path, report: dict) -> None:
    content = json.loads((folder / "froc.json").read_text())
    assert content == report
    assert content["settings"] == {"iou_thr": 0.5, "matching": "iou", "fppi": [0.5, 1, 2], "bootstrap": 40, "seed": 0}
    system = content["systems"]["raw"]
    keys = {"num_images", "num_lesions", "num_detections", "sens_at", "curve", "mean_sensitivity"}
    assert set(system) == keys
    assert set(system["sens_at"]) == {"0.5", "1", "2"}
    assert set(system["sens_at"]["1"]) == {"value", "ci95", "reached"}
    assert set(system["curve"]) == {"fp_per_image", "sensitivity", "threshold"}
    assert set(content["paired"][0]) == {"a", "b", "fppi", "difference", "ci95", "p"}


def test_csv_has_every_operating_point(folder: Path, report: dict) -> None:
    rows = list(csv.DictReader((folder / "froc.csv").open()))
    for name, system in report["systems"].items():
        got = [
            (float(r["threshold"]), float(r["fp_per_image"]), float(r["sensitivity"]))
            for r in rows
            if r["system"] == name
        ]
        curve = system["curve"]
        assert got == list(zip(curve["threshold"], curve["fp_per_image"], curve["sensitivity"], strict=True))
    assert len(rows) == 14 + 3


class Page(HTMLParser):
    """Collects the text, the links to anything, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.open = "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_page_is_self_contained_and_says_it_all(folder: Path, report: dict) -> None:
    html = (folder / "index.html").read_text()
    page = Page(html)
    assert page.open == []
    assert len(page.links) == 2 and all(link.startswith("data:image/png;base64,") for link in page.links)
    assert "http" not in html and "url(" not in html
    text = re.sub(r"\s+", " ", page.text)
    for wanted in ("Title & more", "3 patients, 4 images, 1 images without lesions, 3 lesions; 3 systems"):
        assert wanted in text
    for wanted in (
        "A note on the truth.",
        "silent has no detections",
        "One <picture>",
        "a|<b>&",
        "40 bootstrap resamples",
    ):
        assert wanted in text
    assert "python tools/froc_report.py --x" in text
    for system in report["systems"].values():
        for point in system["sens_at"].values():
            assert f"{percent(point['value'])}{'' if point['reached'] else '*'}{percent(point['ci95'][0])}–" in text
    for entry in report["paired"]:
        assert points(entry["difference"]) in text and f"{entry['p']:.3f}" in text


def test_markdown_by_hand(report: dict) -> None:
    lines = markdown_table(report).splitlines()
    assert lines[:2] == ["| system | Sens@0.5 | Sens@1 | Sens@2 | mean |", "|---|---|---|---|---|"]
    # raw: one of three lesions up to 3 false positives an image. a|<b>&: two of three, its curve ends at 0.25.
    assert re.match(r"\| raw \| 33\.3 \[[\d., ]+\] \| 33\.3 \[.*\| 33\.3 \|$", lines[2])
    assert re.match(r"\| a\\\|<b>& \| 66\.7\* \[.*\| 66\.7 \|$", lines[3])
    assert any(line.startswith(r"| a\|<b>& - raw | Sens@0.5 | +33.3 |") for line in lines)


def test_one_system_has_no_table_of_differences(tmp_path: Path) -> None:
    alone = evaluate(TRUTH, {"raw": SYSTEMS["raw"]}, FrocSettings(bootstrap=5))
    write_report(alone, TRUTH, tmp_path, "t", "c")
    assert "difference" not in markdown_table(alone)
    page = (tmp_path / "index.html").read_text()
    assert "Differences" not in page and "Pictures" not in page and "1 system." in page


def test_numbers_for_people() -> None:
    assert percent(0.6043) == "60.4"
    assert [points(x) for x in (0.0713, -0.0713, 0.0, -0.0001)] == ["+7.1", "−7.1", "+0.0", "+0.0"]


def test_pictures_and_their_captions(tmp_path: Path) -> None:
    path = tmp_path / "examples.png"
    cv2.imwrite(str(path), np.zeros((3, 3), np.uint8))
    assert read_picture(path).caption == "examples"
    path.with_suffix(".txt").write_text("Gray, attention, colorized.\n")
    picture = read_picture(path)
    assert picture.caption == "Gray, attention, colorized."
    assert base64.b64decode(picture.data_uri.split(",")[1]) == path.read_bytes()
    (tmp_path / "photo.png").write_bytes(b"\xff\xd8 no png")
    with pytest.raises(ValueError, match=r"photo\.png: --figure takes PNG"):
        read_picture(tmp_path / "photo.png")
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        read_picture(tmp_path / "none.png")


def test_csv_of_nothing_is_its_header() -> None:
    empty = evaluate(TRUTH, {"silent": []}, FrocSettings(bootstrap=1))
    assert curve_csv(empty) == "system,threshold,fp_per_image,sensitivity\n"
