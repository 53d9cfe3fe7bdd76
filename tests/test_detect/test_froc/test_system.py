"""From a COCO results list to matched detections: checked, then matched in the order of the entries."""

import json
from pathlib import Path

import numpy as np
import pytest

from detect.froc.ground_truth import GroundTruth, read_ground_truth
from detect.froc.matching import DUPLICATE, FALSE_POSITIVE, IGNORED
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results

# Lesions, in the order of the file: 0 a nodule on image 3, 1 a mass on image 7; a crowd of masses on image 7.
CONTENT = {
    "images": [{"id": i, "file_name": f"{i}.png", "width": 50, "height": 50, "patient_id": "p"} for i in (7, 3, 5)],
    "annotations": [
        {"id": 1, "image_id": 3, "category_id": 2, "bbox": [0, 0, 10, 10], "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 1, "bbox": [20, 20, 10, 20], "iscrowd": 0},
        {"id": 3, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "iscrowd": 1},
    ],
    "categories": [{"id": 1, "name": "mass"}, {"id": 2, "name": "nodule"}],
}
NODULE, MASS, CROWD = (0, 0, 10, 10), (20, 20, 10, 20), (0, 0, 9, 9)


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(CONTENT))
    return read_ground_truth(path)


def detection(image_id=7, category_id=1, bbox=MASS, score=0.5) -> dict:
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), "score": score}


RESULTS = [
    detection(3, 2, NODULE, 0.3),
    detection(7, 1, MASS, 0.8),
    detection(5, 1, NODULE, 0.9),
    detection(3, 1, NODULE, 0.7),
    detection(7, 1, MASS, 0.6),
    detection(7, 1, CROWD, 0.2),
    detection(7, 2, CROWD, 0.1),
]


def test_scores_images_and_matches_stay_together(truth) -> None:
    system = match_results(truth, RESULTS, FrocSettings())
    matched = system.matched
    assert matched.scores.tolist() == [0.3, 0.8, 0.9, 0.7, 0.6, 0.2, 0.1]
    assert matched.image.tolist() == [1, 0, 2, 1, 0, 0, 0]
    # Image 5 has no lesion; a mass on the nodule and a nodule on the crowd of masses are wrong.
    assert matched.found.tolist() == [0, 1, FALSE_POSITIVE, FALSE_POSITIVE, DUPLICATE, IGNORED, FALSE_POSITIVE]
    assert matched.lesion_image.tolist() == [1, 0] and matched.num_images == 3
    assert system.detections.scores is matched.scores and system.detections.notes == []


def test_pooled_classes_find_lesions_of_any_category(truth) -> None:
    found = match_results(truth, RESULTS, FrocSettings(classes="pooled")).matched.found
    # 0.7 finds the nodule before 0.3, and the crowd holds detections of any class.
    assert found.tolist() == [DUPLICATE, 1, FALSE_POSITIVE, 0, DUPLICATE, IGNORED, IGNORED]


def test_matching_and_threshold_are_those_of_the_settings(truth) -> None:
    inside = [detection(bbox=(24, 29, 2, 2))]
    assert match_results(truth, inside, FrocSettings()).matched.found.tolist() == [FALSE_POSITIVE]
    assert match_results(truth, inside, FrocSettings(matching="center")).matched.found.tolist() == [1]
    assert match_results(truth, inside, FrocSettings(iou_thr=0.02)).matched.found.tolist() == [1]


@pytest.mark.parametrize("entries", [[], iter([])])
def test_no_detections_are_allowed(truth, entries) -> None:
    system = match_results(truth, entries, FrocSettings(), "silent")
    assert len(system.matched.scores) == len(system.matched.found) == 0
    assert system.matched.lesion_image.tolist() == [1, 0]
    assert system.detections.notes == ["silent has no detections: its sensitivity is 0 everywhere."]


def test_the_name_is_in_the_error(truth) -> None:
    with pytest.raises(ValueError, match=r"^pred\.json: 1 image ids are not in the ground truth"):
        match_results(truth, [detection(99)], FrocSettings(), "pred.json")


def test_the_order_of_detections_does_not_matter_where_scores_differ(truth) -> None:
    rng = np.random.default_rng(0)
    results = [
        detection(
            int(rng.choice([7, 3, 5])), int(rng.integers(1, 3)), (*rng.integers(0, 6, 2).tolist(), 12, 12), s / 50
        )
        for s in range(50)
    ]
    results += [detection(score=0.333), detection(score=0.777)]
    order = rng.permutation(len(results))
    first = match_results(truth, results, FrocSettings(iou_thr=0.3)).matched
    shuffled = match_results(truth, [results[i] for i in order], FrocSettings(iou_thr=0.3)).matched
    assert first.found[order].tolist() == shuffled.found.tolist()
    assert set(first.found.tolist()) >= {0, 1, DUPLICATE, FALSE_POSITIVE}
