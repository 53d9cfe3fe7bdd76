"""Is a difference more than chance? P-values from bootstrap resamples, corrected for many comparisons."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reporting.estimate import Estimate, Method, json_number, json_numbers
from reporting.intervals import NEAR

SIGNIFICANT = 0.05
"""A p-value below this, corrected for the number of comparisons, is called significant."""

LEAST_GROUPS = 5
"""With fewer patients a bootstrap p-value says "significant" too often."""


def p_value(samples: NDArray[np.float64], num_groups: int) -> float | None:
    """The p-value of "the difference is zero", or None where the bootstrap knows nothing.

    Args:
        samples: (R,) resampled differences; NaN are left out.
        num_groups: Patients that the difference is seen on.

    Returns:
        `two_sided_p`; None with fewer than `LEAST_GROUPS` patients, without a sample, or where all agree on a
        difference.
    """
    finite = samples[np.isfinite(samples)]
    if len(finite) == 0 or num_groups < LEAST_GROUPS:
        return None
    agree = np.ptp(finite) < NEAR and abs(finite[0]) > NEAR
    return None if agree else two_sided_p(finite)


def difference_entry(difference: Estimate, method: Method, num_groups: int) -> dict[str, Any]:
    """Return a difference with its interval and its p-value, None where there is none, for JSON."""
    return {
        "difference": json_number(difference.value),
        "ci95": json_numbers(difference.interval(method)),
        "p": p_value(difference.samples, num_groups) if np.isfinite(difference.value) else None,
    }


def two_sided_p(differences: NDArray[np.float64]) -> float:
    """Return the bootstrap p-value of "the difference is zero" from resampled differences (R,).

    Twice the smaller share of resamples on either side of zero (zero counts for both), with one added to count and
    total so that it is never 0 (Davison & Hinkley 1997, section 4.2); at most 1.
    """
    finite = differences[np.isfinite(differences)]
    beyond = min((finite <= NEAR).sum(), (finite >= -NEAR).sum())
    return float(min(1.0, 2 * (beyond + 1) / (len(finite) + 1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values (M,) adjusted for M comparisons by Holm's step-down method (Holm 1979), in input order."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    factors = np.arange(len(p_values), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * np.asarray(p_values, float)[order]))
    return adjusted.tolist()


def add_holm(entries: Sequence[dict[str, Any]], key: str) -> None:
    """Add "p_holm" to entries with "p" (None: not tested), corrected over the tested entries of one `key` together."""
    for kind in {entry[key] for entry in entries}:
        family = [entry for entry in entries if entry[key] == kind]
        defined = iter(holm([entry["p"] for entry in family if entry["p"] is not None]))
        for entry in family:
            entry["p_holm"] = None if entry["p"] is None else next(defined)


def is_below(entry: dict[str, Any]) -> bool:
    """Whether a difference that was tested is below 5 % after Holm's correction."""
    return entry["p_holm"] is not None and entry["p_holm"] < SIGNIFICANT


def p_text(p: float) -> str:
    """Write a p-value with three digits, so that it shows on which side of .05 it is: "0.012", "<0.050", "<0.001"."""
    if p < 0.0005:
        return "<0.001"
    text = f"{p:.3f}"
    return f"<{text}" if p < SIGNIFICANT == float(text) else text
