"""Class sums and their boxes against loops and by hand."""

import numpy as np
import pytest
import torch

from enhance.attention.base import up_sample
from enhance.evaluation.measures.class_roi import bounding_box, class_roi, class_sums

MAPS = np.random.default_rng(0).random((7, 4, 5)).astype(np.float32)
CLASSES = np.array([2, 0, 2, 2, 0, 3, 2])


def test_sum_equals_the_loop_and_is_no_mean():
    sums = class_sums(MAPS, CLASSES, 5)
    assert sums.shape == (5, 4, 5) and sums.dtype == np.float64
    for number in range(5):
        expected = np.zeros((4, 5))
        for one, own in zip(MAPS, CLASSES, strict=True):
            if own == number:
                expected += one
        np.testing.assert_allclose(sums[number], expected, rtol=1e-12)
    assert not sums[[1, 4]].any()


def test_sum_goes_batch_by_batch():
    parts = class_sums(MAPS[:3], CLASSES[:3], 4) + class_sums(MAPS[3:], CLASSES[3:], 4)
    np.testing.assert_allclose(parts, class_sums(MAPS, CLASSES, 4), rtol=1e-12)


def test_sum_of_up_sampled_maps_is_the_up_sampled_sum():
    def larger(maps):
        return up_sample(torch.from_numpy(maps).double(), (12, 17)).numpy()

    np.testing.assert_allclose(class_sums(larger(MAPS), CLASSES, 4), larger(class_sums(MAPS, CLASSES, 4)), rtol=1e-6)


def test_class_roi_is_above_70_percent_by_hand():
    total = np.array([[0, 0, 0, 0, 0], [0, 7.1, 0, 7.0, 0], [0, 0, 10, 0, 0], [0, 0, 7.2, 0, 6.9]])
    region, box = class_roi(total)
    assert sorted(zip(*np.nonzero(region), strict=True)) == [(1, 1), (2, 2), (3, 2)]
    assert box == (1, 1, 2, 3)
    assert class_roi(total, 0.65)[1] == (1, 1, 4, 3)


def test_class_without_images_has_no_box():
    region, box = class_roi(class_sums(MAPS, CLASSES, 5)[1])
    assert not region.any() and box is None


def test_box_equals_the_search_over_all_boxes():
    rng = np.random.default_rng(2)
    for _ in range(30):
        region = rng.random((5, 6)) > 0.85
        boxes = [
            (w * h, (x, y, w, h))
            for x in range(6)
            for y in range(5)
            for w in range(1, 7 - x)
            for h in range(1, 6 - y)
            if region[y : y + h, x : x + w].sum() == region.sum()
        ]
        assert bounding_box(region) == (min(boxes)[1] if region.any() else None)


@pytest.mark.parametrize("row, column", [(0, 0), (3, 4)])
def test_box_of_one_pixel(row, column):
    region = np.zeros((4, 5), dtype=bool)
    region[row, column] = True
    assert bounding_box(region) == (column, row, 1, 1)
