"""The lesions of a COCO annotation file, checked, as arrays."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.coco import groups_of, is_region, lesions_of, load_coco, patient_of, unit_of
from data.errors import UserError
from detect.froc.box_checks import box_array, check_inside, to_corners
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
        UserError: not COCO, a wrong box, a lesion without area, lesions normalized or written as corners, an image
            without size, a category id that is no integer, or no lesion at all; the text names the file.
    """
    coco = load_coco(path)
    if not lesions_of(coco):
        raise UserError(
            f"{path}: no image has a lesion, and sensitivity is not defined without; give a test set with boxes"
        )
    return _ground_truth(path, coco)


def read_lesion_free(path: str | os.PathLike[str]) -> GroundTruth:
    """Read a COCO annotation file of images without lesions: every detection on them is a false positive.

    Regions are refused too: detections on them would not be counted.

    Raises:
        MissingFileError: no such file.
        UserError: not COCO, an image without size, a category id that is no integer, no image at all, or an
            annotation; the text names the file.
    """
    coco = load_coco(path)
    if coco["annotations"]:
        raise UserError(
            f"{path}: {len(coco['annotations'])} annotations, but these images should have no lesion; leave out the "
            "images with boxes"
        )
    if not coco["images"]:
        raise UserError(f"{path}: no images; give a set of images without lesions")
    return _ground_truth(path, coco)


def groups_with_lesions(truth: GroundTruth) -> int:
    """Return how many patients (or images, where patients are not known) have a lesion."""
    return len({truth.groups[image] for image in truth.lesions.image})


def set_counts(truth: GroundTruth) -> dict[str, int]:
    """Count patients (where they are known), images, images without lesions and lesions."""
    images = len(truth.image_ids)
    people = {"patients": len(set(truth.groups))} if truth.grouped_by == "patient" else {}
    negatives = images - len(set(truth.lesions.image.tolist()))
    return people | {"images": images, "images without lesions": negatives, "lesions": len(truth.lesions.image)}


def _ground_truth(path: str | os.PathLike[str], coco: dict[str, Any]) -> GroundTruth:
    images, annotations = coco["images"], coco["annotations"]
    ignored = np.array([is_region(a) for a in annotations], bool)
    _check_category_ids(path, coco["categories"])
    sizes = _image_sizes(path, images)
    rows = {image["id"]: row for row, image in enumerate(images)}
    row = np.array([rows[a["image_id"]] for a in annotations], np.int64)
    labels = np.array([a["category_id"] for a in annotations], np.int64)
    xywh = box_array([a.get("bbox") for a in annotations], f"{path}: annotation")
    file_names = [image["file_name"] for image in images]
    _check_areas(path, xywh[~ignored], [file_names[i] for i in row[~ignored]])
    notes = check_inside(xywh[~ignored], sizes[row[~ignored]], f"{path}: lesions") + _repeated_ids(path, annotations)
    if ignored.any():
        notes.append(f"{ignored.sum()} crowd or ignore annotations: detections on them are not counted.")
    unknown = sum(patient_of(image) is None for image in images)
    return GroundTruth(
        image_ids=list(rows),
        file_names=file_names,
        sizes=sizes,
        spacing=np.array([_spacing(image) for image in images]),
        lesions=Boxes(row[~ignored], to_corners(xywh[~ignored]), labels[~ignored]),
        regions=Boxes(row[ignored], to_corners(xywh[ignored]), labels[ignored]),
        groups=groups_of(images),
        grouped_by=unit_of(images),
        categories={c["id"]: c["name"] for c in coco["categories"]},
        notes=notes + group_notes(unknown, len(images)),
    )


def _image_sizes(path: str | os.PathLike[str], images: Sequence[dict[str, Any]]) -> FloatArray:
    """Return (I, 2) width, height in pixels."""
    for image in images:
        size = image["width"], image["height"]
        if not all(isinstance(side, int | float) and 0 < side < np.inf for side in size):
            raise UserError(
                f"{path}: the image {image['file_name']} has width {size[0]!r} and height {size[1]!r}; write its size "
                "in pixels, two numbers above 0"
            )
    return np.array([[image["width"], image["height"]] for image in images], float)


def _check_areas(path: str | os.PathLike[str], xywh: FloatArray, file_names: Sequence[str]) -> None:
    """Refuse lesions that no detection can hit: each would lower every sensitivity."""
    flat = np.flatnonzero((xywh[:, 2:] == 0).any(1))
    if len(flat):
        raise UserError(
            f"{path}: {len(flat)} lesions have a box without area, the first is {xywh[flat[0]].tolist()} on "
            f"{file_names[flat[0]]}; remove these annotations or draw their boxes again"
        )


def _repeated_ids(path: str | os.PathLike[str], annotations: Sequence[dict[str, Any]]) -> list[str]:
    ids = [a["id"] for a in annotations if "id" in a]
    repeated = len(ids) - len(set(ids))
    if repeated == 0:
        return []
    return [
        f"{path}: {repeated} annotation ids are used twice. All lesions count here; tools that look lesions up by id "
        "lose some."
    ]


def _spacing(image: dict[str, Any]) -> tuple[float, float]:
    try:
        row_mm, column_mm = map(float, image["pixel_spacing"])
    except (KeyError, TypeError, ValueError):
        return np.nan, np.nan
    return row_mm, column_mm


def _check_category_ids(path: str | os.PathLike[str], categories: Sequence[dict[str, Any]]) -> None:
    wrong = [category["id"] for category in categories if not isinstance(category["id"], int)]
    if wrong:
        raise UserError(f"{path}: the category id {wrong[0]!r} is no integer; number the categories 1, 2, ...")
