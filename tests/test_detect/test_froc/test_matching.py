"""Each rule of matching by hand: who finds what, who comes too late, and who does not count."""

import numpy as np
import pytest

from detect.froc.matching import (
    DUPLICATE,
    FALSE_POSITIVE,
    IGNORED,
    Boxes,
    box_iou,
    centers_inside,
    covered_share,
    match_set,
)

MATCHINGS = ("iou", "center", "best-overlap")
A = [0, 0, 10, 10]
FAR = [500, 500, 510, 510]


def boxes(*rows) -> Boxes:
    """Rows are corners of image 0 and category 1, or (corners, image) or (corners, image, label)."""
    full = [row if isinstance(row, tuple) else (row, 0) for row in rows]
    full = [(*row, 1)[:3] for row in full]
    return Boxes(
        np.array([row[1] for row in full], np.int64),
        np.array([row[0] for row in full], float).reshape(-1, 4),
        np.array([row[2] for row in full], np.int64),
    )


def match(detections, lesions, regions=(), scores=None, **options) -> list[int]:
    """Without scores, the detections are in falling order of score."""
    scores = np.linspace(1, 0.5, len(detections)) if scores is None else np.array(scores, float)
    return match_set(boxes(*detections), scores, boxes(*lesions), boxes(*regions), **options).tolist()


