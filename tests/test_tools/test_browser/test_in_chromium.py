"""The pages in a real browser: what is seen, what it asks for, and whether everybody can use it."""

import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("gradio")

from data.images.image_io import read_grayscale  # noqa: E402
from detect import Predictor  # noqa: E402
from tests.in_chromium import check_for_everybody  # noqa: E402
from tools.app import pages  # noqa: E402
from tools.browser.look import Bench, Look  # noqa: E402
from tools.browser.serving import served  # noqa: E402

WAIT = 60_000


@pytest.fixture(scope="module")
def bench(bundled) -> Bench:
    return Bench(Predictor(bundled / "bundle"))


@pytest.fixture(scope="module")
def address(bench) -> Iterator[str]:
    with served(lambda folder: pages(bench, folder)) as where:
        yield where


@pytest.fixture
def page(browser, address) -> Iterator[Any]:
    """A page that refuses to ask another host, and knows what it asked for."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert asked and foreign == []
    page.close()


def shown(page: Any, name: str) -> np.ndarray:
    """The picture with an alternative text, RGB, as the browser would save it."""
    picture = page.get_by_alt_text(name, exact=True)
    picture.wait_for(timeout=WAIT)
    from playwright.sync_api import Error

    try:
        content = page.request.get(picture.get_attribute("src")).body()
    except Error as error:
        if "aborted" not in str(error):
            raise
        content = b""
    if not content:  # it was replaced while it was fetched
        return np.zeros((0, 0, 3), np.uint8)
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def settled(page: Any, name: str, wanted: np.ndarray) -> bool:
    """Whether a picture becomes what is wanted."""
    for _ in range(200):
        if np.array_equal(shown(page, name), wanted):
            return True
        page.wait_for_timeout(100)
    return False


def test_an_image_from_a_file(page, address, bench, bundled):
    file = bundled / "set/images/8.png"
    look = Look(bench, read_grayscale(file))
    page.goto(address)
    shown(page, "the attention map")
    page.locator("input[type=file]").set_input_files(str(file))
    assert settled(page, "the gray image", np.repeat(look.gray[..., None], 3, 2))
    assert settled(page, "the colorized image", look.color_picture)
    assert settled(page, "the attention map", look.attention_picture("CAWE"))
    assert settled(page, "the enhanced image", look.fused("CAWE", -1, 0.5))

    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")  # everything can be done without a mouse
    assert settled(page, "the enhanced image", look.fused("CAWE", -1, 0.7))

    page.get_by_label("Attention method").click()
    page.get_by_role("option", name="Grad-CAM", exact=True).click()
    assert settled(page, "the attention map", look.attention_picture("Grad-CAM", 1))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").first.click()
    assert np.array_equal(cv2.imread(str(saved.value.path()), cv2.IMREAD_GRAYSCALE), look.gray)


def test_a_file_that_is_no_image(page, address, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    page.goto(address)
    shown(page, "the gray image")
    page.locator("input[type=file]").set_input_files(str(tmp_path / "notes.txt"))
    page.get_by_text("notes.txt: ").first.wait_for(timeout=WAIT)


def test_a_report(page, address, bundled, tmp_path):
    truth = bundled / "set/test.json"
    first, *_ = json.loads(truth.read_text())["annotations"]
    result = [{key: first[key] for key in ("image_id", "category_id", "bbox")} | {"score": 0.5}]
    (tmp_path / "mine.bbox.json").write_text(json.dumps(result))
    page.goto(f"{address}froc")
    page.get_by_role("button", name="Make the report").wait_for(timeout=WAIT)
    places = page.locator("input[type=file]")
    places.nth(1).set_input_files(str(tmp_path / "mine.bbox.json"))
    places.nth(0).set_input_files(str(truth))
    page.get_by_text("mine.bbox").first.wait_for(timeout=WAIT)
    page.get_by_role("button", name="Make the report").click()
    report = page.frame_locator("iframe[title='FROC report']")
    report.get_by_role("cell", name="mine.bbox").first.wait_for(timeout=WAIT)
    with page.expect_download() as saved:
        page.get_by_text("Download the report").click()
    assert saved.value.suggested_filename == "froc_report.zip"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize(("path", "there"), [("", "the enhanced image"), ("froc", None)])
def test_everybody_can_use_it(browser, address, path, there, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address + path)
    if there:
        shown(page, there)
    else:
        page.get_by_role("button", name="Make the report").wait_for(timeout=WAIT)
    page.wait_for_timeout(500)
    check_for_everybody(page)
    page.close()
