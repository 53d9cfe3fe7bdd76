"""COCO results in, arrays out: read as a stream, so that a file of several GB needs the memory of its numbers only."""

import gc
import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import ijson
import numpy as np

from data.coco_file.boxes import box_array, check_inside, number_array, to_corners
from data.errors import MissingFileError, UserError
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import Boxes, FloatArray

FIELDS = {"image_id", "category_id", "bbox", "score"}
BATCH = 1 << 14
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Detections:
    """The detections of one system on a set.

    Attributes:
        boxes: in the order of the results.
        scores: (D,) finite.
        notes: what a reader of the result has to know.
    """

    boxes: Boxes
    scores: FloatArray
    notes: list[str] = field(default_factory=list)


def read_results(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Yield the entries of a COCO results list: `[{"image_id", "category_id", "bbox": [x, y, w, h], "score"}, ...]`.

    A file whose name ends in .gz is decompressed.

    Raises:
        MissingFileError: no such file.
        UserError: not JSON, or not a list; the text names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"{path}: no such results file; give the path of a COCO results list (tools/test.py writes one)"
        )
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(1 << 16)
            _check_is_list(path, start.removeprefix(BYTE_ORDER_MARK).lstrip())
            file.seek(len(BYTE_ORDER_MARK) if start.startswith(BYTE_ORDER_MARK) else 0)
            yield from ijson.items(file, "item", use_float=True)
    except ijson.JSONError as error:
        raise UserError(f"{path}: {_json_fault(error)}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a whole gzip file ({error}); write or copy it again") from error


def _check_is_list(path: Path, start: bytes) -> None:
    if not start:
        raise UserError(f"{path}: the file is empty; a COCO results file without detections is []")
    if start[:1] == b"{":
        raise UserError(
            f"{path}: a COCO results file is a list of detections, this is an object; is it the ground truth, or one "
            "detection per line?"
        )
    if start[:1] != b"[":
        raise UserError(f"{path}: a COCO results file is a list and begins with [, this one with {start[:12]!r}")


def _json_fault(error: ijson.JSONError) -> str:
    reason = error.args[0]
    reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    if re.search(r'(?<!")(NaN|Infinity)|floating point\) overflow', reason):
        return "a number is NaN or infinite; write finite scores and boxes"
    if re.search("premature EOF|Incomplete JSON", reason):
        return "the file ends in the middle of the list; write or copy it again"
    return f"not a JSON file ({' '.join(reason.split())})"


def collect_detections(
    entries: Iterable[Any], truth: GroundTruth, name: str = "results", pooled: bool = False
) -> Detections:
    """Check the entries of a COCO results list and turn them into arrays.

    Args:
        entries: a list, or a stream from `read_results`.
        name: what messages call the results, for example their file.
        pooled: category ids do not matter; all become 0.

    Raises:
        UserError: an entry lacks a field, an image or category is unknown or is another by its `file_name`, a score or
            a box is not finite, a size is negative, or boxes are normalized or written as corners.
    """
    rows = {image_id: row for row, image_id in enumerate(truth.image_ids)}
    unknown: dict[str, set] = {"image": set(), "category": set()}
    batches, categories = [], {0: "all"} if pooled else truth.categories
    entries, first = iter(entries), 0
    with _no_search_for_cycles():
        while batch := list(islice(entries, BATCH)):
            batches.append(_batch_arrays(batch, first, rows, categories, pooled, unknown, name))
            _check_names(batch, truth, rows, name)
            first += len(batch)
    _check_known(unknown, truth, name)
    batches.append((np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0)))
    columns = [list(column) for column in zip(*batches, strict=True)]
    batches.clear()
    image, labels, xywh, scores = (
        np.concatenate(columns.pop(0)) for _ in range(4)
    )  # each batch goes when it is copied
    image = image.astype(np.int64)
    notes = check_inside(xywh, truth.sizes[image], f"{name}: detections")
    notes += _copies_note(image, labels, xywh, scores, name) + _silent_note(image, len(truth.image_ids), name)
    return Detections(Boxes(image, to_corners(xywh), labels), scores, notes)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from going through millions of entries for cycles, of which they have none, again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _batch_arrays(
    batch: list[Any],
    first: int,
    rows: Mapping[Any, int],
    categories: Mapping[Any, str],
    pooled: bool,
    unknown: dict[str, set],
    name: str,
) -> tuple[np.ndarray, np.ndarray, FloatArray, FloatArray]:
    """Return image row, label, box as x, y, w, h and score of each entry; unknown ids are collected in `unknown`."""
    for index, entry in enumerate(batch, first):
        if not isinstance(entry, dict) or not entry.keys() >= FIELDS:
            raise UserError(f"{name}: detection {index} is no object with {', '.join(sorted(FIELDS))}: {entry}")
    image_ids = [entry["image_id"] for entry in batch]
    category_ids = [0 if pooled else entry["category_id"] for entry in batch]
    try:
        unknown["image"].update(i for i in image_ids if i not in rows)
        unknown["category"].update(i for i in category_ids if i not in categories)
    except TypeError:
        raise UserError(
            f"{name}: an image_id or category_id is a list or an object; write the ids of the ground truth"
        ) from None
    image = np.array([rows.get(i, 0) for i in image_ids], np.int32)
    labels = np.array([i if i in categories else 0 for i in category_ids], np.int64)
    xywh = box_array([entry["bbox"] for entry in batch], f"{name}: detection", first)
    return image, labels, xywh, _scores([entry["score"] for entry in batch], name, first)


