"""The card: what a reader finds in it."""

import numpy as np

from detect.bundle.calibration import validation_calibration
from detect.bundle.card import card
from detect.bundle.operating_points import at_points, validation_froc
from tests.test_detect.test_bundle.test_operating_points import random_set

FACTS = dict(
    **dict(
        name="My bundle",
        detector="retinanet",
        variant="cawe",
        runs=["seed3"],
        flip=False,
        label_names=["nodule", "mass"],
    ),
    **dict(enhancer='{"type": "Enhancer"}', same_images=False, versions={"torch": "2.11"}),
    counts={"trained on": {"patients": 5, "images": 9}, "validation": {"images": 4}},
)


def make(facts, tested):
    truth, entries = random_set(np.random.default_rng(0))
    froc = validation_froc(truth, entries)
    other = random_set(np.random.default_rng(1))
    test = {"counts": {}, "points": at_points(froc, *other)} if tested else None
    return froc, card(FACTS | facts, froc, validation_calibration(truth, entries), test)


def test_with_test_images():
    froc, text = make({}, True)
    point = froc["points"]["2"]
    assert f"| 2 | {point['threshold']:.4f} | {point['value']:.3f} [" in text
    assert "# My bundle" in text and "nodule, mass" in text and "retinanet/cawe, seed3" in text
    assert "- trained on: 5 patients, 9 images" in text and "what the same thresholds give" in text
    assert "are the test images" not in text and "no medical device" in text


def test_without():
    _, text = make({"same_images": True}, False)
    assert "**The validation images are the test images**" in text and "what the same thresholds" not in text
    assert "\n\n\n\n" not in text
