"""Localization measures against pixel loops and by hand."""

import numpy as np
import pytest

from enhance.evaluation.measures.roi import box_mask, region_above


def test_fractions_of_pixels_count():
    assert box_mask((2, 3), [(0.5, 0.0, 1.0, 1.5)]).tolist() == [[0.5, 0.5, 0.0], [0.25, 0.25, 0.0]]


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
