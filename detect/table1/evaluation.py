"""Rows of detectors, each trained once or several times, against the baseline of their group: `table1.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from detect.froc.ground_truth import GroundTruth, groups_with_lesions, set_counts
from detect.froc.matching import FloatArray
from detect.froc.settings import FrocSettings
from detect.table1.repeat_measures import RepeatMeasures, curve_rates
from detect.table1.repeats import deviations, mean_of_repeats, spread
from detect.table1.row_files import baselines, same_rows
from detect.table1.row_names import row_name, split_key
from reporting.estimate import Estimate, json_number, json_numbers
from reporting.significance import add_holm, difference_entry

MEAN = "mean"
"""What "at" says of the mean over all N."""
COUNTING = ("iou_thr", "matching", "fppi", "bootstrap", "seed", "duplicates", "classes", "interval")
"""The settings that change a number here."""


def row_rng(measured: Mapping[str, Sequence[RepeatMeasures]], key: str, settings: FrocSettings) -> np.random.Generator:
    """Return the generator of a row's draws of repeats: rows are drawn apart, rows of the same repeats alike."""
    return np.random.default_rng([settings.seed, 1, list(measured).index(same_rows(measured)[key])])


def pool_rows(measured: Mapping[str, Sequence[RepeatMeasures]], key: str) -> list[str]:
    """Return the rows from whose repeats the spread of a row is estimated: all rows of its group.

    Of rows with the same repeats only the first is taken, so that no repeat counts twice. A row that is in several
    groups has the rows of all of them, so that its interval is the same in each.
    """
    same = same_rows(measured)
    groups = {split_key(other)[0] for other in measured if same[other] == same[key]}
    return list(dict.fromkeys(same[other] for other in measured if split_key(other)[0] in groups))


def row_mean(
    measured: Mapping[str, Sequence[RepeatMeasures]], key: str, settings: FrocSettings, values: str, samples: str
) -> Estimate:
    """Average a statistic over the repeats of a row, and resample it.

    Args:
        values, samples: the fields of `RepeatMeasures` that hold it and its resamples.
    """
    pool = np.concatenate([deviations(_stack(measured[peer], values)) for peer in pool_rows(measured, key)])
    repeats, rng = measured[key], row_rng(measured, key, settings)
    return mean_of_repeats(_stack(repeats, values), _stack(repeats, samples), pool, rng)


def columns(settings: FrocSettings) -> list[str]:
    """Name the columns: each N, then "mean"."""
    return [*(f"{rate:g}" for rate in settings.fppi), MEAN]


def evaluate_rows(
    truth: GroundTruth,
    measured: Mapping[str, Sequence[RepeatMeasures]],
    settings: FrocSettings,
    titles: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Average the repeats of each row "group/row" and compare it with the first row of its group.

    Args:
        measured: all on the same resamples of the patients; the curve of each baseline resampled too.
        titles: of groups and rows, see `detect.table1.row_names`.

    Returns:
        The contents of `table1.json`, see docs/table1.md: "settings", "counts", "rows" by name, "differences", and
        "titles" where some are given.
        "p_holm" is corrected over the rows of all groups at the same N.
    """
    first = baselines(list(measured))
    means = {key: row_mean(measured, key, settings, "sensitivity", "samples") for key in measured}
    rows = {
        key: {"name": row_name(key, titles)} | _row(key, first[key], measured, means[key], truth, settings)
        for key in measured
    }
    report = {
        "settings": {name: getattr(settings, name) for name in COUNTING} | {"fppi": list(settings.fppi)},
        "counts": set_counts(truth),
        "grouped_by": truth.grouped_by,
        "groups_with_lesions": groups_with_lesions(truth),
        "rows": rows,
        "differences": _differences(means, first, groups_with_lesions(truth), settings),
    }
    return report | {"titles": dict(titles)} if titles else report


def _stack(repeats: Sequence[RepeatMeasures], name: str) -> FloatArray:
    return np.stack([getattr(repeat, name) for repeat in repeats])


def _row(
    key: str,
    baseline: str,
    measured: Mapping[str, Sequence[RepeatMeasures]],
    mean: Estimate,
    truth: GroundTruth,
    settings: FrocSettings,
) -> dict[str, Any]:
    repeats = measured[key]
    rates, curves = curve_rates(settings, len(truth.image_ids)), _stack(repeats, "curve")
    end = max(repeat.end for repeat in repeats)
    inside = rates <= end
    row = {
        "group": split_key(key)[0],
        "baseline": baseline,
        "num_repeats": len(repeats),
        "sens_at": _cells(repeats, mean, settings),
        "curve": {
            "fp_per_image": [*rates[inside], end] if end < rates[-1] else rates,
            "sensitivity": [*curves.mean(0)[inside], curves[:, -1].mean()] if end < rates[-1] else curves.mean(0),
        },
    }
    if key == baseline:
        low, high = row_mean(measured, key, settings, "curve", "curve_samples").interval("percentile")
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
