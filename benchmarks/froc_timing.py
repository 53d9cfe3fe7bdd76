"""The same FROC work timed here and in other packages; `froc_peers.py` runs it.

Seconds are processor time of one thread. Peak memory is that of a process of its own, imports included (Linux).
"""

import importlib
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.froc_set import SIDE, Files, make_set
from benchmarks.measuring import measure, print_table, seconds, silence
from benchmarks.record import Row
from detect.froc.bootstrap import Resampling, estimate
from detect.froc.curve import MatchedSet, RankedSet
from detect.froc.detections import read_results
from detect.froc.evaluation import evaluate
from detect.froc.ground_truth import read_ground_truth
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results

RATES = (1, 2, 3, 4)


def own_curve(matched: MatchedSet) -> tuple[float, int, float]:
    """Return seconds (median of 5), operating points and Sens@1 of this project's curve."""
    runs = [seconds(lambda: RankedSet(matched).curve()) for _ in range(5)]
    curve = runs[0][1]
    sensitivity = curve.sensitivity[curve.fp_per_image <= 1][-1]
    return float(np.median([run[0] for run in runs])), len(curve.threshold), float(sensitivity)


def monai_curve(matched: MatchedSet) -> tuple[float, int, float]:
    """The same of MONAI; a lesion that is not found has probability 0, as its own matching gives it."""
    from monai.metrics import compute_froc_curve_data, compute_froc_score

    hit = matched.found >= 0
    probs = np.zeros(len(matched.lesion_image))
    probs[matched.found[hit]] = matched.scores[hit]
    spent, curve = seconds(lambda: compute_froc_curve_data(matched.scores[~hit], probs, len(probs), matched.num_images))
    return spent, len(curve[0]), float(compute_froc_score(*curve, eval_thresholds=(1,)))


def picai_curve(matched: MatchedSet) -> tuple[float, int, float]:
    """The same of picai_eval; above 10,000 scores it keeps 10,000 of them and those above 0.8."""
    from picai_eval import Metrics

    results: dict[int, list[tuple[int, float, float]]] = {image: [] for image in range(matched.num_images)}
    for image, found, score in zip(matched.image, matched.found, matched.scores, strict=True):
        results[int(image)].append((int(found >= 0), float(score), float(found >= 0)))
    for lesion in np.setdiff1d(np.arange(len(matched.lesion_image)), matched.found):
        results[int(matched.lesion_image[lesion])].append((1, 0.0, 0.0))
    metrics = Metrics(lesion_results=results)
    spent, counts = seconds(metrics.calculate_counts)
    sensitivity = counts["TP"][counts["FP"] <= matched.num_images][-1] / len(matched.lesion_image)
    return spent, len(counts["TP"]), float(sensitivity)


def own_evaluation(files: Files, bootstrap: int) -> None:
    """Read, match, Sens@N and its intervals."""
    truth, settings = read_ground_truth(files[0]), FrocSettings(bootstrap=bootstrap, fppi=RATES)
    system = match_results(truth, read_results(files[1]), settings)
    resampling = Resampling.of_groups(truth.groups, bootstrap, settings.seed)
    sens_at = estimate(
        RankedSet(system.matched), lambda counted: {"it": counted.sensitivity_at(RATES)}, resampling, max(RATES)
    )
    sens_at["it"].interval("percentile")


def own_report(files: Files, bootstrap: int) -> None:
    """All numbers of a report: besides Sens@N the curve with its band, sizes, CPM, partial area, AFROC."""
    truth, settings = read_ground_truth(files[0]), FrocSettings(bootstrap=bootstrap, fppi=RATES)
    evaluate(truth, {"it": match_results(truth, read_results(files[1]), settings)}, settings)


def _rows_of_images(files: Files) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, for each image, lesions (M, 4) and detections (N, 5) with the score, as x, y, width, height."""
    truth, results = (json.loads(path.read_text()) for path in files)
    lesions: list[list] = [[] for _ in truth["images"]]
    detections: list[list] = [[] for _ in truth["images"]]
    for annotation in truth["annotations"]:
        lesions[annotation["image_id"]].append(annotation["bbox"])
    for result in results:
        detections[result["image_id"]].append([*result["bbox"], result["score"]])
    return [
        (np.array(of, int).reshape(-1, 4), np.array(d, float).reshape(-1, 5))
        for of, d in zip(lesions, detections, strict=True)
    ]


def monai_evaluation(files: Files) -> None:
    """A mask for each image, then MONAI's matching, curve and score."""
    from monai.metrics import compute_fp_tp_probs, compute_froc_curve_data, compute_froc_score

    false, hits, rows = [], [], _rows_of_images(files)
    for lesions, detections in rows:
        mask = np.zeros((SIDE, SIDE), np.uint8)
        for label, (x, y, width, height) in enumerate(lesions, start=1):
            mask[y : y + height, x : x + width] = label
        centers = detections[:, :2] + detections[:, 2:4] / 2
        of_image = compute_fp_tp_probs(detections[:, 4], centers[:, 1], centers[:, 0], mask)
        false.append(of_image[0])
        hits.append(of_image[1])
    probs = np.concatenate(hits)
    curve = compute_froc_curve_data(np.concatenate(false), probs, len(probs), len(rows))
    compute_froc_score(*curve, eval_thresholds=RATES)


