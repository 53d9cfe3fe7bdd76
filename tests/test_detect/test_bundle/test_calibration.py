"""Isotonic calibration: against all rising functions on a grid, by hand, and what it says of itself."""

from itertools import product

import numpy as np
import pytest

from detect.bundle.calibration import BINS, fit, probability, reliability, validation_calibration
from tests.test_detect.test_bundle.test_operating_points import random_set


def test_by_hand():
    """0.2: hit, 0.3: miss, 0.5: two misses and a hit, 0.9: hit. The first four scores are pooled: 2 of 5."""
    calibration = fit([0.9, 0.2, 0.3, 0.5, 0.5, 0.5], [1, 1, 0, 0, 1, 0])
    assert calibration == {"scores": [0.2, 0.5, 0.9], "probabilities": pytest.approx([0.4, 0.4, 1.0])}
    found = probability(calibration, [0.0, 0.2, 0.4, 0.5, 0.7, 0.9, 1.0])
    assert found.tolist() == pytest.approx([0.4, 0.4, 0.4, 0.4, 0.7, 1.0, 1.0])


@pytest.mark.parametrize("seed", range(10))
def test_no_rising_function_is_nearer(seed):
    rng = np.random.default_rng(seed)
    scores, hits = rng.integers(0, 4, 12) / 4, rng.integers(0, 2, 12)
    distinct = np.unique(scores)
    own = ((probability(fit(scores, hits), scores) - hits) ** 2).sum()
    for values in product(np.linspace(0, 1, 21), repeat=len(distinct)):
        if all(np.diff(values) >= 0):
            assert own <= ((np.array(values)[np.searchsorted(distinct, scores)] - hits) ** 2).sum() + 1e-12


def test_it_rises_and_changes_no_rank():
    rng = np.random.default_rng(0)
    scores = rng.random(500)
    calibration = fit(scores, rng.random(500) < scores**2)
    grid = probability(calibration, np.linspace(0, 1, 200))
    assert (np.diff(grid) >= 0).all() and grid[0] >= 0 and grid[-1] <= 1
    assert np.abs(grid - np.linspace(0, 1, 200) ** 2).max() < 0.25


def test_without_detections():
    assert fit([], []) == {"scores": [], "probabilities": []}
    assert np.isnan(probability(fit([], []), [0.3])).all()
    assert reliability(np.zeros(0), np.zeros(0)) == {"bins": [], "error": 0.0}


def test_reliability_by_hand():
    chances = np.repeat([0.1, 0.6], [10, 10])
    hits = np.repeat([0.0, 1.0, 0.0, 1.0], [8, 2, 4, 6])
    found = reliability(chances, hits)
    assert len(found["bins"]) == BINS and sum(row["number"] for row in found["bins"]) == 20
    assert [row["probability"] for row in found["bins"]] == pytest.approx([0.1] * 5 + [0.6] * 5)
    shares = [0, 0, 0, 0, 1, 0, 0, 1, 1, 1]
    assert [row["hits"] for row in found["bins"]] == shares
    assert found["error"] == pytest.approx(np.abs(np.array(shares) - np.repeat([0.1, 0.6], 5)).mean())


def test_of_a_set():
    truth, entries = random_set(np.random.default_rng(1), images=40)
    found = validation_calibration(truth, entries)
    lesions = set(zip(truth.lesions.image.tolist(), truth.lesions.corners[:, 0].tolist(), strict=True))
    hits = [(entry["image_id"], entry["bbox"][0]) in lesions for entry in entries]
    expected = fit([entry["score"] for entry in entries], hits)
    assert {key: found[key] for key in expected} == expected
    assert sum(row["number"] for row in found["reliability"]["bins"]) == len(entries)
    assert 0 < found["reliability"]["error"] < 0.3
    assert validation_calibration(truth, [])["reliability"] == {"bins": [], "error": 0.0}


def test_a_person_is_not_shown_by_a_calibration_that_knows_her():
    """Every person's hits are the opposite of the others': on strangers the calibration is wrong, and it says so."""
    rng = np.random.default_rng(0)
    truth, entries = random_set(rng, images=20)
    scores = np.array([entry["image_id"] // 2 for entry in entries]) / 10  # the score names the person
    named = [entry | {"score": float(score)} for entry, score in zip(entries, scores, strict=True)]
    assert validation_calibration(truth, named)["reliability"]["error"] > 0.01
