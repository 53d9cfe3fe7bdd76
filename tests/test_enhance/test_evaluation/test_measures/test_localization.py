"""Energy, pointing game and IoU against pixel loops and by hand."""

import numpy as np
import pytest

from enhance.evaluation.measures.localization import energy_in_boxes, iou_with_boxes, pointing_game


def peak(row, column, shape=(10, 12)):
    """A map with its highest point at a pixel, and a high one at the opposite corner."""
    attention = np.zeros(shape)
    attention[-1 - row, -1 - column] = 0.29
    attention[row, column] = 0.3
    return attention


def test_hits_are_the_pixels_of_the_box():
    box = (3, 2, 4, 5)
    hits = [(r, c) for r in range(10) for c in range(12) if pointing_game(peak(r, c), [box]) == 1]
    assert hits == [(r, c) for r in range(2, 7) for c in range(3, 7)]


def test_any_box_may_be_hit():
    boxes = [(0, 0, 2, 2), (8, 5, 2, 2)]
    assert pointing_game(peak(1, 1), boxes) == pointing_game(peak(6, 9), boxes) == 1
    assert pointing_game(peak(6, 1), boxes) == pointing_game(peak(6, 1), []) == 0


def test_equals_the_distance_to_the_nearest_point_of_a_box():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        row, column, tolerance = int(rng.integers(10)), int(rng.integers(12)), rng.uniform(0, 3)
        boxes = [(*rng.uniform(-1, 8, 2), *rng.uniform(0.5, 4, 2)) for _ in range(2)]
        nearest = min(
            np.hypot(max(x, min(column + 0.5, x + w)) - column - 0.5, max(y, min(row + 0.5, y + h)) - row - 0.5)
            for x, y, w, h in boxes
        )
        assert pointing_game(peak(row, column), boxes, tolerance) == (nearest <= tolerance)
        hits += nearest <= tolerance
    assert 10 < hits < 50


def test_ties_hit_in_part_so_that_a_flat_map_hits_by_its_area():
    boxes = [(1, 1, 4, 2), (3, 1, 4, 2)]
    assert pointing_game(np.full((10, 10), 0.7), boxes) == pytest.approx(energy_in_boxes(np.ones((10, 10)), boxes)[1])
    attention = peak(1, 1)
    attention[9, 9] = 0.3
    assert pointing_game(attention, boxes) == 0.5


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_map_without_a_positive_value_points_nowhere(value):
    assert pointing_game(np.full((4, 4), value), [(0, 0, 4, 4)]) == 0
    assert iou_with_boxes(np.full((4, 4), value), [(0, 0, 4, 4)]) == 0


def test_iou_equals_the_pixel_loop():
    rng = np.random.default_rng(1)
    for _ in range(20):
        attention, share = rng.random((9, 12)) ** 2, rng.uniform(0, 0.9)
        boxes = [(*rng.integers(-2, 10, 2), *rng.integers(1, 8, 2)) for _ in range(3)]
        both = either = 0
        for row in range(9):
            for column in range(12):
                inside = any(x <= column < x + w and y <= row < y + h for x, y, w, h in boxes)
                marked = attention[row, column] > share * attention.max()
                both, either = both + (inside and marked), either + (inside or marked)
        assert iou_with_boxes(attention, boxes, share) == pytest.approx(both / either)


def test_iou_by_hand():
    attention = np.zeros((10, 10))
    attention[2:6, 2:6] = 1.0
    attention[6:8, 2:6] = 0.2  # not above 20 % of the maximum
    assert iou_with_boxes(attention, [(2, 2, 4, 4)]) == 1
    assert iou_with_boxes(attention, [(2, 2, 4, 6)], 0.1) == 1
    assert iou_with_boxes(attention + 0.01, [(2, 2, 4, 6)]) == 1
    assert iou_with_boxes(attention, [(4, 2, 4, 4)]) == pytest.approx(8 / 24)
    assert iou_with_boxes(attention, [(2, 2, 4, 3.5)]) == pytest.approx(14 / 16)
    assert iou_with_boxes(attention, []) == 0
    assert iou_with_boxes(np.zeros((4, 4)), []) == 0


def test_energy_equals_the_pixel_loop():
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


def test_flat_map_has_the_share_of_the_area_and_zero_map_none():
    boxes = [(1, 1, 4, 2), (3, 1, 4, 2)]
    share, area = energy_in_boxes(np.ones((10, 10)), boxes)
    assert share == pytest.approx(area) == pytest.approx(0.12)
    assert energy_in_boxes(np.zeros((10, 10)), boxes) == (0.0, pytest.approx(0.12))
