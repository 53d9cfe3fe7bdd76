"""Means of all measures with 95 % bootstrap intervals over patients, and differences from the first method: JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from enhance.evaluation.measures.roi_size import pooled_mean_std
from enhance.evaluation.report.batch import FLOORS
from enhance.evaluation.report.measured import Measured
from enhance.evaluation.report.settings import AttentionSettings
from reporting.auc import weighted_auc
from reporting.estimate import Estimate
from reporting.ratio import mean_of_defined, ratio
from reporting.resampling import resample_weights
from reporting.significance import add_holm, difference_entry

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A column of the tables: its title, its array in `Measured` (over that of `per`: ratio of means), what is good."""

    title: str
    array: str
    better: Literal["higher", "lower"] | None
    per: str | None = None
    percent: bool = False


MEASURES = {
    "aopc": Measure("AOPC, MoRF", "aopc", "higher"),
    "aopc_lerf": Measure("AOPC, LeRF", "aopc_lerf", "lower"),
    "deletion": Measure("Deletion", "deletion", "lower"),
    "insertion": Measure("Insertion", "insertion", "higher"),
    "pointing": Measure("Pointing game", "pointing", "higher", percent=True),
    "energy_ratio": Measure("Energy in boxes / area", "energy", "higher", per="box_area"),
    "iou": Measure("IoU of the region", "iou", "higher", percent=True),
    "roi_size": Measure("Region's size", "roi_size", None, percent=True),
}
"""In the order of the tables."""
CLASS_MEASURES = ("aopc", "aopc_lerf", "roi_size")
CURVES = ("morf", "lerf", "deletion_curve", "insertion_curve")


def summarize_attention(
    measured: Measured,
    settings: AttentionSettings,
    label_names: Sequence[str],
    num_listed: int | None = None,
    amp: bool = False,
) -> dict[str, Any]:
    """The content of `attention.json`.

    Args:
        num_listed: Images of the file, where not all were taken.
        amp: Whether changed images were predicted in mixed precision.

    Returns:
        `settings`, `label_names`, `failed`, `amp`, and counts: `num_listed`, `num_images`, `num_patients`,
        `num_unknown` (images whose person is not known, each drawn alone), `num_labeled`, `num_correct`,
        `num_with_boxes`; `box_area`, the mean share of the image that its boxes cover. `classifier`: the AUC of each
        label with positives and negatives, and `mean`.
        `reference`: the first method; `floors`. `systems`: name to measure to `{"value", "ci95", "num_images"}` (null
        where nothing is measured), `num_empty`: maps without a positive value, and `classes`: label to the same of the
        correctly predicted images with this target, with `scores` (`mean`, `std`, `histogram`: paper 001, fig. 6).
        `differences` of `a` from `b`, the reference or a floor, with `p` and `p_holm` (over the systems that one
        measure compares with b). `noise_fall`: label to how far noise on the whole image lowers its probability.
        `curves`: kind to name to its mean.
    """
    arrays = measured.arrays
    groups = [case.patient for case in measured.cases]
    ones = np.ones((1, len(groups)), np.int32)
    weights = np.concatenate([ones, resample_weights(groups, settings.bootstrap, settings.seed)])
    present = {name: entry for name, entry in MEASURES.items() if entry.array in arrays}
    samples = {name: resampled(arrays, entry, weights) for name, entry in present.items()}
    classes = {name: (arrays["targets"] == index) & arrays["correct"] for index, name in enumerate(label_names)}
    classes = {name: mask for name, mask in classes.items() if mask.any()}
    return {
        "settings": asdict(settings),
        "amp": amp,
        "num_listed": num_listed or len(measured.cases) + len(measured.failed),
        **_counts(measured),
        "label_names": list(label_names),
        "box_area": _box_area(arrays),
        "failed": measured.failed,
        "classifier": _classifier(measured, weights, label_names),
        "reference": measured.systems[0],
        "floors": list(FLOORS),
        "systems": {
            name: _system(arrays, column, samples, classes, weights) for column, name in enumerate(measured.systems)
        },
        "differences": _differences(measured, samples, groups),
        "noise_fall": _noise_fall(arrays, classes, weights),
        "curves": {kind: _mean_curves(measured, kind) for kind in CURVES if kind in arrays},
    }


def _counts(measured: Measured) -> dict[str, int]:
    cases = measured.cases
    return {
        "num_images": len(cases),
        "num_patients": len({case.patient for case in cases}),
        "num_unknown": sum(not case.person_known for case in cases),
        "num_labeled": sum(bool(np.isfinite(case.labels).any()) for case in cases),
        "num_correct": int(measured.arrays["correct"].sum()),
        "num_with_boxes": sum(bool(case.boxes) for case in cases),
    }


