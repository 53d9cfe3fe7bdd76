"""COCO files in, matched detections out: the checks, and the step from JSON to the arrays of `detect.froc`."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data.coco import load_coco
from detect.froc import FloatArray, MatchedSet, Matching, match_image


@dataclass(frozen=True)
class GroundTruth:
    """The lesions of a set.

    Attributes:
        image_ids: (I,) ids in the order of the file; it is the order of every array "per image".
        boxes, labels: for each image, lesions (M, 4) as x1, y1, x2, y2 and their category ids (M,).
        groups: (I,) what the bootstrap draws: the patient, or the image where patients are not known.
        grouped_by: "patient" or "image".
        categories: name of each category id.
        notes: what a reader of the result has to know.
    """

    image_ids: list[int]
    boxes: list[FloatArray]
    labels: list[np.ndarray]
    groups: list[str]
    grouped_by: str
    categories: dict[int, str]
    notes: list[str] = field(default_factory=list)


def read_ground_truth(path: str | os.PathLike[str]) -> GroundTruth:
    """Read a COCO annotation file. Crowd annotations are left out, with a note.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not COCO, a box without area, or no lesion at all; the text names the file.
    """
    coco = load_coco(path)
    crowd = sum(bool(a.get("iscrowd", 0)) for a in coco["annotations"])
    annotations = [a for a in coco["annotations"] if not a.get("iscrowd", 0)]
    if not annotations:
        raise ValueError(
            f"{path}: no image has a lesion, and sensitivity is not defined without; give a test set with boxes"
        )
    image_ids = [image["id"] for image in coco["images"]]
    boxes, labels = _per_image(annotations, image_ids, f"{path}: annotation")
    _check_areas(path, coco["images"], annotations)
    patients = [image.get("patient_id") for image in coco["images"]]
    by_patient = all(patient not in (None, "") for patient in patients)
    notes = [f"{crowd} crowd annotations were left out."] if crowd else []
    if not by_patient:
        notes.append(
            "Not every image has a patient_id: the bootstrap draws images, which is too sure where patients repeat."
        )
    return GroundTruth(
        image_ids,
        boxes,
        labels,
        groups=[str(g) for g in (patients if by_patient else image_ids)],
        grouped_by="patient" if by_patient else "image",
        categories={c["id"]: c["name"] for c in coco["categories"]},
        notes=notes,
    )


def _check_areas(
    path: str | os.PathLike[str], images: Sequence[dict[str, Any]], annotations: Sequence[dict[str, Any]]
) -> None:
    """Refuse lesions that no detection can hit: each would lower every sensitivity."""
    flat = [a for a in annotations if not (a["bbox"][2] > 0 and a["bbox"][3] > 0)]
    if flat:
        name = next(image["file_name"] for image in images if image["id"] == flat[0]["image_id"])
        raise ValueError(
            f"{path}: {len(flat)} lesions have a box without area, the first is {flat[0]['bbox']} on {name}; "
            "remove these annotations or draw their boxes again"
        )


def read_results(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read a COCO results list: `[{"image_id", "category_id", "bbox": [x, y, w, h], "score"}, ...]`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not JSON, or not a list of such entries; the text names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such results file; tools/test.py writes it as predictions.bbox.json")
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not a JSON file ({error})") from error
    if not isinstance(results, list):
        raise ValueError(f"{path}: a COCO results file is a list of detections, this is a {type(results).__name__}")
    return results


def match_results(
    truth: GroundTruth,
    results: Sequence[dict[str, Any]],
    iou_thr: float = 0.5,
    matching: Matching = "iou",
    name: str = "results",
) -> MatchedSet:
    """Check a COCO results list and match it with the lesions, image by image.

    Args:
        name: what error messages call the results, for example their file.

    Raises:
        ValueError: an entry lacks a field, an image or category is unknown, a score or a box is not finite, or a size
            is negative.
    """
    _check_results(results, truth, name)
    boxes, labels = _per_image(results, truth.image_ids, f"{name}: detection")
    rows = {image_id: row for row, image_id in enumerate(truth.image_ids)}
    image = np.array([rows[r["image_id"]] for r in results], np.int64)
    by_image = np.argsort(image, kind="stable")
    all_scores = np.array([r["score"] for r in results], float)[by_image]
    counts = [len(b) for b in boxes]
    scores = np.split(all_scores, np.cumsum(counts)[:-1])
    hits = [
        match_image(*one_image, iou_thr=iou_thr, matching=matching)
        for one_image in zip(boxes, scores, labels, truth.boxes, truth.labels, strict=True)
    ]
    lesions = np.array([len(b) for b in truth.boxes], np.int64)
    return MatchedSet(all_scores, np.concatenate(hits), image[by_image], lesions)


def _check_results(results: Sequence[dict[str, Any]], truth: GroundTruth, name: str) -> None:
    needed = {"image_id", "category_id", "bbox", "score"}
    for index, result in enumerate(results):
        if not isinstance(result, dict) or not needed <= result.keys():
            raise ValueError(f"{name}: detection {index} is no object with {', '.join(sorted(needed))}: {result}")
    unknown = {r["image_id"] for r in results} - set(truth.image_ids)
    if unknown:
        raise ValueError(
            f"{name}: {len(unknown)} image ids are not in the ground truth, for example {min(unknown, key=str)!r}; "
            "were the predictions made on another set?"
        )
    strangers = {r["category_id"] for r in results} - set(truth.categories)
    if strangers:
        raise ValueError(
            f"{name}: category ids {sorted(strangers, key=str)} are not in the ground truth {truth.categories}"
        )
    scores = np.array([r["score"] for r in results], float)
    if not np.isfinite(scores).all():
        raise ValueError(f"{name}: {(~np.isfinite(scores)).sum()} scores are NaN or infinite; write finite scores")


def _per_image(
    entries: Sequence[dict[str, Any]], image_ids: Sequence[int], name: str
) -> tuple[list[FloatArray], list[np.ndarray]]:
    """Group COCO entries: for each image, boxes (N, 4) as x1, y1, x2, y2 and category ids (N,), in input order."""
    rows = {image_id: row for row, image_id in enumerate(image_ids)}
    for index, entry in enumerate(entries):
        box = entry["bbox"]
        if len(box) != 4 or not np.isfinite(box).all() or box[2] < 0 or box[3] < 0:
            raise ValueError(
                f"{name} {index} has the box {box}; a box is [x, y, width, height], finite, sizes not negative"
            )
    xywh = np.array([entry["bbox"] for entry in entries], float).reshape(-1, 4)
    corners = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
    labels = np.array([entry["category_id"] for entry in entries], np.int64)
    image = np.array([rows[entry["image_id"]] for entry in entries], np.int64)
    order = np.argsort(image, kind="stable")
    cuts = np.cumsum(np.bincount(image, minlength=len(image_ids)))[:-1]
    return np.split(corners[order], cuts), np.split(labels[order], cuts)
