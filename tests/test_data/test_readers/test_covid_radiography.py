import gzip
from collections import Counter

import numpy as np
import pytest

from data.coco import split_by_patient
from data.images.image_io import write_image
from data.readers import class_folders
from data.readers.covid_radiography import LABELS, check_source, read
from data.readers.parts.errors import DatasetNotFound
from tests.paths import REAL_DATA

REAL = REAL_DATA / "covid_radiography"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real images beside the project")
UNKNOWN = "the person is not known"
GRAY = np.zeros((8, 8), np.uint8)


def read_records(source, **options):
    found = read(source, **options)
    assert found.label_names == LABELS
    return found.sides["all"]


@pytest.fixture
def source(tmp_path):
    """The folders of the download: two images per class, each with a mask."""
    for name in LABELS:
        for number in (1, 2):
            for folder in ("images", "masks"):
                write_image(tmp_path / name / folder / f"{name}-{number}.png", GRAY)
        (tmp_path / f"{name}.metadata.xlsx").touch()
    return tmp_path


def test_four_classes_without_persons(source):
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 8 of 8 images"):
        records = read_records(source)
    assert [(r.file_name, r.labels) for r in records[::2]] == [
        ("images/COVID/COVID-1.png", [1, 0, 0, 0]),
        ("images/Lung_Opacity/Lung_Opacity-1.png", [0, 1, 0, 0]),
        ("images/Normal/Normal-1.png", [0, 0, 1, 0]),
        ("images/Viral Pneumonia/Viral Pneumonia-1.png", [0, 0, 0, 1]),
    ]
    assert len(records) == 8
    assert all(r.source.is_file() and r.patient_id is None and r.extra == {} and r.masks == [] for r in records)
    assert class_folders.read(source).label_names == list(LABELS)


def test_images_may_lie_in_the_class_folder(source):
    for name in LABELS:
        for file in (source / name / "images").iterdir():
            file.rename(source / name / file.name)
        (source / name / "images").rmdir()
        for file in (source / name / "masks").iterdir():
            file.unlink()
    with pytest.warns(UserWarning, match=UNKNOWN):
        assert [r.file_name for r in read_records(source)][:2] == [
            "images/COVID/COVID-1.png",
            "images/COVID/COVID-2.png",
        ]


def test_persons_from_labels_csv(source):
    (source / "labels.csv").write_text(
        "Path,label,rsna_patientId,nih_patient\n"
        "COVID/COVID-1.png,COVID,,\nNormal/images/Normal-2.jpg,Normal,ab-1,00000007\n"
        "Lung_Opacity/Lung_Opacity-1.png,Lung_Opacity,ab-2,00000007\nNormal/Normal-99.png,Normal,ab-3,00000008\n"
    )
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 6 of 8 images"):
        records = read_records(source)
    known = {r.source.stem: (r.patient_id, r.extra) for r in records if r.patient_id or r.extra}
    assert known == {
        "Normal-2": ("00000007", {"rsna_id": "ab-1"}),
        "Lung_Opacity-1": ("00000007", {"rsna_id": "ab-2"}),
    }


@pytest.mark.parametrize("column", ["rsna_patientId", "nih_patient"])
def test_rows_that_contradict_are_refused(source, column):
    rows = ["Normal/Normal-2.jpg,a,7", "Normal/images/Normal-2.jpg,,", "COVID/COVID-1.png,b,8"]
    (source / "labels.csv").write_text("\n".join(["Path,rsna_patientId,nih_patient", *rows]))
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 6 of 8"):
        read_records(source)
    wrong = dict(rsna_patientId="Normal/Normal-2.png,c,7", nih_patient="Normal/Normal-2.png,a,9")[column]
    (source / "labels.csv").write_text("\n".join(["Path,rsna_patientId,nih_patient", *rows, wrong]))
    with pytest.raises(ValueError, match=r"labels\.csv: Normal/Normal-2 has both . and .; remove the row"):
        read_records(source)


def test_persons_from_the_rsna_tables(source, tmp_path):
    with gzip.open(source / "normal_to_rsna.csv.gz", "wt") as file:
        file.write("file_name,rsna_patientId\nNormal-1.png,a\nNormal-2.png,b\n")
    with pytest.warns(UserWarning) as caught:  # without the person table, `patientId` names an image only
        records = read_records(source)
    assert any("no person table" in str(warning.message) for warning in caught)
    assert [(r.patient_id, r.extra) for r in records if r.extra] == [(None, {"rsna_id": "a"}), (None, {"rsna_id": "b"})]
    table = tmp_path / "elsewhere.csv"
    table.write_text(
        "patientId,nih_image,class,match\na,00000007_000.png,Normal,exact\nb,00000007_004.png,Normal,doubtful\n"
    )
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 6 of 8"):
        records = read_records(source, person_table=table)
    assert [r.patient_id for r in records if r.extra] == ["00000007", "image-b"]
    table.rename(source / "stage_2_class_and_nih_image.csv")
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 6 of 8"):
        assert [r.patient_id for r in read_records(source)] == [r.patient_id for r in records]


def test_lung_masks(source):
    with pytest.warns(UserWarning, match=UNKNOWN):
        records = read_records(source, lung_roi=True)
    assert all(r.masks == [r.source.parents[1] / "masks" / r.source.name] for r in records)
    (source / "Normal/masks/Normal-2.png").unlink()
    with pytest.raises(ValueError, match=r"1 of 8 images have no lung mask.*Normal-2\.png.*--allow-missing"):
        read_records(source, lung_roi=True)
    with pytest.warns(UserWarning, match="left out"):
        records = read_records(source, lung_roi=True, allow_missing=True)
    assert len(records) == 7
    assert all(r.masks for r in records)


def test_wrong_columns(source):
    (source / "labels.csv").write_text("file,label\na,b\n")
    with pytest.raises(ValueError, match=r"labels\.csv: no column Path, nih_patient"):
        read_records(source)


def test_missing_source_says_where_to_get_it(source):
    for file in (source / "Viral Pneumonia/images").iterdir():
        file.unlink()
    for folder, problem in ((source, "no images of the class Viral Pneumonia"), (source / "nowhere", "no such folder")):
        with pytest.raises(DatasetNotFound, match=problem) as caught:
            check_source(folder)
        assert all(text in str(caught.value) for text in ("COVID-19 Radiography", "kaggle.com", "SRC/COVID/images/"))


@needs_real
def test_real_images_are_split_by_person():
    with pytest.warns(UserWarning, match=f"{UNKNOWN} for 250 of 501 images"):
        records = read_records(REAL)
    counts = Counter(LABELS[r.labels.index(1)] for r in records)
    assert counts == {"COVID": 150, "Lung_Opacity": 101, "Normal": 150, "Viral Pneumonia": 100}
    assert len({r.patient_id for r in records} - {None}) == 235
    train, test = split_by_patient(records)
    assert not {r.patient_id for r in train} & {r.patient_id for r in test} - {None}
    assert Counter(LABELS[r.labels.index(1)] for r in test).keys() == set(LABELS)
    assert all(r.extra["rsna_id"] == r.source.stem for r in records if r.labels[1] == 1)
