"""What one trained detector gives on a test set, with its resamples: all that a table keeps of its predictions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detect.froc.bootstrap import in_batches
from detect.froc.curve import CountedSet, RankedSet, band_rates
from detect.froc.matching import FloatArray
from detect.froc.settings import FrocSettings

CURVE_BEYOND = 1.5
"""Curves go on to this multiple of the largest N."""


@dataclass(frozen=True, eq=False)
class RepeatMeasures:
    """One repeat: one training, tested. It equals itself only, so that rows of the same repeats can be told.

    Attributes:
        sensitivity: (F + 1,) Sens@N at each N, then their mean.
        samples: (R, F + 1) the same of each resample of the patients; NaN where it has no lesion.
        curve: (B,) sensitivity at each of `curve_rates`.
        curve_samples: (R, B), or (0, B) where they were not asked for.
        thresholds: (F,) the lowest score that counts at each N; infinite where none may.
        fp_per_image: (F,) false positives per image at these thresholds, at most N.
        reached: (F,) whether the curve goes on to N.
        end: false positives per image where the curve ends.
    """

    sensitivity: FloatArray
    samples: FloatArray
    curve: FloatArray
    curve_samples: FloatArray
    thresholds: FloatArray
    fp_per_image: FloatArray
    reached: NDArray[np.bool_]
    end: float


def curve_rates(settings: FrocSettings, num_images: int) -> FloatArray:
    """Return the false positives per image (B,), rising from 0, at which curves of repeats are averaged."""
    return band_rates(settings.fppi, num_images, CURVE_BEYOND)


def measure_repeat(
    ranked: RankedSet, settings: FrocSettings, weights: NDArray[np.int32], with_band: bool
) -> RepeatMeasures:
    """Measure one repeat on the set and on its resamples.

    Args:
        weights: (R, I) how often each image is in each resample.
        with_band: whether the curve is resampled too, which takes longer.
    """
    fppi = list(settings.fppi)
    rates = curve_rates(settings, ranked.num_images)

    def statistics(counted: CountedSet) -> dict[str, FloatArray]:
        sens_at = counted.sensitivity_at(fppi)
        band = {"curve": counted.sensitivity_at(rates)} if with_band else {}
        return {"sensitivity": np.column_stack([sens_at, sens_at.mean(1)])} | band

    counted, curve = CountedSet(ranked), ranked.vertices(fppi)
    samples = in_batches(ranked, statistics, weights, max(rates) if with_band else max(fppi))
    thresholds = [curve.threshold_at(rate) for rate in fppi]
    points = np.searchsorted(curve.fp_per_image, fppi, side="right")
    return RepeatMeasures(
        sensitivity=statistics(counted)["sensitivity"][0],
        samples=samples["sensitivity"],
        curve=counted.sensitivity_at(rates)[0],
        curve_samples=samples.get("curve", np.zeros((0, len(rates)))),
        thresholds=np.array([np.inf if threshold is None else threshold for threshold in thresholds]),
        fp_per_image=np.append(0.0, curve.fp_per_image)[points],
        reached=counted.reached(fppi)[0],
        end=float(curve.fp_per_image[-1]) if len(curve.fp_per_image) else 0.0,
    )
