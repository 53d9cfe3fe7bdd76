"""COCO files: what is read as it is, what is no JSON or no COCO, and that mending is said."""

import json
import logging
from pathlib import Path

import pytest

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.coco_file.read import load_coco, read_coco
from data.errors import UserError


def written():
    """What our own writer makes of one image with one lesion."""
    record = ImageRecord(Path("a"), "ä.png", 100, 80, "p", [(1, 2, 3, 4, "mass")])
    return records_to_coco([record], ["mass"])


def test_write_then_load(tmp_path):
    coco = written()
    write_json(tmp_path / "deep" / "train.json", coco)
    assert load_coco(tmp_path / "deep" / "train.json") == coco
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["train.json"]


IMAGE = {"id": 1, "file_name": "a", "width": 1, "height": 1}
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not a JSON"),
        ("[]", "not a COCO file: images, annotations, categories missing"),
        ({"images": [], "annotations": []}, "categories missing"),
        ({"images": [1, 2], "annotations": [], "categories": []}, "images has 1; write a list of objects"),
        ({"images": [], "annotations": [None], "categories": []}, "annotations has None; write a list of objects"),
        ({"images": [], "annotations": None, "categories": []}, r"annotations is no list; write \[\] where"),
        ({"images": [], "annotations": [], "categories": {"1": "x"}}, "categories is no list"),
        ({"images": [{"id": 1}], "annotations": [], "categories": []}, "1 images lack"),
        ({"images": [IMAGE, IMAGE], "annotations": [], "categories": []}, "used twice"),
        ({"images": [IMAGE], "annotations": [BOX], "categories": []}, "1 annotations have no"),
        ({"images": [IMAGE], "annotations": [{"id": 1}], "categories": []}, "1 annotations lack image_id"),
        ({"images": [IMAGE], "annotations": [], "categories": [{"id": 1}]}, "1 categories lack id or name"),
        ({"images": [], "annotations": [BOX], "categories": [{"id": 1, "name": "x"}]}, "1 annotations have no"),
    ],
)
def test_load_names_the_file_and_the_fault(tmp_path, content, reason):
    path = tmp_path / "train.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ValueError, match=f"train.json.*{reason}"):
        load_coco(path)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    coco = written()
    (tmp_path / "train.json").write_text(json.dumps(coco, ensure_ascii=False), encoding="utf-8-sig")
    assert load_coco(tmp_path / "train.json") == coco


def test_load_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="give the path of a COCO annotation file .*prepare_dataset"):
        load_coco(tmp_path / "train.json")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_other_unicode_encodings_are_read(tmp_path, encoding):
    (tmp_path / "train.json").write_text(json.dumps(written(), ensure_ascii=False), encoding=encoding)
    assert load_coco(tmp_path / "train.json") == written()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\xfa{}", b"[" * 100_000, b"\x89PNG", b""], ids=["bytes", "deep", "png", "empty"]
)
def test_what_is_no_json(tmp_path, content):
    (tmp_path / "train.json").write_bytes(content)
    with pytest.raises(UserError, match=r"train.json: not a JSON file \(.*; export it again"):
        load_coco(tmp_path / "train.json")


def test_what_our_own_writer_wrote_needs_no_note(tmp_path):
    write_json(tmp_path / "train.json", written())
    assert read_coco(tmp_path / "train.json") == (written(), [])


def test_mending_is_said_once(tmp_path, caplog):
    coco = written()
    coco["annotations"][0]["area"] = 0
    write_json(tmp_path / "train.json", coco)
    assert read_coco(tmp_path / "train.json")[1] and not caplog.messages
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert load_coco(tmp_path / "train.json") == written()
    (said,) = caplog.messages
    assert said.startswith(f"{tmp_path}/train.json: 1 annotations have an area that is none")
