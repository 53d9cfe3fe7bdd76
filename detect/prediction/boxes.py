"""The detections of an image, and those of several detectors, or of the image and its mirror image, as one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import UserError

SAME_LESION = 0.5
"""From this IoU on, boxes of several detectors are one: as a detection hits a lesion."""


@dataclass(frozen=True)
class Boxes:
    """The detections of an image, best first.

    Attributes:
        corners: (N, 4) float32, x1, y1, x2, y2 in pixels of the image.
        scores: (N,) float32 in [0, 1].
        labels: (N,) indices of the bundle's `label_names`.
    """

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]

    def from_score(self, threshold: float) -> "Boxes":
        """Those with at least a score."""
        kept = self.scores >= threshold
        return Boxes(self.corners[kept], self.scores[kept], self.labels[kept])

    def mirrored(self, width: int) -> "Boxes":
        """The same on the mirror image of an image of this width."""
        x1, y1, x2, y2 = self.corners.T
        return Boxes(np.stack([width - x2, y1, width - x1, y2], 1), self.scores, self.labels)


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
