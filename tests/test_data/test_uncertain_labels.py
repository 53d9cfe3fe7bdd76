import numpy as np
import pytest

from data.uncertain_labels import apply_policy

NAN = np.nan
LABEL_VALUES = np.array([1, 0, -1, NAN])
NAMES = ["a", "b", "c", "d"]


def targets_and_mask(policy, blank="ignore", labels=LABEL_VALUES, predictions=None):
    targets, mask = apply_policy(labels, NAMES, policy, np.random.default_rng(0), blank, predictions)
    assert targets.dtype == mask.dtype == np.float32
    return targets.tolist(), mask.tolist()


@pytest.mark.parametrize(
    ("policy", "target", "mask"), [("ignore", 0, 0), ("zeros", 0, 1), ("ones", 1, 1), ("multiclass", 2, 1)]
)
def test_policies_for_uncertain_labels(policy, target, mask):
    assert targets_and_mask(policy) == ([1, 0, target, 0], [1, 1, mask, 0])


def test_blank():
    assert targets_and_mask("ones", "zeros") == ([1, 0, 1, 0], [1, 1, 1, 1])
    assert targets_and_mask("ones", {"d": "zeros"}, labels=[NAN, 1, 0, NAN]) == ([0, 1, 0, 0], [0, 1, 1, 1])


def test_a_policy_for_each_label():
    policies = {"a": "ones", "b": "zeros", "c": "multiclass"}
    assert targets_and_mask(policies, labels=[-1, -1, -1, -1]) == ([1, 0, 2, 0], [1, 1, 1, 0])


@pytest.mark.parametrize(("policy", "low", "high"), [("smooth_ones", 0.55, 0.85), ("smooth_zeros", 0.0, 0.3)])
def test_smoothed_targets_are_uniform(policy, low, high):
    names = [str(i) for i in range(4000)]
    targets, mask = apply_policy(np.full(4000, -1), names, policy, np.random.default_rng(0))
    assert mask.all()
    assert low <= targets.min() < low + 0.005
    assert high - 0.005 < targets.max() <= high
    counts, _ = np.histogram(targets, 10, (low, high))
    assert np.abs(counts - 400).max() < 80  # 4 standard deviations
    known, _ = apply_policy(np.array([1, 0]), ["a", "b"], policy, np.random.default_rng(0))
    assert known.tolist() == [1, 0]


def test_self_trained():
    targets, mask = targets_and_mask("self_trained", predictions=np.array([0.1, 0.2, 0.25, 0.4]))
    assert (targets, mask) == ([1, 0, 0.25, 0], [1, 1, 1, 0])
    with pytest.raises(ValueError, match="needs the predictions"):
        targets_and_mask("self_trained")


@pytest.mark.parametrize(
    ("policy", "blank", "labels"),
    [
        ("guess", "ignore", LABEL_VALUES),
        ({"z": "ones"}, "ignore", LABEL_VALUES),
        ("ones", "ones", LABEL_VALUES),
        ("ones", "ignore", [1, 0, 0.5, NAN]),
        ("ones", "ignore", [1, 0]),
    ],
)
def test_wrong_arguments(policy, blank, labels):
    with pytest.raises(ValueError, match="unknown|labels must be"):
        targets_and_mask(policy, blank, labels)
