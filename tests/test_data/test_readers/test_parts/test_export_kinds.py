"""Hints for another reader."""

import pytest

from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.export_kinds import perhaps
from data.readers.yolo import read


def test_what_a_folder_looks_like(tmp_path):
    assert perhaps(tmp_path, "yolo") == perhaps(tmp_path / "none", "coco") == ""
    (tmp_path / "instances.json").write_text("{}")
    assert perhaps(tmp_path, "yolo") == "; it looks like an export for the reader coco"
    with pytest.raises(DatasetNotFound, match="neither a data.yaml nor a classes.txt; it looks like .* reader coco"):
        read(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.XML").write_text("")
    assert perhaps(tmp_path, "coco") == "; it looks like an export for the reader voc"
    (tmp_path / "data.yaml").write_text("")
    assert perhaps(tmp_path, "coco") == "; it looks like an export for the reader yolo"


def test_a_file_in_place_of_its_folder(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [a]")
    with pytest.raises(DatasetNotFound, match="data.yaml: it is a file; give the folder that holds it"):
        read(tmp_path / "data.yaml")
    with pytest.raises(DatasetNotFound, match="none: no such folder"):
        read(tmp_path / "none")
