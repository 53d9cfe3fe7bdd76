"""How FROC is counted: every choice that changes a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from data.errors import UserError
from detect.froc.curve import Duplicates
from detect.froc.lesion_size import DEFAULT_EDGES, Unit
from detect.froc.matching import Matching

Classes = Literal["separate", "pooled"]
Interval = Literal["percentile", "bca"]
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
        matching: see `detect.froc.matching.match_set`.
        fppi: rates N of Sens@N, average false positives per image, above 0, each once; six digits count.
        bootstrap: number of resamples, at least 1.
        seed: of the resamples, at least 0.
        duplicates: whether a further detection of a found lesion is a false positive ("fp") or not counted ("ignore").
        classes: "separate": a detection finds lesions of its own category only; "pooled": of any.
        interval: "percentile" or "bca".
        size_edges, size_unit: strata of the lesions' sizes, see `detect.froc.lesion_size`. None means the edges of
            `DEFAULT_EDGES` for the unit; the attribute is always a tuple.

    Raises:
        UserError: a value out of range.
    """

    iou_thr: float = 0.5
    matching: Matching = "iou"
    fppi: Sequence[float] = (1, 2, 3, 4)
    bootstrap: int = 1000
    seed: int = 0
    duplicates: Duplicates = "fp"
    classes: Classes = "separate"
    interval: Interval = "percentile"
    size_edges: Sequence[float] = None  # type: ignore[assignment]  # None goes in, numbers come out
    size_unit: Unit = "px"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in get_args(choices):
                raise UserError(f"{name} is {value!r}; it has to be one of {', '.join(get_args(choices))}")
        if not 0 < self.iou_thr <= 1:
            raise UserError(f"the IoU threshold is {self.iou_thr}; it has to be above 0 and at most 1")
        names = {f"{n:g}" for n in self.fppi}  # as in froc.json
        if not self.fppi or not all(0 < n < np.inf for n in self.fppi) or len(names) < len(self.fppi):
            raise UserError(
                f"the false-positive rates (fppi) are {list(self.fppi)}; give rates above 0, each once (six digits)"
            )
        if self.bootstrap < 1:
            raise UserError(f"{self.bootstrap} bootstrap resamples give no interval; give at least 1, better 1000")
        if self.seed < 0:
            raise UserError(f"the seed is {self.seed}; give 0 or more")
        edges = DEFAULT_EDGES[self.size_unit] if self.size_edges is None else tuple(self.size_edges)
        rising = all(low < high for low, high in zip((0, *edges), (*edges, np.inf), strict=True))
        if not edges or not rising:
            raise UserError(f"the size edges are {list(edges)}; give rising finite sizes above 0")
        object.__setattr__(self, "size_edges", edges)