def test_iou_coverage_and_centers_by_hand_and_without_area() -> None:
    mine = np.array([[0, 0, 10, 10], [5, 5, 5, 5]], float)
    others = np.array([[5, 0, 15, 10], [20, 20, 30, 30], [5, 5, 5, 5]], float)
    np.testing.assert_allclose(box_iou(mine, others), [[50 / 150, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(covered_share(mine, others), [[0.5, 0, 0], [0, 0, 0]])
    assert centers_inside(mine, others).tolist() == [[True, False, True], [True, False, True]]
    assert box_iou(mine, others[:0]).shape == (2, 0)
    assert covered_share(mine[:0], others).shape == (0, 3)


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_hit_a_second_hit_and_a_miss(matching: str) -> None:
    assert match([A, A, FAR, A], [A], matching=matching) == [0, DUPLICATE, FALSE_POSITIVE, DUPLICATE]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_box_far_from_every_lesion_is_no_hit(matching: str) -> None:
    assert match([FAR], [A], matching=matching) == [FALSE_POSITIVE]
    assert match([A], [FAR], matching=matching) == [FALSE_POSITIVE]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_the_highest_score_goes_first_and_ties_in_input_order(matching: str) -> None:
    assert match([A, A, A], [A], scores=[0.5, 0.9, 0.9], matching=matching) == [DUPLICATE, 0, DUPLICATE]
    assert match([A, A], [A], scores=[-2, -1], matching=matching) == [DUPLICATE, 0]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_another_category_finds_nothing_and_is_no_duplicate(matching: str) -> None:
    assert match([(A, 0, 2), (A, 0, 1), (A, 0, 2)], [A], matching=matching) == [FALSE_POSITIVE, 0, FALSE_POSITIVE]
    # Two lesions in one place, of two categories: each detection finds its own.
    assert match([(A, 0, 2), (A, 0, 1)], [(A, 0, 1), (A, 0, 2)], matching=matching) == [1, 0]


@pytest.mark.parametrize("matching", ["iou", "best-overlap"])
def test_the_threshold_is_reached_by_equality(matching: str) -> None:
    half = [0, 0, 10, 5]  # IoU with A: 50 / 100
    assert match([half], [A], iou_thr=0.5, matching=matching) == [0]
    assert match([half], [A], iou_thr=np.nextafter(0.5, 1), matching=matching) == [FALSE_POSITIVE]
    third = [5, 0, 15, 10]  # IoU with A: 50 / 150
    assert match([third], [A], iou_thr=1 / 3, matching=matching) == [0]


def test_iou_takes_the_best_of_the_free_lesions() -> None:
    # IoU of `wide` (120) with `left`: 90 / 130, with `right`: 110 / 120. Of `right` with `left`: 80 / 130.
    left, right, wide = [0, 0, 10, 10], [2, 0, 13, 10], [1, 0, 13, 10]
    assert match([wide, left], [left, right], iou_thr=0.6) == [1, 0]
    # `right` is taken: the second best that qualifies is found, if it qualifies.
    assert match([wide, right], [left, right], iou_thr=0.6) == [1, 0]
    assert match([wide, right], [left, right], iou_thr=0.7) == [1, DUPLICATE]


def test_best_overlap_looks_at_its_best_lesion_only() -> None:
    left, right, wide = [0, 0, 10, 10], [2, 0, 13, 10], [1, 0, 13, 10]
    # As above, but `right` has no second choice: its best is taken, `left` stays free.
    assert match([wide, right], [left, right], iou_thr=0.6, matching="best-overlap") == [1, DUPLICATE]
    assert match([wide, right, left], [left, right], iou_thr=0.6, matching="best-overlap") == [1, DUPLICATE, 0]
    # A best lesion below the threshold is no hit and no duplicate.
    assert match([wide], [[0, 0, 4, 10]], iou_thr=0.6, matching="best-overlap") == [FALSE_POSITIVE]


@pytest.mark.parametrize(("matching", "second"), [("iou", 1), ("center", 1), ("best-overlap", DUPLICATE)])
def test_the_first_of_equal_lesions_is_taken(matching: str, second: int) -> None:
    assert match([A, A], [A, A], matching=matching) == [0, second]


def test_center_takes_small_boxes_and_the_border() -> None:
    small = [4, 4, 6, 6]
    assert match([small], [A], matching="iou") == [FALSE_POSITIVE]
    assert match([small], [A], matching="center") == [0]
    assert match([[8, 4, 12, 6]], [A], matching="center") == [0]  # center (10, 5), on the border
    assert match([[-1, -1, 1, 1]], [A], matching="center") == [0]  # center (0, 0), on the corner
    assert match([[8.1, 4, 12, 6]], [A], matching="center") == [FALSE_POSITIVE]
    assert match([[4, 8.1, 6, 12]], [A], matching="center") == [FALSE_POSITIVE]


def test_center_takes_the_free_lesion_with_the_highest_iou() -> None:
    outer, inner = [0, 0, 20, 20], [4, 4, 12, 12]
    box = [5, 5, 13, 13]  # center (9, 9) lies in both; IoU 64 / 400 and 49 / 79
    assert match([box, box, box], [outer, inner], matching="center") == [1, 0, DUPLICATE]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_region_ignores_every_detection_on_it(matching: str) -> None:
    assert match([A, A, A, FAR], [FAR], [A], matching=matching) == [IGNORED, IGNORED, IGNORED, 0]
    # An image with a region and no lesion.
    assert match([(A, 1), (FAR, 1)], [A], [(A, 1)], matching=matching) == [IGNORED, FALSE_POSITIVE]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_free_lesion_comes_before_a_region_and_a_region_before_a_duplicate(matching: str) -> None:
    assert match([A, A], [A], [A], matching=matching) == [0, IGNORED]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_region_counts_for_its_own_category_and_image(matching: str) -> None:
    assert match([(A, 0, 2)], [FAR], [(A, 0, 1)], matching=matching) == [FALSE_POSITIVE]
    assert match([(A, 0, 2)], [FAR], [(A, 0, 1), (A, 0, 2)], matching=matching) == [IGNORED]
    assert match([(A, 1)], [FAR], [(A, 0)], matching=matching) == [FALSE_POSITIVE]


@pytest.mark.parametrize("matching", ["iou", "best-overlap"])
def test_a_region_ignores_by_the_share_of_the_detection(matching: str) -> None:
    crowd = [0, 0, 100, 100]
    # IoU with the crowd is 50 / 10,050, but half of the box lies in it.
    assert match([[95, 0, 105, 10]], [FAR], [crowd], matching=matching) == [IGNORED]
    assert match([[95.1, 0, 105.1, 10]], [FAR], [crowd], matching=matching) == [FALSE_POSITIVE]
    assert match([[97, 0, 107, 10]], [FAR], [crowd], iou_thr=0.3, matching=matching) == [IGNORED]
    # The shares of two regions do not add up.
    halves = [[0, 0, 4, 10], [6, 0, 10, 10]]
    assert match([A], [FAR], halves, matching=matching) == [FALSE_POSITIVE]


def test_a_region_ignores_by_the_center_under_center_matching() -> None:
    assert match([[0, 0, 10, 10]], [FAR], [[5, 5, 6, 6]], matching="center") == [IGNORED]
    assert match([[0, 0, 10, 10]], [FAR], [[5.1, 5, 6, 6]], matching="center") == [FALSE_POSITIVE]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_a_lesion_is_found_in_its_own_image_only(matching: str) -> None:
    assert match([(A, 1), (A, 0)], [(A, 0)], matching=matching) == [FALSE_POSITIVE, 0]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_rows_of_images_may_be_mixed(matching: str) -> None:
    lesions = [(A, 2), (FAR, 0), (A, 0)]
    detections = [(A, 0), (A, 2), (FAR, 2), (FAR, 0), (A, 2)]
    scores = [0.1, 0.2, 0.9, 0.3, 0.8]
    assert match(detections, lesions, scores=scores, matching=matching) == [2, DUPLICATE, FALSE_POSITIVE, 1, 0]


@pytest.mark.parametrize("matching", MATCHINGS)
def test_images_without_anything(matching: str) -> None:
    # Images 0, 2 and 4 are empty; 3 has a lesion but no detection; 5 has a detection only.
    assert match([(A, 1), (A, 5)], [(A, 3), (A, 1)], matching=matching) == [1, FALSE_POSITIVE]
    # The last image has lesions and regions, but no detections.
    assert match([(A, 0)], [(A, 0), (A, 7)], [(FAR, 8)], matching=matching) == [0]


def test_no_detections_and_no_lesions() -> None:
    assert match([], [A], [FAR]) == []
    assert match([A, FAR], []) == [FALSE_POSITIVE, FALSE_POSITIVE]
    assert match([A, FAR], [], [FAR]) == [FALSE_POSITIVE, IGNORED]


def test_a_detection_without_area_is_a_miss_by_iou_and_a_point_by_center() -> None:
    point = [5, 5, 5, 5]
    assert match([point], [A], [A]) == [FALSE_POSITIVE]
    assert match([point], [A], matching="center") == [0]


def test_boxes_are_listed_by_image_in_their_order() -> None:
    rows = boxes((A, 2), (A, 0), (FAR, 2), (A, 3))
    assert [index.tolist() for index in rows.of_images(5)] == [[1], [], [0, 2], [3], []]
