"""Pascal VOC XML as tools export it, and what is odd in it."""

import warnings

import numpy as np
import pytest

from data.errors import UserError
from data.images.image_io import write_image
from data.readers.parts.errors import DatasetNotFound
from data.readers.voc import check_source, read

OBJECT = (
    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>{}</object>"
)
BOX = OBJECT.format("nodule", 10, 2, 30, 7.5, "")


def draw(src, *names):
    for name in names:
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(src / name, np.zeros((20, 40), np.uint8))


def put(src, name, *objects, filename="", size=(40, 20)):
    (src / name).parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    head = (
        f"<filename>{filename}</filename><size><width>{width}</width><height>{height}</height><depth>1</depth></size>"
    )
    (src / name).write_text(f"<annotation>{head}{''.join(objects)}</annotation>")


@pytest.fixture
def plain(tmp_path):
    """The folders of Pascal VOC with one image of each side, the second without lesions."""
    draw(tmp_path, "JPEGImages/a.png", "JPEGImages/b.png")
    put(tmp_path, "Annotations/a.xml", BOX)
    put(tmp_path, "Annotations/b.xml")
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    (tmp_path / "ImageSets/Main/train.txt").write_text("a\n")
    (tmp_path / "ImageSets/Main/test.txt").write_text("b  1\n\n")
    (tmp_path / "ImageSets/Main/trainval.txt").write_text("a\nb\n")
    (tmp_path / "ImageSets/Main/nodule_train.txt").write_text("b -1\n")
    return tmp_path


def test_pascal_voc(plain):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = read(plain, person_pattern="(.).png")
    assert source.categories == ["nodule"]
    (first,), (second,) = source.sides["train"], source.sides["test"]
    assert first.boxes == [(10, 2, 20, 5.5, "nodule")] and second.boxes == []
    assert (first.file_name, first.patient_id) == ("images/a.png", "a")
    assert read(plain, one_based=True).sides["train"][0].boxes == [(9, 1, 21, 6.5, "nodule")]


@pytest.mark.parametrize(
    ("corners", "asked"),
    [((1, 2, 30, 8), True), ((0, 2, 30, 8), False), ((1, 2, 30.5, 8), False), ((2, 2, 9, 8), False)],
)
def test_whole_coordinates_from_1_are_asked_about(plain, corners, asked):
    put(plain, "Annotations/a.xml", OBJECT.format("nodule", *corners, ""))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read(plain)
    assert [("--one-based" in str(warning.message)) for warning in caught] == [True] * asked
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(plain, one_based=corners != (0, 2, 30, 8)).categories == ["nodule"]


def test_an_image_in_two_lists_is_refused(plain):
    (plain / "ImageSets/Main/val.txt").write_text("a\n")
    with pytest.raises(UserError, match="a is in train.txt too"):
        read(plain)


def test_labelimg_and_roboflow(tmp_path):
    """XML beside the image, a stale filename, size 0; folders of sides."""
    for side in ("train", "valid", "test"):
        draw(tmp_path, f"{side}/1.png")
        put(tmp_path, f"{side}/1.xml", BOX, filename="old name.png", size=(0, 0))
    assert sorted(read(tmp_path).sides) == ["test", "train", "val"]


def test_a_renamed_xml_file_is_found_by_its_filename(tmp_path):
    draw(tmp_path, "images/scan.png")
    put(tmp_path, "Annotations/7.xml", BOX, filename="C:\\set\\scan.png")
    (record,) = read(tmp_path).sides["all"]
    assert record.source == tmp_path / "images/scan.png"
    put(tmp_path, "Annotations/8.xml", BOX, filename="scan.png")
    with pytest.raises(UserError, match=r"Annotations/7.xml and Annotations/8.xml are both of images/scan.png"):
        read(tmp_path)


def test_images_without_xml_and_difficult_objects(plain):
    draw(plain, "JPEGImages/c.png")
    put(plain, "Annotations/a.xml", BOX, OBJECT.format("mass", 1, 1, 3, 3, "<difficult>1</difficult>"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        source = read(plain)
    assert source.categories == ["mass", "nodule"] and len(source.sides["train"][0].boxes) == 2
    texts = " ".join(str(one.message) for one in said)
    assert (
        "1 images have no XML file and are left out, as nobody has looked at them; the first is JPEGImages/c.png"
        in texts
    )
    assert "1 objects are marked difficult; they count as lesions" in texts


def test_missing_and_other_images(plain):
    put(plain, "Annotations/gone.xml", BOX)
    with pytest.raises(UserError, match="1 of 3 images have no file; the first is Annotations/gone.xml"):
        read(plain)
    with pytest.warns(UserWarning, match="left out"):
        assert len(read(plain, allow_missing=True).sides["train"]) == 1
    (plain / "Annotations/gone.xml").unlink()
    put(plain, "Annotations/a.xml", BOX, size=(400, 200))
    with pytest.raises(UserError, match="has 40 x 20 pixels, its annotation file says 400 x 200"):
        read(plain)


ROTATED = "<attributes><attribute><name>rotation</name><value>30.0</value></attribute></attributes>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OBJECT.format("nodule", 5, 5, 5, 9, ""), "the box of nodule, .*, has no area"),
        (OBJECT.format("nodule", 9, 5, 5, 9, ""), "has no area"),
        (OBJECT.format("nodule", "nan", 5, 5, 9, ""), "has no area"),
        (OBJECT.format("nodule", "", 5, 5, 9, ""), "has the edges .*; write four numbers"),
        (OBJECT.format(" ", 1, 1, 5, 9, ""), "an object has no name"),
        (OBJECT.format("nodule", 1, 1, 5, 9, ROTATED), "the box of nodule is turned"),
        ("<object><name>n</name><robndbox/></object>", r"the object n has a turned box \(robndbox\)"),
        ("<object><name>n</name><polygon/></object>", "the object n has no bndbox"),
    ],
)
def test_wrong_objects(plain, text, message):
    put(plain, "Annotations/a.xml", text)
    with pytest.raises(UserError, match=f"a.xml: .*{message}"):
        read(plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>", "no XML file"),
        ("<annotations/>", "no Pascal VOC annotation, but a <annotations>"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><annotation/>', "has a document type"),
        ("<annotation><size><width>big</width></size></annotation>", "the size big x 0 is no number"),
    ],
)
def test_wrong_files(plain, text, message):
    (plain / "Annotations/a.xml").write_text(text)
    with pytest.raises(UserError, match=message):
        read(plain)


def test_comments_are_fine(plain):
    file = plain / "Annotations/a.xml"
    file.write_text(file.read_text().replace("<filename>", "<!-- by hand --><filename>"))
    assert len(read(plain).sides["train"]) == 1


def test_wrong_folders(tmp_path):
    with pytest.raises(DatasetNotFound, match="no XML file"):
        check_source(tmp_path)
