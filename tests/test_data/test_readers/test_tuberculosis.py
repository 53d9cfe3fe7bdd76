import numpy as np
import pytest

from data.coco import split_by_patient
from data.images.image_io import write_image
from data.readers.parts.errors import DatasetNotFound
from data.readers.tuberculosis import LABELS, check_source, parse_reading, read

GRAY = np.zeros((8, 8), np.uint8)


def read_records(source, **options):
    found = read(source, **options)
    assert found.label_names == LABELS
    return found.sides["all"]


@pytest.fixture
def source(tmp_path):
    """Two images of each set in the folders of the downloads; Shenzhen's second has no lung mask, but a lesion mask."""
    montgomery, shenzhen = tmp_path / "MontgomerySet", tmp_path / "ChinaSet_AllFiles"
    for study in ("MCUCXR_0001_0", "MCUCXR_0104_1"):
        write_image(montgomery / f"CXR_png/{study}.png", GRAY)
        for side in ("leftMask", "rightMask"):
            write_image(montgomery / f"ManualMask/{side}/{study}.png", GRAY)
    for study in ("CHNCXR_0001_0", "CHNCXR_0327_1"):
        write_image(shenzhen / f"CXR_png/{study}.png", GRAY)
    write_image(shenzhen / "mask/CHNCXR_0001_0_mask.png", GRAY)
    write_image(shenzhen / "Annotations-2/masks/CHNCXR_0327_1_Cavity_1.png", GRAY)
    (shenzhen / "CXR_png/Thumbs.db").write_bytes(b"x")
    readings = {
        montgomery / "ClinicalReadings/MCUCXR_0001_0.txt": "Patient's Sex: F\r\nPatient's Age: 027Y\r\nnormal  \r\n",
        montgomery / "ClinicalReadings/MCUCXR_0104_1.txt": "Patient's Sex: M\nPatient's Age: 063Y\nRUL\n infiltrate\n",
        shenzhen / "ClinicalReadings/CHNCXR_0327_1.txt": "female 28yrs\nPTB in the left upper field\n",
    }
    for path, text in readings.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return tmp_path


def test_both_sets(source):
    records = read_records(source)
    assert LABELS == ("Normal", "Tuberculosis")
    assert [(r.file_name, r.labels, r.patient_id, r.extra) for r in records] == [
        ("images/CHNCXR_0001_0.png", [1, 0], "CHNCXR_0001", {"collection": "Shenzhen"}),
        (
            "images/CHNCXR_0327_1.png",
            [0, 1],
            "CHNCXR_0327",
            {"collection": "Shenzhen", "sex": "F", "age": 28, "finding": "PTB in the left upper field"},
        ),
        (
            "images/MCUCXR_0001_0.png",
            [1, 0],
            "MCUCXR_0001",
            {"collection": "Montgomery", "sex": "F", "age": 27, "finding": "normal"},
        ),
        (
            "images/MCUCXR_0104_1.png",
            [0, 1],
            "MCUCXR_0104",
            {"collection": "Montgomery", "sex": "M", "age": 63, "finding": "RUL infiltrate"},
        ),
    ]
    assert all(r.source.is_file() and r.source.parent.name == "CXR_png" for r in records)
    assert [r.masks for r in records] == [[]] * 4


def test_one_set_alone(source):
    assert [r.patient_id for r in read_records(source / "MontgomerySet")] == ["MCUCXR_0001", "MCUCXR_0104"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("male 45yrs\nnormal", {"sex": "M", "age": 45, "finding": "normal"}),
        ("Female , 24 yrs ,bilateral PTB", {"sex": "F", "age": 24, "finding": "bilateral PTB"}),
        ("Male31yr\nSTB", {"sex": "M", "age": 31, "finding": "STB"}),
        ("female 27 mild PTB", {"sex": "F", "age": 27, "finding": "mild PTB"}),
        ("male 9 months\nnormal", {"sex": "M", "age": 0.75, "finding": "normal"}),
        ("\ufefffemale 40years", {"finding": "\ufefffemale 40years"}),  # the reader takes the byte order mark away
        ("Patient's Sex: O\nPatient's Age: 004Y\n", {"sex": "O", "age": 4}),
        ("old PTB in 2 fields", {"finding": "old PTB in 2 fields"}),
        ("", {}),
    ],
)
def test_readings(text, expected):
    assert parse_reading(text) == expected


def test_a_reading_in_another_encoding(source):
    reading = source / "ChinaSet_AllFiles/ClinicalReadings/CHNCXR_0327_1.txt"
    reading.write_bytes(b"\xef\xbb\xbfmale 50yrs\nleft PTB \xa3")
    extra = read_records(source)[1].extra
    assert (extra["sex"], extra["age"]) == ("M", 50)
    assert extra["finding"].startswith("left PTB")


def test_lung_masks(source):
    with pytest.raises(
        ValueError, match="1 of 4 images have no lung mask; the first is CHNCXR_0327_1.*--allow-missing"
    ):
        read_records(source, lung_roi=True)
    with pytest.warns(UserWarning, match="left out"):
        records = read_records(source, lung_roi=True, allow_missing=True)
    assert [[str(mask.relative_to(source)) for mask in r.masks] for r in records] == [
        ["ChinaSet_AllFiles/mask/CHNCXR_0001_0_mask.png"],
        [f"MontgomerySet/ManualMask/{side}/MCUCXR_0001_0.png" for side in ("leftMask", "rightMask")],
        [f"MontgomerySet/ManualMask/{side}/MCUCXR_0104_1.png" for side in ("leftMask", "rightMask")],
    ]


@pytest.mark.parametrize("side", ["leftMask", "rightMask"])
def test_the_mask_of_one_lung_is_none(source, side):
    (source / f"MontgomerySet/ManualMask/{side}/MCUCXR_0001_0.png").unlink()
    with pytest.raises(ValueError, match="1 of 2 images have no lung mask; the first is MCUCXR_0001_0"):
        read_records(source / "MontgomerySet", lung_roi=True)


def test_without_any_mask_nothing_is_allowed(source):
    with pytest.raises(ValueError, match="(?s)1 of 1 images have no lung mask.*rightMask"):
        (source / "ChinaSet_AllFiles/CXR_png/CHNCXR_0001_0.png").unlink()
        read_records(source / "ChinaSet_AllFiles", lung_roi=True, allow_missing=True)


def test_the_split_keeps_the_share_of_both_labels(tmp_path):
    for number in range(20):
        write_image(tmp_path / f"CXR_png/CHNCXR_{number:04d}_{int(number >= 10)}.png", GRAY)
    train, test = split_by_patient(read_records(tmp_path), 0.8)
    assert [sum(r.labels == [1, 0] for r in side) for side in (train, test)] == [8, 2]
    assert [len(train), len(test)] == [16, 4]


def test_two_files_for_one_study_are_refused(source):
    write_image(source / "copy/MCUCXR_0001_0.png", GRAY)
    with pytest.raises(ValueError, match=r"are both image MCUCXR_0001_0"):
        check_source(source)


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_missing_source_says_where_to_get_it(tmp_path, folder):
    (tmp_path / "empty/leftMask").mkdir(parents=True)
    write_image(tmp_path / "empty/leftMask/MCUCXR_0001_0.png", GRAY)
    with pytest.raises(DatasetNotFound) as caught:
        check_source(tmp_path / folder)
    assert all(text in str(caught.value) for text in ("Montgomery", "nlm.nih.gov", "CXR_png/CHNCXR_0001_0.png"))
