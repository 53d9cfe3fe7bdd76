"""The images that attention maps are measured on: file, patient, image labels and lesion boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.coco import groups_of, lesions_of, patient_of
from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.declared_size import check_header
from data.images.image_io import read_grayscale

RelativeBoxes = list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Case:
    """One image.

    Attributes:
        place: In the annotation file, from 0; it seeds the image's noise and random map.
        file_name: Relative to the folder.
        patient: Who is drawn in a resample; the image itself where the person is not known (`person_known`).
        labels: (L,) of 0 and 1, in the classifier's order; NaN where not mentioned, uncertain, or unknown to the file.
        boxes: Lesions (x, y, width, height), as shares of the image's width and height.
    """

    place: int
    file_name: str
    patient: str
    person_known: bool
    labels: NDArray[np.float64]
    boxes: RelativeBoxes

    def image(self, folder: str | Path) -> NDArray[np.uint8]:
        """The gray image (H, W).

        Raises:
            data.images.errors.ImageReadError: It cannot be read.
        """
        return read_grayscale(Path(folder, self.file_name))


def read_cases(folder: str | Path, ann_file: str, label_names: Sequence[str]) -> list[Case]:
    """Read a COCO file with image labels ("label_names"), lesion boxes of any category, or both.

    Args:
        label_names: L, of the classifier.

    Raises:
        MissingFileError: No such file.
        UserError: See `data.coco_file.read.read_coco`; no image; an image with lesions is not there or of another
            size; an image without its labels; or neither boxes nor any of the classifier's labels, so nothing could be
            measured.
    """
    path = Path(folder, ann_file)
    coco = load_coco(path)
    boxes = lesion_boxes(coco)
    for image in coco["images"]:
        if boxes[image["id"]]:
            check_header(Path(folder, image["file_name"]), (image["width"], image["height"]))
    names = coco.get("label_names", [])
    if not coco["images"]:
        raise UserError(f"{path} has no image")
    if not set(names) & set(label_names) and not any(boxes.values()):
        raise UserError(
            f"{path} has no lesion box and none of the classifier's labels ({', '.join(label_names)}), so no map can "
            "be judged by it"
        )
    wrong = [image["file_name"] for image in coco["images"] if names and len(image.get("labels") or []) != len(names)]
    if wrong:
        raise UserError(f"{path}: {len(wrong)} images lack their {len(names)} labels; the first is {wrong[0]}")
    groups = groups_of(coco["images"])
    return [_case(place, image, groups[place], boxes, names, label_names) for place, image in enumerate(coco["images"])]


def draw_cases(cases: list[Case], max_images: int | None, seed: int) -> list[Case]:
    """All of the images, or, of more than `max_images`, so many drawn at random; in the order of the file."""
    if max_images is None or max_images >= len(cases):
        return cases
    places = np.sort(np.random.default_rng(seed).choice(len(cases), max_images, replace=False))
    return [cases[place] for place in places]


def lesion_boxes(coco: dict[str, Any]) -> dict[Any, RelativeBoxes]:
    """The lesions of each image by its id, as shares of its width and height."""
    images = {image["id"]: image for image in coco["images"]}
    boxes: dict[Any, RelativeBoxes] = {image_id: [] for image_id in images}
    for lesion in lesions_of(coco):
        x, y, w, h = lesion["bbox"]
        width, height = images[lesion["image_id"]]["width"], images[lesion["image_id"]]["height"]
        boxes[lesion["image_id"]].append((x / width, y / height, w / width, h / height))
    return boxes


def _case(
    place: int,
    image: dict[str, Any],
    group: str,
    boxes: dict[Any, RelativeBoxes],
    names: Sequence[str],
    label_names: Sequence[str],
) -> Case:
    given = dict(zip(names, image.get("labels") or [], strict=False))
    labels = [given.get(name) if given.get(name) in (0, 1) else np.nan for name in label_names]
    return Case(
        place,
        image["file_name"],
        group,
        patient_of(image) is not None,
        np.array(labels, float),
        boxes[image["id"]],
    )
