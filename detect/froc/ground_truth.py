"""The lesions of a COCO annotation file, checked, as arrays."""

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.coco import groups_of, is_region, lesions_of, patient_of, unit_of
from data.coco_file.boxes import to_corners
from data.coco_file.read import read_coco
from data.errors import UserError
from detect.froc.matching import Boxes, FloatArray
from reporting.resampling import group_notes


@dataclass(frozen=True)
class GroundTruth:
    """The lesions of a set.

    Attributes:
        image_ids: (I,) ids in the order of the file; it is the order of every array "per image".
        file_names: (I,).
        sizes: (I, 2) width and height in pixels.
        spacing: (I, 2) mm between neighboring rows and columns ("pixel_spacing" of the image); NaN where that is
            not two numbers.
        lesions: what is to be found.
        regions: boxes in which detections are neither right nor wrong: annotations with "iscrowd" or "ignore".
        groups: (I,) what the bootstrap draws: the patient, or the image where the patient is not known.
        grouped_by: "patient", or "image" where no patient is known.
        categories: name of each category id.
        notes: what a reader of the result has to know.
    """

    image_ids: list[Any]
    file_names: list[str]
    sizes: FloatArray
    spacing: FloatArray
    lesions: Boxes
    regions: Boxes
    groups: list[str]
    grouped_by: str
    categories: dict[Any, str]
    notes: list[str] = field(default_factory=list)


def read_ground_truth(path: str | os.PathLike[str]) -> GroundTruth:
    """Read a COCO annotation file.

    Raises:
        MissingFileError: no such file.
        UserError: not COCO or not to be mended, see `data.coco_file.read.read_coco`, or no lesion at all; the text
            names the file.
    """
    coco, notes = read_coco(path)
    if not lesions_of(coco):
        raise UserError(
            f"{path}: no image has a lesion, and sensitivity is not defined without; give a test set with boxes"
        )
    return _ground_truth(coco, notes)


def read_lesion_free(path: str | os.PathLike[str]) -> GroundTruth:
    """Read a COCO annotation file of images without lesions: every detection on them is a false positive.

    Regions are refused too: detections on them would not be counted.

    Raises:
        MissingFileError: no such file.
        UserError: not COCO or not to be mended, no image at all, or an annotation; the text names the file.
    """
    coco, notes = read_coco(path)
    if coco["annotations"]:
        raise UserError(
            f"{path}: {len(coco['annotations'])} annotations, but these images should have no lesion; leave out the "
            "images with boxes"
        )
    if not coco["images"]:
        raise UserError(f"{path}: no images; give a set of images without lesions")
    return _ground_truth(coco, notes)


def groups_with_lesions(truth: GroundTruth) -> int:
    """Return how many patients (or images, where patients are not known) have a lesion."""
    return len({truth.groups[image] for image in truth.lesions.image})


def set_counts(truth: GroundTruth) -> dict[str, int]:
    """Count patients (where they are known), images, images without lesions and lesions."""
    images = len(truth.image_ids)
    people = {"patients": len(set(truth.groups))} if truth.grouped_by == "patient" else {}
    negatives = images - len(set(truth.lesions.image.tolist()))
    return people | {"images": images, "images without lesions": negatives, "lesions": len(truth.lesions.image)}


def _ground_truth(coco: dict[str, Any], notes: list[str]) -> GroundTruth:
    images, annotations = coco["images"], coco["annotations"]
    ignored = np.array([is_region(a) for a in annotations], bool)
    sizes = np.array([[image["width"], image["height"]] for image in images], float).reshape(-1, 2)
    rows = {image["id"]: row for row, image in enumerate(images)}
    row = np.array([rows[a["image_id"]] for a in annotations], np.int64)
    labels = np.array([a["category_id"] for a in annotations], np.int64)
    xywh = np.array([a["bbox"] for a in annotations], float).reshape(-1, 4)
    if ignored.any():
        notes = [*notes, f"{ignored.sum()} crowd or ignore annotations: detections on them are not counted."]
    unknown = sum(patient_of(image) is None for image in images)
    return GroundTruth(
        image_ids=list(rows),
        file_names=[image["file_name"] for image in images],
        sizes=sizes,
        spacing=np.array([_spacing(image) for image in images]),
        lesions=Boxes(row[~ignored], to_corners(xywh[~ignored]), labels[~ignored]),
        regions=Boxes(row[ignored], to_corners(xywh[ignored]), labels[ignored]),
        groups=groups_of(images),
        grouped_by=unit_of(images),
        categories={c["id"]: c["name"] for c in coco["categories"]},
        notes=notes + group_notes(unknown, len(images)),
    )


def _spacing(image: dict[str, Any]) -> tuple[float, float]:
    try:
        row_mm, column_mm = map(float, image["pixel_spacing"])
    except (KeyError, TypeError, ValueError):
        return np.nan, np.nan
    return (row_mm, column_mm) if np.isfinite([row_mm, column_mm]).all() else (np.nan, np.nan)
