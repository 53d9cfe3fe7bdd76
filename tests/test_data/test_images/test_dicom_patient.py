import hashlib

import pytest

from data.images.dicom_patient import dicom_patient
from tests.test_data.test_images.test_dicom import make


@pytest.fixture
def file(tmp_path):
    def write(name, **elements):
        make(**elements).save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


def test_one_person_has_one_name_that_does_not_tell(file):
    ann = dicom_patient(file("a", PatientID="0042"))
    assert ann == dicom_patient(file("b", PatientID=" 0042 ", PatientName="ANN")) and ann.startswith("dicom-")
    assert len(ann) == 22 and "0042" not in ann
    assert ann == "dicom-" + hashlib.blake2b(b"\0" + b"0042", digest_size=8).hexdigest()
    others = [dict(PatientID="42"), dict(PatientID="0042", IssuerOfPatientID="other hospital")]
    assert len({ann, *(dicom_patient(file("c", **other)) for other in others)}) == 3


def test_a_key_makes_other_names(file):
    path = file("a", PatientID="0042")
    assert dicom_patient(path, b"secret") == dicom_patient(path, b"secret") != dicom_patient(path, b"another")
    assert dicom_patient(path, b"secret") != dicom_patient(path)


def test_plain_on_request(file):
    assert dicom_patient(file("a", PatientID="0042"), plain=True) == "0042"


def test_nobody(file, tmp_path):
    (tmp_path / "text").write_text("no DICOM")
    assert dicom_patient(file("a", PatientID="")) is None and dicom_patient(file("b")) is None
    assert dicom_patient(tmp_path / "text") is None and dicom_patient(tmp_path / "none") is None
    assert dicom_patient(file("c", PatientID=" "), plain=True) is None
