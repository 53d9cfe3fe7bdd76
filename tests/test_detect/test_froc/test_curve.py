"""Curves and what is read off them: numbers worked by hand, invariances, and a twin that counts all again."""

import numpy as np
import pytest

from detect.froc.curve import CPM_RATES, CountedSet, MatchedSet, RankedSet
from detect.froc.matching import DUPLICATE, FALSE_POSITIVE, IGNORED, Boxes, match_set

# Three images. A: lesions a1, a2. B: lesion b1 and an ignore region. C: none. IoUs are 1 or 0.
#                                         duplicates "fp"     "ignore"
#   score  image  box             finds        TP  FP          TP  FP
#   0.9    A      on a1           a1            1   0           1   0
#   0.85   B      on the region   ignored       -   -           -   -     no operating point
#   0.8    C      anywhere        -             1   1           1   1
#   0.7    A      on a1 again     duplicate  \
#   0.7    B      on b1           b1         /  2   2           2   1     tied: one step
#   0.6    A      off             -             2   3           2   2
#   0.5    A      on a2           a2            3   3           3   2
#   0.4    B      off             -             3   4           3   3
# Per image (3) and per lesion (3), with "fp": false positives 0, 1/3, 2/3, 1, 1, 4/3; sensitivity 1/3, 1/3, 2/3, 2/3,
# 1, 1. So a1 enters at a rate of 0, b1 at 2/3, a2 at 1 (with "ignore": 0, 1/3, 2/3).
# Mean sensitivity up to 1: each lesion counts from where it enters, (1 + 1/3 + 0) / 3 = 4/9; "ignore" (1 + 2/3 + 1/3)
# / 3 = 2/3; up to 2: (2 + 4/3 + 1) / 3 / 2 = 13/18. The same as rectangles: 1/3 * 2/3 + 2/3 * 1/3 = 4/9.
# CPM at 1/8, 1/4, 1/2, 1, 2, 4, 8: (1/3 + 1/3 + 1/3 + 1 + 1 + 1 + 1) / 7 = 5/7.
# Strata: {a1}, {a2, b1}, {}: at a rate of 1/3 1 and 0, at 2/3 1 and 1/2, at 1 1 and 1.
A1, A2, B1, OFF, REGION = [0, 0, 10, 10], [20, 20, 40, 40], [5, 5, 15, 25], [50, 50, 60, 60], [80, 80, 90, 90]
LESIONS = [[A1, A2], [B1], []]
REGIONS = [[], [REGION], []]
DETECTIONS = [
    [(A1, 0.9), (A1, 0.7), (OFF, 0.6), (A2, 0.5)],
    [(B1, 0.7), (OFF, 0.4), (REGION, 0.85)],
    [(A1, 0.8)],
]
STRATUM = np.array([0, 1, 1])


def boxes(per_image) -> Boxes:
    rows = [(i, box) for i, image in enumerate(per_image) for box in image]
    corners = np.array([box for _, box in rows], float).reshape(-1, 4)
    return Boxes(np.array([i for i, _ in rows], np.int64), corners, np.ones(len(rows), np.int64))


def matched_set(lesions, detections, regions=(), **options) -> MatchedSet:
    """Lists for each image: lesions are corners, detections are (corners, score)."""
    found_boxes, truth = boxes([[box for box, _ in image] for image in detections]), boxes(lesions)
    scores = np.array([score for image in detections for _, score in image], float)
    found = match_set(found_boxes, scores, truth, boxes(regions), **options)
    return MatchedSet(scores, found, found_boxes.image, truth.image, len(lesions))


@pytest.fixture
def example() -> MatchedSet:
    return matched_set(LESIONS, DETECTIONS, REGIONS)


def test_the_example_is_matched_as_on_paper(example) -> None:
    assert example.found.tolist() == [0, DUPLICATE, FALSE_POSITIVE, 1, 2, FALSE_POSITIVE, IGNORED, FALSE_POSITIVE]
    assert example.lesion_image.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("duplicates", "false"), [("fp", [0, 1, 2, 3, 3, 4]), ("ignore", [0, 1, 1, 2, 2, 3])])
