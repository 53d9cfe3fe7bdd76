"""RSNA Pneumonia Detection Challenge (2018): chest radiographs with boxes around lung opacities.

26,684 training images (DICOM, 1024 x 1024), 6,012 with 9,555 boxes; the others are negatives and are kept. The images
are those of NIH ChestX-ray14 (Wang et al., CVPR 2017), labeled anew (Shih et al., Radiology: AI 2019). `patientId`
names an image, not a person: many persons have several images, so a split by `patientId` puts persons on both sides.
The person table, which links each image to its NIH file, mends that. It is made from the matching table of
torchxrayvision (Cohen et al., MIDL 2022; scripts/CrossReferenceWithNIH), which compared the pixels.
"""

import os
import warnings
from collections.abc import Container
from pathlib import Path
from typing import Any

import pandas as pd

from data.coco import ImageRecord, LesionBox
from data.errors import UserError
from data.images.find import find_images, png_name
from data.readers.errors import DatasetNotFound

CATEGORIES = ("Lung Opacity",)

_NAME = "RSNA Pneumonia Detection Challenge"
_WHERE = "https://www.rsna.org/rsnai/ai-image-challenge/rsna-pneumonia-detection-challenge-2018 (Kaggle account needed)"
_PERSON_COLUMNS = ["patientId", "nih_image", "class", "match"]
_PERSON_TABLE = (
    f"CSV {','.join(_PERSON_COLUMNS)}, made from the matching of RSNA and NIH images in "
    "https://github.com/mlmed/torchxrayvision, scripts/CrossReferenceWithNIH"
)
_SHAPE = f"""  SRC/stage_2_train_labels.csv            patientId,x,y,width,height,Target (may be .csv.gz)
  SRC/stage_2_train_images/<patientId>.dcm  or SRC/images/; DICOM, PNG or JPEG
  SRC/stage_2_class_and_nih_image.csv     person table (may be .csv.gz); without it a split is by image, not by person:
      {_PERSON_TABLE}"""
_LABEL_COLUMNS = ["patientId", "x", "y", "width", "height", "Target"]


def check_source(
    src: str | os.PathLike[str], labels_csv: str | None = None, images_dir: str | None = None
) -> tuple[Path, Path]:
    """Find the label table and the image folder below `src`.

    Args:
        labels_csv, images_dir: names relative to `src`; by default those of the challenge.

    Returns:
        The label table and the image folder.

    Raises:
        DatasetNotFound: one of them is not there.
    """
    src = Path(src)
    if not src.is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    names = [labels_csv] if labels_csv else ["stage_2_train_labels.csv", "stage_2_train_labels.csv.gz"]
    tables = [src / name for name in names if (src / name).is_file()]
    if not tables:
        raise DatasetNotFound(_NAME, src, f"no label table {' or '.join(names)}", _WHERE, _SHAPE)
    names = [images_dir] if images_dir else ["stage_2_train_images", "images"]
    folders = [src / name for name in names if (src / name).is_dir()]
    if not folders:
        raise DatasetNotFound(_NAME, src, f"no image folder {' or '.join(names)}", _WHERE, _SHAPE)
    return tables[0], folders[0]


def read_records(
    src: str | os.PathLike[str],
    labels_csv: str | None = None,
    images_dir: str | None = None,
    person_table: str | os.PathLike[str] | None = None,
    allow_missing: bool = False,
) -> list[ImageRecord]:
    """Read the challenge's tables. Image files are found, not opened: width and height are 0.

    Args:
        person_table: CSV patientId,nih_image,class,match; by default `SRC/stage_2_class_and_nih_image.csv[.gz]` if it
            is there. Without one a warning is given and `patient_id` is None. With one, an image without a row or whose
            `match` is not "exact" (101 of 26,684) counts as a person of its own, "image-<id>": its NIH file is not
            known for sure.
        allow_missing: leave out rows without an image file, with a warning, instead of raising.

    Returns:
        One record an image in the order of the table, boxes in its pixels; `extra` has `rsna_id` and, from the person
        table, `rsna_class`.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: wrong columns, contradicting rows, two files for an image, or (unless `allow_missing`) rows without
            an image file.
    """
    table, folder = check_source(src, labels_csv, images_dir)
    boxes = _read_boxes(table)
    files = _find_files(folder, boxes)
    missing = [image_id for image_id in boxes if image_id not in files]
    if missing:
        text = f"{table}: {len(missing)} of {len(boxes)} images have no file in {folder}; the first is {missing[0]}"
        if not allow_missing or len(missing) == len(boxes):
            raise UserError(f"{text}. Complete the folder, or allow missing images (--allow-missing)")
        warnings.warn(f"{text}. They are left out.", stacklevel=2)
    persons = read_persons(Path(src), person_table)
    records = []
    for image_id, image_boxes in boxes.items():
        if image_id not in files:
            continue
        patient, extra = (None, {}) if persons is None else persons.get(image_id, (f"image-{image_id}", {}))
        source = folder / files[image_id]
        records.append(
            ImageRecord(
                source, f"images/{source.name}", 0, 0, patient, image_boxes, extra={"rsna_id": image_id} | extra
            )
        )
    return records


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
    rows = _read_table(table, _LABEL_COLUMNS)
    twice = int(rows.duplicated(_LABEL_COLUMNS).sum())
    if twice:
        warnings.warn(f"{table}: {twice} rows are given twice; each counts once", stacklevel=3)
    boxes: dict[str, list[LesionBox]] = {}
    targets: dict[str, int] = {}
    for image_id, x, y, width, height, target in rows.drop_duplicates(_LABEL_COLUMNS).itertuples(index=False):
        if target not in (0, 1) or targets.setdefault(image_id, target) != target:
            raise UserError(f"{table}: image {image_id} has Target {target}; expected 0 or 1, the same in all its rows")
        image_boxes = boxes.setdefault(image_id, [])
        if target == 1:
            if not (width > 0 and height > 0 and x == x and y == y):
                raise UserError(f"{table}: image {image_id} has Target 1 but the box {x}, {y}, {width}, {height}")
            image_boxes.append((float(x), float(y), float(width), float(height), CATEGORIES[0]))
    return boxes


def read_persons(
    src: Path, person_table: str | os.PathLike[str] | None
) -> dict[str, tuple[str, dict[str, Any]]] | None:
    """Image id to (person, extra); None without a person table."""
    if person_table is None:
        names = ("stage_2_class_and_nih_image.csv", "stage_2_class_and_nih_image.csv.gz")
        person_table = next((src / name for name in names if (src / name).is_file()), None)
    if person_table is None:
        warnings.warn(
            f"{src}: no person table. In the RSNA data `patientId` names an image, not a person, so a split will put "
            f"images of one person on both sides. Give a person table (--person-table): {_PERSON_TABLE}",
            stacklevel=3,
        )
        return None
    persons = {}
    for image_id, nih_image, rsna_class, match in _read_table(Path(person_table), _PERSON_COLUMNS).itertuples(
        index=False
    ):
        person = nih_image[:8] if match == "exact" else f"image-{image_id}"
        persons[image_id] = (person, {"rsna_class": rsna_class})
    return persons


def _read_table(table: Path, columns: list[str]) -> pd.DataFrame:
    try:
        rows = pd.read_csv(table, dtype={"patientId": str, "nih_image": str, "match": str})
    except (OSError, ValueError) as error:
        raise UserError(f"{table}: not a readable CSV table ({error})") from error
    absent = [column for column in columns if column not in rows.columns]
    if absent:
        raise UserError(f"{table}: no column {', '.join(absent)}; expected {','.join(columns)}")
    return rows[columns]
