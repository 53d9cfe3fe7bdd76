"""The worth of each row: resample by resample, in three units; all else is that of a table."""

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from detect.table1.evaluation import columns, evaluate_rows, row_mean
from tests.test_detect.froc_cases import truth
from tests.test_detect.learning_curve_cases import FOUND, ROWS, SIZES, report
from tests.test_detect.table1_cases import SETTINGS, measured

CONTENT = report()


def entry(a: str, at: str, content: dict = CONTENT) -> dict:
    (found,) = [e for e in content["worth"] if (e["a"], e["at"]) == (a, at)]
    return found


def invert(values: list[float], wanted: float) -> float:
    """The slow twin: the first number of images of a fine grid with which the curve is high enough."""
    grid = np.geomspace(2, 8, 4001)
    enough = np.interp(np.log(grid), np.log([2, 4, 8]), isotonic_regression(values).x) >= wanted - 1e-9
    return grid[enough][0] if enough.any() else 8


def test_rows_and_differences_are_those_of_a_table() -> None:
    table = evaluate_rows(truth(), measured(SETTINGS, ROWS), SETTINGS, CONTENT["titles"])
    for key, value in table.items():
        np.testing.assert_equal(CONTENT[key], value)
    assert CONTENT["sizes"] == SIZES and CONTENT["training"] == {"images": 8, "boxes": 12}


def test_each_row_but_the_baselines_has_a_worth_at_each_n_and_by_the_mean() -> None:
    pairs = [(e["a"], e["b"], e["at"]) for e in CONTENT["worth"]]
    others = [key for key in FOUND if not key.endswith("raw")]
    assert pairs == [(key, key.split("/")[0] + "/raw", at) for key in others for at in ("0.5", "1", "2", "mean")]


@pytest.mark.parametrize("key", ["2/color_cawe", "4/color_cawe", "4/mine", "all/mine"])
def test_against_the_slow_twin(key: str) -> None:
    rows = measured(SETTINGS, ROWS)
    means = {name: row_mean(rows, name, SETTINGS, "sensitivity", "samples") for name in rows}
    raw = [means[f"{size}/raw"] for size in SIZES]
    for index, at in enumerate(columns(SETTINGS)):
        found = entry(key, at)["images"]
        assert found["value"] == pytest.approx(invert([r.value[index] for r in raw], means[key].value[index]), rel=1e-3)
        samples = [
            invert([r.samples[place, index] for r in raw], means[key].samples[place, index])
            for place in range(SETTINGS.bootstrap)
            if np.isfinite(means[key].samples[place, index])
        ]
        np.testing.assert_allclose(found["ci95"], np.percentile(samples, [2.5, 97.5]), rtol=1e-3)


def test_times_and_boxes_are_the_same_in_other_units() -> None:
    for found in CONTENT["worth"]:
        own = SIZES[found["a"].split("/")[0]]
        images = np.array([found["images"]["value"], *found["images"]["ci95"]])
        np.testing.assert_allclose([found["times"]["value"], *found["times"]["ci95"]], images / own)
        np.testing.assert_allclose([found["boxes"]["value"], *found["boxes"]["ci95"]], images * 1.5)


def test_what_lies_beyond_the_sizes_is_a_bound() -> None:
    best = entry("all/color_cawe", "mean")  # three of three, the baseline two
    assert (best["bound"], best["images"]["value"], best["ci95_bounds"][1]) == ("at least", 8, "at least")
    worst = entry("2/mine", "mean")
    assert (worst["bound"], worst["images"]["value"], worst["ci95_bounds"][0]) == ("at most", 2, "at most")
    assert entry("4/color_cawe", "2")["bound"] is None
    for found in CONTENT["worth"]:
        for end, bound in zip(found["images"]["ci95"], found["ci95_bounds"], strict=True):
            assert bound == {2: "at most", 8: "at least"}.get(round(end, 9))


def test_the_baseline_alone_is_worth_nothing_else() -> None:
    assert report({key: found for key, found in FOUND.items() if key.endswith("raw")})["worth"] == []
