"""Sizes and score distributions against pixel loops and by hand."""

import numpy as np
import pytest

from enhance.evaluation.measures.roi_size import pooled_mean_std, roi_sizes, score_histograms, score_moments


def random_maps(dtype=np.float64):
    return (np.random.default_rng(0).normal(0.3, 0.5, (5, 6, 7)) * np.array([1, 9, 0.1, 1, 4])[:, None, None]).astype(
        dtype
    )


@pytest.mark.parametrize("share", [0.2, 0.0, 0.75])
def test_sizes_equal_the_pixel_loop(share):
    maps = random_maps()
    pixels, shares = roi_sizes(maps, share)
    expected = [sum(v > share * max(m.flatten().tolist()) for v in m.flatten().tolist()) for m in maps]
    assert pixels.tolist() == expected
    assert shares == pytest.approx(np.array(expected) / 42)
    assert min(expected) > 0 and max(expected) < 42


def test_default_is_above_20_percent_of_the_maximum_by_hand():
    maps = np.array([[[1.0, 0.21, 0.2, 0.0]], [[10.0, 2.1, 2.1, 1.9]], [[0.0, 0.0, 0.0, 0.0]], [[-1, -2, -3, -4]]])
    pixels, shares = roi_sizes(maps)
    assert pixels.tolist() == [2, 3, 0, 0]
    assert shares.tolist() == [0.5, 0.75, 0, 0]


def test_negative_scores_do_not_count_as_paper_001_says_of_cam_and_grad_cam():
    cam = random_maps()
    assert (cam < 0).any()
    assert np.array_equal(roi_sizes(cam)[0], roi_sizes(np.maximum(cam, 0))[0])


def test_sizes_do_not_depend_on_the_scale():
    maps = random_maps()
    assert np.array_equal(roi_sizes(maps)[0], roi_sizes(8 * maps)[0])


def scaled_by_loop(maps):
    scores = []
    for one in maps.astype(np.float64):
        low, high = one.min(), one.max()
        scores.append([(v - low) / (high - low) for v in one.flatten()])
    return np.array(scores)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mean_and_deviation_equal_those_of_all_scores(dtype):
    maps = random_maps(dtype)
    scores = scaled_by_loop(maps)
    moments = score_moments(maps)
    assert moments[:, 0] == pytest.approx(scores.mean(1))
    assert pooled_mean_std(moments) == pytest.approx((scores.mean(), scores.std()))
    assert pooled_mean_std(moments[[0, 0, 3]]) == pytest.approx((scores[[0, 0, 3]].mean(), scores[[0, 0, 3]].std()))


def test_distribution_by_hand():
    maps = np.array([[[2.0, 4.0, 6.0, 2.0]], [[5.0, 5.0, 5.0, 5.0]]])  # 0, 0.5, 1, 0 and a flat map: 0
    assert score_moments(maps) == pytest.approx(np.array([[0.375, 0.3125], [0, 0]]))
    assert pooled_mean_std(score_moments(maps[:1])) == pytest.approx((0.375, np.sqrt(0.3125 - 0.375**2)))
    assert pooled_mean_std(score_moments(maps[1:])) == (0, 0)
    assert score_histograms(maps, 4).tolist() == [[2, 0, 1, 1], [4, 0, 0, 0]]


def test_histograms_equal_numpy():
    maps = random_maps()
    histograms = score_histograms(maps, 10)
    for histogram, scores in zip(histograms, scaled_by_loop(maps), strict=True):
        assert histogram.tolist() == np.histogram(scores, 10, (0, 1))[0].tolist()
    assert score_histograms(maps).shape == (5, 100)
