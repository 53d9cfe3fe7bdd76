"""From labels that may be uncertain or blank, as CheXpert's are, to training targets."""

from collections.abc import Mapping, Sequence

import numpy as np

from data.errors import UserError

POLICIES = ("ignore", "zeros", "ones", "smooth_ones", "smooth_zeros", "multiclass", "self_trained")
"""What may become of an uncertain label; see `apply_policy`."""

BLANK_RULES = ("ignore", "zeros")
"""What may become of a label that is not mentioned."""

UNCERTAIN = -1

_FIXED_TARGETS = {"ignore": np.nan, "zeros": 0.0, "ones": 1.0, "multiclass": 2.0}
_SMOOTHED_RANGES = {"smooth_ones": (0.55, 0.85), "smooth_zeros": (0.0, 0.3)}


def apply_policy(
    labels: np.ndarray,
    label_names: Sequence[str],
    policies: str | Mapping[str, str],
    rng: np.random.Generator,
    blank: str | Mapping[str, str] = "ignore",
    predictions: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Turn labels with uncertain and blank ones into training targets and a mask of the loss terms.

    Policies for uncertain labels (Irvin et al. 2019, section 3.1; the smoothed ones: Pham et al. 2021, section 3.3):
    "ignore" masks the term, not the image; "zeros" and "ones" set 0 and 1; "smooth_ones" draws from U(0.55, 0.85),
    "smooth_zeros" from U(0, 0.3); "multiclass" sets 2, the third class of a three-state head; "self_trained" sets the
    probability that an earlier model gave.

    Blank means "not mentioned". The CheXpert authors count blank as negative; that is `blank="zeros"`. The default
    "ignore" masks it, which is the careful reading, but then a label without any written negative has only positives
    ("No Finding" in CheXpert's train.csv): use `blank={"No Finding": "zeros", ...}` or leave such labels out.

    Args:
        labels: (L,) of 1, 0, -1 (uncertain) and NaN (blank).
        label_names: the L names, in the order of `labels`.
        policies: one policy for all labels, or one for each label by name; labels that are not named are "ignore".
        rng: draws the smoothed targets.
        blank: "ignore" or "zeros", also by name; labels that are not named are "ignore".
        predictions: (L,) probabilities; needed by "self_trained".

    Returns:
        targets float32 (L,) (0 where masked) and mask float32 (L,): 1 where the loss counts.

    Raises:
        UserError: an unknown policy or label name, a label value of another kind, no predictions for "self_trained".
    """
    labels = np.asarray(labels, dtype=np.float64)
    policy_of = _rule_by_label(policies, POLICIES, label_names)
    blank_rule_of = _rule_by_label(blank, BLANK_RULES, label_names)
    if labels.shape != (len(label_names),) or not np.isin(labels[~np.isnan(labels)], (1, 0, UNCERTAIN)).all():
        raise UserError(f"labels must be {len(label_names)} of 1, 0, -1, NaN; got {labels}")
    targets = _turn_uncertain(_turn_blank(labels, blank_rule_of), policy_of, rng, predictions)
    counted = ~np.isnan(targets)
    return np.where(counted, targets, 0.0).astype(np.float32), counted.astype(np.float32)


def _turn_blank(labels: np.ndarray, rules: Sequence[str]) -> np.ndarray:
    """The labels, with 0 for the blank ones that count as negative; the other blank ones stay NaN."""
    negative = np.isnan(labels) & (np.array(rules) == "zeros")
    return np.where(negative, 0.0, labels)


def _turn_uncertain(
    labels: np.ndarray, policies: Sequence[str], rng: np.random.Generator, predictions: np.ndarray | None
) -> np.ndarray:
    """The labels, with a target for each uncertain one; NaN masks its loss term."""
    targets = labels.copy()
    for i in np.flatnonzero(labels == UNCERTAIN):
        targets[i] = _uncertain_target(policies[i], rng, None if predictions is None else predictions[i])
    return targets


def _uncertain_target(policy: str, rng: np.random.Generator, prediction: float | None) -> float:
    if policy in _SMOOTHED_RANGES:
        return rng.uniform(*_SMOOTHED_RANGES[policy])
    if policy == "self_trained":
        if prediction is None:
            raise UserError("the policy self_trained needs the predictions of a model trained before")
        return float(prediction)
    return _FIXED_TARGETS[policy]


def _rule_by_label(rules: str | Mapping[str, str], allowed: Sequence[str], label_names: Sequence[str]) -> list[str]:
    by_name = dict.fromkeys(label_names, rules) if isinstance(rules, str) else dict(rules)
    unknown = [name for name in by_name if name not in label_names]
    wrong = [rule for rule in by_name.values() if rule not in allowed]
    if unknown or wrong:
        raise UserError(f"unknown {unknown or wrong}; labels are {list(label_names)}, rules are {list(allowed)}")
    return [by_name.get(name, "ignore") for name in label_names]
