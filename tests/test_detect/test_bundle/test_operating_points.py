"""Thresholds of N false positives an image, against counting one by one."""

import numpy as np
import pytest

from data.errors import UserError
from detect.bundle.operating_points import RATES, at_points, operating_point, validation_froc
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import Boxes

SIZE = 20


def random_set(rng, images=12):
    """Lesions on a grid, so that a detection hits one exactly or none; two images have none."""
    lesions = [(image, place) for image in range(images - 2) for place in range(int(rng.integers(1, 4)))]
    corners = np.array([[50 * p, 0, 50 * p + SIZE, SIZE] for _, p in lesions], float)
    boxes = Boxes(np.array([image for image, _ in lesions]), corners, np.ones(len(lesions), int))
    none = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int))
    names = [f"{image}.png" for image in range(images)]
    persons = [f"p{image // 2}" for image in range(images)]
    sizes, spacing = np.full((images, 2), 1000.0), np.full((images, 2), np.nan)
    truth = GroundTruth([*range(images)], names, sizes, spacing, boxes, none, persons, "patient", {1: "lesion"})
    entries = []
    for image in range(images):
        for place in rng.choice(12, 6, replace=False):  # six different places, three of which may have a lesion
            box = [50 * int(place), 0, SIZE, SIZE]
            score = float(rng.integers(1, 40)) / 40
            entries.append({"image_id": image, "category_id": 1, "bbox": box, "score": score})
    return truth, entries


def counted(truth, entries, threshold, weights):
    """False positives an image and the share of lesions found, one by one; images count by weight."""
    lesions = {(i, c[0]) for i, c in zip(truth.lesions.image.tolist(), truth.lesions.corners.tolist(), strict=True)}
    false = hits = total = 0
    for image, _ in lesions:
        total += weights[image]
    for entry in entries:
        if entry["score"] >= threshold:
            hit = (entry["image_id"], entry["bbox"][0]) in lesions
            hits += weights[entry["image_id"]] * hit
            false += weights[entry["image_id"]] * (not hit)
    return false / sum(weights), hits / total


@pytest.mark.parametrize("seed", range(5))
def test_against_counting(seed):
    truth, entries = random_set(np.random.default_rng(seed))
    ones = [1] * len(truth.image_ids)
    froc = validation_froc(truth, entries)
    scores = sorted({entry["score"] for entry in entries})
    for rate in RATES:
        point = froc["points"][f"{rate:g}"]
        allowed = [score for score in scores if counted(truth, entries, score, ones)[0] <= rate]
        assert point["threshold"] == (min(allowed) if allowed else None)
        sensitivity = counted(truth, entries, min(allowed), ones)[1] if allowed else 0
        assert point["value"] == pytest.approx(sensitivity)
        assert point["ci95"][0] <= point["value"] <= point["ci95"][1]
    assert froc["counts"]["patients"] == 6 and froc["settings"]["iou_thr"] == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_on_other_images(seed):
    froc = validation_froc(*random_set(np.random.default_rng(seed)))
    truth, entries = random_set(np.random.default_rng(seed + 100))
    points = at_points(froc, truth, entries)
    assert points
    for rate, point in points.items():
        false, hits = counted(truth, entries, froc["points"][rate]["threshold"], [1] * len(truth.image_ids))
        assert point["fp_per_image"]["value"] == pytest.approx(false)
        assert point["sensitivity"]["value"] == pytest.approx(hits)
        low, high = point["fp_per_image"]["ci95"]
        assert low <= false <= high and (high > low or not false)


def test_on_its_own_images_the_promise_is_kept():
    truth, entries = random_set(np.random.default_rng(7))
    froc = validation_froc(truth, entries)
    for rate, point in at_points(froc, truth, entries).items():
        assert point["fp_per_image"]["value"] <= float(rate)
        assert point["sensitivity"]["value"] == froc["points"][rate]["value"]


def test_the_point_of_a_rate():
    froc = validation_froc(*random_set(np.random.default_rng(0)))
    one = operating_point(froc, 1)
    assert (one.rate, one.threshold) == (1, froc["points"]["1"]["threshold"])
    assert one.sensitivity == froc["points"]["1"]["value"] and list(one.ci95) == froc["points"]["1"]["ci95"]
    assert operating_point(froc, 1.07) == one  # the next one below
    assert operating_point(froc, 100).rate == 8 and not operating_point(froc, 100).reached
    assert (
        one.sentence.startswith("at most 1 false positives an image: scores from 0.")
        and "of the lesions" in one.sentence
    )


def test_a_rate_that_no_threshold_keeps():
    truth, entries = random_set(np.random.default_rng(0))
    always = [entry | {"score": 0.5} for entry in entries]  # one threshold, 4 to 6 false positives
    froc = validation_froc(truth, always)
    with pytest.raises(UserError, match=r"no threshold with 1 false positives an image; give at least [45]"):
        operating_point(froc, 1)
    with pytest.raises(UserError, match="give --score-thr"):
        operating_point(validation_froc(truth, []), 1)
