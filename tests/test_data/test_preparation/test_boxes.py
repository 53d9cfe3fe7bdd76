"""Boxes follow the image that is cut and resized."""

import numpy as np
import pytest

from data.preparation.boxes import place_boxes


def test_by_hand():
    """The crop takes the pixels 10 to 50 across and 20 to 40 down; it is halved in width, doubled in height."""
    boxes = [(10, 20, 8, 10, "a"), (5, 30, 10, 5, "b"), (40, 35, 30, 30, "c"), (0, 0, 10, 90, "d"), (50, 20, 1, 1, "e")]
    placed = place_boxes(boxes, (10, 20, 40, 20), (20, 40))
    assert placed.inside == [(0, 0, 4, 20, "a"), (0, 20, 2.5, 10, "b"), (15, 30, 5, 10, "c")]
    assert placed.clipped == 2
    assert placed.outside == [boxes[3], boxes[4]]


@pytest.mark.parametrize("seed", range(5))
def test_boxes_cover_the_pixels_that_a_drawn_mask_covers(seed):
    """A slow twin: each box is drawn on the source, the picture is cut and enlarged, and what is left is looked up."""
    rng = np.random.default_rng(seed)
    crop, (scale_x, scale_y) = (3, 5, 12, 9), (2, 3)
    for _ in range(20):
        (x, y), (width, height) = rng.integers(0, 18, 2), rng.integers(1, 9, 2)
        picture = np.zeros((30, 30), bool)
        picture[y : y + height, x : x + width] = True
        cut = picture[5:14, 3:15].repeat(scale_y, axis=0).repeat(scale_x, axis=1)
        placed = place_boxes([(float(x), float(y), float(width), float(height), "m")], crop, (24, 27))
        if not cut.any():
            assert (placed.inside, len(placed.outside)) == ([], 1)
            continue
        rows, columns = np.nonzero(cut)
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert placed.inside == [(left, top, right - left, bottom - top, "m")]
        assert placed.clipped == (cut.sum() < picture.sum() * scale_x * scale_y)
