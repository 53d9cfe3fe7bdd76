"""No name, id, date or UID of a DICOM header reaches what a command writes or prints, in folders of any name."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from data.images.errors import ImageReadError
from data.images.image_io import read_grayscale
from tests.paths import ROOT
from tests.test_data.test_fuzz import mutate
from tests.test_data.test_images.test_dicom import make
from tests.test_tools.every_command import COMMANDS, write_files
from tests.test_tools.forked_commands import fast_trials  # noqa: F401
from tests.test_tools.test_expected_failures import arguments

PLANTED = {
    "PatientName": "PLANTEDNAME^GIVENNAME",
    "PatientID": "PLANTEDID0042",
    "OtherPatientIDs": "PLANTEDOTHERID",
    "PatientBirthDate": "19510203",
    "PatientAddress": "PLANTEDSTREET 5",
    "PatientComments": "PLANTEDCOMMENT",
    "AccessionNumber": "PLANTEDACC77",
    "StudyID": "PLANTEDSTUDY",
    "StudyDate": "20190807",
    "SeriesDate": "20190808",
    "AcquisitionDate": "20190809",
    "ContentDate": "20190810",
    "StudyTime": "113355.7777",
    "InstitutionName": "PLANTEDHOSPITAL",
    "InstitutionAddress": "PLANTEDTOWN",
    "ReferringPhysicianName": "PLANTEDREFERRER",
    "OperatorsName": "PLANTEDOPERATOR",
    "PerformingPhysicianName": "PLANTEDPERFORMER",
    "StationName": "PLANTEDSTATION",
    "DeviceSerialNumber": "PLANTEDSERIAL",
    "StudyDescription": "PLANTEDDESCRIPTION",
    "ImageComments": "PLANTEDIMAGECOMMENT",
}
ANY_NAME = "a, b (c) & 'd';$HOME/[1,2]/2024/röntgen データ" + "long" * 20
DOES_NOT_RETURN = {"workflow.train_stage", "app"}
"""The first becomes tools/train.py, the other serves until it is stopped."""
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


def dicom(path: Path, broken: bool = False) -> list[str]:
    """Write a DICOM file with identifiers everywhere that belongs to nobody; returns them."""
    pixels = np.random.default_rng(0).integers(0, 4096, (40, 40), np.uint16)
    dataset = make(pixels, 12, **PLANTED)
    uids = {name: generate_uid() for name in UIDS}
    for name, value in uids.items():
        setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = uids["SOPInstanceUID"]
    dataset.add_new((0x0011, 0x0010), "LO", "PLANTEDPRIVATE")
    request = Dataset()
    request.RequestedProcedureID = "PLANTEDREQUEST"
    dataset.RequestAttributesSequence = [request]
    if broken:
        dataset.PixelData = dataset.PixelData[:100]
    dataset.save_as(path, enforce_file_format=True)
    return [*uids.values(), *PLANTED.values(), "PLANTED"]


def with_dicoms(folder: Path) -> tuple[dict[str, Path], set[str]]:
    """The files of `every_command` with DICOM images."""
    places, planted = write_files(folder), set()
    for file in sorted((folder / "images").glob("*.png")):
        planted.update(dicom(file.with_suffix(".dcm")))
        file.unlink()
    for name in ("train.json", "test.json", "val.json", "labels.txt"):
        (folder / name).write_text((folder / name).read_text().replace(".png", ".dcm"))
    return places | {"image": folder / "images/1.dcm"}, planted


def found(planted: set[str], folder: Path, printed: str) -> list[tuple[str, str]]:
    """What was planted and is in a file's bytes or name, or was printed."""
    texts = {"printed": printed.encode()}
    texts |= {str(file): file.read_bytes() + file.name.encode() for file in folder.rglob("*") if file.is_file()}
    lower = {name: text.lower() for name, text in texts.items()}
    return [(name, word) for name, text in lower.items() for word in planted if word.lower().encode() in text]


@pytest.mark.usefixtures("fast_trials")
@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - DOES_NOT_RETURN))
def test_no_identifier_gets_out_and_folders_have_any_name(command, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(ROOT)
    folder, out = tmp_path / ANY_NAME / "in", tmp_path / ANY_NAME / "out"
    places, planted = with_dicoms(folder)
    out.mkdir()
    assert found(planted, folder / "images", "")  # they are there, and would be found
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    import_module(f"tools.{command}").main(arguments(command, places | {"out": out / "here"}))
    output = capfd.readouterr()
    assert list(out.iterdir())
    assert found(planted, out, output.out + output.err) == []
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path in before}


def test_preparing_hashes_the_persons_of_a_hospital(tmp_path, capfd):
    planted: set[str] = set()
    for name in ("in/a/1.dcm", "in/a/2.dcm", "in/b/3.dcm", "in/b/4.dcm", "in/b/cut.dcm"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        planted.update(dicom(tmp_path / name, broken="cut" in name))
    for number, file in enumerate(sorted((tmp_path / "in").rglob("[0-9].dcm"))):
        dataset = pydicom.dcmread(file)
        dataset.PatientID = f"PLANTEDID{number % 2}"
        dataset.save_as(file)
    main = import_module("tools.prepare_dataset").main
    main(["class_folders", str(tmp_path / "in"), str(tmp_path / "out"), "--workers", "0", "--test-fraction", "0.5"])
    output = capfd.readouterr()
    assert found(planted, tmp_path / "out", output.out + output.err) == []
    people = {side: people_of(tmp_path / f"out/{side}.json") for side in ("train", "test")}
    assert len(people["train"]) == len(people["test"]) == 1 and people["train"] != people["test"]


def people_of(file: Path) -> set[str]:
    return {image["patient_id"] for image in json.loads(file.read_text())["images"]}


def test_what_is_said_of_damaged_files_tells_nothing(tmp_path):
    planted = dicom(tmp_path / "a.dcm")
    content, refused = (tmp_path / "a.dcm").read_bytes(), 0
    for seed in range(300):
        (tmp_path / "b.dcm").write_bytes(mutate(content, np.random.default_rng(seed)))
        try:
            read_grayscale(tmp_path / "b.dcm")
        except ImageReadError as error:
            refused += 1
            assert not [text for text in planted if text.lower() in str(error).lower()], seed
    assert refused > 20
