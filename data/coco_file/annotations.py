"""Annotations of a COCO file, mended or refused."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.coco import is_region
from data.coco_file.boxes import box_array, check_inside
from data.coco_file.entries import Entry, as_number, is_number, need, whole
from data.coco_file.run_lengths import box_of_runs
from data.errors import UserError

_FLAGS: dict[Any, int] = {None: 0, 0: 0, 1: 1, "0": 0, "1": 1, "false": 0, "true": 1}


def mend_annotations(
    path: Path, annotations: Sequence[Entry], images: Sequence[Entry], categories: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """Ids 1, 2, ...; the image and the category exist; `bbox` is a box, `area` above 0, `iscrowd` 0 or 1.

    Args:
        images, categories: as mended.

    Raises:
        UserError: naming the file and the first annotation with a fault.
    """
    need(path, "annotations", annotations, ("image_id", "category_id"))
    mended = [dict(annotation) for annotation in annotations]
    for annotation in mended:
        annotation["category_id"] = as_number(annotation["category_id"])
        annotation["image_id"] = whole(annotation["image_id"])
    notes = _match_images(path, mended, images)
    _refuse_lost(path, mended, images, categories)
    for annotation in mended:
        annotation["iscrowd"] = _flag(path, annotation, "iscrowd")
        if "ignore" in annotation:
            annotation["ignore"] = _flag(path, annotation, "ignore")
    by_id = {image["id"]: image for image in images}
    notes += _fill_boxes(path, mended, by_id)
    notes += _check_boxes(path, mended, by_id)
    _refuse_turned(path, mended)
    notes += _fill_areas(path, mended) + _repeated(path, mended)
    return mended, notes + _number(path, mended)


def _match_images(path: Path, annotations: list[Entry], images: Sequence[Entry]) -> list[str]:
    """An image's id that is text on one side and a number on the other is the same id."""
    ids = {image["id"] for image in images}
    by_text = {str(image_id): image_id for image_id in ids}
    changed = [
        annotation
        for annotation in annotations
        if not _known(annotation["image_id"], ids) and str(as_number(annotation["image_id"])) in by_text
    ]
    for annotation in changed:
        annotation["image_id"] = by_text[str(as_number(annotation["image_id"]))]
    return [f"{path}: {len(changed)} image ids are text in one place and numbers in another"] if changed else []


def _known(value: Any, ids: set[Any]) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value in ids


def _refuse_lost(
    path: Path, annotations: Sequence[Entry], images: Sequence[Entry], categories: Sequence[Entry]
) -> None:
    image_ids, category_ids = {image["id"] for image in images}, {category["id"] for category in categories}
    lost = [a for a in annotations if not (_known(a["image_id"], image_ids) and _known(a["category_id"], category_ids))]
    if lost:
        raise UserError(f"{path}: {len(lost)} annotations have no image or category; the first is {lost[0]}")


def _flag(path: Path, annotation: Entry, key: str) -> int:
    value = annotation.get(key)
    value = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(value, str | int | float | None) or value not in _FLAGS:
        raise UserError(f"{path}: {key} is {annotation[key]!r}; write 0 or 1. The annotation is {annotation}")
    return _FLAGS[value]


def _fill_boxes(path: Path, annotations: list[Entry], images: dict[Any, Entry]) -> list[str]:
    """An annotation without a box, but with an outline or mask, gets the box around it."""
    bare = [annotation for annotation in annotations if annotation.get("bbox") in (None, [])]
    for annotation in bare:
        try:
            annotation["bbox"] = _box_around(annotation.get("segmentation"), images[annotation["image_id"]])
        except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
            why = f" ({error})" if isinstance(annotation.get("segmentation"), dict) else ""
            raise UserError(
                f"{path}: {len(bare)} annotations have no bbox, and one no outline to take it from{why}; draw the box "
                f"or remove the annotation {annotation}"
            ) from error
    return [f"{path}: {len(bare)} annotations have no bbox: it is taken from their segmentation"] if bare else []


