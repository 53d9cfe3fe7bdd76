"""The grid of images and methods shows what it says."""

import numpy as np

from enhance.pictures.method_grid import method_grid
from enhance.pictures.overlay import overlay
from enhance.pictures.view import View, fitted

RNG = np.random.default_rng(0)


def view(name, boxes=(), shape=(20, 30)):
    maps = {"CAWE": RNG.normal(size=(3, 4)), "CAM": RNG.normal(size=(3, 4))}
    return View(name, RNG.integers(0, 256, shape, dtype=np.uint8), (200, 300), "Nodule", 0.5, maps, boxes)


def test_each_panel_is_the_overlay_of_its_map():
    views = [view("a.png"), view("b.png", shape=(16, 16))]
    figure = method_grid(views, 0.3, 0.6)
    panels = [axes.images[0].get_array() for axes in figure.axes[:-1]]  # the last one is the key
    assert len(panels) == 6
    for index, one in enumerate(views):
        assert np.array_equal(panels[3 * index], one.image)
        for column, name in enumerate(("CAWE", "CAM"), start=1):
            expected = overlay(one.image, fitted(one.maps[name], one.image), 0.3, 0.6)
            assert np.array_equal(panels[3 * index + column], expected)


def test_titles_stand_above_the_first_row_and_captions_beside_each():
    figure = method_grid([view("a.png"), view("b.png")])
    assert [axes.get_title() for axes in figure.axes[:-1]] == ["image", "CAWE", "CAM", "", "", ""]
    assert [text.get_text().split("\n")[0] for text in figure.texts[:2]] == ["a.png", "b.png"]


def test_lesions_are_drawn_and_explained_where_there_are_any():
    with_box, without = method_grid([view("a.png", [[10, 20, 30, 40]]), view("b.png")]), method_grid([view("a.png")])
    assert [len(axes.patches) for axes in with_box.axes[:-1]] == [1, 1, 1, 0, 0, 0]
    assert "Yellow" in with_box.texts[-1].get_text()
    assert "Yellow" not in without.texts[-1].get_text()
