"""The FROC arrays against a brute-force twin (froc_twin.py) on small random sets with many ties and equalities."""

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detect.froc.afroc import figure_of_merit
from detect.froc.curve import CountedSet, MatchedSet, RankedSet
from detect.froc.matching import Boxes, match_set
from tests.test_detect import froc_twin as twin

# Derandomized: the same examples in every run.
COMMON = dict(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
GRID = range(3)
CORNERS = [(0, 0, 3, 3), (0, 0, 3, 2), (4, 4, 5, 5)]  # few boxes: often the same, or of equal overlap
CORNERS += [(x1, y1, x2, y2) for x1 in GRID for y1 in GRID for x2 in GRID if x2 > x1 for y2 in GRID if y2 > y1]
NO_AREA = [(1, 1, 1, 1), (0, 2, 3, 2)]
LABELS = (0, 0, 0, 1)
SCORES = (0.1, 0.3, 0.5, 0.9)
DUPLICATES = ("fp", "ignore")
MATCHINGS = ("iou", "center", "best-overlap")

plain_boxes = st.sampled_from([(corners, label) for corners in CORNERS for label in LABELS])
scored_boxes = st.sampled_from(
    [(corners, label, s) for corners in CORNERS + NO_AREA for label in LABELS for s in SCORES]
)
iou_thrs = st.sampled_from((0.25, 1 / 3, 0.5, 2 / 3, 1.0))
rules = st.builds(twin.Rule, st.sampled_from(MATCHINGS), iou_thrs, st.sampled_from(DUPLICATES))
fractions = st.builds(lambda a, b: a / b, st.integers(1, 12), st.integers(1, 12))
rates = st.lists(st.one_of(fractions, st.floats(0.01, 8.0)), min_size=1, max_size=4)


@st.composite
def cases(draw):
    """1-6 images with 0-4 lesions (one at least in all), 0-3 ignore regions and 0-7 detections each, rows shuffled."""
    num_images = draw(st.integers(1, 6))
    lesions, regions, detections = [], [], []
    for i in range(num_images):
        lesions += [twin.Box(i, *box) for box in draw(st.lists(plain_boxes, max_size=4))]
        regions += [twin.Box(i, *box) for box in draw(st.lists(plain_boxes, max_size=3))]
        detections += [twin.Detection(i, *box) for box in draw(st.lists(scored_boxes, max_size=7))]
    if not lesions:
        lesions = [twin.Box(draw(st.integers(0, num_images - 1)), *draw(plain_boxes))]
    shuffle = Random(draw(st.integers(0, 9))).shuffle
    shuffle(lesions)
    shuffle(regions)
    shuffle(detections)
    return twin.GalleryImage(num_images, lesions, regions, detections)


def to_boxes(rows):
    return Boxes(
        image=np.array([row.image for row in rows], np.int64),
        corners=np.array([row.corners for row in rows], np.float64).reshape(-1, 4),
        labels=np.array([row.label for row in rows], np.int64),
    )


def matched(case, rule):
    scores = np.array([detection.score for detection in case.detections], np.float64)
    found = match_set(
        to_boxes(case.detections), scores, to_boxes(case.lesions), to_boxes(case.regions), rule.iou_thr, rule.matching
    )
    return MatchedSet(
        scores=scores,
        found=found,
        image=np.array([detection.image for detection in case.detections], np.int64),
        lesion_image=np.array([lesion.image for lesion in case.lesions], np.int64),
        num_images=case.num_images,
    )


def ranked(case, rule):
    return RankedSet(matched(case, rule), rule.duplicates)


def curve_of(case, rule):
    curve = ranked(case, rule).curve()
    return [curve.fp_per_image.tolist(), curve.sensitivity.tolist(), curve.threshold.tolist()]


def twin_curve(case, rule):
    points = twin.operating_points(case, rule)
    return [
        [point.false_positives / case.num_images for point in points],
        [len(point.found) / len(case.lesions) for point in points],
        [point.threshold for point in points],
    ]


def hit_rates(case, points):
    """The rates of the operating points themselves: each is still within its own limit."""
    return [p.false_positives / case.num_images for p in points if p.false_positives]


def strata_of(case, seed):
    """A stratum of 0, 1 or 2 for each lesion; the fourth stratum stays empty."""
    return np.array([Random(f"{seed} {j}").randrange(3) for j in range(len(case.lesions))], np.int64)


def equal(actual, expected):
    """The same numbers bit for bit, NaN like NaN, and the same shape."""
    np.testing.assert_array_equal(np.asarray(actual), np.asarray(expected), strict=False)
    assert np.shape(actual) == np.shape(expected)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)
    assert np.shape(actual) == np.shape(expected)


