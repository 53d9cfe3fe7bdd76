"""At which score a detector reports N false positives an image, as its validation FROC has it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.errors import UserError
from detect.froc.bootstrap import Resampling, estimate
from detect.froc.curve import CountedSet, RankedSet
from detect.froc.ground_truth import GroundTruth, set_counts
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from reporting.estimate import Estimate
from reporting.ratio import ratio

RATES = (
    *(round(0.05 * step, 2) for step in range(1, 21)),
    *(round(0.1 * step, 1) for step in range(11, 21)),
    *(0.25 * step for step in range(9, 17)),
    *(0.5 * step for step in range(9, 17)),
)
"""False positives an image for which a bundle knows threshold and sensitivity: 0.05 to 8."""


@dataclass(frozen=True)
class OperatingPoint:
    """A detector at one score threshold; detections with `score >= threshold` count.

    Attributes:
        rate: false positives per image that it stays within.
        threshold: of the score.
        sensitivity, ci95: share of the lesions found, with its bootstrap interval.
        reached: whether the detector has so many false positives; where not, the threshold is its lowest score.
    """

    rate: float
    threshold: float
    sensitivity: float
    ci95: tuple[float, float]
    reached: bool

    @property
    def sentence(self) -> str:
        """What it was worth on the validation images."""
        low, high = self.ci95
        return (
            f"at most {self.rate:g} false positives an image: scores from {self.threshold:.4f}, which found "
            f"{self.sensitivity:.3f} [{low:.3f}, {high:.3f}] of the lesions of the validation images"
        )


def validation_froc(truth: GroundTruth, entries: Iterable[Any], settings: FrocSettings | None = None) -> dict[str, Any]:
    """Find the operating points at all `RATES`, as JSON.

    Args:
        truth: of the validation images.
        entries: a detector's results on them, as of a COCO results list.
        settings: how hits are counted; its `fppi` is not used.

    Raises:
        UserError: see `match_results`.
    """
    settings = settings or FrocSettings()
    ranked = RankedSet(match_results(truth, entries, settings).matched, settings.duplicates)
    resampling = Resampling.of_groups(truth.groups, settings.bootstrap, settings.seed)
    sensitivity = estimate(ranked, lambda counted: {"at": counted.sensitivity_at(RATES)}, resampling, max(RATES))["at"]
    curve, reached = ranked.curve(), CountedSet(ranked).reached(RATES)[0]
    points = {
        f"{rate:g}": {"threshold": curve.threshold_at(rate), "reached": bool(reached[place])}
        | sensitivity[place].entry(settings.interval)
        for place, rate in enumerate(RATES)
    }
    counted = {key: value for key, value in asdict(settings).items() if key in ("iou_thr", "matching", "duplicates")}
    shown = ranked.vertices(RATES)
    return {
        "settings": counted | {"classes": settings.classes, "bootstrap": settings.bootstrap, "seed": settings.seed},
        "counts": set_counts(truth),
        "points": points,
        "curve": {key: getattr(shown, key) for key in ("fp_per_image", "sensitivity", "threshold")},
    }


def operating_point(froc: Mapping[str, Any], rate: float) -> OperatingPoint:
    """The point of a `validation_froc` with at most `rate` false positives an image: of the next rate below.

    Raises:
        UserError: it has no such point.
    """
    known = [float(key) for key, point in froc["points"].items() if point["threshold"] is not None]
    within = [one for one in known if one <= rate]
    if not within:
        least = f"give at least {min(known):g}" if known else "give --score-thr"
        raise UserError(f"the bundle knows no threshold with {rate:g} false positives an image; {least}")
    point = froc["points"][f"{max(within):g}"]
    low, high = point["ci95"]
    return OperatingPoint(max(within), point["threshold"], point["value"], (low, high), point["reached"])


def at_points(froc: Mapping[str, Any], truth: GroundTruth, entries: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """What the thresholds of a `validation_froc` give on other images: how the promise was kept.

    Returns:
        For each rate `threshold`, `fp_per_image` and `sensitivity`, the latter two with bootstrap intervals; rates
        without a threshold are left out.
    """
    settings = FrocSettings(**{key: froc["settings"][key] for key in ("iou_thr", "matching", "duplicates", "classes")})
    ranked = RankedSet(match_results(truth, entries, settings).matched, settings.duplicates)
    weights = Resampling.of_groups(truth.groups, settings.bootstrap, settings.seed).bootstrap
    weights = np.concatenate([np.ones((1, ranked.num_images), weights.dtype), weights])
    images, lesions = weights.sum(1), weights[:, ranked.lesion_image].sum(1)
    points = {}
    for rate, point in froc["points"].items():
        if point["threshold"] is None:
            continue
        reported = np.searchsorted(-ranked.threshold, -point["threshold"], side="right")  # of the points
        false = weights[:, ranked.false_image[ranked.false_point < reported]].sum(1)
        hits = weights[:, ranked.hit_image[ranked.hit_point < reported]].sum(1)
        points[rate] = {"threshold": point["threshold"]}
        for name, values in (("fp_per_image", ratio(false, images)), ("sensitivity", ratio(hits, lesions))):
            points[rate][name] = Estimate.of_rows(values).entry()
    return points
