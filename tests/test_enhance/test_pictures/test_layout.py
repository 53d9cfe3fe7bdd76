"""Pages: nothing overlaps, nothing is cut, aspect ratios hold; the files of pages."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from enhance.pictures.layout import Panel, Row, page, write_pages

GRAY = np.zeros((4, 4), np.uint8)
LONG = "a name with words " * 4 + "x" * 50 + "$a_b$"


def rows(label=LONG, title="a title that is long enough for three lines, and then some more of it"):
    sizes = [(512, 512), (100, 1000), (1000, 100), (300, 200)]
    return [Row(size, [Panel(GRAY, title), Panel(GRAY, "b"), Panel(GRAY)], label) for size in sizes]


def drawn_boxes(figure):
    """Extent in pixels of every panel with its title, and of every text."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    panels = [axes.get_tightbbox(renderer) for axes in figure.axes]
    return panels, [text.get_window_extent(renderer) for text in figure.texts if text.get_text()]


@pytest.mark.parametrize("threshold, note", [(None, ""), (0.2, "One line.\nAnother."), (0.0, ""), (0.97, "")])
def test_nothing_overlaps_and_nothing_is_cut(threshold, note):
    figure = page(rows(), threshold, note)
    panels, texts = drawn_boxes(figure)
    assert len(panels) == 12 + (threshold is not None)
    assert len(texts) == 4 + (threshold is not None)
    for one, other in combinations([*panels, *texts], 2):
        width = min(one.x1, other.x1) - max(one.x0, other.x0)
        height = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert width < 1 or height < 1
    for box in [*panels, *texts]:
        assert box.x0 >= -1 and box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1 and box.y1 <= figure.bbox.height + 1


def test_a_single_panel_holds_its_key_and_note():
    figure = page([Row((8, 8), [Panel(GRAY, "image"), Panel(GRAY, "CAWE")], "a.png")], 0.2, "Yellow: lesions.")
    panels, texts = drawn_boxes(figure)
    assert max(box.x1 for box in [*panels, *texts]) <= figure.bbox.width + 1
    assert "Yellow: lesions." in figure.texts[-1].get_text()


def test_pictures_keep_the_aspect_ratio_of_the_image():
    figure = page(rows(title=""))
    FigureCanvasAgg(figure).draw()
    for index, (height, width) in enumerate([(512, 512), (100, 1000), (1000, 100), (300, 200)]):
        for axes in figure.axes[3 * index : 3 * index + 3]:
            box = axes.get_window_extent()
            assert box.height / box.width == pytest.approx(height / width, rel=1e-3)


def test_names_are_no_formulas():
    figure = page([Row((4, 4), [Panel(GRAY, "$x^2$")], "a_$b$_{c}.png")])
    assert not any(text.get_parse_math() for text in [*figure.texts, figure.axes[0].title])


def test_boxes_are_in_pixels_of_the_image_and_end_at_its_edge():
    (axes,) = page([Row((100, 200), [Panel(GRAY, "", [(10, 20, 30, 40), (150, -5, 80, 50)])])]).axes
    assert [patch.get_bbox().bounds for patch in axes.patches] == [(10, 20, 30, 40), (150, 0, 50, 45)]
    assert axes.get_xlim() == (0, 200) and axes.get_ylim() == (100, 0)


def test_no_labels_take_no_room():
    without, with_labels = page([Row((4, 4), [Panel(GRAY)])]), page([Row((4, 4), [Panel(GRAY)], "a")])
    assert without.get_figwidth() < with_labels.get_figwidth() - 1


def blank():
    return Figure(figsize=(1, 1))


def test_pages_become_numbered_files_and_one_pdf(tmp_path):
    stem = tmp_path / "out/methods"
    assert [path.name for path in write_pages([blank() for _ in range(3)], stem)] == [
        "methods.png",
        "methods_2.png",
        "methods_3.png",
    ]
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "out/methods.pdf").read_bytes())) == 3
    assert Image.open(tmp_path / "out/methods.png").size == (200, 200)


def test_pages_of_an_earlier_run_go_and_others_stay(tmp_path):
    for name in ("methods_2.png", "methods_3.png", "methods_2024.png", "methods_mine.png", "other_2.png"):
        (tmp_path / name).touch()
    write_pages([blank(), blank()], tmp_path / "methods")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [
        "methods.pdf",
        "methods.png",
        "methods_2.png",
        "methods_2024.png",
        "methods_mine.png",
        "other_2.png",
    ]
