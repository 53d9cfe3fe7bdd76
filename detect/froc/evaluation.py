"""Compare detectors on one ground truth: curves, Sens@N with intervals, strata, paired differences: froc.json."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detect.froc.afroc import figure_of_merit
from detect.froc.bootstrap import Resampling, bootstrap_notes, estimate
from detect.froc.curve import CPM_RATES, CountedSet, FrocCurve, MatchedSet, RankedSet, band_rates
from detect.froc.differences import compare
from detect.froc.ground_truth import GroundTruth, groups_with_lesions
from detect.froc.lesion_size import LesionStrata, lesion_sizes, size_strata
from detect.froc.matching import DUPLICATE, IGNORED, FloatArray
from detect.froc.settings import FrocSettings
from detect.froc.system import System
from reporting.estimate import Estimate, json_numbers

SUMMARY = ("mean_sensitivity", "cpm", "partial_area", "afroc", "afroc1")


def evaluate(truth: GroundTruth, systems: Mapping[str, System], settings: FrocSettings) -> dict[str, Any]:
    """Evaluate each system and compare every two of them on the same resamples.

    Returns:
        The contents of `froc.json` (see docs/froc.md): "settings", "notes", "systems" by name, "paired" and
        "paired_summary". A paired entry compares a system `a` with one given before it, `b`: "difference" is a's
        value minus b's, so the first system is the baseline; "p_holm" is corrected over all pairs.

    Raises:
        UserError: sizes in mm without pixel spacing.
    """
    resampling = Resampling.of_groups(truth.groups, settings.bootstrap, settings.seed)
    strata = {"sizes": size_strata(lesion_sizes(truth, settings.size_unit), settings.size_edges, settings.size_unit)}
    several_classes = settings.classes == "separate" and len(np.unique(truth.lesions.labels)) > 1
    if several_classes:
        strata["classes_ranked_together"] = _class_strata(truth)
    entries, estimates = {}, {}
    for name, system in systems.items():
        ranked = RankedSet(system.matched, settings.duplicates)
        estimates[name] = _estimates(ranked, strata, settings, resampling)
        entries[name] = _system_entry(system, ranked, estimates[name], strata, settings)
        if several_classes:
            entries[name]["classes"] = _class_entries(truth, system, settings, resampling)
    return {
        "settings": asdict(settings) | {"fppi": list(settings.fppi), "size_edges": list(settings.size_edges)},
        "notes": [
            *truth.notes,
            *bootstrap_notes(truth, resampling.bootstrap),
            *(note for system in systems.values() for note in system.detections.notes),
        ],
        "systems": entries,
        **compare(estimates, settings.fppi, SUMMARY, settings.interval, groups_with_lesions(truth)),
    }


def _estimates(
    ranked: RankedSet, strata: Mapping[str, LesionStrata], settings: FrocSettings, resampling: Resampling
) -> dict[str, Estimate]:
    rates, band, limit = settings.fppi, band_rates(settings.fppi, ranked.num_images), max(settings.fppi)

    def statistics(counted: CountedSet) -> dict[str, FloatArray]:
        sens_at = counted.sensitivity_at(rates)
        return {
            "sens_at": sens_at,
            "band": counted.sensitivity_at(band),
            "mean_sensitivity": sens_at.mean(1),
            "cpm": counted.sensitivity_at(CPM_RATES).mean(1),
            "partial_area": counted.partial_area(limit),
            "afroc": figure_of_merit(ranked, counted.weights),
            "afroc1": figure_of_merit(ranked, counted.weights, all_images=True),
            **{
                kind: counted.stratum_sensitivity_at(rates, groups.index, len(groups.names))
                for kind, groups in strata.items()
            },
        }

    return estimate(ranked, statistics, resampling, max(*band, *CPM_RATES))


def _system_entry(
    system: System,
    ranked: RankedSet,
    estimates: Mapping[str, Estimate],
    strata: Mapping[str, LesionStrata],
    settings: FrocSettings,
) -> dict[str, Any]:
    curve, counted = ranked.vertices(settings.fppi), CountedSet(ranked)
    low, high = estimates["band"].interval(settings.interval)
    found = system.matched.found
    return {
        "num_images": ranked.num_images,
        "num_lesions": len(ranked.lesion_image),
        "num_detections": len(found),
        "num_images_without_detections": ranked.num_images - len(np.unique(system.matched.image)),
        "num_duplicates": int((found == DUPLICATE).sum()),
        "num_ignored": int((found == IGNORED).sum()),
        "sens_at": _sens_at(estimates["sens_at"], curve, counted, settings),
        "curve": {
            "fp_per_image": curve.fp_per_image,
            "sensitivity": curve.sensitivity,
            "threshold": curve.threshold,
        },
        "band": {
            "fp_per_image": band_rates(settings.fppi, ranked.num_images).tolist(),
            "low": json_numbers(low),
            "high": json_numbers(high),
        },
        "mean_sensitivity": float(estimates["mean_sensitivity"].value),
        "summary": _summary(estimates, counted, settings),
        **{
            kind: _stratum_entries(estimates[kind], groups, counted.reached(settings.fppi)[0], settings)
            for kind, groups in strata.items()
        },
        "scores": _score_histogram(ranked),
    }


def _sens_at(sensitivities: Estimate, curve: FrocCurve, counted: CountedSet, settings: FrocSettings) -> dict[str, Any]:
    reached = counted.reached(settings.fppi)[0]
    return {
        f"{rate:g}": sensitivities[place].entry(settings.interval)
        | {"reached": bool(reached[place]), "threshold": curve.threshold_at(rate)}
        for place, rate in enumerate(settings.fppi)
    }


def _summary(estimates: Mapping[str, Estimate], counted: CountedSet, settings: FrocSettings) -> dict[str, Any]:
    limit = max(settings.fppi)
    reached = {"cpm": max(CPM_RATES), "mean_sensitivity": limit, "partial_area": limit}
    entries = {}
    for name in SUMMARY:
        entries[name] = estimates[name].entry(settings.interval)
        if name in reached:
            entries[name]["reached"] = bool(counted.reached([reached[name]])[0, 0])
    entries["partial_area"]["up_to"] = limit
    return entries


def _stratum_entries(
    sens_at: Estimate, strata: LesionStrata, reached: NDArray[np.bool_], settings: FrocSettings
) -> list[dict[str, Any]]:
    """Return each stratum at the operating points of all lesions together."""
    return [
        {
            "name": name,
            "num_lesions": int((strata.index == s).sum()),
            "sens_at": {
                f"{rate:g}": sens_at[f][s].entry(settings.interval) | {"reached": bool(reached[f])}
                for f, rate in enumerate(settings.fppi)
            },
        }
        for s, name in enumerate(strata.names)
    ]


def _class_strata(truth: GroundTruth) -> LesionStrata:
    labels, index = np.unique(truth.lesions.labels, return_inverse=True)
    return LesionStrata([truth.categories[label] for label in labels.tolist()], index)


def _class_entries(
    truth: GroundTruth, system: System, settings: FrocSettings, resampling: Resampling
) -> list[dict[str, Any]]:
    """Return each class that has lesions, with a curve of its own: its detections and its lesions only."""
    entries, rates = [], settings.fppi

    def statistics(counted: CountedSet) -> dict[str, FloatArray]:
        return {"sens_at": counted.sensitivity_at(rates)}

    for label in np.unique(truth.lesions.labels).tolist():
        chosen = system.detections.boxes.labels == label
        ranked = RankedSet(_of_class(system.matched, chosen, truth.lesions.labels == label), settings.duplicates)
        sens_at = estimate(ranked, statistics, resampling, max(rates))["sens_at"]
        entries.append(
            {
                "name": truth.categories[label],
                "num_lesions": len(ranked.lesion_image),
                "num_detections": int(chosen.sum()),
                "sens_at": _sens_at(sens_at, ranked.vertices(rates), CountedSet(ranked), settings),
            }
        )
    return entries


def _of_class(matched: MatchedSet, chosen: np.ndarray, lesions: np.ndarray) -> MatchedSet:
    new_index = np.cumsum(lesions) - 1
    found = matched.found[chosen]
    found = np.where(found >= 0, new_index[found], found)
    return MatchedSet(
        matched.scores[chosen], found, matched.image[chosen], matched.lesion_image[lesions], matched.num_images
    )


def _score_histogram(ranked: RankedSet, bins: int = 40) -> dict[str, list[float]]:
    """Return counts of hits and false positives over the range of the scores."""
    threshold = ranked.threshold
    low, high = (threshold[-1], threshold[0]) if len(threshold) else (0.0, 1.0)
    if high - low <= 1e-6 * max(abs(low), abs(high)):  # all scores as good as equal
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    hits, false = (np.histogram(threshold[points], edges)[0] for points in (ranked.hit_point, ranked.false_point))
    return {"edges": edges.tolist(), "hits": hits.tolist(), "false_positives": false.tolist()}
