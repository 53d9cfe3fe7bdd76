"""Free-response ROC from matched detections: the curve, Sens@N and what is read off it, for any weights of the images.

The false-positive rate is false positives divided by *all* images, those without lesions included; the sensitivity is
lesions found divided by all lesions of the set (paper 002, section 3.4 and eq. 8). The curve is a step: between two
thresholds there is nothing a detector could be set to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import UserError
from detect.froc.matching import DUPLICATE, FALSE_POSITIVE, FloatArray, IntArray
from reporting.ratio import ratio

Duplicates = Literal["fp", "ignore"]

CPM_RATES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)
"""False positives per image whose mean sensitivity is the competition performance metric (CPM) of LUNA16."""
BAND_BEYOND = 1.15
"""Curves and bands are drawn up to this multiple of the largest N."""


@dataclass(frozen=True)
class MatchedSet:
    """The matched detections of a whole set: all that a curve needs.

    Attributes:
        scores: (D,) finite.
        found: (D,) index of the lesion that each detection finds, or a code of `detect.froc.matching`.
        image: (D,) index of the detection's image.
        lesion_image: (L,) index of the lesion's image.
        num_images: images of the set, those without lesions or detections included.
    """

    scores: FloatArray
    found: IntArray
    image: IntArray
    lesion_image: IntArray
    num_images: int


@dataclass(frozen=True)
class FrocCurve:
    """Operating points, from the highest threshold to the lowest; detections with `score >= threshold` count.

    Attributes:
        fp_per_image: (P,) false positives divided by images, not falling.
        sensitivity: (P,) lesions found divided by lesions, not falling.
        threshold: (P,) falling; one point for each distinct score.
    """

    fp_per_image: FloatArray
    sensitivity: FloatArray
    threshold: FloatArray

    def threshold_at(self, rate: float) -> float | None:
        """Return the threshold of Sens@N, N = `rate`: the lowest with at most N false positives per image; None if
        none.

        With `score >= threshold` a detector works at that operating point.
        """
        points = np.searchsorted(self.fp_per_image, rate, side="right")
        return float(self.threshold[points - 1]) if points else None


def band_rates(fppi: Sequence[float], num_images: int, beyond: float = BAND_BEYOND) -> FloatArray:
    """Return the rates at which the band of a curve is computed: those of Sens@N, and close ones up to `beyond` times
    the largest."""
    right = beyond * max(fppi)
    first = min(1 / num_images, right)
    return np.unique(np.concatenate([[0.0, *fppi], np.linspace(0, right, 93), np.geomspace(first, right, 60)]))


class RankedSet:
    """The counted detections of a set in falling order of score, sorted once.

    Args:
        matched: from `detect.froc.matching.match_set`. Ignored detections count nowhere and make no operating point.
        duplicates: further detections of a found lesion are false positives ("fp") or count nowhere ("ignore").

    Attributes:
        threshold: (P,) distinct scores, falling: the operating points. Others name a point by its index here.
        false_point, false_image: (F,) operating point at which each false positive enters, rising, and its image.
        hit_point, hit_image, hit_lesion: (H,) the same for each lesion found, and the lesion.
        lesion_image, num_images: of the set.

    Raises:
        UserError: there is no lesion.
    """

    def __init__(self, matched: MatchedSet, duplicates: Duplicates = "fp") -> None:
        if len(matched.lesion_image) == 0:
            raise UserError("FROC needs at least one lesion in the ground truth; sensitivity is not defined without")
        hit = matched.found >= 0
        false = matched.found == FALSE_POSITIVE
        if duplicates == "fp":
            false |= matched.found == DUPLICATE
        rising, point = np.unique(matched.scores[hit | false], return_inverse=True)
        all_points = np.empty(len(hit), np.int64)
        all_points[hit | false] = len(rising) - 1 - point
        self.threshold = rising[::-1]
        self.false_point, self.false_image = self._sorted(false, all_points, matched.image)
        self.hit_point, self.hit_image, self.hit_lesion = self._sorted(hit, all_points, matched.image, matched.found)
        self.lesion_image = matched.lesion_image
        self.num_images = matched.num_images

    @staticmethod
    def _sorted(chosen: NDArray[np.bool_], points: IntArray, *others: IntArray) -> tuple[IntArray, ...]:
        index = np.flatnonzero(chosen)
        index = index[np.argsort(points[index], kind="stable")]
        return tuple(array[index] for array in (points, *others))

    def curve(self) -> FrocCurve:
        """Return the curve of the set as it is."""
        return self._curve_at(np.arange(len(self.threshold)))

    def vertices(self, rates: Sequence[float]) -> FrocCurve:
        """Return the curve without the points that lie between two others of the same sensitivity.

        It is the same step, and the same line through all points: of each sensitivity the first and the last point are
        left, and for `threshold_at` the last one with at most each of the `rates` of false positives.
        """
        most = _most_within(np.asarray(rates, float), np.array(self.num_images))
        ends = np.append(self.false_point, len(self.threshold))[np.minimum(most, len(self.false_point))]
        last = len(self.threshold) - 1
        kept = np.unique(np.concatenate([[0, last], self.hit_point - 1, self.hit_point, ends - 1]))
        return self._curve_at(kept[(kept >= 0) & (kept <= last)])

    def _curve_at(self, points: IntArray) -> FrocCurve:
        false = np.searchsorted(self.false_point, points, side="right")
        found = np.searchsorted(self.hit_point, points, side="right")
        return FrocCurve(false / self.num_images, found / len(self.lesion_image), self.threshold[points])


class CountedSet:
    """A ranked set counted with weights of the images, many at a time: resamples of a bootstrap, or the set itself.

    Nothing is sorted or matched again: hits and false positives are summed with the weights of their images.

    Args:
        ranked: the set.
        weights: (R, I) integers, not negative: how often each image counts; default once, R = 1.
        max_rate: only the false positives that are needed up to this rate are summed; default all.
    """

    def __init__(self, ranked: RankedSet, weights: NDArray[np.integer] | None = None, max_rate: float = np.inf) -> None:
        self.ranked = ranked
        self.weights = np.ones((1, ranked.num_images), np.int32) if weights is None else weights
        self.images = np.maximum(self.weights.sum(1, dtype=np.int64), 1)  # a row without images has no lesions: all NaN
        self.lesions = self.weights[:, ranked.lesion_image].sum(1, dtype=np.int64)
        self.false = self._cumulative_false(max_rate)

    def _cumulative_false(self, max_rate: float) -> IntArray:
        """(R, F') the false positives counted so far at each of them: all F, or the first F' where these are enough.

        They are enough when every row has more than `max_rate` allows. Twice as many as `max_rate` needs nearly always
        are.
        """
        image, needed = self.ranked.false_image, 2 * max_rate * self.ranked.num_images + 1
        if needed < len(image):
            false = np.cumsum(np.take(self.weights, image[: int(needed)], axis=1), axis=1, dtype=np.int64)
            if (false[:, -1] > _most_within(np.array(max_rate), self.images)).all():
                return false
        return np.cumsum(np.take(self.weights, image, axis=1), axis=1, dtype=np.int64)

    @cached_property
    def _hit_weights(self) -> NDArray[np.integer]:
        return np.take(self.weights, self.ranked.hit_image, axis=1)  # rows stay in one piece, which sums faster

    def _end_points(self, rates: ArrayLike) -> IntArray:
        """(R, F) the number of operating points with at most each rate of false positives."""
        most = _most_within(np.asarray(rates, float)[None], self.images[:, None])
        first_beyond = np.stack(
            [np.searchsorted(row, m, side="right") for row, m in zip(self.false, most, strict=True)]
        )
        # Where no false positive is beyond a rate, all operating points are within it.
        none_beyond = first_beyond == self.false.shape[1]
        all_points = np.append(self.ranked.false_point, len(self.ranked.threshold))
        return all_points[np.where(none_beyond, len(self.ranked.false_point), first_beyond)]

    def sensitivity_at(self, rates: ArrayLike) -> FloatArray:
        """Return Sens@N for each rate N: the sensitivity at the last operating point with at most N false positives.

        Args:
            rates: (F,) average false positives per image, not above `max_rate`.

        Returns:
            (R, F) in [0, 1]. 0 where the first point is beyond N; the last value where the curve ends before N; NaN
            where no lesion counts.
        """
        return self._share_found(self._end_points(rates), slice(None), self.lesions)

    def _share_found(self, ends: IntArray, chosen: slice | NDArray[np.bool_], lesions: IntArray) -> FloatArray:
        """(R, F) the `chosen` of the hits (H,) before the operating points `ends` (R, F), divided by `lesions` (R,)."""
        weights = self._hit_weights[:, chosen]
        found = np.zeros((len(weights), weights.shape[1] + 1), np.int64)
        np.cumsum(weights, axis=1, out=found[:, 1:])
        hits = np.searchsorted(self.ranked.hit_point[chosen], ends)
        return ratio(np.take_along_axis(found, hits, axis=1), lesions[:, None])

    def reached(self, rates: ArrayLike) -> NDArray[np.bool_]:
        """Return (R, F) whether the curve goes on to each rate; where it ends before, Sens@N is its last value."""
        last = self.false[:, -1:] if self.false.shape[1] else np.zeros((len(self.weights), 1), np.int64)
        return last / self.images[:, None] >= np.asarray(rates, float)[None]

    def partial_area(self, limit: float) -> FloatArray:
        """Return the mean of the sensitivity over false-positive rates from 0 to `limit`: the area divided by `limit`.

        Each hit adds its weight from the rate at which it enters; after its end the curve goes on level.

        Returns:
            (R,) in [0, 1]; NaN where no lesion counts.
        """
        before = np.searchsorted(self.ranked.false_point, self.ranked.hit_point, side="right")
        padded = np.concatenate([np.zeros((len(self.weights), 1), np.int64), self.false], axis=1)
        entered = padded[:, np.minimum(before, self.false.shape[1])] / self.images[:, None]
        area = (self._hit_weights * np.clip(1 - entered / limit, 0, None)).sum(1)
        return ratio(area, self.lesions)

    def stratum_sensitivity_at(self, rates: ArrayLike, stratum: IntArray, num_strata: int) -> FloatArray:
        """Return Sens@N of each stratum of lesions, at the operating points of the whole set.

        Args:
            stratum: (L,) stratum of each lesion, 0 .. num_strata - 1.

        Returns:
            (R, F, S); NaN where no lesion of the stratum counts.
        """
        ends = self._end_points(rates)
        shares = []
        for index in range(num_strata):
            lesions = self.weights[:, self.ranked.lesion_image[stratum == index]].sum(1, dtype=np.int64)
            shares.append(self._share_found(ends, stratum[self.ranked.hit_lesion] == index, lesions))
        return np.stack(shares, axis=2)


def _most_within(rates: FloatArray, images: IntArray) -> IntArray:
    """Return the largest number of false positives whose quotient by `images` is at most each rate, exactly."""
    most = np.floor(np.minimum(rates * images, 2**53)).astype(np.int64)
    most = most + ((most + 1) / images <= rates)
    return most - (most / images > rates)
