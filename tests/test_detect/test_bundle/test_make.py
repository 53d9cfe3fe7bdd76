"""The measures of a bundle as files."""

import json

import cv2
import numpy as np

from detect.bundle.make import write_measures
from tests.test_detect.test_bundle.test_card import FACTS
from tests.test_detect.test_bundle.test_operating_points import random_set


def test_the_files(tmp_path):
    validation, test = (random_set(np.random.default_rng(seed)) for seed in (0, 1))
    write_measures(tmp_path, FACTS, validation, test)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("README.md", "calibration.json", "reliability.png", "validation_froc.json", "validation_froc.png")
    ]
    assert "what the same thresholds give" in (tmp_path / "README.md").read_text()
    assert len(json.loads((tmp_path / "validation_froc.json").read_text())["points"]) == 46
    for name in ("validation_froc", "reliability"):
        assert np.ptp(cv2.imread(str(tmp_path / f"{name}.png"))) > 200


def test_a_detector_that_finds_nothing(tmp_path):
    truth, _ = random_set(np.random.default_rng(0))
    write_measures(tmp_path, FACTS, (truth, []), None)
    assert "| 1 | – | 0.000 |" in (tmp_path / "README.md").read_text()