def _system(
    arrays: dict[str, NDArray],
    column: int,
    samples: dict[str, FloatArray],
    classes: dict[str, NDArray],
    weights: NDArray,
) -> dict[str, Any]:
    """All measures of a method or floor, over all images and over those of each class."""
    return _entries(samples, column, arrays) | {
        "num_empty": int((arrays["roi_size"][:, column] == 0).sum()),
        "classes": {label: _class_entry(arrays, column, mask, weights) for label, mask in classes.items()},
    }


def _box_area(arrays: dict[str, NDArray]) -> float | None:
    areas = arrays["box_area"][:, 0]
    return float(np.nanmean(areas)) if np.isfinite(areas).any() else None


def resampled(arrays: dict[str, NDArray], entry: Measure, weights: NDArray) -> FloatArray:
    """A measure of R weighted sets, (R, S); NaN where no image has it.

    Args:
        arrays: Of `Measured`, (N, S) each.
        weights: (R, N).
    """
    values = arrays[entry.array]
    if entry.per is not None:
        return ratio(_weighted_sum(values, weights), _weighted_sum(arrays[entry.per], weights))
    return _weighted_mean(values, weights)


def _weighted_mean(values: FloatArray, weights: NDArray) -> FloatArray:
    return ratio(_weighted_sum(values, weights), weights.astype(float) @ np.isfinite(values))


def _weighted_sum(values: FloatArray, weights: NDArray) -> FloatArray:
    return weights.astype(float) @ np.nan_to_num(values)


def _entry(samples: FloatArray, number: int) -> dict[str, Any]:
    """The value of the set (row 0) with the interval of its resamples."""
    return Estimate.of_rows(samples).entry() | {"num_images": number}


def _entries(samples: dict[str, FloatArray], column: int, arrays: dict[str, NDArray]) -> dict[str, dict[str, Any]]:
    return {
        name: _entry(values[:, column], int(np.isfinite(arrays[MEASURES[name].array][:, column]).sum()))
        for name, values in samples.items()
    }


def _class_entry(arrays: dict[str, NDArray], column: int, mask: NDArray, weights: NDArray) -> dict[str, Any]:
    own = {name: values[mask, column : column + 1] for name, values in arrays.items() if values.ndim > 1}
    samples = {name: resampled(own, MEASURES[name], weights[:, mask])[:, 0] for name in CLASS_MEASURES}
    mean, std = pooled_mean_std(np.concatenate([own["score_mean"], own["score_square"]], 1))
    scores = {"mean": mean, "std": std, "histogram": arrays["histogram"][mask, column].sum(0).tolist()}
    return {name: _entry(values, int(mask.sum())) for name, values in samples.items()} | {"scores": scores}


def _classifier(measured: Measured, weights: NDArray, label_names: Sequence[str]) -> dict[str, Any]:
    labels = np.stack([case.labels for case in measured.cases])
    areas = np.stack(
        [weighted_auc(*pair, weights) for pair in zip(measured.arrays["probabilities"].T, labels.T, strict=True)], 1
    )
    counts = np.isfinite(labels).sum(0)
    known = np.isfinite(areas[0])
    entries = {name: _entry(areas[:, i], int(counts[i])) for i, name in enumerate(label_names) if known[i]}
    mean = _entry(mean_of_defined(areas[:, known]), int(np.isfinite(labels).any(1).sum())) if known.any() else None
    return {"labels": entries, "mean": mean}


def _differences(measured: Measured, samples: dict[str, FloatArray], groups: Sequence[str]) -> list[dict[str, Any]]:
    """Each system from the first method, each method from each floor; Holm over those from one b by one measure."""
    entries = []
    systems = measured.systems
    others = [systems[0], *FLOORS]
    for name, values in samples.items():
        applies = np.isfinite(measured.arrays[MEASURES[name].array][:, 0])
        patients = len({group for group, kept in zip(groups, applies, strict=True) if kept})
        for b in others if np.isfinite(values[0, 0]) else []:
            for a in systems[1:] if b == systems[0] else systems[: -len(FLOORS)]:
                difference = Estimate.of_rows(values[:, systems.index(a)] - values[:, systems.index(b)])
                entry = {"a": a, "b": b, "measure": name}
                entries.append(entry | difference_entry(difference, "percentile", patients))
    for b in others:
        add_holm([entry for entry in entries if entry["b"] == b], "measure")
    return entries


def _noise_fall(arrays: dict[str, NDArray], classes: dict[str, NDArray], weights: NDArray) -> dict[str, Any]:
    """How far noise on the whole image lowers the probability, which is the same for all maps: of each class."""
    fall = arrays["morf"][:, 0, 0] - arrays["morf"][:, 0, -1]
    return {
        label: _entry(_weighted_mean(fall[mask], weights[:, mask]), int(mask.sum())) for label, mask in classes.items()
    }


def _mean_curves(measured: Measured, kind: str) -> dict[str, list[float]]:
    curves = measured.arrays[kind][measured.arrays["correct"]]
    if len(curves) == 0:
        return {}
    return {name: curves[:, column].mean(0).tolist() for column, name in enumerate(measured.systems)}
