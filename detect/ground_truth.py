"""The lesions of a COCO annotation file, checked, as arrays."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.coco import load_coco
from detect.box_checks import box_array, check_inside, to_corners
from detect.matching import Boxes, FloatArray


@dataclass(frozen=True)
class GroundTruth:
    """The lesions of a set.

    Attributes:
        image_ids: (I,) ids in the order of the file; it is the order of every array "per image".
        file_names: (I,).
        sizes: (I, 2) width and height in pixels.
        spacing: (I, 2) mm between neighboring rows and columns ("pixel_spacing" of the image); NaN where not given.
        lesions: what is to be found.
        regions: boxes in which detections are neither right nor wrong: annotations with "iscrowd" or "ignore".
        groups: (I,) what the bootstrap draws: the patient, or the image where patients are not known.
        grouped_by: "patient" or "image".
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
        FileNotFoundError: no such file.
        ValueError: not COCO, a box without area or written as corners, or no lesion at all; the text names the file.
    """
    coco = load_coco(path)
    ignored = [a for a in coco["annotations"] if a.get("iscrowd") or a.get("ignore")]
    annotations = [a for a in coco["annotations"] if not (a.get("iscrowd") or a.get("ignore"))]
    if not annotations:
        raise ValueError(
            f"{path}: no image has a lesion, and sensitivity is not defined without; give a test set with boxes"
        )
    images = coco["images"]
    _check_areas(path, images, annotations)
    sizes = np.array([[image["width"], image["height"]] for image in images], float)
    rows = {image["id"]: row for row, image in enumerate(images)}
    lesions = _boxes(annotations, rows, f"{path}: annotation")
    xywh = np.concatenate([lesions.corners[:, :2], lesions.corners[:, 2:] - lesions.corners[:, :2]], 1)
    notes = check_inside(xywh, sizes[lesions.image], f"{path}: lesions")
    ids = [a["id"] for a in coco["annotations"] if "id" in a]
    if len(set(ids)) < len(ids):
        notes.append(
            f"{path}: {len(ids) - len(set(ids))} annotation ids are used twice. All lesions count here; tools that "
            "look lesions up by id lose some."
        )
    if ignored:
        notes.append(f"{len(ignored)} crowd or ignore annotations: detections on them are not counted.")
    groups, grouped_by, group_notes = _groups(images)
    return GroundTruth(
        image_ids=list(rows),
        file_names=[image["file_name"] for image in images],
        sizes=sizes,
        spacing=np.array([image.get("pixel_spacing") or [np.nan, np.nan] for image in images], float),
        lesions=lesions,
        regions=_boxes(ignored, rows, f"{path}: annotation"),
        groups=groups,
        grouped_by=grouped_by,
        categories={c["id"]: c["name"] for c in coco["categories"]},
        notes=notes + group_notes,
    )


def _groups(images: Sequence[dict[str, Any]]) -> tuple[list[str], str, list[str]]:
    patients = [image.get("patient_id") for image in images]
    if all(patient not in (None, "") for patient in patients):
        return [str(patient) for patient in patients], "patient", []
    note = "Not every image has a patient_id: the bootstrap draws images, which is too sure where patients repeat."
    return [str(image["id"]) for image in images], "image", [note]


def _boxes(annotations: Sequence[dict[str, Any]], rows: dict[Any, int], name: str) -> Boxes:
    return Boxes(
        np.array([rows[a["image_id"]] for a in annotations], np.int64),
        to_corners(box_array([a["bbox"] for a in annotations], name)),
        np.array([a["category_id"] for a in annotations], np.int64),
    )


def _check_areas(
    path: str | os.PathLike[str], images: Sequence[dict[str, Any]], annotations: Sequence[dict[str, Any]]
) -> None:
    """Refuse lesions that no detection can hit: each would lower every sensitivity."""
    flat = [a for a in annotations if not (len(a["bbox"]) == 4 and a["bbox"][2] > 0 and a["bbox"][3] > 0)]
    if flat:
        name = next(image["file_name"] for image in images if image["id"] == flat[0]["image_id"])
        raise ValueError(
            f"{path}: {len(flat)} lesions have a box without area, the first is {flat[0]['bbox']} on {name}; "
            "remove these annotations or draw their boxes again"
        )
