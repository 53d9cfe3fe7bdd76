"""Results as DICOM: read again by pydicom and highdicom, and valid to dicom3tools' dciodvfy where that is installed."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from pydicom import dcmread

from data.errors import UserError
from tests.test_tools.test_privacy import dicom

pytest.importorskip("highdicom")
from highdicom.sr import srread

from detect.prediction.dicom_files import read_source, write_capture, write_report

FOUND = [
    {"category_id": 3, "bbox": [10.5, 20.0, 15.0, 8.0], "score": 0.75, "probability": 0.25},
    {"category_id": 5, "bbox": [0.0, 1.0, 2.0, 3.0], "score": 0.5, "probability": 0.125},
]
NAMES = {3: "nodule", 5: "mass"}
PICTURE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)


@pytest.fixture
def source(tmp_path):
    dicom(tmp_path / "scan.dcm")
    dataset = dcmread(tmp_path / "scan.dcm")
    dataset.PatientOrientation, dataset.PatientAge, dataset.PixelSpacing = ["L", "F"], "62", [0.2, 0.3]
    dataset.PatientSex, dataset.ReferringPhysicianName = "F", "PLANTED^REFERRER"
    dataset.save_as(tmp_path / "scan.dcm")
    return read_source(tmp_path / "scan.dcm")


def faults(file):
    """What dciodvfy calls an error."""
    if shutil.which("dciodvfy") is None:
        return []
    done = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]


def test_a_capture(tmp_path, source):
    write_capture(tmp_path / "o.dcm", source, PICTURE, "abc")
    capture = dcmread(tmp_path / "o.dcm")
    assert capture.SOPClassUID.name == "Secondary Capture Image Storage"
    assert np.array_equal(capture.pixel_array, PICTURE) and capture.PhotometricInterpretation == "RGB"
    for name in ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "FrameOfReferenceUID", "PixelSpacing"):
        assert capture[name].value == source[name].value, name
    assert capture.PatientOrientation == ["L", "F"]
    assert capture.SeriesInstanceUID != source.SeriesInstanceUID
    assert capture.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert faults(tmp_path / "o.dcm") == []


def test_a_report(tmp_path, source):
    write_report(tmp_path / "r.dcm", source, FOUND, NAMES, "abc", "demo 1")
    report = srread(tmp_path / "r.dcm")
    assert (report.StudyInstanceUID, report.PatientID) == (source.StudyInstanceUID, source.PatientID)
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == (
        *("COMPLETE", "UNVERIFIED", "PRELIMINARY"),
    )
    groups = report.content.get_planar_roi_measurement_groups()
    assert [group.tracking_identifier for group in groups] == ["nodule 1", "mass 2"]
    assert len({group.tracking_uid for group in groups}) == 2
    for group, entry in zip(groups, FOUND, strict=True):
        x, y, width, height = entry["bbox"]
        corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]
        assert group.roi.GraphicType == "POLYLINE" and group.roi.value.tolist() == corners
        values = {m.name.meaning: float(m.value) for m in group.get_measurements()}
        assert values == {
            "Score of the detector": entry["score"],
            "Calibrated probability of a hit": entry["probability"],
        }
        region = group.roi.ContentSequence[0].ReferencedSOPSequence[0]
        assert region.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert faults(tmp_path / "r.dcm") == []


def test_a_report_of_nothing_says_so(tmp_path, source):
    write_report(tmp_path / "r.dcm", source, [], NAMES, "abc", "demo 1")
    report = srread(tmp_path / "r.dcm")
    assert report.content.get_planar_roi_measurement_groups() == []
    (all_boxes,) = report.content.get_image_measurement_groups()
    assert [float(m.value) for m in all_boxes.get_measurements()] == [0]
    assert faults(tmp_path / "r.dcm") == []


def test_a_box_without_a_probability(tmp_path, source):
    write_report(tmp_path / "r.dcm", source, [FOUND[0] | {"probability": None}], NAMES, "abc", "demo 1")
    (group,) = srread(tmp_path / "r.dcm").content.get_planar_roi_measurement_groups()
    assert [m.name.meaning for m in group.get_measurements()] == ["Score of the detector"]


def test_the_same_run_gives_the_same_objects(tmp_path, source):
    uids = []
    for made_by in ("abc", "abc", "other"):
        write_capture(tmp_path / "o.dcm", source, PICTURE, made_by)
        capture = dcmread(tmp_path / "o.dcm", stop_before_pixels=True)
        uids.append((capture.SOPInstanceUID, capture.SeriesInstanceUID))
    assert uids[0] == uids[1] and not set(uids[0]) & set(uids[2])


def test_no_name_is_printed(tmp_path):
    """In a process of its own, as a user runs it: pytest has warnings of its own way."""
    dicom(tmp_path / "scan.dcm")
    lines = [
        "import numpy as np",
        "from pathlib import Path",
        "from detect.prediction.dicom_files import *",
        "source = read_source(Path('scan.dcm'))",
        "source.PatientName = source.ReferringPhysicianName = 'PLANTED'",
        "write_capture(Path('o.dcm'), source, np.zeros((40, 40, 3), np.uint8), 'a')",
        "write_report(Path('r.dcm'), source, [], {}, 'a', '1')",
    ]
    code = "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (tmp_path / "r.dcm").is_file() and "PLANTED" not in done.stdout + done.stderr


def test_other_sources(tmp_path, source):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert read_source(tmp_path / "a.png") is None
    assert "PatientAge" not in source  # "62" is no age to DICOM
    dataset = dcmread(tmp_path / "scan.dcm")
    del dataset.StudyInstanceUID
    dataset.save_as(tmp_path / "lost.dcm")
    with pytest.raises(UserError, match="lost.dcm has no StudyInstanceUID: no result can be tied to its study"):
        read_source(tmp_path / "lost.dcm")
