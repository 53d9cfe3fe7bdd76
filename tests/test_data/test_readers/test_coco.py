"""COCO files as annotation tools export them."""

import json
import warnings

import numpy as np
import pytest

from data.errors import MissingFileError, UserError
from data.images.image_io import write_image
from data.readers.coco import check_source, read
from data.readers.parts.errors import DatasetNotFound


def write_set(src, file, names, categories=("nodule",), **image):
    """A COCO file of images of 12 x 8 pixels with a lesion each; what is in `image` goes to all entries."""
    images, boxes = [], []
    for number, name in enumerate(names, start=1):
        images.append({"id": number, "file_name": name, "width": 12, "height": 8} | image)
        boxes.append({"image_id": number, "category_id": 1, "bbox": [2, 1, 4 + number, 3]})
    kinds = [{"id": number, "name": name} for number, name in enumerate(categories, start=1)]
    (src / file).parent.mkdir(parents=True, exist_ok=True)
    (src / file).write_text(json.dumps({"images": images, "annotations": boxes, "categories": kinds}))


def draw(src, *names):
    for name in names:
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(src / name, np.zeros((8, 12), np.uint8))


def test_cvat(tmp_path):
    """One file, images/, and regions that are no lesions."""
    draw(tmp_path, "images/a.png", "images/deep/b.png")
    write_set(tmp_path, "annotations/instances_default.json", ["a.png", "deep/b.png"], patient_id=7)
    file = tmp_path / "annotations/instances_default.json"
    coco = json.loads(file.read_text())
    coco["annotations"].append({"image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 1})
    file.write_text(json.dumps(coco))
    with pytest.warns(UserWarning, match="1 regions .* are no lesions and are left out"):
        source = read(tmp_path)
    assert source.categories == ["nodule"] and list(source.sides) == ["all"]
    first, second = source.sides["all"]
    assert (first.file_name, first.boxes, first.patient_id) == ("images/a.png", [(2, 1, 5, 3, "nodule")], "7")
    assert second.source == tmp_path / "images/deep/b.png" and second.file_name == "images/deep/b.png"


def test_roboflow(tmp_path):
    """A file in each side's folder, beside its images; names of the two sides may be equal."""
    for side in ("train", "valid", "test"):
        draw(tmp_path, f"{side}/1.jpg".replace("jpg", "png"))
        write_set(tmp_path, f"{side}/_annotations.coco.json", ["1.png"], ("nodule", "mass"))
    sides = read(tmp_path).sides
    assert {side: [r.file_name for r in records] for side, records in sides.items()} == {
        "test": ["images/test/1.png"],
        "train": ["images/train/1.png"],
        "val": ["images/valid/1.png"],
    }


def test_coco_itself(tmp_path):
    """Images in folders of the sides; the images to validate are tested."""
    draw(tmp_path, "images/train/1.png", "images/val/2.png")
    write_set(tmp_path, "annotations/instances_train.json", ["1.png"])
    write_set(tmp_path, "annotations/instances_val.json", ["2.png"])
    (tmp_path / "info.json").write_text('{"images": 3}')
    (tmp_path / "list.json").write_text("[1]")
    with pytest.warns(UserWarning, match="the images to validate are tested"):
        sides = read(tmp_path, person_pattern=r"(\d+).png").sides
    assert [(side, r.patient_id) for side, records in sides.items() for r in records] == [("train", "1"), ("test", "2")]


def test_label_studio(tmp_path):
    draw(tmp_path, "images/1a-scan.png")
    write_set(tmp_path, "result.json", ["/data/upload/3/1a-scan.png"], pixel_spacing=[0.5, 0.25])
    (record,) = read(tmp_path).sides["all"]
    assert record.source == tmp_path / "images/1a-scan.png" and record.extra == {"pixel_spacing": [0.5, 0.25]}


def test_the_files_that_count_can_be_named(tmp_path):
    draw(tmp_path, "a.png")
    write_set(tmp_path, "mine.json", ["a.png"])
    write_set(tmp_path, "older.json", ["a.png"])
    with pytest.raises(UserError, match="mine.json is of no side: name the files that count by --ann"):
        read(tmp_path)
    assert len(read(tmp_path, ann=["mine.json"]).sides["all"]) == 1
    with pytest.raises(MissingFileError, match="--ann gone.json: no such file below"):
        read(tmp_path, ann=["gone.json"])
    write_set(tmp_path, "train.json", ["a.png"])
    write_set(tmp_path, "train2.json", ["a.png"])
    with pytest.raises(UserError, match="train2.json and train.json are both of the side train"):
        read(tmp_path, ann=["train.json", "train2.json"])


def test_images_that_are_missing_or_others(tmp_path):
    draw(tmp_path, "a.png")
    write_set(tmp_path, "train.json", ["a.png", "gone.png"])
    with pytest.raises(
        UserError, match="1 of 2 images are not below .*; the first is gone.png. Put the images below SRC"
    ):
        read(tmp_path)
    with pytest.warns(UserWarning, match="They are left out"):
        assert len(read(tmp_path, allow_missing=True).sides["all"]) == 1
    write_set(tmp_path, "train.json", ["a.png"], width=120, height=80)
    with pytest.raises(UserError, match="has 12 x 8 pixels, its annotation file says 120 x 80"):
        read(tmp_path)


def test_wrong_folders(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [a]")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(
        DatasetNotFound, match=r"(?s)none of 1 JSON files has images, annotations and categories.*--|SRC/"
    ):
        check_source(tmp_path)
    (tmp_path / "cut.json").write_text('{"images": [], "annotations": [')
    with pytest.raises(UserError, match="cut.json: not a JSON file"):
        read(tmp_path)


def test_nothing_is_said_of_a_good_set(tmp_path):
    draw(tmp_path, "a.png")
    write_set(tmp_path, "train.json", ["a.png"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(tmp_path)
