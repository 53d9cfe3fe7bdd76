"""Differences of every two systems, with intervals and p-values from the same resamples."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from detect.bootstrap import NEAR, holm, two_sided_p
from detect.estimates import Estimate, Interval, json_number, json_numbers

LEAST_GROUPS = 5
"""With fewer patients with lesions a bootstrap p-value says "significant" too often."""


def compare(
    estimates: Mapping[str, Mapping[str, Estimate]],
    fppi: Sequence[float],
    measures: Sequence[str],
    interval: Interval,
    num_groups: int,
) -> dict[str, list[dict[str, Any]]]:
    """Compare each system `a` with each one given before it, `b`: a's value minus b's.

    Args:
        estimates: of each system: "sens_at" at the rates `fppi`, and `measures`.
        num_groups: patients with lesions; fewer than `LEAST_GROUPS` give no p-value.

    Returns:
        "paired", an entry for each pair and rate, and "paired_summary", one for each pair and measure. "p_holm" is
        corrected over the pairs that are compared at the same rate or by the same measure.
    """
    paired, summary = [], []
    for b, a in combinations(estimates, 2):
        at_rates = estimates[a]["sens_at"] - estimates[b]["sens_at"]
        for column, rate in enumerate(fppi):
            paired.append({"a": a, "b": b, "fppi": rate} | _difference(at_rates[column], interval, num_groups))
        for measure in measures:
            difference = estimates[a][measure] - estimates[b][measure]
            summary.append({"a": a, "b": b, "measure": measure} | _difference(difference, interval, num_groups))
    _add_holm(paired, "fppi")
    _add_holm(summary, "measure")
    return {"paired": paired, "paired_summary": summary}


def _difference(difference: Estimate, interval: Interval, num_groups: int) -> dict[str, Any]:
    samples = difference.samples[np.isfinite(difference.samples)]
    agree = len(samples) > 0 and np.ptp(samples) < NEAR and abs(samples[0]) > NEAR  # then the bootstrap knows nothing
    testable = np.isfinite(difference.value) and len(samples) > 0 and not agree and num_groups >= LEAST_GROUPS
    return {
        "difference": json_number(difference.value),
        "ci95": json_numbers(difference.interval(interval)),
        "p": two_sided_p(samples) if testable else None,
    }


def _add_holm(entries: Sequence[dict[str, Any]], key: str) -> None:
    for kind in {entry[key] for entry in entries}:
        family = [entry for entry in entries if entry[key] == kind]
        defined = iter(holm([entry["p"] for entry in family if entry["p"] is not None]))
        for entry in family:
            entry["p_holm"] = None if entry["p"] is None else next(defined)
