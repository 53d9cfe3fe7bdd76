import numpy as np
import pytest

from data.errors import UserError
from data.images.image_io import write_image
from data.readers.chexpert import LABELS, check_source, read, read_side
from data.readers.parts.errors import DatasetNotFound
from tests.paths import REAL_DATA

REAL = REAL_DATA / "classification"
HEADER = "Path,Sex,Age,Frontal/Lateral,AP/PA," + ",".join(LABELS)


@pytest.fixture
def source(tmp_path):
    values = ["1.0", "0.0", "-1.0", ""] + [""] * 10
    rows = [
        ("patient00001/study1/view1_frontal.png", "Frontal"),
        ("patient00001/study1/view2_lateral.png", "Lateral"),
        ("patient00002/study3/view1_frontal.png", "Frontal"),
    ]
    lines = [f"CheXpert-v1.0-small/train/{path},Male,5,{view},AP,{','.join(values)}" for path, view in rows]
    (tmp_path / "train.csv").write_text("\n".join([HEADER, *lines]))
    for path, _ in rows:
        write_image(tmp_path / "train" / path, np.zeros((8, 8), np.uint8))
    return tmp_path


def test_official_label_order():
    assert len(LABELS) == 14
    assert (LABELS[0], LABELS[3], LABELS[7], LABELS[13]) == (
        "No Finding",
        "Lung Opacity",
        "Pneumonia",
        "Support Devices",
    )


def test_read_side(source):
    records = read_side(source / "train.csv")
    assert [r.patient_id for r in records] == ["patient00001", "patient00002"]
    assert records[0].labels == [1, 0, -1, None] + [None] * 10
    assert records[0].file_name == "images/train/patient00001/study1/view1_frontal.png"
    assert all(r.source.is_file() for r in records)


def test_a_folder_that_has_only_the_last_images_is_told_how_many_are_missing(source):
    lines = (source / "train.csv").read_text().splitlines()
    absent = [lines[1].replace("patient00001", f"patient{number:05}") for number in range(100, 220)]
    (source / "train.csv").write_text("\n".join([HEADER, *absent, *lines[1:]]))
    with pytest.raises(UserError, match="120 of 122 images have no file; the first is .*train/patient00100/"):
        read_side(source / "train.csv")
    with pytest.warns(UserWarning, match="120 of 122"):
        assert len(read_side(source / "train.csv", allow_missing=True)) == 2


@pytest.mark.parametrize(("view", "count"), [("frontal", 2), ("lateral", 1), ("all", 3)])
@pytest.mark.parametrize("with_column", [True, False])
def test_views(source, view, count, with_column):
    if not with_column:
        table = source / "train.csv"
        lines = [line.split(",") for line in table.read_text().splitlines()]
        table.write_text("\n".join(",".join(line[:3] + line[4:]) for line in lines))
    assert len(read_side(source / "train.csv", view)) == count
    with pytest.raises(ValueError, match="view must be"):
        read_side(source / "train.csv", "oblique")


@pytest.mark.parametrize(("view", "said"), [("", "nan"), ("Oblique", "oblique")])
def test_an_image_without_a_view_is_refused_unless_all_are_taken(source, view, said):
    table = source / "train.csv"
    table.write_text(table.read_text().replace(",Lateral,", f",{view},"))
    with pytest.raises(UserError, match=f"train.csv: row 2 has the view '?{said}'?, neither frontal nor lateral"):
        read_side(table)
    assert len(read_side(table, "all")) == 3


def test_missing_files(source):
    (source / "train/patient00002/study3/view1_frontal.png").unlink()
    with pytest.raises(ValueError, match="1 of 2 images have no file.*patient00002"):
        read_side(source / "train.csv")
    with pytest.warns(UserWarning, match="left out"):
        assert len(read_side(source / "train.csv", allow_missing=True)) == 1


def test_bad_tables(source):
    table = source / "train.csv"
    text = table.read_text()
    table.write_text(text.replace("-1.0", "2.0"))
    with pytest.raises(ValueError, match="3 rows have labels other than"):
        read_side(table)
    table.write_text(text.replace("Fracture", "Break"))
    with pytest.raises(ValueError, match="no column Fracture"):
        read_side(table)


def test_check_source(source):
    with pytest.raises(DatasetNotFound, match=r"(?s)no table valid\.csv.*stanfordmlgroup.*SRC/train\.csv"):
        check_source(source)
    (source / "valid.csv").write_text(HEADER)
    check_source(source)
    with pytest.raises(DatasetNotFound, match="no table other.csv"):
        check_source(source, test_csv="other.csv")
    (source / "other.csv").write_text(HEADER)
    check_source(source, test_csv="other.csv")


def test_two_sides(source):
    image = "patient00003/study1/view1_frontal.png"
    write_image(source / "valid" / image, np.zeros((8, 8), np.uint8))
    (source / "valid.csv").write_text(f"{HEADER}\nCheXpert-v1.0-small/valid/{image},Male,5,Frontal,AP{',0.0' * 14}")
    found = read(source, view="all")
    assert [len(found.sides[side]) for side in ("train", "test")] == [3, 1]
    assert found.sides["test"][0].file_name == f"images/valid/{image}"
    assert (found.label_names, found.categories, found.color) == (LABELS, (), False)
    with pytest.raises(ValueError, match=r"2 patients are in both .*train\.csv and .*the first is patient00001"):
        read(source, test_csv="train.csv")


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real images beside the project")
@pytest.mark.parametrize(("name", "count"), [("nih64_train", 798), ("nih256_valid", 85), ("paediatric256_train", 520)])
def test_real_tables(name, count):
    records = read_side(REAL / f"{name}.csv")
    assert len(records) == count
    assert all(r.source.is_file() for r in records)
