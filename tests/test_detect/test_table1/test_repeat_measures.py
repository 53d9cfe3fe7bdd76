"""What a repeat gives: the numbers of the curve, and the same for each resample counted alone."""

import numpy as np
import pytest

from detect.froc.curve import CountedSet, RankedSet
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from detect.table1.repeat_measures import curve_rates, measure_repeat
from reporting.resampling import resample_weights
from tests.test_detect.froc_cases import find, truth

SETTINGS = FrocSettings(fppi=(0.5, 1, 2), bootstrap=30)
RESULTS = [find(0, 0.9), find(3, 0.85, False), find(1, 0.8), *(find(i % 4, 0.7 - i / 100, False) for i in range(4))]


def measure(entries: list[dict], with_band: bool = True):
    ranked = RankedSet(match_results(truth(), entries, SETTINGS).matched)
    weights = resample_weights(truth().groups, SETTINGS.bootstrap, SETTINGS.seed)
    return ranked, weights, measure_repeat(ranked, SETTINGS, weights, with_band)


def test_the_numbers_of_the_set() -> None:
    _, _, repeat = measure(RESULTS)  # 4 images: 1, 4 and 5 false positives are 0.25, 1 and 1.25 per image
    np.testing.assert_allclose(repeat.sensitivity, [2 / 3] * 4)
    np.testing.assert_allclose(repeat.thresholds, [0.7, 0.68, 0.67])
    assert repeat.fp_per_image.tolist() == [0.5, 1.0, 1.25]
    assert repeat.reached.tolist() == [True, True, False] and repeat.end == 1.25


@pytest.mark.parametrize("with_band", [True, False])
def test_each_resample_is_counted_as_if_alone(with_band: bool) -> None:
    ranked, weights, repeat = measure(RESULTS, with_band)
    rates = curve_rates(SETTINGS, 4)
    assert rates[0] == 0 and rates[-1] == 3 and {0.5, 1, 2} <= set(rates)
    np.testing.assert_array_equal(repeat.curve, CountedSet(ranked).sensitivity_at(rates)[0])
    assert repeat.curve_samples.shape == ((30 if with_band else 0), len(rates))
    for index, row in enumerate(weights):
        alone = CountedSet(ranked, row[None])
        expected = alone.sensitivity_at([0.5, 1, 2])[0]
        np.testing.assert_array_equal(repeat.samples[index], [*expected, expected.mean()])
        if with_band:
            np.testing.assert_array_equal(repeat.curve_samples[index], alone.sensitivity_at(rates)[0])


def test_a_first_point_beyond_n_has_an_infinite_threshold() -> None:
    ties = [find(i % 4, 0.5, False) for i in range(3)] + [find(0, 0.5)]
    _, _, repeat = measure(ties)  # one point, at 0.75
    assert repeat.thresholds.tolist() == [np.inf, 0.5, 0.5]
    assert repeat.fp_per_image.tolist() == [0, 0.75, 0.75]
    np.testing.assert_allclose(repeat.sensitivity, [0, 1 / 3, 1 / 3, 2 / 9])


def test_a_silent_detector() -> None:
    _, _, repeat = measure([])
    assert repeat.end == 0 and not repeat.reached.any() and not repeat.sensitivity.any()
    assert np.isinf(repeat.thresholds).all()


def test_the_curve_is_counted_to_its_end_among_many_false_positives() -> None:
    rng = np.random.default_rng(0)
    many = [find(i, 0.9 - 0.4 * i) for i in range(3)]
    many += [find(int(rng.integers(4)), float(rng.random()), False) for _ in range(300)]
    ranked, weights, repeat = measure(many)
    rates = curve_rates(SETTINGS, 4)
    for index, row in enumerate(weights):
        np.testing.assert_array_equal(
            repeat.curve_samples[index], CountedSet(ranked, row[None]).sensitivity_at(rates)[0]
        )
