"""Image labels are the categories of an image's boxes."""

import json

import pytest

from data.readers.box_labels import check_source, read
from data.readers.parts.errors import DatasetNotFound


def test_labels_are_the_categories_of_the_boxes(tmp_path):
    images = [
        {"id": i, "file_name": f"images/{i}.jpg", "width": 8, "height": 6, "patient_id": f"p{i}"} for i in (4, 2, 9)
    ]
    del images[2]["patient_id"]
    boxes = [(4, 7), (4, 7), (4, 3), (9, 3)]
    annotations = [
        {"id": i, "image_id": image, "category_id": c, "bbox": [0, 0, 1, 1]} for i, (image, c) in enumerate(boxes)
    ]
    annotations += [
        {"id": 8, "image_id": 2, "category_id": 7, "bbox": [0, 0, 1, 1], "iscrowd": 1},
        {"id": 9, "image_id": 2, "category_id": 3, "bbox": [0, 0, 1, 1], "ignore": 1},
    ]  # regions are no lesions
    categories = [{"id": 7, "name": "nodule"}, {"id": 3, "name": "mass"}, {"id": 5, "name": "none"}]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "some.json").write_text(json.dumps(coco))
    source = read(tmp_path, "some.json")
    records = source.sides["all"]
    assert source.label_names == ["nodule", "mass", "none"]
    assert [record.labels for record in records] == [[1, 1, 0], [0, 0, 0], [0, 1, 0]]
    assert [record.patient_id for record in records] == ["p4", "p2", None]
    assert records[0].source == tmp_path / "images/4.jpg" and records[0].file_name == "images/4.jpg"
    assert not any(record.boxes for record in records)


def test_a_missing_file_is_one_clear_error(tmp_path):
    for function in (check_source, read):
        with pytest.raises(DatasetNotFound, match=r"no train\.json"):
            function(tmp_path)
    with pytest.raises(DatasetNotFound, match=r"(?s)no some\.json.*SRC/some\.json"):
        check_source(tmp_path, "some.json")
