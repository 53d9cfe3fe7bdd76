"""P-values: numbers worked by hand, and what they mean. `test_detect/test_bootstrap_properties.py` has the loops."""

import numpy as np
import pytest

from reporting.significance import add_holm, holm, is_below, p_text, p_value, two_sided_p


def test_p_by_hand() -> None:
    # 3 of 99 at or below zero: 2 (3 + 1) / 100.
    assert two_sided_p(np.array([-1.0] * 2 + [0.0] + [1.0] * 96)) == 0.08
    assert two_sided_p(np.array([1.0] * 99)) == 0.02
    assert two_sided_p(np.array([-1.0] * 99)) == 0.02
    assert two_sided_p(np.zeros(10)) == 1.0
    assert two_sided_p(np.array([1.0, np.nan, 1.0, 1.0])) == 0.5


def test_p_is_even_where_there_is_no_difference() -> None:
    """Under the null, p below 0.2 happens in about 20 % of the experiments."""
    rng = np.random.default_rng(0)
    low = 0
    for _ in range(400):
        data = rng.normal(size=60)
        means = data[rng.integers(60, size=(200, 60))].mean(1)
        low += two_sided_p(means) < 0.2
    assert 0.14 < low / 400 < 0.27


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # 3 * 0.01, then 2 * 0.03, then 0.04, not below the one before
        ([0.03], [0.03]),
        ([0.5, 0.02, 0.9], [1.0, 0.06, 1.0]),
        ([0.01, 0.01], [0.02, 0.02]),
        ([], []),
    ],
)
def test_holm_by_hand(p_values: list[float], adjusted: list[float]) -> None:
    np.testing.assert_allclose(holm(p_values), adjusted, rtol=1e-12)


def test_there_is_no_p_where_the_bootstrap_knows_nothing() -> None:
    mixed = np.array([-1.0, np.nan, 1.0, 1.0])
    assert p_value(mixed, 5) == two_sided_p(mixed)
    assert p_value(mixed, 4) is None
    assert p_value(np.full(9, 0.3), 5) is None
    assert p_value(np.zeros(9), 5) == 1.0
    assert p_value(np.full(9, np.nan), 5) is None


def test_holm_is_added_within_a_family_and_leaves_out_what_was_not_tested() -> None:
    entries = [{"at": "x", "p": 0.01}, {"at": "y", "p": 0.04}, {"at": "x", "p": None}, {"at": "x", "p": 0.04}]
    add_holm(entries, "at")
    assert [entry["p_holm"] for entry in entries] == [0.02, 0.04, None, 0.04]


@pytest.mark.parametrize(
    "p, text", [(0.0498, "<0.050"), (0.05, "0.050"), (0.0494, "0.049"), (1, "1.000"), (0.0004, "<0.001")]
)
def test_p_shows_on_which_side_it_is(p: float, text: str) -> None:
    assert p_text(p) == text


@pytest.mark.parametrize("p, below", [(0.0499, True), (0.05, False), (None, False)])
def test_what_is_below(p: float | None, below: bool) -> None:
    assert is_below({"p": 0.01, "p_holm": p}) == below
