"""Images with what a system finds, misses and falsely reports at a chosen N, worst cases first."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import MissingFileError, UserError
from data.images.errors import ImageReadError
from data.images.image_io import read_color
from data.images.resize import resize
from detect.froc.curve import Duplicates, RankedSet
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import DUPLICATE, FALSE_POSITIVE, IGNORED, FloatArray
from detect.froc.system import System

LONGEST_SIDE = 640
"""Images are embedded at most this large, in pixels."""

KINDS = {
    "found": "lesion found",
    "missed": "lesion missed",
    "hit": "the detection that found it, with its score",
    "false": "false positive, with its score",
    "second": "second hit of a lesion, with its score",
    "region": "ignore region",
    "ignored": "detection on an ignore region",
}
"""What is drawn, and how the report's key calls it."""


@dataclass(frozen=True)
class Mark:
    """A box to draw: x, y, width, height in pixels; `kind` is a key of `KINDS`, `label` stands beside it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str


@dataclass(frozen=True)
class SystemView:
    """One system on one image."""

    system: str
    found: int
    missed: int
    false: int
    marks: list[Mark]


@dataclass(frozen=True)
class GalleryImage:
    """An image of the gallery. `picture` is a data URI, or None where the file cannot be read; `problem` says why."""

    name: str
    width: float
    height: float
    picture: str | None
    problem: str
    views: list[SystemView]


@dataclass(frozen=True)
class Gallery:
    """The worst cases at a rate.

    Attributes:
        thresholds: of each system at the rate; None: no operating point.
        classes: what the short names of classes in labels stand for; empty with one class.
    """

    rate: float
    thresholds: dict[str, float | None]
    cases: list[GalleryImage]
    num_images: int
    classes: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def key(self) -> dict[str, str]:
        """The kinds of marks that occur, with their names."""
        drawn = {mark.kind for case in self.cases for view in case.views for mark in view.marks}
        return {kind: name for kind, name in KINDS.items() if kind in drawn}


def make_gallery(
    truth: GroundTruth,
    systems: Mapping[str, System],
    folder: Path,
    rate: float,
    number: int,
    duplicates: Duplicates = "fp",
) -> Gallery:
    """Choose the worst images at `rate` false positives per image and draw them.

    Worst is most missed lesions, then most false positives, of all systems together. An image that cannot be read keeps
    its place, with the reason.

    Args:
        folder: where the `file_name`s of the ground truth are.
        number: how many images.

    Raises:
        MissingFileError: none of the chosen images is in `folder`.
        UserError: `rate` or `number` is not above 0.
    """
    if not rate > 0 or number < 1:
        raise UserError(f"a gallery of {number} images at {rate:g} false positives per image; give numbers above 0")
    thresholds = {n: RankedSet(s.matched, duplicates).vertices([rate]).threshold_at(rate) for n, s in systems.items()}
    shown = {n: _shown(system, thresholds[n]) for n, system in systems.items()}
    missed, false = np.zeros((2, len(truth.image_ids)), np.int64)
    for name, system in systems.items():
        is_found = _found_lesions(system, shown[name])
        missed += np.bincount(truth.lesions.image[~is_found], minlength=len(missed))
        wrong = shown[name] & _is_false(system, duplicates)
        false += np.bincount(system.matched.image[wrong], minlength=len(false))
    worst = np.lexsort((-false, -missed))[:number]
    if not any((folder / truth.file_names[image]).is_file() for image in worst):
        raise MissingFileError(
            f"{folder / truth.file_names[worst[0]]}: no such image; --images is the folder that the file_names of the "
            "ground truth are relative to"
        )
    cases = [_gallery_image(truth, systems, shown, int(image), folder, duplicates) for image in worst]
    notes = [f"{case.name}: {case.problem}" for case in cases if case.problem]
    classes = {short: truth.categories[label] for label, short in _short_names(truth).items()}
    return Gallery(rate, thresholds, cases, len(truth.image_ids), classes, notes)


def _shown(system: System, threshold: float | None) -> NDArray[np.bool_]:
    """(D,) the detections at the threshold."""
    return system.matched.scores >= (np.inf if threshold is None else threshold)


def _is_false(system: System, duplicates: Duplicates) -> NDArray[np.bool_]:
    """(D,) the detections that count as false positives."""
    found = system.matched.found
    return (found == FALSE_POSITIVE) | ((found == DUPLICATE) & (duplicates == "fp"))


def _found_lesions(system: System, shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    is_found = np.zeros(len(system.matched.lesion_image), bool)
    found = system.matched.found[shown]
    is_found[found[found >= 0]] = True
    return is_found


def _gallery_image(
    truth: GroundTruth,
    systems: Mapping[str, System],
    shown: Mapping[str, NDArray[np.bool_]],
    image: int,
    folder: Path,
    duplicates: Duplicates,
) -> GalleryImage:
    width, height = truth.sizes[image].tolist()
    picture, problem = None, ""
    try:
        pixels = read_color(folder / truth.file_names[image])
        picture = _jpeg_uri(pixels, width, height)
        if pixels.shape[:2] != (height, width):
            problem = f"the file has {pixels.shape[1]} x {pixels.shape[0]} pixels, the ground truth says otherwise"
    except ImageReadError as error:
        problem = f"cannot be shown: {error.reason}"
    views = [_view(truth, name, system, shown[name], image, duplicates) for name, system in systems.items()]
    return GalleryImage(truth.file_names[image], width, height, picture, problem, views)


def _view(
    truth: GroundTruth, name: str, system: System, shown: NDArray[np.bool_], image: int, duplicates: Duplicates
) -> SystemView:
    is_found = _found_lesions(system, shown)
    lesions = np.flatnonzero(truth.lesions.image == image)
    regions = np.flatnonzero(truth.regions.image == image)
    mine = np.flatnonzero(shown & (system.matched.image == image))
    boxes = system.detections.boxes
    marks = _marks(truth.regions.corners[regions], ["region"] * len(regions), [""] * len(regions))
    kinds = ["found" if ok else "missed" for ok in is_found[lesions]]
    short = _short_names(truth)
    lesion_labels = [short.get(label, "") for label in truth.lesions.labels[lesions].tolist()]
    marks += _marks(truth.lesions.corners[lesions], kinds, lesion_labels)
    scored = zip(system.matched.scores[mine], boxes.labels[mine].tolist(), strict=True)
    texts = [f"{score:.2f} {short.get(label, '')}".strip() for score, label in scored]
    marks += _marks(boxes.corners[mine], [_kind(code) for code in system.matched.found[mine]], texts)
    found = int(is_found[lesions].sum())
    return SystemView(name, found, len(lesions) - found, int(_is_false(system, duplicates)[mine].sum()), marks)


def _kind(found: int) -> str:
    return {FALSE_POSITIVE: "false", DUPLICATE: "second", IGNORED: "ignored"}.get(int(found), "hit")


def _short_names(truth: GroundTruth) -> dict[int, str]:
    """Return for each category id the shortest beginning of its name that no other has; nothing for one category."""
    names = truth.categories
    if len(names) == 1:
        return {}
    return {label: _shortest_beginning(name, list(names.values())) for label, name in names.items()}


def _shortest_beginning(name: str, names: Sequence[str]) -> str:
    """The shortest beginning of `name` that no other of the `names` has; the name itself where there is none."""
    for length in range(1, len(name)):
        beginning = name[:length]
        if sum(other.startswith(beginning) for other in names) == 1:
            return beginning
    return name


def _marks(corners: FloatArray, kinds: Sequence[str], labels: Sequence[str]) -> list[Mark]:
    return [
        Mark(x1, y1, x2 - x1, y2 - y1, kind, label)
        for (x1, y1, x2, y2), kind, label in zip(corners.tolist(), kinds, labels, strict=True)
    ]


def _jpeg_uri(image: np.ndarray, width: float, height: float) -> str:
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    small = resize(image, max(1, round(width * shrink)), max(1, round(height * shrink)))
    encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