def _box_around(segmentation: Any, image: Entry) -> list[float]:
    """The box around polygons [[x, y, x, y, ...], ...] or a run-length encoded mask of an image.

    Raises:
        ValueError, TypeError, KeyError, IndexError: it is neither, or empty.
    """
    if isinstance(segmentation, dict):
        return box_of_runs(segmentation, (image["width"], image["height"]))
    points = np.concatenate([np.asarray(polygon, float).reshape(-1, 2) for polygon in segmentation])
    low, high = points.min(0), points.max(0)
    return [*low.tolist(), *(high - low).tolist()]


def _check_boxes(path: Path, annotations: Sequence[Entry], images: dict[Any, Entry]) -> list[str]:
    xywh = box_array([annotation["bbox"] for annotation in annotations], f"{path}: annotation")
    lesions = [place for place, annotation in enumerate(annotations) if not is_region(annotation)]
    own = [images[annotations[place]["image_id"]] for place in lesions]
    boxes, sizes = xywh[lesions], np.array([(image["width"], image["height"]) for image in own], float).reshape(-1, 2)
    flat = np.flatnonzero((boxes[:, 2:] == 0).any(1))
    if len(flat):
        raise UserError(
            f"{path}: {len(flat)} lesions have a box without area, the first is {boxes[flat[0]].tolist()} on "
            f"{own[flat[0]]['file_name']}; remove these annotations or draw their boxes again"
        )
    notes = check_inside(boxes, sizes, f"{path}: lesions")
    away = np.flatnonzero(((boxes[:, :2] >= sizes) | (boxes[:, :2] + boxes[:, 2:] <= 0)).any(1))
    if len(away):
        size = sizes[away[0]].astype(int)
        raise UserError(
            f"{path}: {len(away)} lesions lie outside of their images, the first is {boxes[away[0]].tolist()} on "
            f"{own[away[0]]['file_name']} of {size[0]} x {size[1]}; remove these annotations or draw their boxes again"
        )
    return notes


def _refuse_turned(path: Path, annotations: Sequence[Entry]) -> None:
    """CVAT writes a turned rectangle as the box that it was before, and the angle beside it."""
    for annotation in annotations:
        attributes = annotation.get("attributes")
        if isinstance(attributes, dict) and as_number(attributes.get("rotation")) not in (None, 0, ""):
            raise UserError(
                f"{path}: a box is turned by {attributes['rotation']} degrees, so its bbox is not where the lesion is; "
                f"draw it without a turn, or as a polygon, and export again. The annotation is {annotation}"
            )


def _repeated(path: Path, annotations: Sequence[Entry]) -> list[str]:
    """Each copy of a lesion counts, as with pycocotools; only one of them can be found."""
    lesions = Counter((a["image_id"], a["category_id"], *a["bbox"]) for a in annotations if not is_region(a))
    copies = lesions.total() - len(lesions)
    if not copies:
        return []
    return [f"{path}: {copies} lesions are exact copies of others, each counted; were two files joined?"]


def _fill_areas(path: Path, annotations: list[Entry]) -> list[str]:
    """The box decides where the area is missing, no number, or not above 0."""
    bare = [a for a in annotations if not (is_number(a.get("area")) and a["area"] > 0)]
    wrong = [a for a in bare if a.get("area") is not None and math.prod(a["bbox"][2:]) != a["area"]]
    for annotation in bare:
        annotation["area"] = float(annotation["bbox"][2] * annotation["bbox"][3])
    if not wrong:
        return []
    return [f"{path}: {len(wrong)} annotations have an area that is none, though their boxes have one: the box decides"]


def _number(path: Path, annotations: list[Entry]) -> list[str]:
    """Ids from 1: pycocotools takes 0 for nothing, and of two with one id it sees one."""
    ids = [annotation.get("id") for annotation in annotations]
    given = [str(value) for value in ids if value is not None]
    if len(set(given)) == len(ids) and all(type(value) is int and value > 0 for value in ids):
        return []
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    repeated = len(given) - len(set(given))
    return [f"{path}: {repeated} annotation ids are used twice: all are numbered anew"] if repeated else []
