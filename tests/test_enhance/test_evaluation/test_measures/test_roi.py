"""Localization measures against pixel loops and by hand."""

import numpy as np
import pytest

from enhance.evaluation.measures.roi import box_mask, energy_in_boxes, region_above


def test_equals_the_pixel_loop():
    rng = np.random.default_rng(0)
    for _ in range(20):
        attention = rng.random((9, 12))
        boxes = [(*rng.integers(-2, 10, 2), *rng.integers(1, 8, 2)) for _ in range(3)]
        inside = energy = 0.0
        for row in range(9):
            for column in range(12):
                if any(x <= column < x + w and y <= row < y + h for x, y, w, h in boxes):
                    inside, energy = inside + 1, energy + attention[row, column]
        share, area = energy_in_boxes(attention, boxes)
        assert share == pytest.approx(energy / attention.sum())
        assert area == pytest.approx(inside / 108)


def test_fractions_of_pixels_count():
    assert box_mask((2, 3), [(0.5, 0.0, 1.0, 1.5)]).tolist() == [[0.5, 0.5, 0.0], [0.25, 0.25, 0.0]]


def test_flat_map_has_the_share_of_the_area_and_zero_map_none():
    boxes = [(1, 1, 4, 2), (3, 1, 4, 2)]
    share, area = energy_in_boxes(np.ones((10, 10)), boxes)
    assert share == pytest.approx(area) == pytest.approx(0.12)
    assert energy_in_boxes(np.zeros((10, 10)), boxes) == (0.0, pytest.approx(0.12))


def test_region_is_strictly_above_the_share_of_each_maps_own_maximum():
    maps = np.array([[[10.0, 2.0], [2.1, -3.0]], [[1.0, 0.3], [0.2, 0.1]]])
    assert region_above(maps, 0.2).tolist() == [[[True, False], [True, False]], [[True, True], [False, False]]]
    assert np.array_equal(region_above(maps[1], 0.2), region_above(maps, 0.2)[1])


def test_negative_scores_are_in_no_region_and_move_no_threshold():
    assert region_above(np.array([[1.0, -10.0, 0.5, 0.0]]), 0.2).tolist() == [[True, False, True, False]]


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_map_without_a_positive_value_has_no_region(value):
    assert not region_above(np.full((2, 3), value), 0.2).any()
    assert not region_above(np.full((2, 3), value), 0.0).any()
