"""Any image set with one folder per class, such as the seven modalities of paper 001.

The person of a DICOM image is its PatientID, hashed. Of other images the person is not known: `patient_id` is None, and
a split may put images of one person on both sides.
"""

import os
from argparse import ArgumentParser
from pathlib import Path

from data.coco import ImageRecord
from data.errors import MissingFileError
from data.images.find import find_images, has_images
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.lung_masks import without_masks
from data.readers.reader import ALL, Reader, SourceData

_SHAPE = """  SRC/<class name>/*.png            two classes at least; PNG, JPEG, TIFF or DICOM
  SRC/<class name>/images/*.png     or so, beside other folders such as masks/, which are left out"""


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--patient-key-file",
        metavar="FILE",
        help="secret key by which the PatientIDs of DICOM images are hashed",
    )
    parser.add_argument("--plain-patient-ids", action="store_true", help="write PatientIDs of DICOM images unhashed")


def check_source(src: str | os.PathLike[str]) -> None:
    """Make sure that there are at least two classes.

    Raises:
        DatasetNotFound: there are fewer.
    """
    count = len(_class_names(Path(src)))
    if count < 2:
        where = "your own data, or any public set with one folder per class"
        raise DatasetNotFound("Class folders", src, f"{count} folders with images", where, _SHAPE)


def read(
    src: str | os.PathLike[str],
    patient_key_file: str | os.PathLike[str] | None = None,
    plain_patient_ids: bool = False,
) -> SourceData:
    """Records with one-hot labels; the label names are those of the folders, sorted. Width and height are 0.

    Args:
        patient_key_file, plain_patient_ids: key and `plain` of `data.images.dicom_patient.dicom_patient`.

    Raises:
        DatasetNotFound: see `check_source`.
        MissingFileError: there is no such key file.
    """
    from data.images.dicom_patient import dicom_patient  # pydicom takes a while to load, and `--help` needs none

    check_source(src)
    if patient_key_file is not None and not Path(patient_key_file).is_file():
        raise MissingFileError(f"--patient-key-file {patient_key_file}: no such file")
    key = Path(patient_key_file).read_bytes().strip()[:64] if patient_key_file is not None else b""
    names = _class_names(Path(src))
    records = []
    for index, name in enumerate(names):
        folder = _image_folder(Path(src) / name)
        one_hot: list[int | None] = [int(i == index) for i in range(len(names))]
        for file in without_masks(find_images(folder)):
            file_name = f"images/{name}/{file.as_posix()}"
            patient = dicom_patient(folder / file, key, plain_patient_ids)
            records.append(ImageRecord(folder / file, file_name, 0, 0, patient, labels=one_hot))
    return SourceData({ALL: records}, label_names=names)


def _class_names(src: Path) -> list[str]:
    """The folders of `src` that hold images, sorted; none where there is no such folder."""
    folders = sorted(p for p in src.iterdir() if p.is_dir() and not p.name.startswith(".")) if src.is_dir() else []
    return [folder.name for folder in folders if has_images(_image_folder(folder))]


def _image_folder(folder: Path) -> Path:
    return folder / "images" if (folder / "images").is_dir() else folder


READER = Reader("class_folders", __doc__, check_source, read, add_options)
