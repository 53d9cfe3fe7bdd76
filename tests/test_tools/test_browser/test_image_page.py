"""The handlers of the image page; the page itself is tried in test_in_chromium.py."""

import numpy as np
import pytest

gr = pytest.importorskip("gradio")

from detect import Predictor  # noqa: E402
from tools.browser.image_page import PHANTOMS, ImagePage, phantom  # noqa: E402
from tools.browser.look import MOST_PROBABLE, Bench  # noqa: E402


@pytest.fixture(scope="module")
def page(bundled) -> ImagePage:
    with gr.Blocks() as blocks:
        return ImagePage(Bench(Predictor(bundled / "bundle")), blocks)


def test_synthetic_images_differ_and_stay():
    images = [phantom(name) for name in PHANTOMS]
    assert all(image.shape == (512, 512) and image.dtype == np.uint8 for image in images)
    assert len({image.tobytes() for image in images}) == len(images) == 6
    assert np.array_equal(images[2], phantom("Synthetic 3"))


def test_it_starts_at_one_false_positive_an_image(page):
    point = page.bench.point(page.rate.value)
    assert page.rate.value == min(1.0, page.bench.rates()[-1]) and page.score.value == point.threshold


def test_files(page, bundled, tmp_path):
    look = page.open_file(str(bundled / "set/images/8.png"))
    assert look.gray.shape == (48, 72)
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(gr.Error, match=r"notes\.txt"):
        page.open_file(str(tmp_path / "notes.txt"))


def test_the_menu_of_classes(page, bundled):
    look = page.open_file(str(bundled / "set/images/8.png"))
    menu = page.classes(look)
    assert menu["value"] == MOST_PROBABLE
    assert [place for _, place in menu["choices"]] == [MOST_PROBABLE, 0, 1]
    assert menu["choices"][0][0] == "most probable: Lesion"
    assert menu["choices"][2][0] == f"Lesion, {look.probabilities[1]:.0%}"
    assert page.attention_picture(look, "CAWE", 0)[1] == gr.update(
        interactive=False, info="CAWE has one map for all classes"
    )
    picture, menu = page.attention_picture(look, "Grad-CAM", 0)
    assert menu == gr.update(interactive=True, info="") and np.array_equal(
        picture, look.attention_picture("Grad-CAM", 0)
    )


def test_what_is_said_of_the_boxes(page, bundled):
    look = page.open_file(str(bundled / "set/images/8.png"))
    best = [float(score) for score in look.prediction.boxes.scores[:2]]
    assert page.found_picture(look, best[0])[1].startswith("**1 box**, in the image as the bundle enhances it.")
    assert page.found_picture(look, best[1])[1].startswith("**2 boxes**")
    rate = page.bench.rates()[0]
    assert page.bench.point(rate).sentence in page.found_picture(look, 0.5, rate)[1]
