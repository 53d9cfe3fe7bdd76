"""YOLO text files as tools export them, and what is odd in them."""

import warnings

import numpy as np
import pytest

from data.errors import UserError
from data.images.image_io import write_image
from data.readers.parts.errors import DatasetNotFound
from data.readers.yolo import check_source, read
from tests.test_data.test_images.test_dicom import make

BOX = "0 0.5 0.25 0.5 0.25\n"
"""Of an image of 40 x 20: x 10 to 30, y 2.5 to 7.5."""


def put(src, name, content=None):
    (src / name).parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        write_image(src / name, np.zeros((20, 40), np.uint8))
    else:
        (src / name).write_text(content)


@pytest.fixture
def plain(tmp_path):
    """The folders of Ultralytics, an image to train on and one to test."""
    for side in ("train", "test"):
        put(tmp_path, f"images/{side}/1.png")
        put(tmp_path, f"labels/{side}/1.txt", BOX)
    put(
        tmp_path,
        "data.yaml",
        "path: /else/where\ntrain: images/train\ntest: images/test\nnames:\n  0: nodule\n  1: mass\n",
    )
    return tmp_path


def test_ultralytics(plain):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = read(plain, person_pattern=r"(\w+)/\d+.png")
    assert list(source.categories) == ["nodule", "mass"]
    (record,) = source.sides["train"]
    assert record.boxes == [(10, 2.5, 20, 5, "nodule")] and record.patient_id == "train"
    assert (record.file_name, record.source) == ("images/train/1.png", plain / "images/train/1.png")
    assert [r.file_name for r in source.sides["test"]] == ["images/test/1.png"]


def test_roboflow(tmp_path):
    """Paths that begin with .., a folder called valid, names as a list with their number."""
    for side in ("train", "valid", "test"):
        put(tmp_path, f"{side}/images/{side}.png")
        put(tmp_path, f"{side}/labels/{side}.txt", BOX)
    sides = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
    put(tmp_path, "data.yaml", f"{sides}\nnc: 1\nnames: ['nodule']\nroboflow: {{}}\n")
    assert {side: [r.source.stem for r in found] for side, found in read(tmp_path).sides.items()} == {
        "train": ["train"],
        "val": ["valid"],
        "test": ["test"],
    }


def test_cvat(tmp_path):
    """Text files beside images; names in obj.names; Windows line ends and a byte order mark."""
    put(tmp_path, "obj_train_data/a.png")
    put(tmp_path, "obj_train_data/a.txt", "\ufeff" + BOX.replace("\n", "\r\n"))
    put(tmp_path, "obj.names", "nodule\r\nmass\r\n")
    put(tmp_path, "obj.data", "classes = 2\n")
    source = read(tmp_path)
    assert list(source.categories) == ["nodule", "mass"] and len(source.sides["all"][0].boxes) == 1


def test_lists_of_images(plain):
    put(plain, "train.txt", "data/images/train/1.png\n\n./images/train/1.png\n")
    put(plain, "data.yaml", "train: train.txt\ntest: [images/test]\nnames: [nodule]\n")
    assert [len(found) for found in read(plain).sides.values()] == [1, 1]
    put(plain, "train.txt", "images/train/1.png\nimages/train/2.png\n")
    with pytest.raises(UserError, match="1 of 2 images are not below .* the first is images/train/2.png"):
        read(plain)
    with pytest.warns(UserWarning, match="left out"):
        assert len(read(plain, allow_missing=True).sides["train"]) == 1


def test_without_sides_in_the_yaml_the_folders_decide(plain):
    put(plain, "data.yaml", "names: [nodule]\n")
    assert sorted(read(plain).sides) == ["test", "train"]


def test_a_yaml_of_windows(plain):
    put(
        plain, "data.yaml", "path: C:\\\\data\\\\set\ntrain: images\\train\ntest: images\\test\nnames: [nodule, mass]\n"
    )
    assert [len(found) for found in read(plain).sides.values()] == [1, 1]


def test_text_files_that_lie_elsewhere(plain):
    (plain / "elsewhere").mkdir()
    for file in sorted((plain / "labels").rglob("*.txt")):
        file.rename(plain / "elsewhere" / file.name)
    with pytest.raises(
        UserError, match=r"none of 2 images has a text file .*, not elsewhere/1\.txt: move the text files"
    ):
        read(plain)


