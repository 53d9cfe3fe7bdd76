"""Annotations of COCO files of other people's making."""

import math
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask

from data.coco_file.annotations import mend_annotations
from data.errors import UserError

FILE = Path("train.json")
IMAGES = [
    {"id": 1, "file_name": "a.png", "width": 40, "height": 30},
    {"id": 2, "file_name": "b.png", "width": 40, "height": 30},
]
CATEGORIES = [{"id": 1, "name": "mass"}]


def box(number=1, **changes):
    entry = {"id": number, "image_id": 1, "category_id": 1, "bbox": [2, 3, 10, 5], "area": 50, "iscrowd": 0}
    return {key: value for key, value in (entry | changes).items() if value is not ...}


def mend(*entries, images=IMAGES):
    return mend_annotations(FILE, entries, images, CATEGORIES)


def refused(*entries):
    with pytest.raises(UserError) as error:
        mend(*entries)
    assert str(error.value).startswith("train.json: ")
    return str(error.value)


def test_what_is_right_stays():
    given = [box(), box(2, image_id=2, segmentation=[[1, 1, 2, 2, 3, 1]], area=7.5, iscrowd=1)]
    assert mend(*given) == (given, [])
    assert mend() == ([], [])


@pytest.mark.parametrize("area", [0, 0.0, -3, math.nan, math.inf, "50", True, None, ...])
def test_the_box_decides_where_the_area_is_none(area):
    (mended,), notes = mend(box(area=area))
    assert mended["area"] == 50
    note = "train.json: 1 annotations have an area that is none, though their boxes have one: the box decides"
    assert notes == ([] if area is ... or area is None else [note])


@pytest.mark.parametrize(
    "ids", [(0, 1), (3, 3), (..., 7), ("a", "b"), (1.0, 2.0), (None, None), (-1, 1), (True, 2)], ids=str
)
def test_ids_are_numbered_from_1(ids):
    mended, notes = mend(box(ids[0]), box(ids[1], image_id=2))
    assert [annotation["id"] for annotation in mended] == [1, 2]
    assert notes == ["train.json: 1 annotation ids are used twice: all are numbered anew"] * (ids == (3, 3))


def test_good_ids_stay():
    assert [annotation["id"] for annotation in mend(box(7), box(3))[0]] == [7, 3]


@pytest.mark.parametrize(
    ("ids", "given", "said"), [((1, 2), "2", 1), (("1", "2"), 2, 1), ((1, 2), 2.0, 0), (("01", "2"), "2", 0)]
)
def test_an_image_id_may_be_a_number_here_and_text_there(ids, given, said):
    images = [image | {"id": number} for image, number in zip(IMAGES, ids, strict=True)]
    (mended,), notes = mend(box(image_id=given), images=images)
    assert mended["image_id"] == ids[1] and len(notes) == said


@pytest.mark.parametrize("key", ["image_id", "category_id"])
@pytest.mark.parametrize("lost", [9, None, [1], True, "mass"])
def test_an_annotation_without_image_or_category_is_refused(key, lost):
    assert "1 annotations have no image or category; the first is {'id': 2" in refused(box(), box(2, **{key: lost}))


@pytest.mark.parametrize(("given", "flag"), [(True, 1), ("1", 1), (1.0, 1), ("False", 0), (None, 0), (..., 0)])
def test_crowds_as_people_write_them(given, flag):
    (mended,), _ = mend(box(iscrowd=given))
    assert mended["iscrowd"] == flag


@pytest.mark.parametrize("given", [2, "yes", [1], -1])
@pytest.mark.parametrize("key", ["iscrowd", "ignore"])
def test_other_flags_are_refused(key, given):
    assert f"{key} is {given!r}; write 0 or 1" in refused(box(**{key: given}))


