"""Images with what a system finds, misses and falsely reports at a chosen N, worst cases first."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from data.image_errors import ImageReadError
from data.image_io import read_color
from data.resize import resize
from detect.froc import Duplicates, RankedSet
from detect.ground_truth import GroundTruth
from detect.matching import DUPLICATE, IGNORED, FloatArray
from detect.system import System

LONGEST_SIDE = 640
"""Images are embedded at most this large, in pixels."""


@dataclass(frozen=True)
class Mark:
    """A box to draw: x, y, width, height in pixels of the image; `kind` is "found", "missed", "hit" or "false"."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    text: str


@dataclass(frozen=True)
class View:
    """One system on one image."""

    system: str
    found: int
    missed: int
    false: int
    marks: list[Mark]


@dataclass(frozen=True)
class Case:
    """An image of the gallery. `picture` is a data URI, or None where the file cannot be read (`problem` says why)."""

    name: str
    width: float
    height: float
    picture: str | None
    problem: str
    views: list[View]


@dataclass(frozen=True)
class Gallery:
    """The worst cases at a rate; `thresholds` are those of the systems there (None: no operating point)."""

    rate: float
    thresholds: dict[str, float | None]
    cases: list[Case]
    num_images: int
    notes: list[str] = field(default_factory=list)


def make_gallery(
    truth: GroundTruth,
    systems: Mapping[str, System],
    folder: Path,
    rate: float,
    number: int,
    duplicates: Duplicates = "fp",
) -> Gallery:
    """Choose the worst images at `rate` false positives an image and draw them.

    Worst is most missed lesions, then most false positives, of all systems together. An image that cannot be read keeps
    its place, with the reason.

    Args:
        folder: where the `file_name`s of the ground truth are.
        number: how many images.

    Raises:
        FileNotFoundError: none of the chosen images is in `folder`.
    """
    thresholds = {n: RankedSet(s.matched, duplicates).curve().threshold_at(rate) for n, s in systems.items()}
    shown = {n: _shown(system, thresholds[n], duplicates) for n, system in systems.items()}
    missed, false = np.zeros((2, len(truth.image_ids)), np.int64)
    for name, system in systems.items():
        is_found = _found_lesions(system, shown[name])
        missed += np.bincount(truth.lesions.image[~is_found], minlength=len(missed))
        wrong = shown[name] & (system.matched.found < 0)
        false += np.bincount(system.matched.image[wrong], minlength=len(false))
    worst = np.lexsort((-false, -missed))[:number]
    if not any((folder / truth.file_names[image]).is_file() for image in worst):
        raise FileNotFoundError(
            f"{folder / truth.file_names[worst[0]]}: no such image; --images is the folder that the file_names of the "
            "ground truth are relative to"
        )
    cases = [_case(truth, systems, shown, int(image), folder) for image in worst]
    notes = [f"{case.name} cannot be shown: {case.problem}" for case in cases if case.picture is None]
    return Gallery(rate, thresholds, cases, len(truth.image_ids), notes)


def _shown(system: System, threshold: float | None, duplicates: Duplicates) -> np.ndarray:
    """(D,) the detections that count at the threshold."""
    if threshold is None:
        return np.zeros(len(system.matched.scores), bool)
    found = system.matched.found
    counted = (found != IGNORED) & ((found != DUPLICATE) | (duplicates == "fp"))
    return counted & (system.matched.scores >= threshold)


def _found_lesions(system: System, shown: np.ndarray) -> np.ndarray:
    is_found = np.zeros(len(system.matched.lesion_image), bool)
    found = system.matched.found[shown]
    is_found[found[found >= 0]] = True
    return is_found


def _case(
    truth: GroundTruth, systems: Mapping[str, System], shown: Mapping[str, np.ndarray], image: int, folder: Path
) -> Case:
    width, height = truth.sizes[image].tolist()
    picture, problem = None, ""
    try:
        picture = _jpeg_uri(read_color(folder / truth.file_names[image]), width, height)
    except ImageReadError as error:
        problem = error.reason
    views = [_view(truth, name, system, shown[name], image) for name, system in systems.items()]
    return Case(truth.file_names[image], width, height, picture, problem, views)


def _view(truth: GroundTruth, name: str, system: System, shown: np.ndarray, image: int) -> View:
    is_found = _found_lesions(system, shown)
    lesions = np.flatnonzero(truth.lesions.image == image)
    mine = np.flatnonzero(shown & (system.matched.image == image))
    hit = system.matched.found[mine] >= 0
    lesion_names = [truth.categories[label] for label in truth.lesions.labels[lesions]]
    kinds = ["found" if ok else "missed" for ok in is_found[lesions]]
    marks = _marks(truth.lesions.corners[lesions], kinds, lesion_names)
    scores = [f"{score:.2f}" for score in system.matched.scores[mine]]
    marks += _marks(system.detections.boxes.corners[mine], ["hit" if ok else "false" for ok in hit], scores)
    found = int(is_found[lesions].sum())
    return View(name, found, len(lesions) - found, int((~hit).sum()), marks)


def _marks(corners: FloatArray, kinds: Sequence[str], texts: Sequence[str]) -> list[Mark]:
    return [
        Mark(x1, y1, x2 - x1, y2 - y1, kind, text)
        for (x1, y1, x2, y2), kind, text in zip(corners.tolist(), kinds, texts, strict=True)
    ]


def _jpeg_uri(image: np.ndarray, width: float, height: float) -> str:
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    small = resize(image, max(1, round(width * shrink)), max(1, round(height * shrink)))
    encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
