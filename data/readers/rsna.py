"""RSNA Pneumonia Detection Challenge (2018): chest radiographs with boxes around lung opacities.

26,684 training images (DICOM, 1024 x 1024), 6,012 with 9,555 boxes; the others are negatives and are kept. The images
are those of NIH ChestX-ray14 (Wang et al., CVPR 2017), labeled anew (Shih et al., Radiology: AI 2019). `patientId`
names an image, not a person: many persons have several images, so a split by `patientId` puts persons on both sides.
The person table of `data.readers.parts.rsna_persons` mends that.
"""

import os
import warnings
from argparse import ArgumentParser
from collections.abc import Container
from pathlib import Path
from typing import Any

from data.coco import ImageRecord, LesionBox
from data.errors import UserError
from data.images.find import find_images, png_name
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.missing import add_allow_missing, check_missing
from data.readers.parts.rsna_persons import PERSON_TABLE, read_persons
from data.readers.parts.tables import read_table
from data.readers.reader import ALL, Reader, SourceData

CATEGORIES = ("Lung Opacity",)

_NAME = "RSNA Pneumonia Detection Challenge"
_WHERE = "https://www.rsna.org/rsnai/ai-image-challenge/rsna-pneumonia-detection-challenge-2018 (Kaggle account needed)"
_SHAPE = f"""  SRC/stage_2_train_labels.csv            patientId,x,y,width,height,Target (may be .csv.gz)
  SRC/stage_2_train_images/<patientId>.dcm  or SRC/images/; DICOM, PNG or JPEG
  SRC/stage_2_class_and_nih_image.csv     person table (may be .csv.gz); without it a split is by image, not by person:
      {PERSON_TABLE}"""
_COLUMNS = ["patientId", "x", "y", "width", "height", "Target"]


def add_options(parser: ArgumentParser) -> None:
    add_allow_missing(parser)
    parser.add_argument("--person-table", help="CSV patientId,nih_image,class,match; splits by person, not by image")
    parser.add_argument("--labels-csv", help="label table below SRC (default stage_2_train_labels.csv)")
    parser.add_argument("--images-dir", help="image folder below SRC (default stage_2_train_images or images)")


def check_source(src: str | os.PathLike[str], labels_csv: str | None = None, images_dir: str | None = None) -> None:
    """Make sure that the label table and the image folder are there.

    Args:
        labels_csv, images_dir: names relative to `src`; by default those of the challenge.

    Raises:
        DatasetNotFound: one of them is not.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    _label_table(Path(src), labels_csv)
    _image_folder(Path(src), images_dir)


def read(
    src: str | os.PathLike[str],
    labels_csv: str | None = None,
    images_dir: str | None = None,
    person_table: str | os.PathLike[str] | None = None,
    allow_missing: bool = False,
) -> SourceData:
    """Read the challenge's tables: one record per image in the order of the label table, boxes in its pixels.

    Width and height are 0. `extra` has `rsna_id` and, from the person table, `rsna_class`.

    Args:
        labels_csv, images_dir: see `check_source`.
        person_table: CSV patientId,nih_image,class,match; by default `SRC/stage_2_class_and_nih_image.csv[.gz]` if it
            is there. Without one a warning is given and `patient_id` is None. With one, an image without a row counts
            as a person of its own, "image-<id>", like one whose match is doubtful.
        allow_missing: leave out rows without an image file, with a warning, instead of raising.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: wrong columns, contradicting rows, two files for an image, or (unless `allow_missing`) rows without
            an image file.
    """
    check_source(src, labels_csv, images_dir)
    table, folder = _label_table(Path(src), labels_csv), _image_folder(Path(src), images_dir)
    boxes = _read_boxes(table)
    files = _find_files(folder, boxes)
    missing = [image_id for image_id in boxes if image_id not in files]
    remedy = "Complete the folder, or allow missing images (--allow-missing)"
    check_missing(table, missing, len(boxes), f"have no file in {folder}", remedy, allow_missing)
    persons = read_persons(Path(src), person_table)
    records = [
        _record(image_id, folder / files[image_id], image_boxes, persons)
        for image_id, image_boxes in boxes.items()
        if image_id in files
    ]
    return SourceData({ALL: records}, CATEGORIES)


def _record(
    image_id: str, source: Path, boxes: list[LesionBox], persons: dict[str, tuple[str, dict[str, Any]]] | None
) -> ImageRecord:
    patient, extra = (None, {}) if persons is None else persons.get(image_id, (f"image-{image_id}", {}))
    return ImageRecord(source, f"images/{source.name}", 0, 0, patient, boxes, extra={"rsna_id": image_id} | extra)


def _label_table(src: Path, name: str | None) -> Path:
    names = [name] if name else ["stage_2_train_labels.csv", "stage_2_train_labels.csv.gz"]
    table = next((src / name for name in names if (src / name).is_file()), None)
    if table is None:
        raise DatasetNotFound(_NAME, src, f"no label table {' or '.join(names)}", _WHERE, _SHAPE)
    return table


def _image_folder(src: Path, name: str | None) -> Path:
    names = [name] if name else ["stage_2_train_images", "images"]
    folder = next((src / name for name in names if (src / name).is_dir()), None)
    if folder is None:
        raise DatasetNotFound(_NAME, src, f"no image folder {' or '.join(names)}", _WHERE, _SHAPE)
    return folder


def _find_files(folder: Path, image_ids: Container[str]) -> dict[str, Path]:
    """Image id to its file, relative to `folder`."""
    files: dict[str, Path] = {}
    for path in find_images(folder):
        image_id = png_name(path).stem
        if image_id in files and image_id in image_ids:
            raise UserError(
                f"{folder / files[image_id]} and {folder / path} are both image {image_id}; remove or move one"
            )
        files[image_id] = path
    return files


def _read_boxes(table: Path) -> dict[str, list[LesionBox]]:
    """Image id to its boxes, in the order of the table; a negative has none. A row given twice counts once."""
    rows = read_table(table, _COLUMNS, _COLUMNS[1:], dtype={"patientId": str})[_COLUMNS]
    twice = int(rows.duplicated().sum())
    if twice:
        warnings.warn(f"{table}: {twice} rows are given twice; each counts once", stacklevel=3)
    boxes: dict[str, list[LesionBox]] = {}
    targets: dict[str, int] = {}
    for image_id, x, y, width, height, target in rows.drop_duplicates().itertuples(index=False):
        if target not in (0, 1) or targets.setdefault(image_id, target) != target:
            raise UserError(f"{table}: image {image_id} has Target {target}; expected 0 or 1, the same in all its rows")
        image_boxes = boxes.setdefault(image_id, [])
        if target == 1:
            if not (width > 0 and height > 0 and x == x and y == y):
                raise UserError(f"{table}: image {image_id} has Target 1 but the box {x}, {y}, {width}, {height}")
            image_boxes.append((float(x), float(y), float(width), float(height), CATEGORIES[0]))
    return boxes


READER = Reader("rsna", __doc__, check_source, read, add_options)
