"""Matching and curves against hand-worked numbers and a twin that counts everything again at each threshold."""

import numpy as np
import pytest

from detect.froc import MatchedSet, RankedSet, box_iou, centers_inside, match_image, sensitivity_at

# Three images. A: lesions a1, a2. B: lesion b1. C: none. IoUs are 1 or 0, except where said.
#   score  image  box             finds
#   0.9    A      on a1           a1          TP 1  FP 0
#   0.8    C      anywhere        -           TP 1  FP 1
#   0.7    A      on a1 again     taken       TP 1  FP 2   } tied:
#   0.7    B      on b1           b1          TP 2  FP 2   } one step
#   0.6    A      off             -           TP 2  FP 3
#   0.5    A      on a2           a2          TP 3  FP 3
#   0.4    B      off             -           TP 3  FP 4
# Per image (3) and per lesion (3): fp 0, 1/3, 2/3, 1, 1, 4/3; sensitivity 1/3, 1/3, 2/3, 2/3, 1, 1.
A1, A2, B1, OFF = [0, 0, 10, 10], [20, 20, 40, 40], [5, 5, 15, 25], [50, 50, 60, 60]
LESIONS = [[A1, A2], [B1], []]
DETECTIONS = [
    [(A1, 0.9), (A1, 0.7), (OFF, 0.6), (A2, 0.5)],
    [(B1, 0.7), (OFF, 0.4)],
    [(A1, 0.8)],
]


def matched_set(lesions, detections, **options) -> MatchedSet:
    hits, scores, image = [], [], []
    for index, (truth, found) in enumerate(zip(lesions, detections, strict=True)):
        boxes = np.array([d[0] for d in found], float).reshape(-1, 4)
        image_scores = np.array([d[1] for d in found], float)
        truth_boxes = np.array(truth, float).reshape(-1, 4)
        labels, truth_labels = np.zeros(len(boxes), int), np.zeros(len(truth_boxes), int)
        hits.append(match_image(boxes, image_scores, labels, truth_boxes, truth_labels, **options))
        scores.append(image_scores)
        image.append(np.full(len(boxes), index))
    counts = np.array([len(t) for t in lesions])
    return MatchedSet(np.concatenate(scores), np.concatenate(hits), np.concatenate(image), counts)


def test_the_hand_made_example() -> None:
    curve = RankedSet(matched_set(LESIONS, DETECTIONS)).curve()
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    np.testing.assert_allclose(curve.fp_per_image, [0, 1 / 3, 2 / 3, 1, 1, 4 / 3])
    np.testing.assert_allclose(curve.sensitivity, [1 / 3, 1 / 3, 2 / 3, 2 / 3, 1, 1])


def test_sens_at_is_the_last_point_with_at_most_n() -> None:
    curve = RankedSet(matched_set(LESIONS, DETECTIONS)).curve()
    values, reached = sensitivity_at(curve, [0.1, 1 / 3, 0.99, 1, 4 / 3, 2])
    np.testing.assert_allclose(values, [1 / 3, 1 / 3, 2 / 3, 1, 1, 1])
    assert reached.tolist() == [True, True, True, True, True, False]


def test_a_curve_that_starts_above_n_gives_zero() -> None:
    curve = RankedSet(matched_set([[A1]], [[(OFF, 0.9), (OFF, 0.9), (A1, 0.8)]])).curve()
    values, reached = sensitivity_at(curve, [1, 2])
    assert values.tolist() == [0.0, 1.0] and reached.tolist() == [True, True]


def test_no_detections_at_all() -> None:
    curve = RankedSet(matched_set([[A1], []], [[], []])).curve()
    assert len(curve.threshold) == len(curve.sensitivity) == 0
    values, reached = sensitivity_at(curve, [1])
    assert values.tolist() == [0.0] and not reached.any()


def test_no_lesions_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one lesion"):
        RankedSet(matched_set([[], []], [[(A1, 0.5)], []]))


def match_one(boxes, scores, lesions, labels=None, lesion_labels=None, **options) -> list[bool]:
    labels = np.zeros(len(boxes), int) if labels is None else np.array(labels)
    lesion_labels = np.zeros(len(lesions), int) if lesion_labels is None else np.array(lesion_labels)
    arrays = np.array(boxes, float), np.array(scores, float), labels, np.array(lesions, float), lesion_labels
    return match_image(*arrays, **options).tolist()


def test_the_best_score_matches_first_and_ties_go_in_input_order() -> None:
    assert match_one([A1, A1, A1], [0.5, 0.9, 0.9], [A1]) == [False, True, False]


