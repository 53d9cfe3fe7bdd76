"""FROC beside four other packages: small cases worked by hand, then the same work timed.

Their requirements differ from this project's (NumPy below 2), so `make peers` puts them into a folder of their own:

    make peers
    OMP_NUM_THREADS=1 PYTHONPATH=.peers python -m benchmarks.froc_peers

A package that is missing is named and left out. `--skip-timing` stops after the small cases; the timing takes about ten
minutes of one core and 2.3 GiB of memory at its full size. All data are made from a fixed seed.
"""

import argparse
import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

from benchmarks.froc_timing import print_timing
from benchmarks.measuring import print_table, silence
from benchmarks.record import add_json, report
from detect.froc.curve import CountedSet, MatchedSet, RankedSet
from detect.froc.matching import Boxes, match_set

SIDE = 640
"""Height and width in pixels of the images of the small cases."""


@dataclass(frozen=True)
class Case:
    """Lesions and detections so few that Sens@N can be worked out by hand.

    Attributes:
        what: what it is about.
        lesions: (image, x, y, width, height).
        detections: (image, x, y, width, height, score).
        images: number of images.
        rate: N of Sens@N.
        truth: Sens@N by hand.
        iou_thr: least IoU of a hit.
    """

    what: str
    lesions: list[tuple[int, int, int, int, int]]
    detections: list[tuple[int, int, int, int, int, float]]
    images: int
    rate: float
    truth: float
    iou_thr: float = 0.5


CASES = [
    # Two lesions, one found at 0.9. False positives on two images without lesions, at 0.8 and 0.4. Points: 0.9 (0 FP,
    # 1/2), 0.8 (1/3 FP an image, 1/2), 0.4 (2/3, 1/2). The last with at most 0.5 is 0.8: 1/2.
    Case(
        "a hit, a miss, false positives on two images without lesions",
        [(0, 10, 10, 20, 20), (0, 100, 100, 20, 20)],
        [(0, 10, 10, 20, 20, 0.9), (1, 50, 50, 20, 20, 0.8), (2, 50, 50, 20, 20, 0.4)],
        images=3,
        rate=0.5,
        truth=0.5,
    ),
    # The box and the lesion share no pixel: no threshold finds the lesion.
    Case(
        "lesion at (0, 0), box at (500, 500)",
        [(0, 0, 0, 20, 20)],
        [(0, 500, 500, 20, 20, 0.9)],
        images=1,
        rate=1,
        truth=0.0,
    ),
    # Both lesions are found, nothing else: 0.9 (0 FP, 1/2), 0.5 (0 FP, 2/2).
    Case(
        "all lesions found, at 0.9 and 0.5, no false positive",
        [(0, 10, 10, 20, 20), (0, 100, 100, 20, 20)],
        [(0, 10, 10, 20, 20, 0.9), (0, 100, 100, 20, 20, 0.5)],
        images=1,
        rate=1,
        truth=1.0,
    ),
    # Three lesions, found at 0.9, at 0.25 and never; two false positives at 0.25. Points: 0.9 (0 FP, 1/3), 0.25 (2
    # FP, 2/3). No threshold gives 1 FP, so the last point with at most 1 is 0.9: 1/3. Half-way on a line would be 1/2.
    Case(
        "a hit and two false positives with one score",
        [(0, 10, 10, 20, 20), (0, 100, 100, 20, 20), (0, 200, 200, 20, 20)],
        [
            (0, 10, 10, 20, 20, 0.9),
            (0, 100, 100, 20, 20, 0.25),
            (0, 300, 300, 20, 20, 0.25),
            (0, 400, 400, 20, 20, 0.25),
        ],
        images=1,
        rate=1,
        truth=1 / 3,
    ),
    # Two lesions, one missed. The other has two boxes above IoU 0.25: 0.9 with IoU 20 * 6 / 400 = 0.3 and 0.3 with
    # IoU 20 * 12 / 400 = 0.6. A false positive at 0.6. At threshold 0.9 there is a hit and no FP: 1/2. At 0.6 there is
    # 1 FP, more than 0.5.
    Case(
        "two boxes on a lesion: one with more score, one with more overlap",
        [(0, 5, 5, 20, 20), (0, 300, 300, 20, 20)],
        [(0, 5, 5, 20, 6, 0.9), (0, 5, 13, 20, 12, 0.3), (0, 100, 100, 20, 20, 0.6)],
        images=1,
        rate=0.5,
        truth=0.5,
        iou_thr=0.25,
    ),
    # One lesion, found at 0.015; a false positive at 0.012. At threshold 0.015: 0 FP, 1/1.
    Case(
        "a hit at 0.015, a false positive at 0.012",
        [(0, 10, 10, 20, 20)],
        [(0, 10, 10, 20, 20, 0.015), (0, 100, 100, 20, 20, 0.012)],
        images=1,
        rate=0.5,
        truth=1.0,
    ),
]


def own_answer(case: Case) -> float:
    """Sens@N of this project."""
    lesions, detections = np.array(case.lesions, float), np.array(case.detections, float)
    truth, found_boxes = _boxes(lesions), _boxes(detections)
    found = match_set(found_boxes, detections[:, 5], truth, _boxes(lesions[:0]), case.iou_thr)
    matched = MatchedSet(detections[:, 5], found, found_boxes.image, truth.image, case.images)
    return float(CountedSet(RankedSet(matched)).sensitivity_at([case.rate])[0, 0])


def _boxes(rows: np.ndarray) -> Boxes:
    corners = np.concatenate([rows[:, 1:3], rows[:, 1:3] + rows[:, 3:5]], axis=1)
    return Boxes(rows[:, 0].astype(np.int64), corners, np.ones(len(rows), np.int64))


