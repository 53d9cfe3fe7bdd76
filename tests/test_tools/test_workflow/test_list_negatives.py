"""tools/workflow/list_negatives.py: one list of images without lesions."""

import json

import pytest

from data.errors import UserError
from tools.workflow.list_negatives import main


def coco(name, categories):
    image = {"id": 7, "file_name": name, "width": 8, "height": 8}
    return {"images": [image], "annotations": [], "categories": categories}


@pytest.fixture
def files(tmp_path):
    lesions = [{"id": 1, "name": "lesion"}, {"id": 2, "name": "nodule"}]
    contents = {"train": coco("a.png", []), "test": coco("b.png", []), "detection": coco("c.png", lesions)}
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_all_images_stand_under_the_detectors_categories(files):
    joined = [str(files / "train.json"), str(files / "test.json")]
    main([*joined, "--categories", str(files / "detection.json"), "--out", str(files / "all.json")])
    written = json.loads((files / "all.json").read_text())
    assert [(image["id"], image["file_name"]) for image in written["images"]] == [(1, "a.png"), (2, "b.png")]
    assert [category["name"] for category in written["categories"]] == ["lesion", "nodule"]
    assert written["annotations"] == []


def test_images_with_lesions_are_refused(files):
    content = json.loads((files / "detection.json").read_text())
    content["annotations"] = [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 1, 3, 3]}]
    (files / "detection.json").write_text(json.dumps(content))
    name = str(files / "detection.json")
    with pytest.raises(UserError, match="detection.json: 1 annotations; leave out the images with lesions"):
        main([name, "--categories", name, "--out", str(files / "all.json")])


@pytest.mark.parametrize("name", ["train", "detection"])
def test_no_input_is_written_over(files, name):
    out = files / f"{name}.json"
    before = out.read_bytes()
    with pytest.raises(UserError, match=f"{name}.json is read and would be written over"):
        main([str(files / "train.json"), "--categories", str(files / "detection.json"), "--out", str(out)])
    assert out.read_bytes() == before


def test_an_image_may_not_be_listed_twice(files):
    twice = [str(files / "train.json")] * 2
    with pytest.raises(UserError, match="in more than one"):
        main([*twice, "--categories", str(files / "detection.json"), "--out", str(files / "all.json")])
    assert not (files / "all.json").exists()
