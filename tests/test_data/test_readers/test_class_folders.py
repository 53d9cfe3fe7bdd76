import numpy as np
import pytest

from data.images.image_io import write_image
from data.readers.class_folders import check_source, read
from data.readers.errors import DatasetNotFound


def test_one_hot_records_without_masks(tmp_path):
    for name in ("COVID/images/1.png", "COVID/masks/1.png", "Normal/2.png", "Normal/deep/3.png", "notes/readme.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("png"):
            write_image(tmp_path / name, np.zeros((4, 4), np.uint8))
    source = read(tmp_path)
    records = source.sides["all"]
    assert source.label_names == ["COVID", "Normal"]
    assert [(r.file_name, r.labels) for r in records] == [
        ("images/COVID/1.png", [1, 0]),
        ("images/Normal/2.png", [0, 1]),
        ("images/Normal/deep/3.png", [0, 1]),
    ]
    assert {r.patient_id for r in records} == {None}


def test_one_class_is_not_enough(tmp_path):
    write_image(tmp_path / "only" / "a.png", np.zeros((4, 4), np.uint8))
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetNotFound, match="(?s)folders with images.*SRC/<class name>"):
            check_source(folder)