def monai_answer(case: Case) -> float:
    """MONAI: a detection is a point, a lesion a label of a mask; the score averages over rates, here over one."""
    from monai.metrics import compute_fp_tp_probs, compute_froc_curve_data, compute_froc_score

    false, hits, targets = [], [], 0
    for image in range(case.images):
        mask = np.zeros((SIDE, SIDE), np.int64)
        for label, (_, x, y, width, height) in enumerate((row for row in case.lesions if row[0] == image), start=1):
            mask[y : y + height, x : x + width] = label
        rows = np.array([row for row in case.detections if row[0] == image], float).reshape(-1, 6)
        x, y = rows[:, 1] + rows[:, 3] / 2, rows[:, 2] + rows[:, 4] / 2
        of_image = compute_fp_tp_probs(rows[:, 5], y, x, mask)
        false.append(of_image[0])
        hits.append(of_image[1])
        targets += of_image[2]
    curve = compute_froc_curve_data(np.concatenate(false), np.concatenate(hits), targets, case.images)
    return float(compute_froc_score(*curve, eval_thresholds=(case.rate,)))


def picai_answer(case: Case) -> float:
    """picai_eval: detections and lesions are connected components of volumes; further hits count as false positives."""
    from picai_eval import evaluate

    scores = np.zeros((case.images, 1, SIDE, SIDE), np.float32)
    lesions = np.zeros((case.images, 1, SIDE, SIDE), np.int32)
    for image, x, y, width, height, score in case.detections:
        scores[image, 0, y : y + height, x : x + width] = score
    for image, x, y, width, height in case.lesions:
        lesions[image, 0, y : y + height, x : x + width] = 1
    metrics = evaluate(
        scores,
        lesions,
        min_overlap=case.iou_thr,
        allow_unmatched_candidates_with_minimal_overlap=False,
        num_parallel_calls=1,
    )
    return float(metrics.lesion_TPR_at_FPR(case.rate))


def coco_froc_answer(case: Case) -> float:
    """coco-froc-analysis: it draws a curve and reads nothing off, so its last point with at most N is taken."""
    from coco_froc_analysis.froc import generate_froc_curve

    truth = {
        "images": [{"id": image} for image in range(case.images)],
        "categories": [{"id": 1, "name": "lesion"}],
        "annotations": [{"image_id": row[0], "category_id": 1, "bbox": list(row[1:])} for row in case.lesions],
    }
    results = [
        {"image_id": row[0], "category_id": 1, "bbox": list(row[1:5]), "score": row[5]} for row in case.detections
    ]
    curve = generate_froc_curve(truth, results, use_iou=True, iou_thres=case.iou_thr, plot_title=None)
    sensitivity, rates = (np.array(values[1]) for values in curve)
    return float(sensitivity[rates <= case.rate].max(initial=0))


@dataclass(frozen=True)
class Peer:
    """Another package: its name on PyPI, the module it is imported as, and how it answers a case."""

    package: str
    module: str
    answer: Callable[[Case], float]


PEERS = [
    Peer("monai", "monai", monai_answer),
    Peer("picai_eval", "picai_eval", picai_answer),
    Peer("coco-froc-analysis", "coco_froc_analysis", coco_froc_answer),
]


def is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def print_answers(peers: list[Peer]) -> None:
    """Print Sens@N of each case: by hand, by this project and by each package; wrong answers in bold."""
    rows = []
    for case in CASES:
        with silence():
            answers = [own_answer(case)] + [peer.answer(case) for peer in peers]
        cells = [f"{a:.3f}" if abs(a - case.truth) < 1e-6 else f"**{a:.3f}**" for a in answers]
        rows.append([case.what, f"Sens@{case.rate:g}", f"{case.truth:.3f}", *cells])
    names = [f"{peer.package} {version(peer.package)}" for peer in peers]
    print_table(["case", "asked", "by hand", "this project", *names], rows)


def print_points() -> None:
    """grand-challenge-metrics (formerly evalutils) has no FROC; it counts points within a radius, at one threshold.

    Lesions at 0 and 1, detections at -0.5 and 0.4, radius 1. By hand: -0.5 finds the lesion at 0, 0.4 the one at 1.
    """
    from grand_challenge_metrics.scorers import score_detection

    lesions, detections = [(0.0, 0.0), (1.0, 0.0)], [(-0.5, 0.0), (0.4, 0.0)]
    hits = [score_detection(ground_truth=g, predictions=detections).true_positives for g in (lesions, lesions[::-1])]
    print(
        f"grand-challenge-metrics {version('grand-challenge-metrics')} has no FROC curve. Its count of hits at one "
        f"threshold depends on the order of the lesions: {hits[0]} or {hits[1]} of 2, by hand 2.\n"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5337, help="images of the timed set")
    parser.add_argument("--detections", type=int, default=100, help="detections on each image")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples")
    parser.add_argument("--skip-timing", action="store_true", help="stop after the small cases")
    add_json(parser)
    args = parser.parse_args(argv)

    peers = [peer for peer in PEERS if is_installed(peer.module)]
    print_answers(peers)
    for peer in PEERS:
        if peer not in peers:
            print(f"{peer.package} is not installed: pip install {peer.package}\n")
    if is_installed("grand_challenge_metrics"):
        print_points()
    else:
        print("grand-challenge-metrics is not installed: pip install grand-challenge-metrics\n")
    if not args.skip_timing:
        modules = [peer.module for peer in peers]
        report(print_timing(modules, args.images, args.detections, args.bootstrap), args.json)


if __name__ == "__main__":
    main()
