"""The detections of an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


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


@dataclass(frozen=True)
class Prediction:
    """What a bundle says of an image.

    Attributes:
        boxes: all detections; `boxes.from_score` leaves those of an operating point.
        enhanced: RGB (H, W, 3) uint8, what the detector saw.
        attention: (H, W) float32, at least 0: where lesions are likely; None where the enhancer has no attention.
    """

    boxes: Boxes
    enhanced: NDArray[np.uint8]
    attention: NDArray[np.float32] | None = None


def coco_entries(result: dict[str, Any], category_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Turn one image's detections into COCO results entries, as `CocoMetric` writes them.

    Args:
        result: `image_id`, `bboxes` (N, 4) x1, y1, x2, y2, `scores` (N,), `labels` (N,) indices of classes.
        category_ids: the category id of each class.
    """
    corners = np.asarray(result["bboxes"], float)
    xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    return [
        {"image_id": result["image_id"], "category_id": category_ids[int(label)], "bbox": box, "score": float(score)}
        for box, score, label in zip(xywh.tolist(), result["scores"], result["labels"], strict=True)
    ]
