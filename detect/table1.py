"""Rows of detectors, each trained once or several times, against the baseline of their group: `table1.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data.significance import add_holm
from detect.comparison import difference_entry
from detect.estimates import Estimate, json_number, json_numbers
from detect.evaluation import groups_with_lesions
from detect.ground_truth import GroundTruth
from detect.matching import FloatArray
from detect.repeat_measures import RepeatMeasures, curve_rates
from detect.repeats import mean_of_repeats, spread
from detect.report import set_counts
from detect.row_files import baselines
from detect.row_names import row_name, split_key
from detect.settings import FrocSettings

MEAN = "mean"
"""What "at" says of the mean over all N."""
COUNTING = ("iou_thr", "matching", "fppi", "bootstrap", "seed", "duplicates", "classes", "interval")
"""The settings that change a number here."""


def row_rng(settings: FrocSettings, row: int) -> np.random.Generator:
    """Return the generator of a row's draws of repeats: rows are drawn apart, and one more changes no other."""
    return np.random.default_rng([settings.seed, 1, row])


def columns(settings: FrocSettings) -> list[str]:
    """Name the columns: each N, then "mean"."""
    return [*(f"{rate:g}" for rate in settings.fppi), MEAN]


def evaluate_rows(
    truth: GroundTruth, measured: Mapping[str, Sequence[RepeatMeasures]], settings: FrocSettings
) -> dict[str, Any]:
    """Average the repeats of each row "group/row" and compare it with the first row of its group.

    Args:
        measured: all on the same resamples of the patients; the curve of each baseline resampled too.

    Returns:
        The contents of `table1.json`, see docs/table1.md: "settings", "counts", "rows" by name and "differences".
        "p_holm" is corrected over the rows of all groups at the same N.
    """
    first = baselines(list(measured))
    rng = [row_rng(settings, index) for index in range(len(measured))]
    means = {
        key: mean_of_repeats(_stack(repeats, "sensitivity"), _stack(repeats, "samples"), own)
        for (key, repeats), own in zip(measured.items(), rng, strict=True)
    }
    rows = {
        key: _row(key, first[key], repeats, means[key], truth, settings, own)
        for (key, repeats), own in zip(measured.items(), rng, strict=True)
    }
    return {
        "settings": {name: getattr(settings, name) for name in COUNTING} | {"fppi": list(settings.fppi)},
        "counts": set_counts(truth),
        "grouped_by": truth.grouped_by,
        "groups_with_lesions": groups_with_lesions(truth),
        "rows": rows,
        "differences": _differences(means, first, groups_with_lesions(truth), settings),
    }


def _stack(repeats: Sequence[RepeatMeasures], name: str) -> FloatArray:
    return np.stack([getattr(repeat, name) for repeat in repeats])


def _row(
    key: str,
    baseline: str,
    repeats: Sequence[RepeatMeasures],
    mean: Estimate,
    truth: GroundTruth,
    settings: FrocSettings,
    rng: np.random.Generator,
) -> dict[str, Any]:
    rates, curves = curve_rates(settings, len(truth.image_ids)), _stack(repeats, "curve")
    end = max(repeat.end for repeat in repeats)
    inside = rates <= end
    row = {
        "name": row_name(key),
        "group": split_key(key)[0],
        "baseline": baseline,
        "num_repeats": len(repeats),
        "sens_at": _cells(repeats, mean, settings),
        "curve": {
            "fp_per_image": [*rates[inside], end] if end < rates[-1] else rates,
            "sensitivity": [*curves.mean(0)[inside], curves[:, -1].mean()] if end < rates[-1] else curves.mean(0),
        },
    }
    if all(len(repeat.curve_samples) for repeat in repeats):
        low, high = mean_of_repeats(curves, _stack(repeats, "curve_samples"), rng).interval("percentile")
        row["band"] = {"fp_per_image": rates, "low": json_numbers(low), "high": json_numbers(high)}
    return row


def _cells(repeats: Sequence[RepeatMeasures], mean: Estimate, settings: FrocSettings) -> dict[str, Any]:
    values = _stack(repeats, "sensitivity")
    reached = _stack(repeats, "reached").all(0)
    reached = np.append(reached, reached.all())
    intervals, deviation = mean.interval("percentile").T, spread(values)
    cells = {}
    for index, at in enumerate(columns(settings)):
        cells[at] = {
            "value": json_number(mean.value[index]),
            "ci95": json_numbers(intervals[index]),
            "sd": json_number(deviation[index]),
            "repeats": values[:, index],
            "reached": bool(reached[index]),
        }
        if at != MEAN:
            cells[at]["thresholds"] = json_numbers(repeat.thresholds[index] for repeat in repeats)
            cells[at]["fp_per_image"] = [repeat.fp_per_image[index] for repeat in repeats]
    return cells


def _differences(
    means: Mapping[str, Estimate], first: Mapping[str, str], num_groups: int, settings: FrocSettings
) -> list[dict[str, Any]]:
    """Each row minus its baseline at each N, then of the mean."""
    entries = []
    for a, b in first.items():
        if a == b:
            continue
        difference = means[a] - means[b]
        for index, at in enumerate(columns(settings)):
            entry = difference_entry(difference[index], "percentile", num_groups)
            entries.append({"a": a, "b": b, "at": at} | entry)
    add_holm(entries, "at")
    return entries
