import numpy as np
import pytest

from data.errors import MissingFileError
from data.images.image_io import write_image
from data.readers.class_folders import check_source, read
from data.readers.parts.errors import DatasetNotFound
from tests.test_data.test_images.test_dicom import make


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


def test_persons_of_dicom_images_are_hashed(tmp_path):
    for name, patient in (("a/1.dcm", "0042"), ("a/2.dcm", "0043"), ("b/IM0001", "0042"), ("b/4.dcm", "")):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        make(PatientID=patient).save_as(tmp_path / "src" / name, enforce_file_format=True)
    ids = [record.patient_id for record in read(tmp_path / "src").sides["all"]]
    assert ids[0] == ids[3] != ids[1] and ids[2] is None and not any("00" in (name or "") for name in ids)
    assert [r.patient_id for r in read(tmp_path / "src", plain_patient_ids=True).sides["all"]] == [
        "0042",
        "0043",
        None,
        "0042",
    ]
    (tmp_path / "key").write_text("secret\n")
    keyed = [record.patient_id for record in read(tmp_path / "src", tmp_path / "key").sides["all"]]
    assert keyed[0] == keyed[3] not in ids
    with pytest.raises(MissingFileError, match="--patient-key-file .*none: no such file"):
        read(tmp_path / "src", tmp_path / "none")


def test_masks_beside_images_are_no_images(tmp_path):
    for name in ("a/1.png", "a/masks/1.png", "b/deep/2.png", "b/deep/Masks/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / name, np.zeros((4, 4), np.uint8))
    assert [r.file_name for r in read(tmp_path).sides["all"]] == ["images/a/1.png", "images/b/deep/2.png"]


def test_one_class_is_not_enough(tmp_path):
    write_image(tmp_path / "only" / "a.png", np.zeros((4, 4), np.uint8))
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetNotFound, match="(?s)folders with images.*SRC/<class name>"):
            check_source(folder)
