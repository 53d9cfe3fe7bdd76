"""The documentation builds without a warning, and asks nothing of another host."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.in_chromium import check_for_everybody
from tests.paths import ROOT
from tools.command_line.subcommands import TOOLS

FETCHED = re.compile(r'<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//|<link[^>]*\shref="(?:https?:)?//')
pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_all_is_in_it(site: Path) -> None:
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    documents = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    tour = (site / "tour.html").read_text()
    pictures = re.findall(r'<img alt="what the cell above draws" src="([^"]+)"', tour)
    assert "I_en = α I" in tour and len(pictures) == 6 and all((site / picture).is_file() for picture in pictures)
    assert documents | {f"commands/{name}" for name in TOOLS} | {"index", "contributing", "python"} <= pages
    assert not [path for path in site.rglob("*") if path.suffix == ".gz" and "predictions" in path.parts]
    froc = (site / "commands/froc.html").read_text()
    assert "lesion-enhance froc" in froc and "--iou-thr" in froc
    assert "closed_form_weights" in (site / "python.html").read_text()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("index", 1280, "light"), ("tour", 390, "dark"), ("python", 390, "dark"), ("results/nih_lesions", 390, "light")],
)
def test_everybody_can_read_it(browser, site: Path, name: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_timeout(300)
    check_for_everybody(page)
    page.close()


def test_no_page_fetches_from_another_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert not FETCHED.search(path.read_text(encoding="utf-8")), path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import ['\"]?https?:", path.read_text(encoding="utf-8")), path