@pytest.mark.parametrize("duplicates", DUPLICATES)
@pytest.mark.parametrize("matching", MATCHINGS)
def test_matches_and_curve_are_those_of_the_twin(matching, duplicates):
    @settings(max_examples=170, **COMMON)
    @given(cases(), iou_thrs)
    def check(case, iou_thr):
        rule = twin.Rule(matching, iou_thr, duplicates)
        assert matched(case, rule).found.tolist() == twin.match(case, rule)
        assert curve_of(case, rule) == twin_curve(case, rule)

    check()


@settings(max_examples=300, **COMMON)
@given(cases(), rules, rates, st.integers(0, 3))
def test_rates_areas_and_strata_are_those_of_the_twin(case, rule, at, seed):
    points = twin.operating_points(case, rule)
    at = at + hit_rates(case, points)
    curve, counted = ranked(case, rule).curve(), CountedSet(ranked(case, rule))
    thresholds = [twin.point_at(case, points, rate).threshold for rate in at]
    assert [curve.threshold_at(rate) for rate in at] == [None if t == twin.INF else t for t in thresholds]
    equal(counted.sensitivity_at(at), [[twin.sensitivity_at(case, points, rate) for rate in at]])
    equal(counted.reached(at), [[twin.reached(case, points, rate) for rate in at]])
    for limit in at:
        close(counted.partial_area(limit), [twin.partial_area(case, points, limit)])
    stratum = strata_of(case, seed)
    expected = [
        [twin.stratum_sensitivity_at(case, points, rate, stratum, wanted) for wanted in range(4)] for rate in at
    ]
    equal(counted.stratum_sensitivity_at(at, stratum, 4), [expected])


@settings(max_examples=300, **COMMON)
@given(cases(), rules, rates)
def test_vertices_are_the_same_step_and_the_same_line(case, rule, at):
    whole, few = ranked(case, rule).curve(), ranked(case, rule).vertices(at)
    points = list(zip(whole.fp_per_image.tolist(), whole.sensitivity.tolist(), whole.threshold.tolist(), strict=True))
    kept = list(zip(few.fp_per_image.tolist(), few.sensitivity.tolist(), few.threshold.tolist(), strict=True))
    assert kept == [point for point in points if point in kept], "vertices are points of the curve, in its order"
    assert len({point[1] for point in kept}) == len({point[1] for point in points})
    assert len(kept) <= 2 * len(case.lesions) + 2 + len(at)
    for index, point in enumerate(points):
        if point not in kept:
            before = [other[1] for other in points[:index] if other in kept]
            after = [other[1] for other in points[index:] if other in kept]
            assert before[-1] == point[1] == after[0], "a point is left out of a level part alone"
    for rate in [*at, *(point[0] for point in points), *(point[0] + 1e-9 for point in points)]:
        steps = [[curve[1] for curve in curves if curve[0] <= rate][-1:] for curves in (points, kept)]
        assert steps[0] == steps[1]
    assert [few.threshold_at(rate) for rate in at] == [whole.threshold_at(rate) for rate in at]
    assert line_area(kept) == pytest.approx(line_area(points), abs=1e-12)


def line_area(points):
    """The area below the line through all points."""
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:], strict=False))


@settings(max_examples=150, **COMMON)
@given(cases(), rules, st.booleans())
def test_figure_of_merit_is_that_of_the_double_loop(case, rule, all_images):
    expected = twin.figure_of_merit(case, rule, all_images)
    close(figure_of_merit(ranked(case, rule), all_images=all_images), [expected])


