"""Resamples of patients and their intervals: numbers worked by hand, and what they mean."""

import numpy as np

from reporting.resampling import group_codes, group_notes, jackknife_weights, resample_weights


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


def test_groups_are_numbered_as_they_come() -> None:
    members, number = group_codes(["z", 3, "z", "a"])
    assert members.tolist() == [0, 1, 0, 2] and number == 3


def test_jackknife_leaves_each_patient_out_once() -> None:
    assert jackknife_weights(["p1", "p2", "p1"]).tolist() == [[0, 1, 0], [1, 0, 1]]


def test_jackknife_blocks_are_as_equal_as_they_can_be() -> None:
    # Seven patients in three blocks: 3, 2 and 2 of them; the images of a patient go together.
    groups = [0, 0, 1, 2, 3, 4, 5, 6, 6]
    left_out = 1 - jackknife_weights(groups, blocks=3)
    patients = [{g for g, out in zip(groups, row, strict=True) if out} for row in left_out]
    assert sorted(map(len, patients)) == [2, 2, 3]
    assert (left_out.sum(0) == 1).all()
    assert jackknife_weights(range(1000)).shape == (200, 1000)


def test_unknown_patients_are_said() -> None:
    assert group_notes(0, 3) == []
    assert group_notes(3, 3)[0].startswith("No image has a patient_id: the bootstrap draws images")
    assert group_notes(1, 3)[0].startswith("The patient is not known for 1 of 3 images")
