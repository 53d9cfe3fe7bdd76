"""COCO files of a data set that is enhanced; what becomes of them in a whole run is in test_dataset.py."""

import json

import pytest

from data.errors import UserError
from enhance.annotation_files import declared_sizes, listed_images, read_annotations, write_annotations

COCO = {
    "images": [
        {"id": 1, "file_name": "a/1.jpg", "width": 20, "height": 10},
        {"id": 2, "file_name": "a\\2.dcm", "width": 8, "height": 9},
    ],
    "annotations": [{"id": 7, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}],
    "categories": [{"id": 3, "name": "x"}],
    "info": "mine",
}


@pytest.fixture
def src(tmp_path):
    (tmp_path / "src/b").mkdir(parents=True)
    (tmp_path / "src/b/test.json").write_text(json.dumps(COCO))
    (tmp_path / "src/names.json").write_text(json.dumps({"images": [{"file_name": "a/1.jpg"}]}))
    (tmp_path / "src/.hidden.json").write_text("{")
    (tmp_path / "src/list.json").write_text("[1, 2]")
    return tmp_path / "src"


def test_which_files_are_read_and_how(src):
    found = read_annotations(src)
    assert [path.as_posix() for path in found] == ["b/test.json", "names.json"]
    coco, names = found.values()
    assert coco["annotations"][0]["area"] == 12 and coco["info"] == "mine"  # mended, and the rest kept
    assert names == {"images": [{"file_name": "a/1.jpg"}]}
    assert listed_images(found) == {"a/1.jpg", "a/2.dcm"}
    assert declared_sizes(found, src) == {src / "a/1.jpg": [(20, 10)], src / "a/2.dcm": [(8, 9)]}
    assert list(read_annotations(src, ["names.json"])) == [src.joinpath("names.json").relative_to(src)]


@pytest.mark.parametrize("same", ["{src}/a/1.jpg", "./a/1.jpg", "a/../a/1.jpg", "{src}/a/../a/1.jpg"])
def test_one_image_under_two_names_is_refused(src, same):
    coco = {"images": [{"file_name": "a/1.jpg"}, {"file_name": same.format(src=src)}]}
    (src / "names.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match="names.json lists 1 images twice, the first is a/1.jpg"):
        read_annotations(src)


@pytest.mark.parametrize("name", ["list.json", "none.json", ".hidden.json"])
def test_a_file_that_was_asked_for_has_to_be_one(src, name):
    with pytest.raises(UserError, match=f"{name} is no COCO file"):
        read_annotations(src, [name])


def test_written_files_name_the_enhanced_images(src, tmp_path):
    summary = write_annotations(read_annotations(src), tmp_path / "dst", {"a/1.jpg"})
    assert summary == {
        "b/test.json": {"images": 2, "without_image": ["a/2.dcm"]},
        "names.json": {"images": 1, "without_image": []},
    }
    written = json.loads((tmp_path / "dst/b/test.json").read_text())
    assert [image["file_name"] for image in written["images"]] == ["a/1.png", "a/2.png"]
    assert read_annotations(tmp_path / "dst").keys() == read_annotations(src).keys()
