"""Detections of several detectors as one."""

import numpy as np
import pytest

from data.images.image_io import read_color
from detect import Predictor
from detect.prediction.boxes import Boxes
from detect.prediction.ensemble import Ensemble, merged

pytest.importorskip("ensemble_boxes")
NONE = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def boxes(*found):
    corners, scores, labels = zip(*found, strict=True)
    return Boxes(np.array(corners, np.float32), np.array(scores, np.float32), np.array(labels))


def test_by_hand():
    """Two see one lesion, at 10 and at 12: the mean by score is 10.5. One alone sees the other: half of its score."""
    first = boxes(([10, 10, 30, 30], 0.9, 1), ([50, 50, 60, 60], 0.8, 0))
    second = boxes(([12, 10, 32, 30], 0.3, 1))
    found = merged([first, second], (80, 100))
    assert found.corners.tolist() == [pytest.approx([10.5, 10, 30.5, 30]), pytest.approx([50, 50, 60, 60])]
    assert found.scores.tolist() == pytest.approx([0.6, 0.4]) and found.labels.tolist() == [1, 0]
    assert found.corners.dtype == found.scores.dtype == np.float32 and found.labels.dtype == np.int64


def test_labels_and_lesions_apart_stay_apart():
    first = boxes(([10, 10, 30, 30], 0.9, 1))
    assert len(merged([first, boxes(([10, 10, 30, 30], 0.9, 0))], (80, 100)).scores) == 2
    assert len(merged([first, boxes(([22, 10, 42, 30], 0.9, 1))], (80, 100)).scores) == 2  # IoU 1/4
    assert len(merged([first, boxes(([14, 10, 34, 30], 0.9, 1))], (80, 100)).scores) == 1  # IoU 2/3


def test_the_same_twice_is_itself_and_the_order_does_not_count():
    rng = np.random.default_rng(0)
    corners = np.array([[40 * i, 5, 40 * i + 20 + i, 25] for i in range(8)], np.float32)
    one = Boxes(corners, np.sort(rng.random(8).astype(np.float32))[::-1], rng.integers(0, 2, 8))
    both = merged([one, one], (50, 400))
    assert both.corners == pytest.approx(one.corners, abs=1e-3) and both.scores == pytest.approx(one.scores)
    other = Boxes(corners + 2, one.scores[::-1][np.argsort(-one.scores[::-1])], one.labels)
    ways = [merged(parts, (50, 400)) for parts in ([one, other], [other, one])]
    assert ways[0].corners == pytest.approx(ways[1].corners, abs=1e-3)
    assert (np.diff(ways[0].scores) <= 0).all()


def test_odd_boxes():
    line = boxes(([5, 5, 5, 9], 0.9, 0), ([-4, -4, 10, 10], 0.5, 0))
    found = merged([line, NONE], (20, 20))
    assert found.corners.tolist() == [pytest.approx([0, 0, 10, 10])] and found.scores.tolist() == [0.25]
    nothing = merged([NONE, NONE], (20, 20))
    assert nothing.corners.shape == (0, 4) and len(nothing.scores) == len(nothing.labels) == 0


def test_several_detectors_and_mirror_images(bundled):
    """The parts of an ensemble are what its detectors find, those in mirror images mirrored back."""
    (detector,) = Predictor(bundled / "bundle").detector.detectors
    images = [read_color(bundled / f"set_color_cawe/images/{number}.png") for number in (7, 8)]
    alone = detector(images)
    assert [one.scores.tolist() for one in Ensemble([detector])(images)] == [one.scores.tolist() for one in alone]
    twice = Ensemble([detector, detector])(images)
    flipped = Ensemble([detector], flip=True)(images)
    for image, single, double, both in zip(images, alone, twice, flipped, strict=True):
        (mirror,) = detector([np.ascontiguousarray(image[:, ::-1])])
        expected = merged([single, mirror.mirrored(image.shape[1])], image.shape[:2])
        assert np.array_equal(both.corners, expected.corners) and np.array_equal(both.scores, expected.scores)
        assert double.scores.max() == pytest.approx(single.scores.max(), abs=0.05)
        assert both.corners.min() >= 0 and (both.corners.max(0) <= [*image.shape[1::-1]] * 2).all()
