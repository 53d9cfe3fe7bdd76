"""The class-level regions against a loop over the images."""

import numpy as np
import pytest

from enhance.evaluation.measures.class_roi import class_roi
from enhance.pictures.class_regions import WIDTH, class_regions, mean_image
from enhance.pictures.view import View, fitted

RNG = np.random.default_rng(0)
LABELS = ["B", "A", "B", "B"]


def view(label, size=(20, 20), value=None):
    image = RNG.integers(0, 256, size, dtype=np.uint8) if value is None else np.full(size, value, np.uint8)
    return View("x.png", image, size, label, 0.5, {"CAWE": RNG.random((3, 4)), "CAM": RNG.normal(size=(3, 4))})


def test_each_panel_has_the_box_of_the_sum_of_its_class():
    views = [view(label) for label in LABELS]
    figure = class_regions(views, share=0.6)
    for row, label in enumerate(("B", "A")):
        image, *panels = figure.axes[3 * row : 3 * row + 3]
        assert image.get_title() == "mean image" and not image.patches
        for axes, name in zip(panels, ("CAWE", "CAM"), strict=True):
            total = sum(view.maps[name] for view in views if view.label == label)
            region, box = class_roi(fitted(total, np.zeros((WIDTH, WIDTH))), 0.6)
            assert axes.get_title() == f"{name}\nregion {region.mean():.0%} of the image"
            assert axes.patches[0].get_bbox().bounds == box
            edge = (axes.images[0].get_array() == 255).all(-1)
            assert edge.any() and not edge[~_grown(region)].any()
    assert [text.get_text() for text in figure.texts[:2]] == ["B\n3 images", "A\n1 image"]
    assert "60%" in figure.texts[-1].get_text()


def _grown(region):
    """The region and the pixels beside it."""
    padded = np.pad(region, 1)
    height, width = region.shape
    return np.any([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)


def test_a_class_whose_maps_are_empty_has_no_box():
    empty = View("x.png", np.zeros((8, 8), np.uint8), (8, 8), "A", 0.5, {"CAWE": np.zeros((3, 4))})
    _, axes, _ = class_regions([empty]).axes
    assert not axes.patches and "region 0%" in axes.get_title()


def test_mean_image_by_hand():
    mean = mean_image([view("A", (10, 20), 10), view("A", (15, 20), 30), view("A", (60, 40), 51)])
    assert mean.shape == (WIDTH * 3 // 4, WIDTH)
    assert (mean == 30).all()
    assert mean_image([view("A", (10, 20), 10), view("A", (10, 20), 11)])[0, 0] == pytest.approx(10.5, abs=0.5)
