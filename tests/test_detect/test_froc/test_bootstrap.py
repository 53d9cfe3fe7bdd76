"""Statistics with their resamples: batches, differences, intervals, and what is not defined."""

import numpy as np
import pytest

from detect.froc import bootstrap as module
from detect.froc.afroc import figure_of_merit
from detect.froc.bootstrap import Resampling, estimate
from detect.froc.curve import CountedSet, MatchedSet, RankedSet
from detect.froc.matching import FALSE_POSITIVE

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
