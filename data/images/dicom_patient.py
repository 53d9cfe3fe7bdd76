"""Who is on a DICOM image, under a name that does not tell."""

import hashlib
import os

import pydicom

_KEYWORDS = ["PatientID", "IssuerOfPatientID"]


def dicom_patient(path: str | os.PathLike[str], key: bytes = b"", plain: bool = False) -> str | None:
    """The person of a DICOM file: a hash of PatientID (0010,0020) and its issuer, the same for all images of a person.

    Ids are often short numbers, and whoever knows all of them can try which one has a hash. A secret key prevents that;
    sets that are made with the same key name a person alike.

    Args:
        key: at most 64 bytes.
        plain: give the PatientID itself.

    Returns:
        "dicom-" and 16 hexadecimal digits, or the id; None for a file that is not DICOM, a damaged header, or an empty
        id.
    """
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_KEYWORDS)
        patient, issuer = (str(header.get(keyword) or "").strip() for keyword in _KEYWORDS)
    except Exception:  # pydicom raises many kinds on damaged files
        return None
    if not patient or plain:
        return patient or None
    digest = hashlib.blake2b(f"{issuer}\0{patient}".encode(), key=key, digest_size=8)
    return f"dicom-{digest.hexdigest()}"
