import json

import numpy as np
import pytest

from data.coco import split_by_patient
from data.images.image_io import write_image
from data.readers.parts.errors import DatasetNotFound
from data.readers.rsna import CATEGORIES, check_source, read
from tests.paths import REAL_DATA

REAL = REAL_DATA / "rsna"
HEADER = "patientId,x,y,width,height,Target\n"


def read_records(source, **options):
    found = read(source, **options)
    assert (found.categories, found.label_names) == (CATEGORIES, None)
    return found.sides["all"]


@pytest.fixture
def source(tmp_path):
    """Three images: a with two boxes, b without, c with one; a and b are one person, the match of c is doubtful."""
    for name in "abc":
        write_image(tmp_path / "stage_2_train_images" / f"{name}.png", np.zeros((20, 20), np.uint8))
    rows = "a,1,2,3.5,4,1\nb,,,,,0\na,5,6,7,8,1\nc,0,0,9,9,1\n"
    (tmp_path / "stage_2_train_labels.csv").write_text(HEADER + rows)
    (tmp_path / "stage_2_class_and_nih_image.csv").write_text(
        "patientId,nih_image,class,match\na,00000007_000.png,Lung Opacity,exact\n"
        "b,00000007_003.png,Normal,exact\nc,00000007_004.png,Lung Opacity,doubtful\n"
    )
    return tmp_path


def test_boxes_negatives_and_persons(source):
    records = read_records(source)
    assert [r.file_name for r in records] == ["images/a.png", "images/b.png", "images/c.png"]
    assert records[0].boxes == [(1, 2, 3.5, 4, "Lung Opacity"), (5, 6, 7, 8, "Lung Opacity")]
    assert records[1].boxes == []
    assert records[0].patient_id == records[1].patient_id == "00000007"
    assert records[2].patient_id == "image-c"
    assert records[1].extra == {"rsna_id": "b", "rsna_class": "Normal"}
    assert all(r.source.is_file() for r in records)


def test_without_a_person_table_it_warns_and_knows_no_patient(source):
    (source / "stage_2_class_and_nih_image.csv").unlink()
    with pytest.warns(UserWarning, match="patientId` names an image, not a person.*torchxrayvision, scripts/CrossRef"):
        records = read_records(source)
    assert [r.patient_id for r in records] == [None, None, None]


def test_an_image_without_a_row_in_the_person_table_is_a_person(source):
    table = source / "stage_2_class_and_nih_image.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:2]))
    assert [r.patient_id for r in read_records(source)] == ["00000007", "image-b", "image-c"]


def test_double_rows_count_once_with_a_warning(source):
    table = source / "stage_2_train_labels.csv"
    table.write_text(table.read_text() + "a,1,2,3.5,4,1\nb,,,,,0\n")
    with pytest.warns(UserWarning, match="2 rows are given twice"):
        assert [len(r.boxes) for r in read_records(source)] == [2, 0, 1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("b,1,1,2,2,1", "image b has Target 1"),
        ("c,,,,,1", "image c has Target 1 but the box"),
        ("c,1,1,1,1,2", "Target 2"),
    ],
)
def test_contradictions_are_refused(source, row, reason):
    table = source / "stage_2_train_labels.csv"
    table.write_text(table.read_text() + row + "\n")
    with pytest.raises(ValueError, match=reason):
        read_records(source)


def test_missing_images(source):
    (source / "stage_2_train_images" / "b.png").unlink()
    with pytest.raises(ValueError, match="1 of 3 images have no file.*the first is b.*--allow-missing"):
        read_records(source)
    with pytest.warns(UserWarning, match="left out"):
        assert [r.extra["rsna_id"] for r in read_records(source, allow_missing=True)] == ["a", "c"]


def test_two_files_for_one_image_are_refused(source):
    (source / "stage_2_train_images" / "a.dcm").touch()
    with pytest.raises(ValueError, match=r"a\.dcm and .*a\.png are both image a"):
        read_records(source)


def test_a_name_without_a_suffix_may_hold_dots(source):
    images = source / "stage_2_train_images"
    (images / "1.2.5").write_bytes(b"\0" * 128 + b"DICM")
    table = source / "stage_2_train_labels.csv"
    table.write_text(table.read_text() + "1.2.5,,,,,0\n")
    assert read_records(source)[-1].source == images / "1.2.5"


def test_wrong_columns(source):
    (source / "stage_2_train_labels.csv").write_text("id,x\na,1\n")
    with pytest.raises(ValueError, match="stage_2_train_labels.csv: no column patientId"):
        read_records(source)


@pytest.mark.parametrize("missing", ["stage_2_train_labels.csv", "stage_2_train_images", ""])
def test_missing_source_says_where_to_get_it(source, missing):
    if missing:
        (source / missing).rename(source / "elsewhere")
    with pytest.raises(DatasetNotFound) as caught:
        check_source(source if missing else source / "nowhere")
    assert all(text in str(caught.value) for text in ("RSNA", "rsna.org", "stage_2_train_images/", "torchxrayvision"))


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real tables beside the project")
@pytest.mark.parametrize("side", ["train", "test"])
def test_real_tables_give_the_real_annotations(side):
    tables = dict(labels_csv=f"labels_rsna_style_{side}.csv", person_table=REAL / "stage_2_class_and_nih_image.csv.gz")
    records = read_records(REAL, images_dir="images", **tables)
    coco = json.loads((REAL / f"annotations_{side}.json").read_text())
    boxes = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        boxes[annotation["image_id"]].append(tuple(annotation["bbox"]))
    expected = {i["rsna_id"]: (i["patient_id"], i["rsna_class"], sorted(boxes[i["id"]])) for i in coco["images"]}
    found = {
        r.extra["rsna_id"]: (r.patient_id, r.extra["rsna_class"], sorted(box[:4] for box in r.boxes)) for r in records
    }
    assert found == expected


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real tables beside the project")
def test_the_real_challenge_is_split_by_person():
    with pytest.warns(UserWarning, match="26414 of 26684 images have no file"):
        records = read_records(REAL, images_dir="images", allow_missing=True)
    assert len(records) == 270
    train, test = split_by_patient(records)
    assert not {r.patient_id for r in train} & {r.patient_id for r in test}
    assert len({r.patient_id for r in records}) == 220