def test_the_curve_of_the_example(example, duplicates: str, false: list[int]) -> None:
    curve = RankedSet(example, duplicates).curve()
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert curve.fp_per_image.tolist() == [n / 3 for n in false]
    assert curve.sensitivity.tolist() == [1 / 3, 1 / 3, 2 / 3, 2 / 3, 1, 1]


def test_sens_at_is_the_last_point_with_at_most_n(example) -> None:
    counted, rates = CountedSet(RankedSet(example)), [0.1, 1 / 3, 0.99, 1, 4 / 3, 2]
    assert counted.sensitivity_at(rates).tolist() == [[1 / 3, 1 / 3, 2 / 3, 1, 1, 1]]
    assert counted.reached(rates).tolist() == [[True, True, True, True, True, False]]
    # In any order, and one at a time.
    assert counted.sensitivity_at([1, 0.1]).tolist() == [[1, 1 / 3]]


def test_ignored_duplicates_move_the_rates(example) -> None:
    counted, rates = CountedSet(RankedSet(example, "ignore")), [0.1, 1 / 3, 2 / 3, 1, 4 / 3]
    assert counted.sensitivity_at(rates).tolist() == [[1 / 3, 2 / 3, 1, 1, 1]]
    assert counted.reached(rates).tolist() == [[True, True, True, True, False]]


def test_the_threshold_of_sens_at(example) -> None:
    curve = RankedSet(example).curve()
    assert [curve.threshold_at(rate) for rate in (0.1, 1 / 3, 0.99, 1, 2)] == [0.9, 0.8, 0.7, 0.5, 0.4]
    late = RankedSet(matched_set([[A1]], [[(OFF, 0.9), (A1, 0.8)]])).curve()
    assert late.threshold_at(0.5) is None and late.threshold_at(1) == 0.8


def test_partial_area_and_cpm_by_hand(example) -> None:
    counted = CountedSet(RankedSet(example))
    areas = [counted.partial_area(limit)[0] for limit in (0.5, 1, 2)]
    np.testing.assert_allclose(areas, [1 / 3, 4 / 9, 13 / 18], rtol=1e-14)
    np.testing.assert_allclose(CountedSet(RankedSet(example, "ignore")).partial_area(1), [2 / 3], rtol=1e-14)
    np.testing.assert_allclose(counted.sensitivity_at(CPM_RATES).mean(1), [5 / 7], rtol=1e-14)


def test_strata_share_the_operating_points_of_the_set(example) -> None:
    got = CountedSet(RankedSet(example)).stratum_sensitivity_at([1 / 3, 2 / 3, 1], STRATUM, 3)
    nan = np.nan
    np.testing.assert_array_equal(got, [[[1, 0, nan], [1, 0.5, nan], [1, 1, nan]]])


def test_weights_by_hand(example) -> None:
    """A twice and C once without B; C three times without any lesion; all images twice."""
    weights = np.array([[2, 0, 1], [0, 0, 3], [2, 2, 2]], np.int32)
    counted, rates = CountedSet(RankedSet(example), weights), [1 / 3, 1, 5 / 3]
    # First row: 4 lesions, a1 twice before 1 false positive; after 0.7 it has 3, after 0.6 it has 5, in 3 images.
    expected = [[0.5, 0.5, 1], [np.nan] * 3, [1 / 3, 1, 1]]
    np.testing.assert_array_equal(counted.sensitivity_at(rates), expected)
    assert counted.reached(rates).tolist() == [[True, True, True], [True, True, False], [True, True, False]]
    # a1 enters at 0, a2 at 5/3: up to 2 they count 2 and 1/3 of 2, each 2 of 4.
    np.testing.assert_allclose(counted.partial_area(2), [(1 + 1 / 6) / 2, np.nan, 13 / 18], rtol=1e-14)


