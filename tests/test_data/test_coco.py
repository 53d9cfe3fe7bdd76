from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.coco import (
    ImageRecord,
    groups_of,
    lesions_of,
    part_of,
    patient_of,
    records_to_coco,
    split_by_patient,
    unit_of,
)


def record(name, patient="p", boxes=(), labels=None, **extra):
    return ImageRecord(Path("src") / name, name, 100, 80, patient, list(boxes), labels, extra)


def test_records_to_coco_by_hand():
    records = [
        record("a.png", "p1", [(1, 2, 30, 40.5, "nodule"), (0, 0, 100, 80, "mass")], view="PA"),
        record("b.png", "p2"),
    ]
    assert records_to_coco(records, ["mass", "nodule"]) == {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 100, "height": 80, "patient_id": "p1", "view": "PA"},
            {"id": 2, "file_name": "b.png", "width": 100, "height": 80, "patient_id": "p2"},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 2, 30, 40.5], "area": 1215.0, "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 100, 80], "area": 8000.0, "iscrowd": 0},
        ],
        "categories": [{"id": 1, "name": "mass"}, {"id": 2, "name": "nodule"}],
    }


def test_an_unknown_patient_is_not_written():
    image = records_to_coco([record("a.png", None)], [])["images"][0]
    assert image == {"id": 1, "file_name": "a.png", "width": 100, "height": 80}


def test_labels():
    coco = records_to_coco([record("a.png", labels=[1, -1, None])], [], ["x", "y", "z"])
    assert coco["label_names"] == ["x", "y", "z"]
    assert coco["images"][0]["labels"] == [1, -1, None]
    with pytest.raises(ValueError, match=r"a\.png"):
        records_to_coco([record("a.png", labels=[1])], [], ["x", "y"])


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (0, 0, 0, 5), (90, 0, 11, 5), (0, 70, 5, 11), (float("nan"), 0, 5, 5)])
def test_a_box_outside_its_image_is_refused(box):
    with pytest.raises(ValueError, match=r"a\.png.*not inside"):
        records_to_coco([record("a.png", boxes=[(*box, "mass")])], ["mass"])


def test_unknown_category_and_double_name_are_refused():
    with pytest.raises(ValueError, match="'cyst'"):
        records_to_coco([record("a.png", boxes=[(0, 0, 5, 5, "cyst")])], ["mass"])
    with pytest.raises(ValueError, match=r"a\.png: two images"):
        records_to_coco([record("a.png"), record("a.png")], [])


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    boxes = [(0, 0, 5, 5, "mass")]
    return [record(f"{i}.png", f"p{rng.integers(150)}", boxes if rng.random() < 0.3 else ()) for i in range(400)]


@pytest.mark.parametrize("fraction", [0.5, 0.8, 0.9])
def test_split_keeps_patients_together_and_shares_right(many, fraction):
    train, test = split_by_patient(many, fraction, seed=3)
    patients = [{r.patient_id for r in side} for side in (train, test)]
    assert not patients[0] & patients[1]
    assert sorted(r.file_name for r in train + test) == sorted(r.file_name for r in many)
    total = len(patients[0] | patients[1])
    assert abs(len(patients[0]) - fraction * total) <= 1
    sick = [{r.patient_id for r in side if r.boxes} for side in (train, test)]
    assert abs(len(sick[0]) - fraction * (len(sick[0]) + len(sick[1]))) <= 1


def test_split_depends_on_the_seed_but_not_on_the_order(many):
    names = {r.file_name for r in split_by_patient(many, seed=1)[0]}
    assert {r.file_name for r in split_by_patient(many[::-1], seed=1)[0]} == names
    assert {r.file_name for r in split_by_patient(many, seed=2)[0]} != names
    assert [r.file_name for r in split_by_patient(many, seed=1)[0]] == [
        r.file_name for r in many if r.file_name in names
    ]


def test_split_is_even_for_each_class():
    records = [record(f"{i}.png", f"p{i}", labels=[int(i % 4 == c) for c in range(4)]) for i in range(200)]
    train, _ = split_by_patient(records, 0.8)
    assert np.abs(np.sum([r.labels for r in train], axis=0) - 40).max() <= 1


def test_images_of_unknown_patients_are_split_one_by_one(many):
    records = [replace(r, patient_id=None) for r in many[:100]] + many[100:]
    train, test = split_by_patient(records, 0.5)
    unknown = [sum(r.patient_id is None for r in side) for side in (train, test)]
    assert min(unknown) > 25
    assert sum(unknown) == 100
    known = [{r.patient_id for r in side if r.patient_id} for side in (train, test)]
    assert not known[0] & known[1]


def test_split_errors(many):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_by_patient(many, 1.0)
    with pytest.raises(ValueError, match="1 patient cannot be split"):
        split_by_patient([replace(r, patient_id="one") for r in many])


def test_an_empty_patient_is_unknown(many):
    nobody = [replace(r, patient_id="  ") for r in many]
    assert {r.patient_id for r in nobody} == {None}
    assert [len(side) for side in split_by_patient(nobody, 0.5)] == [len(many) // 2, len(many) - len(many) // 2]
    assert unit_of(records_to_coco(nobody, ["mass"])["images"]) == "image"
    assert unit_of(records_to_coco([nobody[0], many[1]], ["mass"])["images"]) == "patient"


@pytest.mark.parametrize("image", [{}, {"patient_id": None}, {"patient_id": ""}, {"patient_id": " "}])
def test_nobody_is_named(image):
    assert patient_of(image) is None


def test_a_person_is_a_text_and_the_same_one_in_every_image():
    assert patient_of({"patient_id": 0}) == patient_of({"patient_id": "0"}) == "0"
    images = [{"id": 5, "patient_id": "p"}, {"id": 7}, {"id": 8, "patient_id": None}, {"id": 9, "patient_id": "p"}]
    assert groups_of(images) == ["p", "image 7", "image 8", "p"]


def test_regions_are_no_lesions():
    kinds = [{}, {"iscrowd": 1}, {"iscrowd": 0}, {"ignore": True}, {"ignore": 0, "iscrowd": 0}]
    coco = {"annotations": [{"id": number} | kind for number, kind in enumerate(kinds)]}
    assert [lesion["id"] for lesion in lesions_of(coco)] == [0, 2, 4]


def test_a_part_has_the_images_of_these_ids_and_their_annotations():
    images, annotations = [{"id": 3}, {"id": 1}, {"id": 2}], [{"id": n, "image_id": n % 3 + 1} for n in range(5)]
    part = part_of({"images": images, "annotations": annotations, "label_names": ["x"]}, {1, 3})
    assert [image["id"] for image in part["images"]] == [3, 1]
    assert [annotation["id"] for annotation in part["annotations"]] == [0, 2, 3]
    assert part["label_names"] == ["x"]