def test_a_box_is_taken_from_polygons_and_masks():
    pixels = np.zeros((30, 40), np.uint8)
    pixels[4:9, 5:17] = 1
    runs = mask.encode(np.asfortranarray(pixels))
    flat, counts = pixels.T.reshape(-1), [0]
    for before, now in zip([0, *flat], flat, strict=False):
        if before != now:
            counts.append(0)
        counts[-1] += 1
    polygons = [[5, 4, 17, 4, 17, 9], [5, 9, 6, 9, 5, 8]]
    compressed = {"size": [30, 40], "counts": runs["counts"].decode()}
    for segmentation in (polygons, compressed, {"size": [30, 40], "counts": counts}):
        for nothing in (..., None, []):
            (mended,), (note,) = mend(box(bbox=nothing, area=..., segmentation=segmentation))
            assert mended["bbox"] == [5, 4, 12, 5] and mended["area"] == 60
            assert note == "train.json: 1 annotations have no bbox: it is taken from their segmentation"


@pytest.mark.parametrize(
    "segmentation",
    [..., None, [], [[]], {"size": [30, 40], "counts": [1200]}, {"counts": [1]}, "x", [["a", "b"]]],
    ids=str,
)
def test_without_box_and_outline_it_is_refused(segmentation):
    text = refused(box(), box(2, bbox=..., segmentation=segmentation))
    assert "1 annotations have no bbox, and one no outline to take it from" in text
    assert "; draw the box or remove the annotation {'id': 2" in text


def test_a_mask_of_another_image_is_refused():
    other = {"size": [40, 30], "counts": [100, 10, 1090]}
    assert "(a mask of 30 x 40); draw the box" in refused(box(bbox=..., segmentation=other))


def test_lesions_that_are_there_twice_are_said():
    entries = [box(), box(2), box(3, bbox=[2, 3, 10, 6]), box(4, image_id=2), box(5), box(6, iscrowd=1)]
    mended, notes = mend(*entries)
    assert len(mended) == 6
    assert notes == ["train.json: 2 lesions are exact copies of others, each counted; were two files joined?"]
    assert mend(box(iscrowd=1), box(2, iscrowd=1))[1] == []


@pytest.mark.parametrize("angle", [30, 359.5, "90", -1])
def test_turned_boxes_are_refused(angle):
    text = refused(box(), box(2, attributes={"occluded": False, "rotation": angle}))
    assert f"a box is turned by {angle} degrees" in text and "The annotation is {'id': 2" in text


@pytest.mark.parametrize("attributes", [{"rotation": 0.0}, {"rotation": "0"}, {"rotation": None}, {}, [], None])
def test_boxes_that_are_not_turned_are_not(attributes):
    assert mend(box(attributes=attributes))[1] == []


@pytest.mark.parametrize(
    "wrong",
    [[2, 3, -1, 5], [2, 3, 4], [2, 3, 4, 5, 6], ["2", 3, 4, 5], [2, math.nan, 4, 5], 7, {"x": 1}, [[2, 3, 4, 5]]],
    ids=str,
)
def test_what_is_no_box(wrong):
    assert f"annotation 1 has the box {wrong}; a box is [x, y, width, height]" in refused(box(), box(2, bbox=wrong))


def test_a_lesion_has_an_area_and_lies_on_its_image():
    flat = box(bbox=[2, 3, 0, 5], area=...)
    assert "1 lesions have a box without area, the first is [2.0, 3.0, 0.0, 5.0] on a.png" in refused(flat)
    for away in ([40, 3, 5, 5], [-5, 3, 5, 5], [2, 30, 5, 5], [2, -9, 5, 8]):
        text = refused(box(), box(2, bbox=away, image_id=2))
        assert "1 lesions lie outside of their images" in text and "on b.png of 40 x 30; remove" in text
        assert mend(box(bbox=away, iscrowd=1))[0][0]["bbox"] == away  # a region may
    assert mend(flat | {"ignore": 1})[0][0]["area"] == 0


def test_a_box_that_reaches_beyond_stays_and_is_said():
    (mended,), (note,) = mend(box(bbox=[30, 20, 20, 20], area=400))
    assert mended["bbox"] == [30, 20, 20, 20]
    assert note.startswith("train.json: lesions: 1 of 1 boxes reach more than a pixel out of their images")