def picai_evaluation(files: Files) -> None:
    """A map for each image, then picai_eval's matching and Sens@N.

    Boxes that touch would be one candidate: those that would touch a better one are left out, three in four.
    """
    from picai_eval import evaluate as picai_evaluate

    scores, masks = [], []
    for lesions, detections in _rows_of_images(files):
        score_map, mask = np.zeros((1, SIDE, SIDE), np.float32), np.zeros((1, SIDE, SIDE), np.int32)
        for x, y, width, height, score in detections[(-detections[:, 4]).argsort()]:
            left, top, right, bottom = int(x), int(y), int(x + width), int(y + height)
            if not score_map[0, top - 1 : bottom + 1, left - 1 : right + 1].any():
                score_map[0, top:bottom, left:right] = score
        for x, y, width, height in lesions:
            mask[0, y : y + height, x : x + width] = 1
        scores.append(score_map)
        masks.append(mask)
    metrics = picai_evaluate(scores, masks, min_overlap=0.5, num_parallel_calls=1)
    for rate in RATES:
        metrics.lesion_TPR_at_FPR(rate)


def coco_froc_evaluation(files: Files) -> None:
    """coco-froc-analysis' curve at 50 thresholds, which is its default."""
    from coco_froc_analysis.froc import generate_froc_curve

    generate_froc_curve(*map(str, files), use_iou=True, iou_thres=0.5, n_sample_points=50, plot_title=None)


def coco_froc_resample(files: Files) -> None:
    """One of coco-froc-analysis' resamples, as its pool of processes runs it."""
    from coco_froc_analysis.froc.bootstrap_froc_curve import run_bootstrap

    truth, results = (json.loads(path.read_text()) for path in files)
    run_bootstrap((truth, results, len(truth["images"]), 50, True, 0.5))


def imported(module: str, work: Callable[..., None], *args: Any) -> Callable[[], None]:
    """Import a module, which may take long, before the clock starts; see `measure`."""
    importlib.import_module(module)
    return lambda: work(*args)


def print_curves(files: Files, modules: list[str]) -> list[Row]:
    """Print and return the time of the curve from detections that are matched already."""
    truth, settings = read_ground_truth(files[0]), FrocSettings()
    matched = match_results(truth, read_results(files[1]), settings).matched
    packages = {"monai": ("monai", monai_curve), "picai_eval": ("picai_eval", picai_curve)}
    own = own_curve(matched)
    rows = [["this project", f"{own[1]:,}", f"{own[0]:.3f}", "1", f"{own[2]:.4f}"]]
    number, entries = len(matched.scores), []
    for module in [m for m in modules if m in packages]:
        package, curve = packages[module]
        with silence():
            spent, points, sensitivity = curve(matched)
        row = [f"{package} {version(package)}", f"{points:,}", f"{spent:.1f}"]
        rows.append([*row, f"{spent / own[0]:,.0f}", f"{sensitivity:.4f}"])
        entries.append(Row("FROC curve", "detections/s", number / own[0], number / spent, package))
    print(
        f"Curve of {len(matched.scores):,} matched detections on {matched.num_images:,} images with "
        f"{len(matched.lesion_image):,} lesions:\n"
    )
    print_table(["", "operating points", "seconds", "times ours", "Sens@1"], rows)
    return entries or [Row("FROC curve", "detections/s", number / own[0])]


def print_evaluations(folder: Path, modules: list[str], images: int, detections: int, bootstrap: int) -> list[Row]:
    """Print and return time, and print memory, from COCO files to Sens@N; with resamples where a package has them."""
    tenth, hundredth = max(images // 10, 2), max(images // 100, 2)
    works: list[tuple[str, str, Callable[[Files], None], int]] = [
        ("monai.metrics", "monai: masks, curve, score; no resamples", monai_evaluation, images),
        ("coco_froc_analysis.froc", "coco-froc-analysis: 50 points; no resamples", coco_froc_evaluation, images),
        ("coco_froc_analysis.froc", "coco-froc-analysis: 50 points of 1 resample", coco_froc_resample, tenth),
        (
            "picai_eval",
            "picai_eval: maps of boxes that do not touch, Sens@N; no resamples",
            picai_evaluation,
            hundredth,
        ),
    ]
    works = [work for work in works if work[0].partition(".")[0] in modules]
    sets = {size: make_set(folder, size, detections) for size in {images, *(work[3] for work in works)}}
    rows, own, entries = [], {}, []
    for size in sorted(sets, reverse=True):
        own[size], peak = measure(imported, "numpy", own_evaluation, sets[size], bootstrap)
        what = f"this project: Sens@N, {bootstrap:,} resamples"
        rows.append([what, f"{size:,}", f"{own[size]:.2f}", "1", f"{peak:,.0f}"])
    spent, peak = measure(imported, "numpy", own_report, sets[images], bootstrap)
    what = f"this project: all numbers of a report, {bootstrap:,} resamples"
    rows.append([what, f"{images:,}", f"{spent:.1f}", f"{spent / own[images]:.1f}", f"{peak:,.0f}"])
    for module, what, work, size in works:
        spent, peak = measure(imported, module, work, sets[size])
        rows.append([what, f"{size:,}", f"{spent:.1f}", f"{spent / own[size]:.1f}", f"{peak:,.0f}"])
        if work is not coco_froc_resample:
            name = f"FROC of COCO files, ours with {bootstrap:,} resamples"
            entries.append(Row(name, "images/s", size / own[size], size / spent, what.partition(":")[0]))
    print(f"From COCO files, {detections} detections per image:\n")
    print_table(["", "images", "seconds", "times ours at this size", "peak MiB"], rows)
    return entries


def print_timing(modules: list[str], images: int, detections: int, bootstrap: int) -> list[Row]:
    """Print all tables for the packages in `modules`, by the names they are imported as, and return their rows."""
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, one thread\n")
    with TemporaryDirectory() as name:
        folder = Path(name)
        curves = print_curves(make_set(folder, images, detections), modules)
        return curves + print_evaluations(folder, modules, images, detections, bootstrap)
