"""The report's files: complete, self-contained, with the numbers of the comparison, and sound in a browser."""

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.froc.settings import FrocSettings
from detect.froc_report.files import read_picture, score_down, short_curve_notes, write_froc_report
from detect.froc_report.gallery import make_gallery
from detect.froc_report.tables import froc_tables
from reporting.report_page import Picture
from reporting.table import markdown
from tests.test_detect.froc_cases import report, systems, truth

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def content() -> dict:
    return report()


@pytest.fixture(scope="module")
def folder(content: dict, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "deep" / "report"
    images = tmp_path_factory.mktemp("data")
    (images / "images").mkdir()
    for index in range(3):  # the fourth is missing
        cv2.imwrite(str(images / f"images/{index}.png"), np.full((100, 100), 90, np.uint8))
    gallery = make_gallery(truth(), systems(FrocSettings()), images, rate=1, number=4)
    png = cv2.imencode(".png", np.zeros((4, 4), np.uint8))[1].tobytes()
    picture = Picture("data:image/png;base64," + base64.b64encode(png).decode(), "One <picture>")
    write_froc_report(content, truth(), out, "Title & more", "python tools/froc_report.py --x", gallery, [picture])
    return out


def test_all_files_and_nothing_else(folder: Path) -> None:
    tables = {"froc.json", "froc.csv", "table.csv", "differences.csv", "table.md", "table.tex", "index.html"}
    assert {p.name for p in folder.iterdir()} == tables | {
        f"{n}.{s}" for n in ("froc", "scores") for s in ("png", "pdf")
    }
    for name in ("froc", "scores"):
        assert cv2.imread(str(folder / f"{name}.png")).shape[1] > 1000
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_json_and_markdown_are_those_of_the_comparison(folder: Path, content: dict) -> None:
    assert json.loads((folder / "froc.json").read_text()) == json.loads(json.dumps(content, default=np.ndarray.tolist))
    assert (folder / "table.md").read_text() == markdown(froc_tables(content))


class Page(HTMLParser):
    """Collects the text, the links to anything, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.ids, self.open = "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href")]
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in ("meta", "img", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_page_is_self_contained(folder: Path) -> None:
    html = (folder / "index.html").read_text()
    page = Page(html)
    assert page.open == []
    inner = [link for link in page.links if link.startswith("#")]
    outer = [link for link in page.links if not link.startswith("#")]
    assert {link[1:] for link in inner} <= set(page.ids) and len(set(page.ids)) == len(page.ids)
    assert all(link.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) for link in outer)
    assert len(outer) == 2 + 3 + 1  # two figures, three images of the gallery, one picture
    assert "http" not in html and "url(" not in html and "<script" not in html


def test_page_says_it_all(folder: Path, content: dict) -> None:
    text = re.sub(r"\s+", " ", Page((folder / "index.html").read_text()).text)
    for wanted in (
        "Title & more",
        "3 patients, 4 images, 1 images without lesions, 3 lesions; 3 systems",
        "A note on the truth.",
        "silent has no detections",
        "The curve of a|<b>& ends at 0.25",
        "images/3.png: cannot be shown",
        "One <picture>",
        "40 bootstrap resamples of patients, percentile, seed 0",
        "IoU of at least 0.5 with a free lesion",
        "python tools/froc_report.py --x",
        "silent reports nothing",
    ):
        assert wanted in text, wanted
    for cell in (cell for table in froc_tables(content) for row in table.rows for cell in row):
        signed = cell.interval and cell.interval[0][0] in "+−"
        interval = (" to " if signed else "–").join(cell.interval) if cell.interval else ""
        assert cell.text + interval in text


def test_boxes_of_the_gallery_are_drawn_in_image_pixels(folder: Path) -> None:
    html = (folder / "index.html").read_text()
    assert html.count('viewBox="0 0 100.0 100.0"') == 3 * 3
    assert '<rect class="missed" x="0.0" y="0.0" width="30.0" height="30.0"/>' in html
    assert '<rect class="false" x="50.0" y="50.0" width="30.0" height="30.0"/>' in html
    assert html.count("<use href=") == 3 * 2


def test_a_report_without_images_or_pictures_has_no_such_sections(tmp_path: Path) -> None:
    write_froc_report(report(names=("raw",)), truth(), tmp_path, "t", "c")
    page = (tmp_path / "index.html").read_text()
    assert not any(word in page for word in ("Differences", "Pictures", "worst first")) and "1 system." in page


def test_thresholds_are_rounded_down() -> None:
    assert [score_down(x) for x in (0.47007949, 0.9999999, -1.25, 12.0)] == [
        "0.470079",
        "0.999999",
        "-1.250000",
        "12.000000",
    ]
    assert score_down(1.5e-7) == "1.5e-07"


def test_curves_that_end_early_are_named_and_silent_ones_are_not(content: dict) -> None:
    notes = short_curve_notes(content)
    assert [note[:20] for note in notes] == ["The curve of a|<b>& "]
    assert "its values at 0.5, 1, 2 (marked *)" in notes[0]


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


# What the browser made of the page: pictures that did not load, elements wider than the page, boxes without size.
PROBE = """<script>onload = () => {
  const frame = document.getElementById("page").contentDocument, root = frame.documentElement;
  const scrolling = e => e.closest(".scroll") || e.closest("pre") || e.closest("svg");
  const wide = [...frame.querySelectorAll("body *")].filter(
    e => e.getBoundingClientRect().right > root.clientWidth + 1 && !scrolling(e));
  const broken = [...frame.images].filter(i => !i.naturalWidth);
  const drawn = [...frame.querySelectorAll("svg rect, svg image, svg use")];
  const flat = drawn.filter(e => !e.getBoundingClientRect().width);
  document.title = [frame.images.length, broken.length, wide.length, flat.length, root.scrollWidth <= root.clientWidth];
}</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium")
@pytest.mark.parametrize("width", [360, 1000])
def test_the_page_fits_a_phone_and_a_desk_in_a_real_browser(folder: Path, tmp_path: Path, width: int) -> None:
    shutil.copy(folder / "index.html", tmp_path / "index.html")
    frame = f'<iframe id="page" src="index.html" style="width:{width}px;height:4000px;border:0"></iframe>'
    (tmp_path / "probe.html").write_text(f"<!DOCTYPE html><title>none</title>{PROBE}<body>{frame}</body>")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--allow-file-access-from-files",
        "--dump-dom",
    ]
    command = [CHROMIUM, *options, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1200,4200"]
    done = subprocess.run([*command, f"file://{tmp_path}/probe.html"], capture_output=True, text=True, timeout=120)
    assert re.search(r"<title>(.*?)</title>", done.stdout).group(1) == "3,0,0,0,true"
