"""The detectors as graphs find what mmdet's own code finds, in images of any size."""

import numpy as np
import pytest
import torch
from mmengine.config import Config

from data.errors import UserError
from detect.bundle.contents import detector_config
from detect.detector_graph import DetectorGraph
from detect.prediction.boxes import Boxes
from detect.predictor import Detector
from tests.paths import ROOT
from tests.random_weights import random_weights
from tools.graphs.comparison import compared_boxes
from training.checkpoints import save_weights


def detector(tmp_path, name: str, change: dict) -> Detector:
    """One with random weights, whose last layers say more than those of a new one."""
    cfg = Config.fromfile(ROOT / f"configs/detect/{name}_demo.py")
    cfg.merge_from_dict(change)
    weights = random_weights(cfg)
    for key, value in weights.items():
        if key.endswith((".fc_cls.weight", ".fc_reg.weight", "retina_cls.weight")):
            weights[key] = value * 3
    save_weights(tmp_path / "d.safetensors", weights)
    made = Detector(detector_config(cfg).to_dict(), tmp_path / "d.safetensors")
    made.model.double()  # else rounding decides about boxes whose overlap is nearly that of NMS
    return made


CASES = [
    ("faster_rcnn", {"model.roi_head.bbox_head.num_classes": 3}),
    ("faster_rcnn", {"model.roi_head.bbox_head.reg_class_agnostic": True, "model.roi_head.bbox_head.num_classes": 2}),
    ("faster_rcnn", {"model.data_preprocessor.bgr_to_rgb": False, "model.test_cfg.rcnn.max_per_img": 7}),
    ("retinanet", {"model.bbox_head.num_classes": 2, "model.test_cfg.score_thr": 0.01}),
    ("retinanet", {"model.test_cfg.nms_pre": 50}),
    ("faster_rcnn", {"model.test_cfg.rpn.nms_pre": 40, "model.test_cfg.rpn.min_bbox_size": 24}),
]


@pytest.mark.parametrize(("name", "change"), CASES)
def test_as_mmdet(tmp_path, name, change):
    one = detector(tmp_path, name, change)
    graph = DetectorGraph(one.model)
    for height, width in ((96, 96), (80, 131)):
        image = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
        (expected,) = one([image])
        assert len(expected.scores) >= 5
        resized = one._prepared(image)
        with torch.no_grad():
            corners, scores, labels = graph(resized["inputs"].flip(0)[None].double())
        corners = corners / torch.tensor([*resized["data_samples"].scale_factor] * 2)
        found = compared_boxes(expected, Boxes(corners.numpy(), scores.numpy(), labels.numpy()))
        assert found["other_boxes"] == 0 and found["pixels"] < 1e-4
        assert np.abs(scores.numpy() - expected.scores).max() < 1e-5


def test_where_nothing_is_found(tmp_path):
    for name, change in (
        ("faster_rcnn", {"model.test_cfg.rcnn.score_thr": 1.0}),
        ("retinanet", {"model.test_cfg.score_thr": 1.0}),
    ):
        one = detector(tmp_path, name, change)
        with torch.no_grad():
            corners, scores, labels = DetectorGraph(one.model)(torch.zeros(1, 3, 64, 64, dtype=torch.float64))
        assert corners.shape == (0, 4) and len(scores) == len(labels) == 0


def test_others_are_refused(tmp_path):
    one = detector(tmp_path, "retinanet", {})
    one.model.test_cfg.min_bbox_size = 12
    with pytest.raises(UserError, match="min_bbox_size is in pixels of the source"):
        DetectorGraph(one.model)
    one.model.test_cfg.nms = {"type": "soft_nms", "iou_threshold": 0.5}
    with pytest.raises(UserError, match="suppresses boxes by soft_nms; only nms can be exported"):
        DetectorGraph(one.model)
    with pytest.raises(UserError, match="the detector is a Linear; Faster R-CNN and RetinaNet can be exported"):
        DetectorGraph(torch.nn.Linear(1, 1))