def _check_names(batch: list[Any], truth: GroundTruth, rows: Mapping[Any, int], name: str) -> None:
    """Refuse entries that name another image than the ground truth has under their id: ids of another set.

    The suffix and the folders do not count; an entry without `file_name` is taken at its id.
    """
    for entry in [entry for entry in batch if "file_name" in entry]:
        given, row = entry["file_name"], rows.get(entry["image_id"])
        if not isinstance(given, str) or row is None:
            continue
        if PurePosixPath(given).stem != PurePosixPath(truth.file_names[row]).stem:
            raise UserError(
                f"{name}: a detection on {given} has the image_id {entry['image_id']!r}, which is "
                f"{truth.file_names[row]} in the ground truth: these are the ids of another set (tools/predict.py "
                "numbers images by itself); give the ground truth of these images, or their image_id"
            )


def _scores(scores: list[Any], name: str, first: int) -> FloatArray:
    try:
        array = number_array(scores)
    except ValueError:
        array = np.full(1, np.nan)
    if array.ndim == 1 and np.isfinite(array).all():
        return array
    index = next(i for i, score in enumerate(scores) if not _is_finite(score))
    raise UserError(f"{name}: detection {first + index} has the score {scores[index]!r}; a score is a finite number")


def _is_finite(score: Any) -> bool:
    try:
        array = number_array(score)
    except ValueError:
        return False
    return array.ndim == 0 and bool(np.isfinite(array))


def _check_known(unknown: Mapping[str, set], truth: GroundTruth, name: str) -> None:
    if unknown["image"]:
        some = min(unknown["image"], key=str)
        raise UserError(
            f"{name}: {len(unknown['image'])} image ids are not in the ground truth, for example {some!r} (the ground "
            f"truth has ids like {truth.image_ids[0]!r}); were the predictions made on another set?"
        )
    if unknown["category"]:
        raise UserError(
            f"{name}: category ids {sorted(unknown['category'], key=str)} are not in the ground truth "
            f"{truth.categories}; write category ids, not class indices, or pool the classes (--classes pooled)"
        )


def _silent_note(image: np.ndarray, num_images: int, name: str) -> list[str]:
    """Say how many images have no detection, where that is a tenth of them or more."""
    if len(image) == 0:
        return [f"{name} has no detections: its sensitivity is 0 everywhere."]
    silent = num_images - len(np.unique(image))
    if silent == 0 or silent < 0.1 * num_images:
        return []
    return [f"{name}: {silent} of {num_images} images have no detection; was the file cut, or the score floor high?"]


def _copies_note(image: np.ndarray, labels: np.ndarray, xywh: FloatArray, scores: FloatArray, name: str) -> list[str]:
    order = np.lexsort((scores, image))
    tied = (np.diff(scores[order]) == 0) & (np.diff(image[order]) == 0)
    rows = np.union1d(order[1:][tied], order[:-1][tied])  # in most results few, so that the full sort is quick
    columns = [column[rows] for column in (*xywh.T, labels, scores, image)]
    order = np.lexsort(columns)
    copies = int(np.logical_and.reduce([column[order[1:]] == column[order[:-1]] for column in columns]).sum())
    if copies == 0:
        return []
    return [f"{name}: {copies} detections are exact copies of others, each counted; were two files joined?"]
