"""A detector's results, matched with the lesions of a set."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detect.froc.curve import MatchedSet
from detect.froc.detections import Detections, collect_detections
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import Boxes, match_set
from detect.froc.settings import FrocSettings


@dataclass(frozen=True)
class System:
    """A detector's results on the set, and which lesions they find."""

    detections: Detections
    matched: MatchedSet


def match_results(truth: GroundTruth, entries: Iterable[Any], settings: FrocSettings, name: str = "results") -> System:
    """Check the entries of a COCO results list and match them with the lesions.

    Raises:
        UserError: entries that do not fit the ground truth, see `collect_detections`.
    """
    pooled = settings.classes == "pooled"
    detections = collect_detections(entries, truth, name, pooled)
    lesions, regions = (_without_labels(b) if pooled else b for b in (truth.lesions, truth.regions))
    boxes, scores = detections.boxes, detections.scores
    found = match_set(boxes, scores, lesions, regions, settings.iou_thr, settings.matching)
    return System(detections, MatchedSet(scores, found, boxes.image, lesions.image, len(truth.image_ids)))


def _without_labels(boxes: Boxes) -> Boxes:
    return Boxes(boxes.image, boxes.corners, np.zeros_like(boxes.labels))
