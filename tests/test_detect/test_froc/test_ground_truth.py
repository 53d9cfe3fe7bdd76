"""COCO annotation files: what becomes a lesion, what a region, what a note, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from detect.froc.ground_truth import GroundTruth, read_ground_truth, read_lesion_free


def content() -> dict:
    """Three images of two patients; image 5 has nothing, image 7 a lesion and a crowd, image 3 a lesion."""
    return {
        "images": [
            {"id": 7, "file_name": "a.png", "width": 50, "height": 40, "patient_id": "p1"},
            {"id": 3, "file_name": "b.png", "width": 60, "height": 50, "patient_id": "p2"},
            {"id": 5, "file_name": "c.png", "width": 50, "height": 50, "patient_id": "p1"},
        ],
        "annotations": [
            {"id": 1, "image_id": 3, "category_id": 2, "bbox": [0, 0, 10, 10], "area": 100, "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 1, "bbox": [20, 20, 10, 20], "area": 200, "iscrowd": 0},
            {"id": 3, "image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 1},
        ],
        "categories": [{"id": 1, "name": "mass"}, {"id": 2, "name": "nodule"}],
    }


@pytest.fixture
def read(tmp_path: Path):
    """Read a dictionary as if it lay in gt.json."""

    def read_content(coco: dict) -> GroundTruth:
        path = tmp_path / "gt.json"
        path.write_text(json.dumps(coco))
        return read_ground_truth(path)

    return read_content


def refused(read, coco: dict) -> str:
    with pytest.raises(ValueError) as error:
        read(coco)
    path, _, text = str(error.value).partition("gt.json: ")
    assert path, "the message has to begin with the file"
    return text


def test_images_and_lesions_are_in_the_order_of_the_file(read) -> None:
    truth = read(content())
    assert truth.image_ids == [7, 3, 5] and truth.file_names == ["a.png", "b.png", "c.png"]
    assert truth.sizes.tolist() == [[50, 40], [60, 50], [50, 50]]
    assert truth.lesions.image.tolist() == [1, 0]
    assert truth.lesions.corners.tolist() == [[0, 0, 10, 10], [20, 20, 30, 40]]
    assert truth.lesions.labels.tolist() == [2, 1]
    assert truth.categories == {1: "mass", 2: "nodule"}


def test_crowds_are_regions_and_a_note_says_so(read) -> None:
    truth = read(content())
    assert truth.regions.image.tolist() == [0]
    assert truth.regions.corners.tolist() == [[0, 0, 9, 9]] and truth.regions.labels.tolist() == [1]
    assert truth.notes == ["1 crowd or ignore annotations: detections on them are not counted."]


def test_ignored_annotations_are_regions_too(read) -> None:
    coco = content()
    coco["annotations"][0]["ignore"] = 1
    del coco["annotations"][1]["iscrowd"]
    truth = read(coco)
    assert truth.regions.image.tolist() == [1, 0] and truth.regions.labels.tolist() == [2, 1]
    assert truth.lesions.image.tolist() == [0]
    assert truth.notes == ["2 crowd or ignore annotations: detections on them are not counted."]


def test_without_crowds_there_is_no_note(read) -> None:
    coco = content()
    coco["annotations"].pop()
    truth = read(coco)
    assert len(truth.regions.image) == 0 and truth.regions.corners.shape == (0, 4)
    assert truth.notes == []


def test_patients_are_what_the_bootstrap_draws(read) -> None:
    truth = read(content())
    assert truth.groups == ["p1", "p2", "p1"] and truth.grouped_by == "patient"


@pytest.mark.parametrize("missing", [None, "", " "])
def test_an_image_of_an_unknown_patient_is_drawn_alone_and_a_note_says_so(read, missing) -> None:
    coco = content()
    coco["images"][1]["patient_id"] = missing
    truth = read(coco)
    assert truth.groups == ["p1", "image 3", "p1"] and truth.grouped_by == "patient"
    assert truth.notes[-1] == (
        "The patient is not known for 1 of 3 images: each counts as a patient of its own, which is too sure where "
        "patients repeat."
    )


@pytest.mark.parametrize("missing", [None, ""])
def test_without_patients_the_images_are_drawn_and_a_note_says_so(read, missing) -> None:
    coco = content()
    for image in coco["images"]:
        image["patient_id"] = missing
    truth = read(coco)
    assert truth.groups == ["image 7", "image 3", "image 5"] and truth.grouped_by == "image"
    assert truth.notes[-1] == (
        "No image has a patient_id: the bootstrap draws images, which is too sure where patients repeat."
    )


def test_patients_may_be_numbers(read) -> None:
    coco = content()
    for image, patient in zip(coco["images"], [0, 4, 0], strict=True):
        image["patient_id"] = patient
    truth = read(coco)
    assert truth.groups == ["0", "4", "0"] and truth.grouped_by == "patient"


def test_pixel_spacing_is_read_where_it_is_given(read) -> None:
    coco = content()
    coco["images"][0]["pixel_spacing"] = [0.2, 0.1]
    coco["images"][1]["pixel_spacing"] = None
    np.testing.assert_array_equal(read(coco).spacing, [[0.2, 0.1], [np.nan, np.nan], [np.nan, np.nan]])


@pytest.mark.parametrize(
    "wrong", [0.2, [0.2], [0.2, 0.2, 5], ["a", "b"], "0.2\\0.2", {}, [np.inf, 0.2], [0.2, np.nan]], ids=str
)
def test_pixel_spacing_that_is_no_two_numbers_counts_as_not_given(read, wrong) -> None:
    coco = content()
    for image in coco["images"]:
        image["pixel_spacing"] = wrong
    assert np.isnan(read(coco).spacing).all() and read(coco).spacing.shape == (3, 2)


def test_annotation_ids_used_twice_are_noted_and_all_lesions_count(read) -> None:
    coco = content()
    for annotation in coco["annotations"]:
        annotation["id"] = 1
    truth = read(coco)
    assert len(truth.lesions.image) == 2
    assert truth.notes[0].endswith("gt.json: 2 annotation ids are used twice: all are numbered anew")


def test_annotations_need_no_ids(read) -> None:
    coco = content()
    for annotation in coco["annotations"]:
        del annotation["id"]
    assert len(read(coco).notes) == 1 and len(read(coco).lesions.image) == 2


@pytest.mark.parametrize("kept", [[], [2]])
def test_a_set_without_lesions_is_refused(read, kept: list[int]) -> None:
    """Neither nothing nor crowds alone."""
    coco = content()
    coco["annotations"] = [coco["annotations"][i] for i in kept]
    expected = "no image has a lesion, and sensitivity is not defined without; give a test set with boxes"
    assert refused(read, coco) == expected


@pytest.mark.parametrize("size", [(0, 0), (10, 0), (0, 10)])
def test_a_lesion_without_area_is_refused(read, size) -> None:
    coco = content()
    coco["annotations"][1]["bbox"] = [5, 5, *size]
    assert refused(read, coco) == (
        f"1 lesions have a box without area, the first is {[5.0, 5.0, *map(float, size)]} on a.png; "
        "remove these annotations or draw their boxes again"
    )


def test_a_crowd_without_area_is_only_useless(read) -> None:
    coco = content()
    coco["annotations"][2]["bbox"] = [5, 5, 0, 0]
    assert read(coco).regions.corners.tolist() == [[5, 5, 5, 5]]


@pytest.mark.parametrize("wrong", [[5, 5, -1, 3], [5, 5, 3], ["5", 5, 3, 3], 5, [5, 5, 3, float("inf")]])
@pytest.mark.parametrize("index", [1, 2])
def test_a_wrong_box_is_named_by_its_place_in_the_file(read, wrong, index: int) -> None:
    coco = content()
    coco["annotations"][index]["bbox"] = wrong
    assert refused(read, coco).startswith(f"annotation {index} has the box {wrong}; a box is [x, y, width, height]")


def test_an_annotation_without_a_box_is_named(read) -> None:
    coco = content()
    del coco["annotations"][1]["bbox"]
    assert refused(read, coco).startswith("1 annotations have no bbox, and one no outline to take it from; draw")


def many_lesions() -> dict:
    coco = content()
    rng = np.random.default_rng(0)
    for _ in range(20):
        corner, side = rng.uniform(20, 30, 2), rng.uniform(5, 10, 2)
        box = {"image_id": 5, "category_id": 1, "bbox": [*corner.tolist(), *side.tolist()]}
        coco["annotations"].append(box)
    return coco


def test_lesions_written_as_corners_are_refused(read) -> None:
    coco = many_lesions()
    assert len(read(coco).notes) == 1
    for annotation in coco["annotations"]:
        x, y, width, height = annotation["bbox"]
        annotation["bbox"] = [x, y, x + width, y + height]
    text = refused(read, coco)
    assert text.startswith("lesions: ") and text.endswith(
        "COCO boxes are [x, y, width, height]: subtract x1 and y1 from the last two numbers"
    )


def test_lesions_of_another_image_size_are_refused_and_few_are_noted(read) -> None:
    coco = many_lesions()
    for image in coco["images"]:
        image["width"] = image["height"] = 33
    assert "14 of 22 boxes reach more than a pixel out of their images; they were made on images" in refused(read, coco)
    coco["images"][0].update(width=50, height=50)
    assert "gt.json: lesions: " in read(coco).notes[0] and "boxes reach more than a pixel" in read(coco).notes[0]


def test_normalized_lesions_are_refused(read) -> None:
    coco = many_lesions()
    for annotation in coco["annotations"]:
        annotation["bbox"] = [number / 50 for number in annotation["bbox"]]
    assert refused(read, coco).startswith(
        "lesions: all boxes end within 1.5 pixels of the corner; they look normalized"
    )
    coco["annotations"] = coco["annotations"][:9]
    assert "they look normalized" in read(coco).notes[0]


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("wrong", [None, "5o", 0, -50, [50], float("nan"), float("inf")])
def test_an_image_without_size_is_refused(read, side: str, wrong) -> None:
    coco = content()
    coco["images"][1] |= {"width": 60, "height": 50} | {side: wrong}
    size = coco["images"][1]
    assert refused(read, coco) == (
        f"the image b.png has width {size['width']!r} and height {size['height']!r}; write its size in pixels, two "
        "numbers above 0"
    )


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(content()), encoding="utf-8-sig")
    assert read_ground_truth(path).image_ids == [7, 3, 5]


def test_image_ids_used_twice_are_refused(read) -> None:
    coco = content()
    coco["images"][2]["id"] = 7
    assert refused(read, coco).startswith("1 image ids are used twice, the first is 7; give each its own")


@pytest.mark.parametrize("wrong", ["1a", "mass", 1.5, None])
def test_category_ids_are_integers(read, wrong) -> None:
    coco = content()
    coco["categories"][0]["id"] = wrong
    for annotation in coco["annotations"][1:]:
        annotation["category_id"] = wrong
    assert refused(read, coco) == f"the category id {wrong!r} is no integer (of 64 bits); number them 1, 2, ..."


def test_image_ids_may_be_text(read) -> None:
    coco = content()
    for entry in coco["images"]:
        entry["id"] = f"study {entry['id']}"
    for annotation in coco["annotations"]:
        annotation["image_id"] = f"study {annotation['image_id']}"
    truth = read(coco)
    assert truth.image_ids == ["study 7", "study 3", "study 5"] and truth.lesions.image.tolist() == [1, 0]


def test_a_missing_file_and_what_is_no_coco_file(tmp_path: Path, read) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json: no such annotation file"):
        read_ground_truth(tmp_path / "none.json")
    assert refused(read, {"images": []}) == "not a COCO file: annotations, categories missing"
    assert refused(read, []) == "not a COCO file: images, annotations, categories missing"


def lesion_free(tmp_path: Path, **changes) -> Path:
    path = tmp_path / "negatives.json"
    path.write_text(json.dumps(content() | {"annotations": []} | changes))
    return path


def test_images_without_lesions(tmp_path: Path) -> None:
    truth = read_lesion_free(lesion_free(tmp_path))
    assert truth.image_ids == [7, 3, 5] and truth.groups == ["p1", "p2", "p1"]
    assert len(truth.lesions.image) == len(truth.regions.image) == 0
    assert truth.lesions.corners.shape == (0, 4)


def test_images_without_lesions_have_no_boxes_not_even_ignored_ones(tmp_path: Path) -> None:
    crowd = content()["annotations"][2:]
    with pytest.raises(ValueError, match="negatives.json: 1 annotations, but these images should have no lesion"):
        read_lesion_free(lesion_free(tmp_path, annotations=crowd))
    with pytest.raises(ValueError, match="negatives.json: no images"):
        read_lesion_free(lesion_free(tmp_path, images=[]))
