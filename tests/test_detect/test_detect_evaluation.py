"""The contents of froc.json: values worked by hand, pairs, settings."""

import json
from pathlib import Path

import pytest

from detect.coco_results import GroundTruth, read_ground_truth
from detect.evaluation import FrocSettings, evaluate


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    """Four images of four patients, one lesion each, and a fifth image without."""
    images = [{"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(5)]
    boxes = [
        {"id": i + 1, "image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 900, "iscrowd": 0}
        for i in range(4)
    ]
    path = tmp_path / "gt.json"
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}))
    return read_ground_truth(path)


def find(image_id: int, score: float, hit: bool = True) -> dict:
    return {"image_id": image_id, "category_id": 1, "bbox": [0, 0, 30, 30] if hit else [50, 50, 30, 30], "score": score}


GOOD = [find(0, 0.9), find(1, 0.8), find(2, 0.7), find(4, 0.6, False), find(3, 0.5)]
POOR = [find(0, 0.9), *(find(i, 0.8, False) for i in range(5)), find(1, 0.4), *(find(4, 0.3, False) for _ in range(3))]


def test_values_by_hand(truth: GroundTruth) -> None:
    report = evaluate(truth, {"good": GOOD, "poor": POOR}, FrocSettings(fppi=(0.1, 1, 2), bootstrap=50))
    good, poor = report["systems"]["good"], report["systems"]["poor"]
    assert (good["num_images"], good["num_lesions"], good["num_detections"]) == (5, 4, 5)
    # Good: three lesions before its one false positive, at 0.2 an image; it ends there.
    assert [p["value"] for p in good["sens_at"].values()] == [0.75, 1.0, 1.0]
    assert [p["reached"] for p in good["sens_at"].values()] == [True, False, False]
    # Poor: one lesion, then five false positives (1.0 an image), then the second lesion, then three more (1.6).
    assert [p["value"] for p in poor["sens_at"].values()] == [0.25, 0.5, 0.5]
    assert [p["reached"] for p in poor["sens_at"].values()] == [True, True, False]
    assert poor["mean_sensitivity"] == pytest.approx(1.25 / 3)
    assert poor["curve"] == {
        "fp_per_image": [0.0, 1.0, 1.0, 1.6],
        "sensitivity": [0.25, 0.25, 0.5, 0.5],
        "threshold": [0.9, 0.8, 0.4, 0.3],
    }


def test_pairs_are_later_minus_earlier(truth: GroundTruth) -> None:
    report = evaluate(truth, {"poor": POOR, "good": GOOD, "none": []}, FrocSettings(fppi=(1,), bootstrap=400))
    assert [(e["a"], e["b"]) for e in report["paired"]] == [("good", "poor"), ("none", "poor"), ("none", "good")]
    first = report["paired"][0]
    assert first["fppi"] == 1 and first["difference"] == 0.5
    low, high = first["ci95"]
    assert low < 0.5 <= high and 0 < first["p"] < 0.2


def test_a_system_against_itself_differs_by_nothing_in_every_resample(truth: GroundTruth) -> None:
    report = evaluate(truth, {"a": POOR, "b": list(POOR)}, FrocSettings(fppi=(1, 2), bootstrap=30))
    assert all(e["difference"] == 0 and e["ci95"] == [0, 0] and e["p"] == 1 for e in report["paired"])


def test_the_seed_decides_the_intervals_and_nothing_else(truth: GroundTruth) -> None:
    one, same, other = (evaluate(truth, {"x": POOR}, FrocSettings(bootstrap=20, seed=s)) for s in (0, 0, 1))
    assert one == same
    assert one["systems"]["x"]["curve"] == other["systems"]["x"]["curve"]
    assert one["systems"]["x"]["sens_at"] != other["systems"]["x"]["sens_at"]


def test_the_name_of_the_system_is_in_the_error(truth: GroundTruth) -> None:
    with pytest.raises(ValueError, match="bad: 1 image ids"):
        evaluate(truth, {"ok": GOOD, "bad": [find(77, 0.5)]}, FrocSettings(bootstrap=1))


@pytest.mark.parametrize(
    "wrong",
    [{"iou_thr": 0}, {"iou_thr": 1.1}, {"fppi": ()}, {"fppi": (0, 1)}, {"fppi": (1, 1)}, {"bootstrap": 0}],
)
def test_settings_out_of_range(wrong: dict) -> None:
    with pytest.raises(ValueError):
        FrocSettings(**wrong)
