"""The images that attention maps are measured on."""

import json

import numpy as np
import pytest

from data.errors import UserError
from data.images.image_io import read_grayscale
from enhance.evaluation.report.cases import draw_cases, read_cases
from tests.test_enhance.attention_cases import LABELS, write_set


def test_a_case_is_what_the_file_says(tmp_path):
    coco = json.loads(write_set(tmp_path).read_text())
    cases = read_cases(tmp_path, "test.json", LABELS)
    assert [case.place for case in cases] == list(range(7))
    assert [case.patient for case in cases] == ["p0", "p0", "p1", "p1", "p2", "p2", "p3"]
    assert cases[3].boxes == [(6 / 32, 3 / 24, 10 / 32, 9 / 24), (20 / 32, 12 / 24, 6 / 32, 6 / 24)]
    assert cases[2].boxes == []
    assert cases[2].labels.tolist() == coco["images"][2]["labels"]
    assert np.isnan(cases[6].labels[0])
    assert np.array_equal(cases[3].image(tmp_path), read_grayscale(tmp_path / "images/3.png"))


def test_labels_come_in_the_order_of_the_classifier(tmp_path):
    coco = json.loads(write_set(tmp_path).read_text())
    (case, *_) = read_cases(tmp_path, "test.json", ["label 2", "unknown", "label 1"])
    given = coco["images"][0]["labels"]
    assert case.labels[[0, 2]].tolist() == [given[2], given[1]]
    assert np.isnan(case.labels[1])


def test_boxes_are_enough_and_crowds_are_no_lesions(tmp_path):
    path = write_set(tmp_path)
    coco = json.loads(path.read_text())
    del coco["label_names"], coco["images"][0]["patient_id"]
    coco["annotations"][0]["iscrowd"] = 1
    path.write_text(json.dumps(coco))
    cases = read_cases(tmp_path, "test.json", LABELS)
    assert [len(case.boxes) for case in cases] == [0, 1, 0, 2, 0, 2, 0]
    assert all(np.isnan(case.labels).all() for case in cases)
    assert cases[0].patient == "image 1"
    assert [case.person_known for case in cases] == [False] + [True] * 6


def test_a_drawn_part_depends_on_the_seed(tmp_path):
    write_set(tmp_path)
    cases = read_cases(tmp_path, "test.json", LABELS)
    parts = {tuple(case.place for case in draw_cases(cases, 3, seed)) for seed in range(6)}
    assert len(parts) > 2
    assert all(len(set(part)) == 3 and list(part) == sorted(part) for part in parts)
    assert draw_cases(cases, 7, 0) == draw_cases(cases, None, 0) == cases


def test_a_file_that_can_judge_nothing_is_refused(tmp_path):
    write_set(tmp_path, boxes=False)
    with pytest.raises(ValueError, match=r"no lesion box and none of the classifier's labels \(edema\)"):
        read_cases(tmp_path, "test.json", ["edema"])
    write_set(tmp_path, number=0)
    with pytest.raises(ValueError, match="has no image"):
        read_cases(tmp_path, "test.json", LABELS)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda coco: coco["annotations"][0].pop("bbox"),
            "test.json: 1 annotations have no bbox",
        ),
        (lambda coco: coco["annotations"][0].update(bbox=[1, 2, 3]), "test.json: annotation 0 has the box"),
        (lambda coco: coco["images"][1].update(width=0), "the image images/1.png has width 0 and height 24"),
        (lambda coco: coco["images"][2].update(labels=[1]), "1 images lack their 4 labels; the first is images/2.png"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path, change, message):
    path = write_set(tmp_path)
    coco = json.loads(path.read_text())
    change(coco)
    path.write_text(json.dumps(coco))
    with pytest.raises(ValueError, match=message):
        read_cases(tmp_path, "test.json", LABELS)


def test_boxes_without_area_are_refused_as_by_froc(tmp_path):
    path = write_set(tmp_path)
    coco = json.loads(path.read_text())
    coco["annotations"][0]["bbox"] = [3, 3, 0, 5]
    path.write_text(json.dumps(coco))
    with pytest.raises(UserError, match=r"test.json: 1 lesions have a box without area, the first is .3.0, 3.0,"):
        read_cases(tmp_path, "test.json", LABELS)
    coco["annotations"][0]["ignore"] = True
    path.write_text(json.dumps(coco))
    assert [len(case.boxes) for case in read_cases(tmp_path, "test.json", LABELS)] == [0, 1, 0, 2, 0, 2, 0]
