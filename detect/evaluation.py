"""Compare detectors on one ground truth: curves, Sens@N with intervals, paired differences: what froc.json holds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from detect.bootstrap import bootstrap_sensitivities, percentile_interval, resample_weights, two_sided_p
from detect.coco_results import GroundTruth, match_results
from detect.froc import FloatArray, Matching, RankedSet, sensitivity_at


@dataclass(frozen=True)
class FrocSettings:
    """How a comparison is counted.

    Attributes:
        iou_thr: least IoU of a hit, in (0, 1].
        matching: "iou" or "center".
        fppi: rates N of Sens@N, average false positives an image, above 0, each once.
        bootstrap: number of resamples, at least 1.
        seed: of the resamples.

    Raises:
        ValueError: a value out of range.
    """

    iou_thr: float = 0.5
    matching: Matching = "iou"
    fppi: Sequence[float] = (1, 2, 3, 4)
    bootstrap: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.iou_thr <= 1:
            raise ValueError(f"the IoU threshold is {self.iou_thr}; it has to be above 0 and at most 1")
        if not self.fppi or min(self.fppi) <= 0 or len(set(self.fppi)) < len(self.fppi):
            raise ValueError(f"the false-positive rates are {list(self.fppi)}; give rates above 0, each once")
        if self.bootstrap < 1:
            raise ValueError(f"{self.bootstrap} bootstrap resamples give no interval; give at least 1, better 1000")


def evaluate(
    truth: GroundTruth, systems: Mapping[str, Sequence[dict[str, Any]]], settings: FrocSettings
) -> dict[str, Any]:
    """Evaluate each system's COCO results list and compare every two of them on the same resamples.

    Returns:
        The contents of `froc.json`: "settings", "systems" by name, "paired". A paired entry compares a system `a` with
        one given before it, `b`: "difference" is Sens@N of a minus that of b, so the first system is the baseline.

    Raises:
        ValueError: results that do not fit the ground truth; the text names the system.
    """
    weights = resample_weights(truth.groups, settings.bootstrap, settings.seed)
    entries: dict[str, Any] = {}
    samples: dict[str, FloatArray] = {}
    for name, results in systems.items():
        ranked = RankedSet(match_results(truth, results, settings.iou_thr, settings.matching, name))
        samples[name] = bootstrap_sensitivities(ranked, weights, settings.fppi)
        entries[name] = _system_entry(ranked, samples[name], settings.fppi)
    paired = [
        entry
        for baseline, name in combinations(systems, 2)
        for entry in _paired_entries(name, baseline, entries, samples, settings.fppi)
    ]
    return {"settings": asdict(settings) | {"fppi": list(settings.fppi)}, "systems": entries, "paired": paired}


def _system_entry(ranked: RankedSet, samples: FloatArray, rates: Sequence[float]) -> dict[str, Any]:
    curve = ranked.curve()
    values, reached = sensitivity_at(curve, rates)
    intervals = percentile_interval(samples).T
    return {
        "num_images": len(ranked.lesions),
        "num_lesions": int(ranked.lesions.sum()),
        "num_detections": len(ranked.hits),
        "sens_at": {
            f"{rate:g}": {"value": float(value), "ci95": interval.tolist(), "reached": bool(ok)}
            for rate, value, interval, ok in zip(rates, values, intervals, reached, strict=True)
        },
        "curve": {
            "fp_per_image": curve.fp_per_image.tolist(),
            "sensitivity": curve.sensitivity.tolist(),
            "threshold": curve.threshold.tolist(),
        },
        "mean_sensitivity": float(np.mean(values)),
    }


def _paired_entries(
    name: str, baseline: str, entries: dict[str, Any], samples: dict[str, FloatArray], rates: Sequence[float]
) -> list[dict[str, Any]]:
    differences = samples[name] - samples[baseline]
    intervals = percentile_interval(differences).T
    return [
        {
            "a": name,
            "b": baseline,
            "fppi": rate,
            "difference": entries[name]["sens_at"][f"{rate:g}"]["value"]
            - entries[baseline]["sens_at"][f"{rate:g}"]["value"],
            "ci95": intervals[column].tolist(),
            "p": two_sided_p(differences[:, column]),
        }
        for column, rate in enumerate(rates)
    ]