def test_the_free_lesion_with_the_highest_iou_is_taken() -> None:
    # The wide box overlaps both lesions; its best is `right`. The second box then gets only `left`, which it misses.
    left, right, wide = [0, 0, 10, 10], [2, 0, 13, 10], [1, 0, 13, 10]
    assert match_one([wide, right], [0.9, 0.8], [left, right], iou_thr=0.7) == [True, False]
    assert match_one([wide, left], [0.9, 0.8], [left, right], iou_thr=0.7) == [True, True]
    # A taken best lesion is not the end: the next best that qualifies is.
    assert match_one([wide, right], [0.9, 0.8], [left, right], iou_thr=0.6) == [True, True]


def test_iou_threshold_is_reached_by_equality() -> None:
    half = [0, 0, 10, 5]  # IoU with A1 is 50 / 100
    assert match_one([half], [0.9], [A1], iou_thr=0.5) == [True]
    assert match_one([half], [0.9], [A1], iou_thr=0.51) == [False]


def test_another_class_is_no_hit() -> None:
    assert match_one([A1, A1], [0.9, 0.8], [A1], labels=[2, 1], lesion_labels=[1]) == [False, True]


def test_center_matching_takes_small_boxes_and_the_border() -> None:
    assert match_one([[4, 4, 6, 6]], [0.9], [A1], matching="center") == [True]
    assert match_one([[4, 4, 6, 6]], [0.9], [A1], matching="iou") == [False]
    assert match_one([[8, 4, 12, 6]], [0.9], [A1], matching="center") == [True]
    assert match_one([[8.1, 4, 12, 6]], [0.9], [A1], matching="center") == [False]
    # A box far away from every lesion is never a hit, whatever its place.
    assert match_one([[500, 500, 510, 510]], [0.9], [A1], matching="center") == [False]


def test_iou_by_hand_and_without_area() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 5, 5, 5]], float)
    others = np.array([[5, 0, 15, 10], [20, 20, 30, 30], [5, 5, 5, 5]], float)
    np.testing.assert_allclose(box_iou(boxes, others), [[50 / 150, 0, 0], [0, 0, 0]])
    assert centers_inside(boxes, others).tolist() == [[True, False, True], [True, False, True]]


def brute_force_points(lesions, detections, iou_thr, matching) -> list[tuple[float, float, float]]:
    """Match and count from the beginning at every threshold, one box at a time."""
    points = []
    for threshold in sorted({s for found in detections for _, s in found}, reverse=True):
        tp = fp = 0
        for truth, found in zip(lesions, detections, strict=True):
            free = list(range(len(truth)))
            for box, score in sorted(found, key=lambda d: -d[1]):
                if score < threshold:
                    continue
                best, best_iou = None, -1.0
                for j in free:
                    iou = slow_iou(box, truth[j])
                    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                    inside = truth[j][0] <= cx <= truth[j][2] and truth[j][1] <= cy <= truth[j][3]
                    if (iou >= iou_thr if matching == "iou" else inside) and iou > best_iou:
                        best, best_iou = j, iou
                if best is None:
                    fp += 1
                else:
                    tp += 1
                    free.remove(best)
        points.append((threshold, fp / len(lesions), tp / sum(map(len, lesions))))
    return points


def slow_iou(a, b) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height)


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


@pytest.mark.parametrize("matching", ["iou", "center"])
def test_random_sets_agree_with_brute_force(matching: str) -> None:
    hits = 0
    for seed in range(200):
        lesions, detections = random_case(seed)
        curve = RankedSet(matched_set(lesions, detections, iou_thr=0.3, matching=matching)).curve()
        points = zip(curve.threshold.tolist(), curve.fp_per_image.tolist(), curve.sensitivity.tolist(), strict=True)
        expected = brute_force_points(lesions, detections, 0.3, matching)
        assert list(points) == expected, seed
        hits += bool(expected) and expected[-1][2] > 0
    assert hits > 100


def test_weights_count_an_image_as_often_as_it_is_repeated() -> None:
    for seed in range(30):
        lesions, detections = random_case(seed)
        weights = np.random.default_rng(seed).integers(0, 3, len(lesions))
        weights[0] += 1
        repeated = [i for i, w in enumerate(weights) for _ in range(w)]
        copy = RankedSet(matched_set([lesions[i] for i in repeated], [detections[i] for i in repeated])).curve()
        weighted = RankedSet(matched_set(lesions, detections)).curve(weights)
        rates = [0.2, 0.5, 1, 2, 3]
        assert sensitivity_at(weighted, rates)[0].tolist() == sensitivity_at(copy, rates)[0].tolist()
