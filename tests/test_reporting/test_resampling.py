"""Resamples of patients and their intervals: numbers worked by hand, and what they mean."""

import numpy as np

from reporting.resampling import group_codes, percentile_interval, resample_weights


def test_a_patients_images_stay_together_and_the_number_of_patients_stays() -> None:
    groups = ["p1", "p2", "p1", "p3", "p3", "p3"]
    weights = resample_weights(groups, 500, seed=1)
    assert weights.shape == (500, 6)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 3] == weights[:, 4]).all() and (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, [0, 1, 3]].sum(1) == 3).all()
    # Each patient is drawn once on average; the standard error of 500 means is 0.037.
    np.testing.assert_allclose(weights.mean(0), 1, atol=0.15)


def test_the_seed_decides() -> None:
    groups = list(range(20))
    assert (resample_weights(groups, 5, seed=3) == resample_weights(groups, 5, seed=3)).all()
    assert (resample_weights(groups, 5, seed=3) != resample_weights(groups, 5, seed=4)).any()


def test_names_of_patients_do_not_matter() -> None:
    named = resample_weights(["z", "b", "z", "a"], 50, seed=0)
    assert named.tolist() == resample_weights([1, 2, 1, 3], 50, seed=0).tolist()


def test_percentile_interval_by_hand() -> None:
    # 0, 1, ..., 1000: the 2.5 % and the 97.5 % points.
    np.testing.assert_allclose(percentile_interval(np.arange(1001.0)[:, None]), [[25], [975]])
    np.testing.assert_allclose(percentile_interval(np.arange(1001.0), level=0.5), [250, 750])
    assert percentile_interval(np.array([1.0, np.nan, 1.0])).tolist() == [1, 1]


def test_groups_are_numbered_as_they_come() -> None:
    members, number = group_codes(["z", 3, "z", "a"])
    assert members.tolist() == [0, 1, 0, 2] and number == 3
