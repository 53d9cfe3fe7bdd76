"""From COCO files to matched detections: the checks and the order of things."""

import json
from pathlib import Path

import numpy as np
import pytest

from detect.coco_results import match_results, read_ground_truth, read_results


def write(path: Path, content) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def truth_dict() -> dict:
    return {
        "images": [
            {"id": 7, "file_name": "a.png", "width": 50, "height": 50, "patient_id": "p1"},
            {"id": 3, "file_name": "b.png", "width": 50, "height": 50, "patient_id": "p2"},
            {"id": 5, "file_name": "c.png", "width": 50, "height": 50, "patient_id": "p1"},
        ],
        "annotations": [
            {"id": 1, "image_id": 3, "category_id": 2, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 1, "bbox": [20, 20, 10, 20], "area": 200, "iscrowd": 0},
            {"id": 3, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 1},
        ],
        "categories": [{"id": 1, "name": "mass"}, {"id": 2, "name": "nodule"}],
    }


def detection(image_id=7, category_id=1, bbox=(20, 20, 10, 20), score=0.5) -> dict:
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), "score": score}


@pytest.fixture
def truth(tmp_path):
    return read_ground_truth(write(tmp_path / "gt.json", truth_dict()))


def test_ground_truth_is_in_the_order_of_the_images(truth) -> None:
    assert truth.image_ids == [7, 3, 5]
    assert [b.tolist() for b in truth.boxes] == [[[20, 20, 30, 40]], [[0, 0, 10, 10]], []]
    assert [x.tolist() for x in truth.labels] == [[1], [2], []]
    assert truth.groups == ["p1", "p2", "p1"] and truth.grouped_by == "patient"
    assert truth.notes == ["1 crowd annotations were left out."]


def test_without_patients_the_images_are_drawn_and_a_note_says_so(tmp_path) -> None:
    content = truth_dict()
    del content["images"][1]["patient_id"]
    truth = read_ground_truth(write(tmp_path / "gt.json", content))
    assert truth.groups == ["7", "3", "5"] and truth.grouped_by == "image"
    assert "patient_id" in truth.notes[-1]


def test_a_set_without_lesions_is_refused(tmp_path) -> None:
    content = truth_dict() | {"annotations": []}
    with pytest.raises(ValueError, match=r"gt\.json: no image has a lesion"):
        read_ground_truth(write(tmp_path / "gt.json", content))


@pytest.mark.parametrize("size", [(0, 0), (10, 0), (0, 10)])
def test_a_lesion_without_area_is_refused(tmp_path, size) -> None:
    content = truth_dict()
    content["annotations"][0]["bbox"] = [0, 0, *size]
    with pytest.raises(ValueError, match=r"gt\.json: 1 lesions have a box without area, .* on b\.png; remove"):
        read_ground_truth(write(tmp_path / "gt.json", content))


def test_matching_across_images_keeps_score_image_and_hit_together(truth) -> None:
    results = [
        detection(3, 2, (0, 0, 10, 10), 0.3),
        detection(7, 1, (20, 20, 10, 20), 0.8),
        detection(5, 1, (0, 0, 10, 10), 0.9),
        detection(3, 1, (0, 0, 10, 10), 0.7),
        detection(7, 1, (20, 20, 10, 20), 0.6),
    ]
    matched = match_results(truth, results)
    rows = sorted(zip(matched.scores.tolist(), matched.image.tolist(), matched.hits.tolist(), strict=True))
    # 0.3 is the nodule; 0.7 on it is of the other class; 0.6 finds the mass a second time; image 5 has none.
    assert rows == [(0.3, 1, True), (0.6, 0, False), (0.7, 1, False), (0.8, 0, True), (0.9, 2, False)]
    assert matched.lesions.tolist() == [1, 1, 0]


def test_no_detections_are_allowed(truth) -> None:
    matched = match_results(truth, [])
    assert len(matched.scores) == len(matched.hits) == 0 and matched.lesions.sum() == 2


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (detection(image_id=99), "image ids are not in the ground truth, for example 99"),
        (detection(category_id=4), r"category ids \[4\] are not in the ground truth"),
        (detection(score=float("nan")), "scores are NaN or infinite"),
        (detection(score=float("inf")), "scores are NaN or infinite"),
        (detection(bbox=(5, 5, -1, 3)), r"detection 1 has the box \[5, 5, -1, 3\]"),
        (detection(bbox=(5, 5, 3)), r"detection 1 has the box \[5, 5, 3\]"),
        (detection(bbox=(5, float("nan"), 3, 3)), "detection 1 has the box"),
        ({"image_id": 7, "score": 1.0}, "detection 1 is no object with bbox, category_id, image_id, score"),
        ("text", "detection 1 is no object with"),
    ],
)
def test_bad_results_are_named(truth, bad, message) -> None:
    with pytest.raises(ValueError, match=f"pred: .*{message}"):
        match_results(truth, [detection(), bad], name="pred")


def test_results_files_that_are_none(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json: no such results file"):
        read_results(tmp_path / "none.json")
    with pytest.raises(ValueError, match=r"a\.json: not a JSON file"):
        read_results(write(tmp_path / "a.json", "[1,"))
    with pytest.raises(ValueError, match=r"b\.json: a COCO results file is a list of detections, this is a dict"):
        read_results(write(tmp_path / "b.json", {"images": []}))


def test_the_order_of_detections_does_not_matter_where_scores_differ(truth) -> None:
    rng = np.random.default_rng(0)
    results = [
        detection(
            int(rng.choice([7, 3, 5])), int(rng.integers(1, 3)), (*rng.integers(0, 20, 2).tolist(), 12, 15), s / 50
        )
        for s in range(50)
    ]
    results.append(detection(score=0.333))
    first = match_results(truth, results)
    shuffled = match_results(truth, [results[i] for i in rng.permutation(len(results))])
    pairs = [sorted(zip(m.scores, m.image, m.hits, strict=True)) for m in (first, shuffled)]
    assert pairs[0] == pairs[1] and first.hits.any()
