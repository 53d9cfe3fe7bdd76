"""Several detectors as one, or what one finds in an image and in its mirror image."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.image_io import read_color
from detect.prediction.boxes import Boxes, coco_entries

SAME_LESION = 0.5
"""From this IoU on, boxes of several detectors are one: as a detection hits a lesion."""

Detect = Callable[[Sequence[NDArray[np.uint8]]], list[Boxes]]


class Ensemble:
    """Detectors as one, by `detect.prediction.boxes.merged`; a single one is itself.

    Args:
        detectors: of one config, each called with RGB images (H, W, 3) uint8.
        flip: let each look at the mirror image too.
    """

    def __init__(self, detectors: Sequence[Detect], flip: bool = False) -> None:
        self.detectors, self.flip = detectors, flip

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """The lesions of RGB images (H, W, 3) uint8."""
        parts = [detector(images) for detector in self.detectors]
        if self.flip:
            mirrors = [np.ascontiguousarray(image[:, ::-1]) for image in images]
            for detector in self.detectors:
                found = detector(mirrors)
                parts.append([boxes.mirrored(image.shape[1]) for boxes, image in zip(found, images, strict=True)])
        if len(parts) == 1:
            return parts[0]
        return [merged(each, image.shape[:2]) for *each, image in zip(*parts, images, strict=True)]

    def results_on(self, file: str | Path, folder: str | Path) -> list[dict[str, Any]]:
        """The lesions of the images of a COCO file, which lie in `folder`, as a COCO results list.

        Raises:
            ImageReadError: an image is not there, or cannot be read.
            UserError: it is no COCO file.
        """
        coco, entries = load_coco(file), []
        category_ids = [category["id"] for category in coco["categories"]]
        for image in tqdm(coco["images"], unit="image", desc=f"detect on {Path(file).name}"):
            (found,) = self([read_color(Path(folder, image["file_name"]))])
            result = dict(image_id=image["id"], bboxes=found.corners, scores=found.scores, labels=found.labels)
            entries += coco_entries(result, category_ids)
        return entries


def merged(parts: Sequence[Boxes], size: tuple[int, int]) -> Boxes:
    """Weighted boxes fusion (Solovyev, Wang and Gabruseva, Image and Vision Computing 107, 2021), by ensemble-boxes.

    Boxes of one label that overlap become their mean, weighted by score; its score is the mean over all parts, with 0
    for a part that has none, so that what one detector alone sees comes last.

    Args:
        parts: of the detectors.
        size: height and width of the image.

    Raises:
        UserError: ensemble-boxes is not installed.
    """
    fuse = _fusion()
    scale = np.array([size[1], size[0]] * 2, np.float32)
    whole = [_with_area(part, scale) for part in parts]
    corners, scores, labels = fuse(
        [part.corners / scale for part in whole],
        [part.scores for part in whole],
        [part.labels for part in whole],
        iou_thr=SAME_LESION,
    )
    order = np.argsort(-scores, kind="stable")
    corners = np.asarray(corners, np.float32).reshape(-1, 4)[order] * scale
    return Boxes(corners, np.asarray(scores, np.float32)[order], np.asarray(labels).astype(np.int64)[order])


def _with_area(part: Boxes, scale: NDArray[np.float32]) -> Boxes:
    """Boxes within the image that are not thinner than nothing; ensemble-boxes takes no others."""
    corners = np.clip(part.corners, 0, scale)
    kept = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])
    return Boxes(corners[kept], part.scores[kept], part.labels[kept])


def _fusion():  # type: ignore[no-untyped-def]
    try:
        from ensemble_boxes import weighted_boxes_fusion
    except ImportError as error:
        raise UserError(f'several detectors as one: {error}; pip install "lesion-enhance[ensemble]"') from error
    return weighted_boxes_fusion
