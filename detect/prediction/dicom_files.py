"""What was found, as DICOM: a secondary capture of the overlay, and a structured report with the boxes (TID 1500).

Both belong to the study of their source, so they have its patient and study; nothing else here writes patient data.
highdicom composes them (the extra `dicom`). Their UIDs follow from the source's and from what made them, so that the
same run gives the same objects again.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from highdicom import sr
from highdicom.sc import SCImage
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from data.atomic import atomic_path
from data.errors import UserError

# highdicom warns of names of one part, and would print the patient's.
warnings.filterwarnings("ignore", message="(?s).*intended person name")

MAKER = "lesion-enhance"
SCHEME = "99LESIONENH"
"""Of codes that DICOM has none for; it asks for names that begin with 99."""
LESION = sr.CodedConcept("52988006", "SCT", "Lesion")
IMAGING = sr.CodedConcept("363679005", "SCT", "Imaging procedure")
MEASURES = {
    "score": sr.CodedConcept("score", SCHEME, "Score of the detector"),
    "probability": sr.CodedConcept("probability", SCHEME, "Calibrated probability of a hit"),
}
NUMBER = sr.CodedConcept("number", SCHEME, "Number of boxes")
TYING = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
"""Without these a result belongs nowhere."""
STUDY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime"),
    *("AccessionNumber", "ReferringPhysicianName"),
)
"""What DICOM asks of every object, if empty."""
AGE = re.compile(r"\d{3}[DWMY]")
GEOMETRY = (
    *("FrameOfReferenceUID", "PositionReferenceIndicator", "ImageOrientationPatient", "ImagePositionPatient"),
    *("PixelSpacing", "ImagerPixelSpacing", "PatientOrientation", "Laterality", "BurnedInAnnotation"),
)
"""Kept where the source has it: the overlay has its pixels."""


def read_source(path: Path) -> Dataset | None:
    """The header of a DICOM image; None of another file.

    Raises:
        UserError: it lacks what ties results to their study; the text names what.
    """
    try:
        source = dcmread(path, stop_before_pixels=True)
    except InvalidDicomError:
        return None
    if missing := [name for name in TYING if not source.get(name)]:
        raise UserError(f"{path} has no {', '.join(missing)}: no result can be tied to its study; leave out --dicom")
    for name in STUDY:
        if name not in source:
            setattr(source, name, "")
    if not AGE.fullmatch(str(source.get("PatientAge") or "")):
        source.pop("PatientAge", None)  # RSNA's "62" would make the result invalid
    return source


def write_capture(file: Path, source: Dataset, picture: NDArray[np.uint8], made_by: str) -> None:
    """Write a picture of the source's size as a Secondary Capture.

    Args:
        source: see `read_source`.
        picture: RGB (H, W, 3) uint8.
        made_by: what tells this result from another of the source.
    """
    capture = SCImage.from_ref_dataset(
        source,
        pixel_array=picture,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),  # asked for, and replaced by the source's
        manufacturer=MAKER,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **_place(source, made_by, "capture", 9001),
    )
    capture.PatientOrientation, capture.Laterality = [], ""
    for name in GEOMETRY:
        if name in source:
            capture[name] = source[name]
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    capture.SourceImageSequence = [reference]
    capture.SeriesDescription = f"{MAKER}: lesions"
    _write(file, capture)


def write_report(
    file: Path,
    source: Dataset,
    found: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    made_by: str,
    version: str,
) -> None:
    """Write the boxes as regions of a Measurement Report, preliminary and unverified.

    Args:
        source, made_by: see `write_capture`.
        found: entries with `category_id`, `bbox` (x, y, width, height in pixels), `score` and `probability`, which
            may be None.
        names: of the categories.
        version: of the bundle.
    """
    device = sr.DeviceObserverIdentifyingAttributes(uid=generate_uid(entropy_srcs=[MAKER]), name=MAKER)
    observer = sr.ObservationContext(
        observer_device_context=sr.ObserverContext(codes.DCM.Device, observer_identifying_attributes=device)
    )
    algorithm = sr.AlgorithmIdentification(name=MAKER, version=version)
    groups: list[Any] = [_count(source, len(found), made_by, algorithm)]
    groups += [
        _region(source, entry, f"{names[entry['category_id']]} {number}", (made_by, str(number)), algorithm)
        for number, entry in enumerate(found, start=1)
    ]
    content = sr.MeasurementReport(observer, procedure_reported=IMAGING, imaging_measurements=groups)
    report = sr.ComprehensiveSR(
        evidence=[source],
        content=content,
        manufacturer=MAKER,
        is_complete=True,
        **_place(source, made_by, "report", 9002),
    )
    report.SeriesDescription = f"{MAKER}: lesions"
    _write(file, report)


def _count(
    source: Dataset, number: int, made_by: str, algorithm: sr.AlgorithmIdentification
) -> sr.MeasurementsAndQualitativeEvaluations:
    """How many boxes there are, of the whole image: a report of none says so."""
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(_uid(source, made_by, "count"), "all"),
        finding_type=LESION,
        algorithm_id=algorithm,
        measurements=[sr.Measurement(NUMBER, number, codes.UCUM.NoUnits)],
        source_images=[sr.SourceImageForMeasurementGroup(source.SOPClassUID, source.SOPInstanceUID)],
    )


def _region(
    source: Dataset,
    entry: Mapping[str, Any],
    name: str,
    identity: Sequence[str],
    algorithm: sr.AlgorithmIdentification,
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """A box as a closed line; DICOM's coordinates begin at the corner of the first pixel, as ours do."""
    x, y, width, height = entry["bbox"]
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]])
    image = sr.SourceImageForRegion(source.SOPClassUID, source.SOPInstanceUID)
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(_uid(source, *identity), name),
        referenced_region=sr.ImageRegion("POLYLINE", corners, image),
        finding_type=LESION,
        algorithm_id=algorithm,
        measurements=[
            sr.Measurement(concept, round(entry[key], 6), codes.UCUM.NoUnits)
            for key, concept in MEASURES.items()
            if entry[key] is not None
        ],
    )


def _place(source: Dataset, made_by: str, kind: str, number: int) -> dict[str, Any]:
    """Series and instance of a result: the results of one series that one bundle made are one series again."""
    series = generate_uid(entropy_srcs=[MAKER, source.SeriesInstanceUID, made_by, kind])
    return {
        "series_instance_uid": series,
        "series_number": number,
        "sop_instance_uid": _uid(source, made_by, kind),
        "instance_number": int(source.get("InstanceNumber") or 1),
    }


def _uid(source: Dataset, *identity: str) -> str:
    return generate_uid(entropy_srcs=[MAKER, source.SOPInstanceUID, *identity])


def _write(file: Path, dataset: Dataset) -> None:
    with atomic_path(file) as temporary:
        dataset.save_as(temporary, enforce_file_format=True)
