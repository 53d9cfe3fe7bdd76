"""What counts as the same, by hand; and graphs of another network are found out."""

import numpy as np
import pytest

from data.errors import UserError
from detect import Predictor
from detect.prediction.onnx_predictor import OnnxPredictor
from tests.test_detect.test_prediction.test_boxes import NONE, boxes
from tools.graphs.comparison import compared, compared_boxes

LESION = ([10, 10, 30, 30], 0.9, 1)


def test_by_hand():
    """Of three boxes and four: one twin .25 px away, the nearer of two; one of another label, one too far off."""
    ours = boxes(LESION, ([50, 50, 60, 60], 0.8, 0), ([0, 0, 9, 9], 0.5, 0))
    theirs = boxes(
        ([10.4, 10, 30, 30], 0.9, 1),
        ([10, 10.25, 30, 30], 0.9004, 1),
        ([50, 50, 60, 60], 0.8, 1),
        ([0, 0, 9.75, 9], 0.5, 0),
    )
    found = compared_boxes(ours, theirs)
    assert found["other_boxes"] == 4 and found["pixels"] == 0.25 and found["score"] == pytest.approx(4e-4, rel=1e-3)
    assert compared_boxes(ours, ours) == {"other_boxes": 0, "pixels": 0, "score": 0}


def test_the_score_counts_and_nothing_may_be_found():
    assert compared_boxes(boxes(LESION), boxes((LESION[0], 0.89, 1)))["other_boxes"] == 2
    assert compared_boxes(NONE, boxes(LESION)) == {"other_boxes": 1, "pixels": 0, "score": 0}
    assert compared_boxes(NONE, NONE)["other_boxes"] == 0


def test_the_graphs_of_other_weights_are_refused(bundled, exported):
    images = [np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)]
    found = compared(Predictor(bundled / "bundle"), OnnxPredictor(exported), images)
    assert found["images"] == 1 and found["boxes"] > 10 and found["seconds"]["torch"] > 0
    other = Predictor(bundled / "bundle")
    other.detector.detectors[0].model.roi_head.bbox_head.fc_reg.bias.data += 0.5
    with pytest.raises(UserError, match="other results than PyTorch, so nothing is written: {'images': 1"):
        compared(other, OnnxPredictor(exported), images)