@settings(max_examples=300, **COMMON)
@given(st.data(), cases(), rules, rates, st.integers(0, 3))
def test_weights_count_an_image_as_often_as_copies_would(data, case, rule, at, seed):
    row = st.lists(st.integers(0, 3), min_size=case.num_images, max_size=case.num_images)
    weights = np.array(data.draw(st.lists(row, min_size=1, max_size=3)))
    stratum = strata_of(case, seed)
    real = ranked(case, rule)
    copies = [twin.copied(case, weight) for weight in weights.tolist()]
    points = [twin.operating_points(copy, rule) for copy, _ in copies]
    for (copy, _), mine in zip(copies, points, strict=True):
        at = at + hit_rates(copy, mine)
    counted = CountedSet(real, weights)
    actual = counted.sensitivity_at(at)
    reached = counted.reached(at)
    areas = counted.partial_area(at[0])
    shares = counted.stratum_sensitivity_at(at, stratum, 4)
    merits = figure_of_merit(real, weights), figure_of_merit(real, weights, all_images=True)
    assert np.shape(actual) == np.shape(reached) == (len(weights), len(at))
    assert np.shape(shares) == (len(weights), len(at), 4)
    for r, (copy, origin) in enumerate(copies):
        if not copy.lesions:
            assert np.isnan(actual[r]).all()
            assert np.isnan(areas[r])
            assert np.isnan(shares[r]).all()
            assert np.isnan([merits[0][r], merits[1][r]]).all()
            continue
        equal(actual[r], [twin.sensitivity_at(copy, points[r], rate) for rate in at])
        equal(reached[r], [twin.reached(copy, points[r], rate) for rate in at])
        close(areas[r], twin.partial_area(copy, points[r], at[0]))
        groups = stratum[origin]
        equal(
            shares[r],
            [[twin.stratum_sensitivity_at(copy, points[r], rate, groups, s) for s in range(4)] for rate in at],
        )
        close(merits[0][r], twin.figure_of_merit(copy, rule, all_images=False))
        close(merits[1][r], twin.figure_of_merit(copy, rule, all_images=True))


@pytest.mark.parametrize("num_images", [1, 2, 4, 8, 32, 49])  # 1 / 49 * 49 is less than 1
def test_counting_no_further_than_the_highest_rate_changes_nothing(num_images):
    for seed in range(60):
        rng = np.random.default_rng(seed)
        real = RankedSet(many_detections(rng, num_images))
        weights = rng.multinomial(num_images, np.full(num_images, 1 / num_images), size=1 + seed % 3)
        for false_positives in (1, 2, 5):
            at = np.arange(1, false_positives + 1) / num_images
            whole, part = CountedSet(real, weights), CountedSet(real, weights, max_rate=at[-1])
            equal(part.sensitivity_at(at), whole.sensitivity_at(at))
            equal(part.reached(at), whole.reached(at))
            equal(part.partial_area(at[-1]), whole.partial_area(at[-1]))
            stratum = np.arange(6) % 2
            equal(part.stratum_sensitivity_at(at, stratum, 2), whole.stratum_sensitivity_at(at, stratum, 2))


def many_detections(rng, num_images):
    """60 detections, 6 of which find the 6 lesions."""
    image, found = rng.integers(num_images, size=60), np.full(60, twin.FALSE_POSITIVE)
    finders = rng.choice(60, 6, replace=False)
    found[finders] = np.arange(6)
    return MatchedSet(rng.integers(0, 40, 60) / 40, found, image, image[finders], num_images)


@settings(max_examples=100, **COMMON)
@given(cases(), rules, st.integers(0, 99))
def test_rows_of_different_images_may_be_mixed_in_any_way(case, rule, seed):
    shuffled = interleave(case, seed)
    assert curve_of(shuffled, rule) == curve_of(case, rule)
    assert outcomes_by_image(shuffled, rule) == outcomes_by_image(case, rule)


def outcomes_by_image(case, rule):
    """For each image what its detections found, in order: lesions by their boxes, else the code."""
    found = matched(case, rule).found.tolist()
    return [
        [case.lesions[k] if k >= 0 else k for k, d in zip(found, case.detections, strict=True) if d.image == i]
        for i in range(case.num_images)
    ]


def interleave(case, seed):
    """The rows mixed at random between the images, and in their order within each image."""

    def mix(rows):
        turns = [row.image for row in rows]
        Random(seed).shuffle(turns)
        queues = {i: iter([row for row in rows if row.image == i]) for i in range(case.num_images)}
        return [next(queues[i]) for i in turns]

    return case._replace(lesions=mix(case.lesions), regions=mix(case.regions), detections=mix(case.detections))


