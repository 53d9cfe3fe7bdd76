"""Detections of an image."""

import numpy as np

from detect.prediction.boxes import Boxes, coco_entries

NONE = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def boxes(*found):
    corners, scores, labels = zip(*found, strict=True)
    return Boxes(np.array(corners, np.float32), np.array(scores, np.float32), np.array(labels))


def test_mirrored():
    found = boxes(([10, 1, 30, 5], 0.9, 1), ([0, 2, 8, 9], 0.1, 0)).mirrored(100)
    assert found.corners.tolist() == [[70, 1, 90, 5], [92, 2, 100, 9]] and found.labels.tolist() == [1, 0]
    assert found.mirrored(100).corners.tolist() == [[10, 1, 30, 5], [0, 2, 8, 9]]
    assert NONE.mirrored(100).corners.shape == (0, 4)
    assert found.from_score(0.5).scores.tolist() == [np.float32(0.9)]


def test_as_coco_has_them():
    result = dict(image_id=4, bboxes=[[1, 2, 4, 8], [0, 0, 2, 1]], scores=np.array([0.5, 0.25]), labels=[1, 0])
    assert coco_entries(result, [3, 5]) == [
        {"image_id": 4, "category_id": 5, "bbox": [1, 2, 3, 6], "score": 0.5},
        {"image_id": 4, "category_id": 3, "bbox": [0, 0, 2, 1], "score": 0.25},
    ]
