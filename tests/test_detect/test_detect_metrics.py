"""FROCMetric and the COCO metric beside it give the numbers that the report gives for the results file."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from detect.coco_results import read_ground_truth, read_results
from detect.evaluation import FrocSettings, evaluate
from detect.metrics import FROCMetric, LesionCocoMetric

CATEGORIES = {4: "mass", 9: "nodule"}


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Path, list[dict]]:
    """A COCO file with 12 images, and noisy detections as mmdet's data samples hold them (float32)."""
    rng = np.random.default_rng(0)
    images, annotations, samples = [], [], []
    for image_id in range(100, 112):
        images.append({"id": image_id, "file_name": f"{image_id}.png", "width": 200, "height": 200, "patient_id": "p"})
        boxes, labels = [], []
        for _ in range(rng.integers(0, 4)):
            x, y = rng.uniform(0, 120, 2)
            w, h = rng.uniform(20, 60, 2)
            label = int(rng.integers(0, 2))
            box = [x, y, w, h]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": list(CATEGORIES)[label],
                    "bbox": box,
                    "area": w * h,
                    "iscrowd": 0,
                }
            )
            for _ in range(2):
                boxes.append(np.array([x, y, x + w, y + h]) + rng.normal(0, 5, 4))
                labels.append(label if rng.random() < 0.8 else 1 - label)
        for _ in range(4):
            corner = rng.uniform(0, 120, 2)
            boxes.append(np.concatenate([corner, corner + rng.uniform(10, 60, 2)]))
            labels.append(int(rng.integers(0, 2)))
        instances = {
            "bboxes": torch.tensor(np.array(boxes), dtype=torch.float32),
            "scores": torch.tensor(np.round(rng.random(len(boxes)), 1), dtype=torch.float32),  # with ties
            "labels": torch.tensor(labels),
        }
        samples.append({"img_id": image_id, "ori_shape": (200, 200), "pred_instances": instances})
    categories = [{"id": k, "name": v} for k, v in CATEGORIES.items()]
    path = tmp_path / "test.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path, samples


def meta(path: Path) -> dict:
    return {"classes": tuple(CATEGORIES.values()), "ann_file": str(path)}


@pytest.mark.parametrize("matching", ["iou", "center"])
def test_metric_and_report_agree_on_the_same_predictions(scene, matching: str) -> None:
    path, samples = scene
    froc = FROCMetric(fppi=(0.5, 1, 2), matching=matching)
    coco = LesionCocoMetric(outfile_prefix=str(path.with_name("predictions")))
    for metric in (froc, coco):
        metric.dataset_meta = meta(path)
        for start in range(0, len(samples), 5):
            metric.process({}, samples[start : start + 5])
    got = froc.evaluate(len(samples))
    coco.evaluate(len(samples))

    results = read_results(path.with_name("predictions.bbox.json"))
    settings = FrocSettings(matching=matching, fppi=(0.5, 1, 2), bootstrap=1)
    system = evaluate(read_ground_truth(path), {"x": results}, settings)["systems"]["x"]
    expected = {f"froc/sens@{rate}": point["value"] for rate, point in system["sens_at"].items()}
    assert got == expected | {"froc/mean_sens": system["mean_sensitivity"]}
    assert 0 < expected["froc/sens@0.5"] < expected["froc/sens@2"] < 1
    assert system["num_detections"] == sum(len(s["pred_instances"]["scores"]) for s in samples)


def test_detections_that_are_the_lesions_are_all_found(scene) -> None:
    path, samples = scene
    truth = read_ground_truth(path)
    for sample, boxes, ids in zip(samples, truth.boxes, truth.labels, strict=True):
        labels = torch.tensor([list(CATEGORIES).index(i) for i in ids], dtype=torch.long)
        perfect = {
            "bboxes": torch.tensor(boxes, dtype=torch.float32),
            "scores": torch.ones(len(boxes)),
            "labels": labels,
        }
        sample["pred_instances"] = perfect
    metric, coco = FROCMetric(), LesionCocoMetric()
    for each in (metric, coco):
        each.dataset_meta = meta(path)
        each.process({}, samples)
    values = metric.evaluate(len(samples))
    assert values == dict.fromkeys(["froc/sens@1", "froc/sens@2", "froc/sens@3", "froc/sens@4", "froc/mean_sens"], 1.0)
    assert coco.evaluate(len(samples))["coco/bbox_mAP_50"] == 1.0


def test_ground_truth_can_be_given(scene, tmp_path: Path) -> None:
    path, samples = scene
    metric = FROCMetric(ann_file=str(tmp_path / "other.json"))
    metric.dataset_meta = meta(path)
    metric.process({}, samples)
    with pytest.raises(FileNotFoundError, match=r"other\.json"):
        metric.evaluate(len(samples))
