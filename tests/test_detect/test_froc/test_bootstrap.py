"""Statistics with their resamples: batches, differences, intervals, and what is not defined."""

import numpy as np
import pytest

from detect.froc import bootstrap as module
from detect.froc.afroc import figure_of_merit
from detect.froc.bootstrap import Estimate, Resampling, estimate, json_number, json_numbers
from detect.froc.curve import CountedSet, MatchedSet, RankedSet
from detect.froc.matching import FALSE_POSITIVE
from reporting.intervals import bca_interval
from reporting.resampling import percentile_interval

NAN = float("nan")
RATES = [0.5, 1, 2]


def random_set(seed: int = 0, lesion_free: int = 4) -> RankedSet:
    """12 images with 1-2 lesions and some without; about half the lesions are found, among 60 false positives."""
    rng = np.random.default_rng(seed)
    lesion_image = np.repeat(np.arange(12), rng.integers(1, 3, 12))
    hits = np.flatnonzero(rng.random(len(lesion_image)) < 0.5)
    images = 12 + lesion_free
    image = np.concatenate([lesion_image[hits], rng.integers(0, images, 60)])
    found = np.concatenate([hits, np.full(60, FALSE_POSITIVE)])
    return RankedSet(MatchedSet(rng.integers(0, 30, len(found)) / 30, found, image, lesion_image, images))


def statistics(counted: CountedSet) -> dict[str, np.ndarray]:
    sens_at = counted.sensitivity_at(RATES)
    stratum = np.arange(len(counted.ranked.lesion_image)) % 2
    return {
        "sens_at": sens_at,
        "sizes": counted.stratum_sensitivity_at(RATES, stratum, 3),
        "area": counted.partial_area(2),
        "afroc": figure_of_merit(counted.ranked, counted.weights),
    }


@pytest.fixture
def resampling() -> Resampling:
    groups = [f"p{i // 2}" for i in range(16)]
    return Resampling.of_groups(groups, 50, seed=0)


def test_resampling_draws_patients(resampling) -> None:
    assert resampling.bootstrap.shape == (50, 16) and resampling.jackknife.shape == (8, 16)
    assert (resampling.bootstrap[:, ::2] == resampling.bootstrap[:, 1::2]).all()
    assert (resampling.jackknife[:, ::2] == resampling.jackknife[:, 1::2]).all()


def test_an_estimate_is_the_statistic_of_the_set_and_of_each_row_of_weights(resampling) -> None:
    ranked = random_set()
    got = estimate(ranked, statistics, resampling, max(RATES))
    assert {name: e.value.shape for name, e in got.items()} == {
        "sens_at": (3,),
        "sizes": (3, 3),
        "area": (),
        "afroc": (),
    }
    for rows, weights in (("samples", resampling.bootstrap), ("jackknife", resampling.jackknife)):
        for r, row in enumerate(weights):
            alone = statistics(CountedSet(ranked, row[None]))
            for name, values in alone.items():
                np.testing.assert_array_equal(getattr(got[name], rows)[r], values[0])
    assert got["sens_at"].value.tolist() == CountedSet(ranked).sensitivity_at(RATES)[0].tolist()


@pytest.mark.parametrize("cells", [1, 150, 1000])
def test_batches_make_no_difference(resampling, monkeypatch, cells: int) -> None:
    ranked, calls = random_set(), []

    def counting(counted: CountedSet) -> dict[str, np.ndarray]:
        calls.append(len(counted.weights))
        return statistics(counted)

    whole = estimate(ranked, counting, resampling, max(RATES))
    assert calls == [1, 50, 8]
    calls.clear()
    monkeypatch.setattr(module, "CELLS", cells)
    parts = estimate(ranked, counting, resampling, max(RATES))
    assert len(calls) > 3 and sum(calls) == 59
    for name, expected in whole.items():
        for field in ("value", "samples", "jackknife"):
            np.testing.assert_array_equal(getattr(parts[name], field), getattr(expected, field))


def test_a_difference_is_taken_resample_by_resample() -> None:
    mine = Estimate(np.array([0.75, 0.5]), np.array([[0.5, 1], [0.25, 0]]), np.array([[1.0, 1]]))
    theirs = Estimate(np.array([0.25, 1]), np.array([[0.5, 0.5], [0, 1]]), np.array([[0.5, 0]]))
    difference = mine - theirs
    assert difference.value.tolist() == [0.5, -0.5]
    assert difference.samples.tolist() == [[0, 0.5], [0.25, -1]]
    assert difference.jackknife.tolist() == [[0.5, 1]]


def test_a_difference_needs_the_same_resamples() -> None:
    three, two = (Estimate(np.float64(0), np.zeros(n), np.zeros(2)) for n in (3, 2))
    with pytest.raises(ValueError, match="could not be broadcast"):
        _ = three - two


def test_one_of_several() -> None:
    several = Estimate(np.array([1.0, 2]), np.array([[3.0, 4], [5, 6]]), np.array([[7.0, 8]]))
    one = several[1]
    assert (one.value, one.samples.tolist(), one.jackknife.tolist()) == (2, [4, 6], [8])


def test_intervals_of_one_and_of_several_statistics() -> None:
    rng = np.random.default_rng(0)
    samples, jackknife = rng.normal(size=(200, 2, 3)), rng.normal(size=(10, 2, 3)) ** 2
    value = np.full((2, 3), 0.2)
    several = Estimate(value, samples, jackknife)
    percentile, bca = several.interval("percentile"), several.interval("bca")
    assert percentile.shape == bca.shape == (2, 2, 3)
    np.testing.assert_allclose(percentile, percentile_interval(samples), rtol=1e-12)
    for i, j in np.ndindex(2, 3):
        expected = bca_interval(samples[:, i, j, None], [0.2], jackknife[:, i, j, None])[:, 0]
        np.testing.assert_allclose(bca[:, i, j], expected, rtol=1e-12)
        single = Estimate(value[i, j], samples[:, i, j], jackknife[:, i, j])
        np.testing.assert_allclose(single.interval("bca"), expected, rtol=1e-12)
    assert (np.abs(percentile - bca) > 1e-3).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_of_what_is_not_defined_are_nan(method: str) -> None:
    samples = np.array([[NAN, NAN, 0.5], [NAN, 0.5, 0.5], [NAN, 0.5, 0.5]])
    several = Estimate(np.array([NAN, 0.5, 0.5]), samples, samples)
    low, high = several.interval(method)
    np.testing.assert_array_equal(low, [NAN, 0.5, 0.5])
    np.testing.assert_array_equal(high, [NAN, 0.5, 0.5])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_without_lesion_free_images_afroc_is_not_defined(method: str) -> None:
    ranked = random_set(lesion_free=0)
    resampling = Resampling.of_groups(range(12), 20, seed=0)
    got = estimate(ranked, statistics, resampling, max(RATES))
    assert np.isnan(got["afroc"].value) and np.isnan(got["afroc"].interval(method)).all()
    assert np.isnan(got["sizes"].interval(method)[:, :, 2]).all()
    assert np.isfinite(got["sizes"].interval(method)[:, :, :2]).all()
    assert np.isfinite(got["area"].interval(method)).all()


def test_json_has_no_nan() -> None:
    assert json_number(np.float64(0.5)) == 0.5 and type(json_number(np.float64(0.5))) is float
    assert json_number(NAN) is None and json_number(np.inf) is None
    assert json_numbers(np.array([0.25, NAN])) == [0.25, None]
