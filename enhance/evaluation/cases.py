"""The images that attention maps are measured on: file, patient, image labels and lesion boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.coco import load_coco
from data.image_io import read_grayscale

Boxes = list[tuple[float, float, float, float]]


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
    boxes: Boxes

    def image(self, folder: str | Path) -> NDArray[np.uint8]:
        """The gray image (H, W).

        Raises:
            data.image_io.ImageReadError: It cannot be read.
        """
        return read_grayscale(Path(folder, self.file_name))


def read_cases(
    folder: str | Path, ann_file: str, label_names: Sequence[str], max_images: int | None = None, seed: int = 0
) -> list[Case]:
    """Read a COCO file with image labels ("label_names"), lesion boxes, or both; boxes of crowds are left out.

    Args:
        label_names: L, of the classifier.
        max_images: If there are more, so many are drawn with `seed`; in the order of the file.

    Raises:
        FileNotFoundError: No such file.
        ValueError: No image; or neither boxes nor any of the classifier's labels, so nothing could be measured.
    """
    path = Path(folder, ann_file)
    coco = load_coco(path)
    boxes: dict[Any, list[Any]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        if not annotation.get("iscrowd"):
            boxes[annotation["image_id"]].append(annotation["bbox"])
    names = coco.get("label_names", [])
    shared = [name for name in label_names if name in names]
    if not coco["images"]:
        raise ValueError(f"{path} has no image")
    if not shared and not any(boxes.values()):
        raise ValueError(
            f"{path} has no lesion box and none of the classifier's labels ({', '.join(label_names)}), so no map can "
            "be judged by it"
        )
    places = np.arange(len(coco["images"]))
    if max_images is not None and max_images < len(places):
        places = np.sort(np.random.default_rng(seed).choice(places, max_images, replace=False))
    return [_case(int(place), coco["images"][place], boxes, names, label_names) for place in places]


def _case(
    place: int, image: dict[str, Any], boxes: dict[Any, list[Any]], names: Sequence[str], label_names: Sequence[str]
) -> Case:
    given = dict(zip(names, image.get("labels") or [], strict=False))
    labels = [given.get(name) if given.get(name) in (0, 1) else np.nan for name in label_names]
    width, height = image["width"], image["height"]
    person = image.get("patient_id")
    known = person not in (None, "")
    return Case(
        place,
        image["file_name"],
        str(person if known else f"image {image['id']}"),
        known,
        np.array(labels, float),
        [(x / width, y / height, w / width, h / height) for x, y, w, h in boxes[image["id"]]],
    )