def test_polygons_negatives_and_copies(plain):
    put(plain, "labels/train/1.txt", "1 0.1 0.2 0.5 0.1 0.3 0.9\n" + BOX + BOX)
    put(plain, "images/train/2.png")
    put(plain, "images/train/3.png")
    put(plain, "labels/train/3.txt", "")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        records = read(plain).sides["train"]
    x, y, width, height, name = records[0].boxes[0]
    assert (x, y, width, height) == pytest.approx((4, 2, 16, 16)) and name == "mass"
    assert [len(record.boxes) for record in records] == [2, 0, 0]
    texts = [str(one.message) for one in said]
    assert any(
        "1 of 4 images have no text file and count as images without lesions; the first is images/train/2.png" in t
        for t in texts
    )
    assert any("1 lines are given twice; each counts once" in text for text in texts)


def test_dicom_and_broken_images(plain):
    make(PatientID="1").save_as(plain / "images/train/2.dcm", enforce_file_format=True)
    put(plain, "labels/train/2.txt", "0 0.5 0.5 1 1")
    (plain / "images/train/3.png").write_bytes(b"broken")
    put(plain, "labels/train/3.txt", BOX)
    first, second, third = read(plain).sides["train"]
    rows, columns = make().Rows, make().Columns
    assert second.boxes == [(0, 0, columns, rows, "nodule")] and second.patient_id
    assert third.boxes == [] and first.boxes  # `prepare_images` leaves it out and says why


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.5 0.5 0.2 0.2 0.9", "line 2 has six numbers: predictions with a score"),
        ("0 0.5 0.5 0.2", "line 2 has 4 numbers; a line is class x y width height"),
        ("0, 0.5, 0.5, 0.2, 0.2", "line 2: '0, 0.5, 0.5, 0.2, 0.2' has more than numbers"),
        ("0 120 80 30 20", "line 2: the box reaches from 105, 70 to 135, 90; 1 is the end of the image"),
        ("0 nan 0.5 0.2 0.2", "the box reaches from nan"),
        ("0 0.5 0.5 0 0.2", "the box has no area"),
        ("0 0.5 0.5 -0.2 0.2", "the box has no area"),
        ("7 0.5 0.5 0.2 0.2", "class 7, but the export has names for 0, 1"),
        ("nodule 0.5 0.5 0.2 0.2", "class nodule, but the export has names for 0, 1"),
        ("0.5 0.5 0.5 0.2 0.2", "class 0.5, but"),
    ],
)
def test_wrong_lines(plain, line, message):
    put(plain, "labels/train/1.txt", BOX + line)
    with pytest.raises(UserError, match=message):
        read(plain)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("train: images/train\n", "has no `names`"),
        ("names: [a\n", "no YAML file"),
        ("names: [[a]]\n", "a name of `names` is no text but a list"),
        ("names: {a: 0}\n", "the keys of `names` are numbers of classes"),
        ("nc: 3\nnames: [a]\n", "nc is 3, but 1 classes have names"),
        ("train: nowhere\nnames: [a]\n", "names nowhere, which is not below"),
        ("train: ../../../etc\nnames: [a]\n", "names ../../../etc, which is not below"),
    ],
)
def test_wrong_yaml(plain, content, message):
    put(plain, "data.yaml", content)
    with pytest.raises(UserError, match=message):
        read(plain)


def test_wrong_folders(plain, tmp_path_factory):
    put(plain, "other.yaml", "names: [a]\n")
    assert read(plain)  # data.yaml is the one
    (plain / "data.yaml").rename(plain / "mine.yaml")
    with pytest.raises(UserError, match=r"has mine.yaml and other.yaml; keep one"):
        read(plain)
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(DatasetNotFound, match="neither a data.yaml nor a classes.txt"):
        check_source(empty)
    put(empty, "classes.txt", "a\n")
    put(empty, "images/1.png")
    with pytest.raises(
        UserError, match=r"none of 1 images has a text file with boxes; for images/1.png that would be labels/1.txt"
    ):
        read(empty)
