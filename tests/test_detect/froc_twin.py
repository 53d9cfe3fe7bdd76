"""A slow, obvious twin of the FROC arrays: plain loops that match again and count again at every threshold.

It is written from the definitions alone and shares no code with `detect`, so that both can be held against each other.
Boxes are (x1, y1, x2, y2) tuples. Counts are integers or fractions; only final values are floats.
"""

from fractions import Fraction
from typing import NamedTuple

FALSE_POSITIVE, DUPLICATE, IGNORED = -1, -2, -3
NAN = float("nan")
INF = float("inf")


class Rule(NamedTuple):
    """How detections are matched and counted: the options of the real thing under their own names."""

    matching: str
    iou_thr: float
    duplicates: str


class Box(NamedTuple):
    """A lesion or an ignore region."""

    image: int
    corners: tuple
    label: int


class Detection(NamedTuple):
    image: int
    corners: tuple
    label: int
    score: float


class GalleryImage(NamedTuple):
    """A small set of images. The orders of the lists are the input orders."""

    num_images: int
    lesions: list
    regions: list
    detections: list


class Point(NamedTuple):
    """An operating point: the false positives and the lesions found (indices) by the scores >= threshold."""

    threshold: float
    false_positives: int
    found: frozenset


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0


def iou(a, b):
    shared = overlap(a, b)
    return shared / (area(a) + area(b) - shared) if shared else 0.0


def center_inside(a, b):
    x, y = (a[0] + a[2]) / 2, (a[1] + a[3]) / 2
    return b[0] <= x <= b[2] and b[1] <= y <= b[3]


def first_best(detection, lesions, candidates):
    """The candidate with the highest IoU, the first of equals, or None without candidates."""
    best = None
    for j in candidates:
        if best is None or iou(detection.corners, lesions[j].corners) > iou(detection.corners, lesions[best].corners):
            best = j
    return best


def qualifying(detection, lesions, rule):
    """Indices of the lesions that the detection may find, free or taken."""
    own = [j for j, x in enumerate(lesions) if x.image == detection.image and x.label == detection.label]
    if rule.matching == "center":
        return [j for j in own if center_inside(detection.corners, lesions[j].corners)]
    if rule.matching == "best-overlap":
        best = first_best(detection, lesions, own)
        own = [] if best is None else [best]
    return [j for j in own if iou(detection.corners, lesions[j].corners) >= rule.iou_thr]


def on_ignore_region(detection, regions, rule):
    for region in regions:
        if region.image != detection.image or region.label != detection.label:
            continue
        if rule.matching == "center":
            if center_inside(detection.corners, region.corners):
                return True
        else:
            shared = overlap(detection.corners, region.corners)
            if shared and shared / area(detection.corners) >= rule.iou_thr:
                return True
    return False


def match(case, rule, threshold=-INF):
    """Outcome of each detection with a score >= threshold, in input order: lesion, FALSE_POSITIVE, DUPLICATE, IGNORED.

    Detections below the threshold get None: they do not exist.
    """
    outcomes = [None] * len(case.detections)
    alive = [k for k, detection in enumerate(case.detections) if detection.score >= threshold]
    taken = set()
    for k in sorted(alive, key=lambda k: -case.detections[k].score):  # a stable sort: ties in input order
        detection = case.detections[k]
        candidates = qualifying(detection, case.lesions, rule)
        free = [j for j in candidates if j not in taken]
        if free:
            outcomes[k] = first_best(detection, case.lesions, free)
            taken.add(outcomes[k])
        elif on_ignore_region(detection, case.regions, rule):
            outcomes[k] = IGNORED
        elif candidates:
            outcomes[k] = DUPLICATE
        else:
            outcomes[k] = FALSE_POSITIVE
    return outcomes


def is_false_positive(outcome, rule):
    return outcome == FALSE_POSITIVE or (outcome == DUPLICATE and rule.duplicates == "fp")


def is_hit(outcome):
    return outcome is not None and outcome >= 0


def operating_points(case, rule):
    """One point for each distinct score of a counted detection, by falling threshold."""
    points = []
    for threshold in sorted({detection.score for detection in case.detections}, reverse=True):
        outcomes = match(case, rule, threshold)
        at_threshold = [o for o, d in zip(outcomes, case.detections, strict=True) if d.score == threshold]
        if any(is_hit(o) or is_false_positive(o, rule) for o in at_threshold):
            false_positives = sum(is_false_positive(o, rule) for o in outcomes)
            points.append(Point(threshold, false_positives, frozenset(o for o in outcomes if is_hit(o))))
    return points


def point_at(case, points, rate):
    """The last operating point with false positives / images <= rate, or one where nothing is found."""
    best = Point(INF, 0, frozenset())
    for point in points:
        if point.false_positives / case.num_images <= rate:
            best = point
    return best


def sensitivity_at(case, points, rate):
    if not case.lesions:
        return NAN
    return len(point_at(case, points, rate).found) / len(case.lesions)


def reached(case, points, rate):
    return any(point.false_positives / case.num_images >= rate for point in points)


def stratum_sensitivity_at(case, points, rate, stratum, wanted):
    """Share of the lesions j with stratum[j] == wanted that are found at the operating point of the whole set."""
    members = [j for j in range(len(case.lesions)) if stratum[j] == wanted]
    if not members:
        return NAN
    found = point_at(case, points, rate).found
    return sum(j in found for j in members) / len(members)


def partial_area(case, points, limit):
    """Sum of the rectangles below the step curve from 0 to limit false positives per image, divided by limit."""
    if not case.lesions:
        return NAN
    limit = Fraction(limit)
    left, height, total = Fraction(0), Fraction(0), Fraction(0)
    for point in points:
        right = min(Fraction(point.false_positives, case.num_images), limit)
        total += (right - left) * height
        left, height = right, Fraction(len(point.found), len(case.lesions))
    total += (limit - left) * height
    return float(total / limit)


def figure_of_merit(case, rule, all_images):
    """Mean of psi(X_i, Y_j) over the images i (all, or those without lesions) and the lesions j."""
    outcomes = match(case, rule)
    with_lesions = {lesion.image for lesion in case.lesions}
    images = [i for i in range(case.num_images) if all_images or i not in with_lesions]
    if not images or not case.lesions:
        return NAN
    total = Fraction(0)
    for i in images:
        highest = -INF
        for outcome, detection in zip(outcomes, case.detections, strict=True):
            if detection.image == i and is_false_positive(outcome, rule):
                highest = max(highest, detection.score)
        for j in range(len(case.lesions)):
            score = case.detections[outcomes.index(j)].score if j in outcomes else -INF
            total += 1 if score > highest else Fraction(1, 2) if score == highest else 0
    return float(total / (len(images) * len(case.lesions)))


def copied(case, weights):
    """The set with image i really copied weights[i] times, and for each copied lesion the index of its original."""
    images = [i for i, weight in enumerate(weights) for _ in range(weight)]
    lesions, regions, detections, origin = [], [], [], []
    for new, old in enumerate(images):
        for j, lesion in enumerate(case.lesions):
            if lesion.image == old:
                lesions.append(lesion._replace(image=new))
                origin.append(j)
        regions += [region._replace(image=new) for region in case.regions if region.image == old]
        detections += [detection._replace(image=new) for detection in case.detections if detection.image == old]
    return GalleryImage(len(images), lesions, regions, detections), origin
