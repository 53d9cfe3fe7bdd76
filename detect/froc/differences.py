"""Differences of every two systems, with intervals and p-values from the same resamples."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from reporting.estimate import Estimate, Method
from reporting.significance import add_holm, difference_entry


def compare(
    estimates: Mapping[str, Mapping[str, Estimate]],
    fppi: Sequence[float],
    measures: Sequence[str],
    interval: Method,
    num_groups: int,
) -> dict[str, list[dict[str, Any]]]:
    """Compare each system `a` with each one given before it, `b`: a's value minus b's.

    Args:
        estimates: of each system: "sens_at" at the rates `fppi`, and `measures`.
        num_groups: patients with lesions; fewer than `reporting.significance.LEAST_GROUPS` give no p-value.

    Returns:
        "paired", an entry for each pair and rate, and "paired_summary", one for each pair and measure. "p_holm" is
        corrected over the pairs that are compared at the same rate or by the same measure.
    """
    paired, summary = [], []
    for b, a in combinations(estimates, 2):
        at_rates = estimates[a]["sens_at"] - estimates[b]["sens_at"]
        for column, rate in enumerate(fppi):
            paired.append({"a": a, "b": b, "fppi": rate} | difference_entry(at_rates[column], interval, num_groups))
        for measure in measures:
            difference = estimates[a][measure] - estimates[b][measure]
            summary.append({"a": a, "b": b, "measure": measure} | difference_entry(difference, interval, num_groups))
    add_holm(paired, "fppi")
    add_holm(summary, "measure")
    return {"paired": paired, "paired_summary": summary}
