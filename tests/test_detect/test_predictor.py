"""Bundles at work: the path of `tools/test.py`, and what the Python interface promises."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from data.images.image_io import read_color, read_grayscale
from detect import Predictor
from tests import tiny_networks
from tests.paths import ROOT
from tools import test as test_tool


@pytest.fixture(scope="module")
def predictor(bundled):
    return Predictor(bundled / "bundle")


def test_one_image(bundled, predictor):
    path = bundled / "set/images/7.png"
    prediction = predictor(path)
    boxes = prediction.boxes
    assert len(boxes.scores) > 10 and boxes.corners.shape == (len(boxes.scores), 4)
    assert boxes.corners.dtype == boxes.scores.dtype == np.float32 and boxes.labels.dtype == np.int64
    assert (np.diff(boxes.scores) <= 0).all() and boxes.scores[-1] >= 0 and boxes.scores[0] <= 1
    assert boxes.corners.min() >= 0 and boxes.corners.max() <= 64
    assert predictor.label_names == ["nodule", "mass"] and set(boxes.labels) <= {0, 1}
    assert np.array_equal(prediction.enhanced, read_color(bundled / "set_color_cawe/images/7.png"))
    assert prediction.attention.shape == (64, 64) and prediction.attention.dtype == np.float32
    assert prediction.attention.min() >= 0 and prediction.attention.max() == pytest.approx(1)
    again = predictor(read_grayscale(path))
    assert np.array_equal(again.boxes.corners, boxes.corners) and np.array_equal(again.attention, prediction.attention)
    half = boxes.from_score(float(boxes.scores[4]))
    assert len(half.scores) >= 5 and half.scores.min() == boxes.scores[4]


def test_the_detections_are_those_of_the_test_tool(bundled, predictor, tmp_path):
    """One path, not two: the same boxes on images that were enhanced before; alone, since mmdet pads."""
    images = bundled / "set_color_cawe"
    weights = bundled / "work/faster_rcnn/color_cawe/seed0/weights.pth"
    options = [f"test_dataloader.dataset.data_root={images}", "model.roi_head.bbox_head.num_classes=2"]
    options += [
        "test_dataloader.batch_size=1",
        "test_dataloader.num_workers=0",
        "test_dataloader.persistent_workers=False",
    ]
    options += tiny_networks.options(tiny_networks.DETECTOR)
    config = str(ROOT / "configs/detect/faster_rcnn_demo.py")
    test_tool.main([config, str(weights), "--work-dir", str(tmp_path), "--cfg-options", *options])
    theirs = json.loads((tmp_path / "test/predictions.bbox.json").read_text())
    for number in (7, 8):
        boxes = predictor(bundled / f"set/images/{number}.png").boxes
        found = [entry for entry in theirs if entry["image_id"] == number]
        assert len(found) == len(boxes.scores) > 10
        order = sorted(range(len(found)), key=lambda i: -found[i]["score"])
        xywh = np.array([found[i]["bbox"] for i in order])
        assert np.abs(np.array([found[i]["score"] for i in order]) - boxes.scores).max() < 1e-5
        corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
        assert np.abs(corners - boxes.corners).max() < 1e-3
    ours = predictor.detector.results_on(images / "test.json", images)
    assert len(ours) == len(theirs) and {entry["category_id"] for entry in ours} <= {3, 5}


def test_many_at_once_are_as_each_alone(bundled, predictor):
    grays = [read_grayscale(bundled / f"set/images/{number}.png") for number in (4, 5, 7, 8)]  # of two sizes
    together = predictor.predict(grays)
    for gray, one in zip(grays, together, strict=True):
        alone = predictor(gray)
        assert np.abs(alone.boxes.corners - one.boxes.corners).max() < 1e-3
        assert np.array_equal(alone.enhanced, one.enhanced)
    assert predictor.detector([]) == []


def test_a_bundle_runs_where_the_workflow_is_not(bundled, predictor, tmp_path):
    """Another process, another folder, and nothing of the workflow's folder named anywhere."""
    image = tmp_path / "a.png"
    cv2.imwrite(str(image), read_grayscale(bundled / "set/images/7.png"))
    code = f"from detect import Predictor; p = Predictor({str(bundled / 'bundle')!r})({str(image)!r}); "
    code += "import json; print(json.dumps(p.boxes.corners.tolist()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    corners = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert np.abs(corners - predictor(bundled / "set/images/7.png").boxes.corners).max() < 1e-3
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        __import__("detect").Nothing  # noqa: B018