def test_a_curve_that_starts_above_n_gives_zero() -> None:
    ranked = RankedSet(matched_set([[A1]], [[(OFF, 0.9), (OFF, 0.9), (A1, 0.8)]]))
    counted = CountedSet(ranked)
    assert counted.sensitivity_at([1, 2]).tolist() == [[0, 1]] and counted.reached([1, 2]).all()
    assert counted.partial_area(1).tolist() == [0] and counted.partial_area(4).tolist() == [0.5]


def test_no_detections_at_all() -> None:
    ranked = RankedSet(matched_set([[A1], []], [[], []]))
    assert len(ranked.curve().threshold) == len(ranked.curve().sensitivity) == 0
    counted = CountedSet(ranked)
    assert counted.sensitivity_at([1]).tolist() == [[0]] and not counted.reached([1]).any()
    assert counted.partial_area(1).tolist() == [0]
    assert counted.stratum_sensitivity_at([1], np.array([0]), 1).tolist() == [[[0]]]


def test_only_ignored_detections_are_as_none() -> None:
    ranked = RankedSet(matched_set([[A1]], [[(OFF, 0.9)]], [[OFF]]))
    assert len(ranked.curve().threshold) == 0 and not CountedSet(ranked).reached([0.1]).any()


def test_no_lesions_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one lesion"):
        RankedSet(matched_set([[], []], [[(A1, 0.5)], []]))


def test_counting_only_up_to_a_rate_changes_nothing_below_it() -> None:
    """The first rows stop early; one whose images hold few false positives needs the whole curve."""
    rng = np.random.default_rng(1)
    image = np.concatenate([rng.integers(0, 6, 100), np.zeros(500, np.int64)])
    found = np.where(rng.random(600) < 0.05, np.cumsum(np.ones(600, np.int64)) - 1, FALSE_POSITIVE)
    lesion_image = image.copy()
    ranked = RankedSet(MatchedSet(rng.random(600), found, image, lesion_image, 6))
    stratum, rates = rng.integers(0, 2, 600), [0.1, 1, 4]
    even, uneven = np.array([[1, 1, 1, 1, 1, 1], [2, 0, 1, 1, 1, 1]]), np.array([[1] * 6, [0, 0, 0, 0, 0, 6]])
    for weights, stops in ((even, True), (uneven, False)):
        whole, short = CountedSet(ranked, weights), CountedSet(ranked, weights, max_rate=4)
        assert (short.false.shape[1] < whole.false.shape[1]) == stops
        assert short.sensitivity_at(rates).tolist() == whole.sensitivity_at(rates).tolist()
        assert short.reached(rates).tolist() == whole.reached(rates).tolist()
        assert short.partial_area(4).tolist() == whole.partial_area(4).tolist()
        strata = (counted.stratum_sensitivity_at(rates, stratum, 2).tolist() for counted in (short, whole))
        assert next(strata) == next(strata)


def random_case(seed: int):
    """A small crowded set on an integer grid: ties in score, equal boxes, negatives, images without detections."""
    rng = np.random.default_rng(seed)

    def box():
        x, y = rng.integers(0, 6, 2)
        w, h = rng.integers(1, 5, 2)
        return [float(x), float(y), float(x + w), float(y + h)]

    images = int(rng.integers(1, 6))
    lesions = [[box() for _ in range(rng.integers(0, 4))] for _ in range(images)]
    lesions[0].append(box())
    detections = [[(box(), float(rng.integers(0, 5) / 4)) for _ in range(rng.integers(0, 7))] for _ in range(images)]
    return lesions, detections


