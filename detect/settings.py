"""How FROC is counted: every choice that changes a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from detect.estimates import Interval
from detect.froc import Duplicates
from detect.lesion_size import COCO_EDGES, Unit
from detect.matching import Matching

Classes = Literal["separate", "pooled"]
CHOICES: dict[str, Any] = {
    "matching": Matching,
    "duplicates": Duplicates,
    "classes": Classes,
    "interval": Interval,
    "size_unit": Unit,
}


@dataclass(frozen=True)
class FrocSettings:
    """How a comparison is counted.

    Attributes:
        iou_thr: least IoU of a hit, in (0, 1].
        matching: see `detect.matching.match_set`.
        fppi: rates N of Sens@N, average false positives an image, above 0, each once.
        bootstrap: number of resamples, at least 1.
        seed: of the resamples.
        duplicates: whether a further detection of a found lesion is a false positive ("fp") or not counted ("ignore").
        classes: "separate": a detection finds lesions of its own category only; "pooled": of any.
        interval: "percentile" or "bca".
        size_edges, size_unit: strata of the lesions' sizes, see `detect.lesion_size`.

    Raises:
        ValueError: a value out of range.
    """

    iou_thr: float = 0.5
    matching: Matching = "iou"
    fppi: Sequence[float] = (1, 2, 3, 4)
    bootstrap: int = 1000
    seed: int = 0
    duplicates: Duplicates = "fp"
    classes: Classes = "separate"
    interval: Interval = "percentile"
    size_edges: Sequence[float] = COCO_EDGES
    size_unit: Unit = "px"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in get_args(choices):
                raise ValueError(f"{name} is {value!r}; it has to be one of {', '.join(get_args(choices))}")
        if not 0 < self.iou_thr <= 1:
            raise ValueError(f"the IoU threshold is {self.iou_thr}; it has to be above 0 and at most 1")
        if not self.fppi or not all(0 < n < np.inf for n in self.fppi) or len(set(self.fppi)) < len(self.fppi):
            raise ValueError(f"the false-positive rates are {list(self.fppi)}; give rates above 0, each once")
        if self.bootstrap < 1:
            raise ValueError(f"{self.bootstrap} bootstrap resamples give no interval; give at least 1, better 1000")
        edges = list(self.size_edges)
        if not edges or not edges[0] > 0 or not all(low < high for low, high in zip(edges, edges[1:], strict=False)):
            raise ValueError(f"the size edges are {edges}; give rising sizes above 0")
