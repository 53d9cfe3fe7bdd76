"""Boxes drawn into an image."""

import numpy as np

from detect.prediction.overlay import COLORS, overlay

GRAY = np.full((100, 200, 3), 90, np.uint8)


def test_a_box_and_its_name():
    picture = overlay(GRAY, np.array([[40.2, 50.4, 120, 90]]), [0.5], [1], ["a", "mass"])
    assert picture.shape == GRAY.shape and picture.dtype == np.uint8 and (GRAY == 90).all()
    for x, y in ((40, 70), (120, 70), (80, 50), (80, 90)):
        assert tuple(picture[y, x]) == COLORS[1]
    assert (picture[60:85, 50:110] == 90).all()
    assert (picture[36:49, 42:60] < 30).all(2).any()  # letters on the bar


def test_nothing_found():
    picture = overlay(GRAY, np.zeros((0, 4)), [], [], ["a"])
    assert np.array_equal(picture, GRAY) and picture is not GRAY


def test_at_the_edge_the_name_stays_inside():
    for box in ([0, 0, 200, 100], [190, 95, 200, 100], [-5, -5, 3, 3]):
        picture = overlay(GRAY, np.array([box], float), [0.999], [0], ["nodule"])
        letters = (picture == COLORS[0]).all(2).sum()
        assert letters > 300, box


def test_the_best_box_is_on_top():
    boxes = np.array([[50, 50, 150, 90]] * 2, float)
    assert tuple(overlay(GRAY, boxes, [0.9, 0.1], [0, 1], ["a", "b"])[70, 50]) == COLORS[0]


def test_large_images_have_wide_lines():
    wide = overlay(np.zeros((2048, 2048, 3), np.uint8), np.array([[500, 500, 1500, 1500.0]]), [0.5], [0], ["a"])
    assert (wide[1000, 490:510] != 0).any(1).sum() >= 7