def points(matched: MatchedSet, duplicates: str = "fp") -> list[tuple[float, float, float]]:
    curve = RankedSet(matched, duplicates).curve()
    return list(zip(curve.threshold.tolist(), curve.fp_per_image.tolist(), curve.sensitivity.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_and_the_names_of_images_do_not_matter(seed: int) -> None:
    lesions, detections = random_case(seed)
    order = np.random.default_rng(seed).permutation(len(lesions))
    turned = matched_set([lesions[i] for i in order], [detections[i] for i in order])
    assert points(turned) == points(matched_set(lesions, detections))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_detections_does_not_matter_where_scores_differ(seed: int) -> None:
    lesions, detections = random_case(seed)
    rng = np.random.default_rng(seed)
    distinct = [[(box, float(rng.random())) for box, _ in image] for image in detections]
    shuffled = [[image[i] for i in rng.permutation(len(image))] for image in distinct]
    assert points(matched_set(lesions, shuffled)) == points(matched_set(lesions, distinct))


@pytest.mark.parametrize("seed", range(5))
def test_rising_transforms_of_the_scores_change_only_the_thresholds(seed: int) -> None:
    lesions, detections = random_case(seed)
    moved = [[(box, np.exp(3 * score) - 7) for box, score in image] for image in detections]
    before, after = points(matched_set(lesions, detections)), points(matched_set(lesions, moved))
    assert [p[1:] for p in after] == [p[1:] for p in before]
    assert [p[0] for p in after] == [np.exp(3 * p[0]) - 7 for p in before]


def brute_force_points(lesions, detections, iou_thr, matching, duplicates) -> list[tuple[float, float, float]]:
    """Match and count from the beginning at every threshold, one box at a time."""
    counted = []
    for threshold in sorted({s for found in detections for _, s in found}, reverse=True):
        tp = fp = new = 0
        for truth, found in zip(lesions, detections, strict=True):
            free = set(range(len(truth)))
            for box, score in sorted(found, key=lambda d: -d[1]):
                if score < threshold:
                    continue
                candidates = slow_candidates(box, truth, iou_thr, matching)
                best = max((j for j in candidates if j in free), key=lambda j: slow_iou(box, truth[j]), default=None)
                if best is not None:
                    tp += 1
                    free.remove(best)
                elif duplicates == "fp" or not candidates:
                    fp += 1
                else:
                    continue
                new += score == threshold
        if new:
            counted.append((threshold, fp / len(lesions), tp / sum(map(len, lesions))))
    return counted


def slow_candidates(box, truth, iou_thr, matching) -> list[int]:
    if matching == "center":
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return [j for j, t in enumerate(truth) if t[0] <= x <= t[2] and t[1] <= y <= t[3]]
    overlaps = [slow_iou(box, t) for t in truth]
    if matching == "best-overlap" and truth:
        best = overlaps.index(max(overlaps))
        return [best] if overlaps[best] >= iou_thr else []
    return [j for j, overlap in enumerate(overlaps) if overlap >= iou_thr]


def slow_iou(a, b) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height)


@pytest.mark.parametrize("duplicates", ["fp", "ignore"])
@pytest.mark.parametrize("matching", ["iou", "center", "best-overlap"])
def test_random_sets_agree_with_brute_force(matching: str, duplicates: str) -> None:
    hits = 0
    for seed in range(120):
        lesions, detections = random_case(seed)
        expected = brute_force_points(lesions, detections, 0.3, matching, duplicates)
        assert points(matched_set(lesions, detections, iou_thr=0.3, matching=matching), duplicates) == expected, seed
        hits += bool(expected) and expected[-1][2] > 0
    assert hits > 60


def test_weights_count_an_image_as_often_as_it_is_copied() -> None:
    rates = [0.2, 1 / 3, 0.5, 1, 2, 3]
    for seed in range(30):
        lesions, detections = random_case(seed)
        weights = np.random.default_rng(seed).integers(0, 3, (4, len(lesions)))
        weights[:, 0] += 1
        counted = CountedSet(RankedSet(matched_set(lesions, detections)), weights)
        for r, row in enumerate(weights):
            copied = [i for i, w in enumerate(row) for _ in range(w)]
            copy = CountedSet(RankedSet(matched_set([lesions[i] for i in copied], [detections[i] for i in copied])))
            assert counted.sensitivity_at(rates)[r].tolist() == copy.sensitivity_at(rates)[0].tolist()
            assert counted.reached(rates)[r].tolist() == copy.reached(rates)[0].tolist()
            assert counted.partial_area(1.5)[r] == pytest.approx(copy.partial_area(1.5)[0], rel=1e-12)