@settings(max_examples=100, **COMMON)
@given(cases(), rules, st.integers(0, 99))
def test_order_of_detections_matters_only_for_equal_scores(case, rule, seed):
    distinct = [d._replace(score=0.5 - k / 100) for k, d in enumerate(case.detections)]
    shuffled = list(distinct)
    Random(seed).shuffle(shuffled)
    case = case._replace(detections=distinct)
    other = case._replace(detections=shuffled)
    assert curve_of(other, rule) == curve_of(case, rule)
    found = dict(zip(distinct, matched(case, rule).found.tolist(), strict=True))
    assert matched(other, rule).found.tolist() == [found[detection] for detection in shuffled]


@settings(max_examples=100, **COMMON)
@given(cases(), rules, st.sampled_from((lambda s: s**3, lambda s: 100 * s - 30, lambda s: -1 / s)))
def test_only_thresholds_feel_a_monotone_transform_of_the_scores(case, rule, transform):
    moved = case._replace(detections=[d._replace(score=transform(d.score)) for d in case.detections])
    fp_per_image, sensitivity, threshold = curve_of(case, rule)
    assert curve_of(moved, rule) == [fp_per_image, sensitivity, [transform(score) for score in threshold]]
    for all_images in (False, True):
        equal(
            figure_of_merit(ranked(moved, rule), all_images=all_images),
            figure_of_merit(ranked(case, rule), all_images=all_images),
        )


@settings(max_examples=100, **COMMON)
@given(st.data(), cases(), rules)
def test_indices_of_images_are_only_names(data, case, rule):
    names = data.draw(st.permutations(range(case.num_images)))
    renamed = twin.GalleryImage(
        case.num_images,
        *([row._replace(image=names[row.image]) for row in rows] for rows in case[1:]),
    )
    assert matched(renamed, rule).found.tolist() == matched(case, rule).found.tolist()
    assert curve_of(renamed, rule) == curve_of(case, rule)
    for all_images in (False, True):
        close(
            figure_of_merit(ranked(renamed, rule), all_images=all_images),
            figure_of_merit(ranked(case, rule), all_images=all_images),
        )


@settings(max_examples=100, **COMMON)
@given(cases(), rules)
def test_an_empty_image_thins_the_false_positives_only(case, rule):
    fp_per_image, sensitivity, threshold = curve_of(case, rule)
    wider = curve_of(case._replace(num_images=case.num_images + 1), rule)
    assert wider[1:] == [sensitivity, threshold]
    close(wider[0], np.array(fp_per_image) * case.num_images / (case.num_images + 1))


@settings(max_examples=100, **COMMON)
@given(cases(), rules, rates)
def test_sensitivities_are_shares_that_never_fall(case, rule, at):
    found = [lesion for lesion in matched(case, rule).found.tolist() if lesion >= 0]
    assert len(found) == len(set(found))
    curve = ranked(case, rule).curve()
    for values in (curve.sensitivity, CountedSet(ranked(case, rule)).sensitivity_at(sorted(at))[0]):
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values) >= 0).all()
    assert (np.diff(curve.fp_per_image) >= 0).all()
    assert (np.diff(curve.threshold) < 0).all()


def test_a_rate_that_is_met_exactly_counts():
    for num_images in range(1, 121):
        for false_positives in (1, 3, 10):
            outcomes = [twin.FALSE_POSITIVE] * false_positives + [0]
            matched = MatchedSet(
                scores=np.linspace(1.0, 0.5, false_positives + 1),
                found=np.array(outcomes),
                image=np.zeros(false_positives + 1, np.int64),
                lesion_image=np.zeros(1, np.int64),
                num_images=num_images,
            )
            counted = CountedSet(RankedSet(matched, "fp"))
            rate = false_positives / num_images
            at = [np.nextafter(rate, 0), rate]
            assert counted.sensitivity_at(at).tolist() == [[0.0, 1.0]], (false_positives, num_images)
            assert counted.reached([rate, np.nextafter(rate, np.inf)]).tolist() == [[True, False]]


def test_a_set_without_lesions_is_refused():
    empty = twin.GalleryImage(1, [], [], [twin.Detection(0, (0, 0, 1, 1), 0, 0.5)])
    with pytest.raises(ValueError, match="lesion"):
        ranked(empty, twin.Rule("iou", 0.5, "fp"))
