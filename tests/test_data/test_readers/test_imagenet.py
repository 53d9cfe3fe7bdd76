import pytest

from data.coco import records_to_coco
from data.images.image_io import write_image
from data.readers.imagenet import check_source, read
from data.readers.parts.errors import DatasetNotFound
from tests.test_data.color_folder import color_ramp, write_color_folder


def test_records_and_sides(tmp_path):
    root = write_color_folder(tmp_path)
    check_source(root)
    found = read(root, min_chroma=6.0)
    assert (list(found.sides), found.color, found.min_chroma, found.label_names) == (["all"], True, 6.0, None)
    records = found.sides["all"]
    assert [(r.file_name, r.extra) for r in records] == [
        ("images/cat/b.png", {"class": "cat"}),
        ("images/dog/a.png", {"class": "dog"}),
    ]
    assert [i.get("patient_id") for i in records_to_coco(records, [])["images"]] == [None, None]
    split = tmp_path / "split"
    write_image(split / "train" / "a.png", color_ramp(9, 9))
    (split / "val").mkdir()
    with pytest.raises(DatasetNotFound, match="(?s)val: no images.*image-net"):
        check_source(split)
    write_image(split / "val" / "a.png", color_ramp(9, 9))
    check_source(split)
    names = {side: [r.file_name for r in records] for side, records in read(split).sides.items()}
    assert names == {"train": ["images/train/a.png"], "test": ["images/val/a.png"]}


def test_further_folders_join_side_by_side(tmp_path):
    for folder in ("one", "two", "three"):
        for side in ("train", "val"):
            write_image(tmp_path / folder / side / "cat" / "a.png", color_ramp(9, 9))
    found = read(tmp_path / "one", more=["../two", str(tmp_path / "three")])
    assert {side: [r.file_name for r in records] for side, records in found.sides.items()} == {
        "train": ["images/train/cat/a.png", "images/more0/train/cat/a.png", "images/more1/train/cat/a.png"],
        "test": ["images/val/cat/a.png", "images/more0/val/cat/a.png", "images/more1/val/cat/a.png"],
    }
    assert [r.source.parts[-4] for r in found.sides["test"]] == ["one", "two", "three"]
    assert all(r.extra == {"class": "cat"} for r in found.sides["train"])
    (tmp_path / "flat").mkdir()
    with pytest.raises(DatasetNotFound, match="flat: no images"):
        check_source(tmp_path / "one", ["../flat"])
    write_image(tmp_path / "flat" / "a.png", color_ramp(9, 9))
    with pytest.raises(DatasetNotFound, match="train/ and val/ are in only one of .*one and .*flat"):
        check_source(tmp_path / "one", ["../flat"])
