"""Pairs of systems: who minus whom, intervals and p-values of differences, and Holm's correction."""

import json

import numpy as np
import pytest

from detect.froc.differences import compare
from reporting.estimate import Estimate
from reporting.intervals import percentile_interval
from reporting.significance import holm, two_sided_p

NAN = float("nan")
RATES = (1, 4)


def system(seed: int, shift: float = 0.0) -> dict[str, Estimate]:
    """Values at two rates and of two measures, with 99 resamples around them."""
    rng = np.random.default_rng(seed)

    def around(value) -> Estimate:
        value = np.asarray(value, float)
        noise = [rng.normal(scale=0.05, size=(rows, *value.shape)) for rows in (99, 6)]
        return Estimate(value, value + noise[0], value + noise[1])

    return {"sens_at": around([0.4 + shift, 0.6 + shift / 2]), "cpm": around(0.5 + shift), "area": around(0.3)}


@pytest.fixture
def three() -> dict[str, dict[str, Estimate]]:
    return {"raw": system(0), "better": system(1, 0.1), "worse": system(2, -0.08)}


def test_each_pair_is_the_later_minus_the_earlier(three) -> None:
    paired = compare(three, RATES, (), "percentile", 9)["paired"]
    names = [("better", "raw"), ("worse", "raw"), ("worse", "better")]
    assert [(e["a"], e["b"], e["fppi"]) for e in paired] == [(a, b, rate) for a, b in names for rate in RATES]
    expected = [0.1, 0.05, -0.08, -0.04, -0.18, -0.09]
    np.testing.assert_allclose([e["difference"] for e in paired], expected, rtol=1e-12)


def test_interval_and_p_are_of_the_paired_resamples(three) -> None:
    entry = compare(three, RATES, (), "percentile", 9)["paired"][3]
    assert (entry["a"], entry["b"], entry["fppi"]) == ("worse", "raw", 4)
    differences = three["worse"]["sens_at"].samples[:, 1] - three["raw"]["sens_at"].samples[:, 1]
    assert entry["ci95"] == percentile_interval(differences).tolist()
    assert entry["p"] == two_sided_p(differences)


def test_the_interval_is_that_of_the_settings(three) -> None:
    percentile, bca = (compare(three, RATES, ("cpm",), method, 9)["paired_summary"] for method in ("percentile", "bca"))
    difference = three["better"]["cpm"] - three["raw"]["cpm"]
    assert percentile[0]["ci95"] == difference.interval("percentile").tolist()
    assert bca[0]["ci95"] == difference.interval("bca").tolist() != percentile[0]["ci95"]


def test_measures_are_compared_too(three) -> None:
    summary = compare(three, RATES, ("area", "cpm"), "percentile", 9)["paired_summary"]
    assert [(e["a"], e["b"], e["measure"]) for e in summary[:3]] == [
        ("better", "raw", "area"),
        ("better", "raw", "cpm"),
        ("worse", "raw", "area"),
    ]
    assert len(summary) == 6 and summary[1]["difference"] == pytest.approx(0.1)
    assert set(summary[0]) == {"a", "b", "measure", "difference", "ci95", "p", "p_holm"}


def test_holm_is_within_a_rate_and_within_a_measure(three) -> None:
    result = compare(three, RATES, ("cpm", "area"), "percentile", 9)
    corrected = 0
    for entries, key, kinds in (
        (result["paired"], "fppi", RATES),
        (result["paired_summary"], "measure", ("cpm", "area")),
    ):
        for kind in kinds:
            family = [e for e in entries if e[key] == kind]
            assert len(family) == 3
            assert [e["p_holm"] for e in family] == holm([e["p"] for e in family])
            corrected += sum(e["p_holm"] > e["p"] for e in family)
    assert corrected > 3


def test_two_systems_need_no_correction(three) -> None:
    del three["worse"]
    paired = compare(three, RATES, ("cpm",), "percentile", 9)
    assert all(e["p_holm"] == e["p"] for e in [*paired["paired"], *paired["paired_summary"]])


def test_one_system_has_no_pairs() -> None:
    assert compare({"raw": system(0)}, RATES, ("cpm",), "bca", 9) == {"paired": [], "paired_summary": []}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_what_is_not_defined_is_null(three, method: str) -> None:
    for estimates in three.values():
        estimates["afroc"] = Estimate(np.float64(NAN), np.full(99, NAN), np.full(6, NAN))
    result = compare(three, RATES, ("afroc", "cpm"), method, 9)
    for entry in result["paired_summary"]:
        undefined = entry["measure"] == "afroc"
        assert (entry["difference"] is None) == undefined
        assert (entry["ci95"] == [None, None]) == undefined
        assert (entry["p"] is None) == (entry["p_holm"] is None) == undefined
    json.dumps(result, allow_nan=False)


def test_pairs_that_are_not_defined_do_not_weigh_on_the_others(three) -> None:
    three["worse"]["cpm"] = Estimate(np.float64(NAN), np.full(99, NAN), np.full(6, NAN))
    first, *others = compare(three, RATES, ("cpm",), "percentile", 9)["paired_summary"]
    assert first["p_holm"] == first["p"] < 1
    assert [(e["p"], e["p_holm"]) for e in others] == [(None, None)] * 2


def test_a_system_against_itself_differs_by_nothing(three) -> None:
    result = compare({"a": three["raw"], "b": three["raw"]}, RATES, ("cpm",), "percentile", 9)
    for entry in [*result["paired"], *result["paired_summary"]]:
        assert (entry["difference"], entry["ci95"], entry["p"]) == (0, [0, 0], 1)


def test_too_few_patients_with_lesions_give_no_p(three) -> None:
    for number, tested in ((4, False), (5, True)):
        paired = compare(three, RATES, (), "percentile", number)["paired"]
        assert {e["p"] is not None for e in paired} == {e["p_holm"] is not None for e in paired} == {tested}
        assert all(e["ci95"][0] is not None for e in paired)


def test_resamples_that_all_agree_on_a_difference_prove_nothing() -> None:
    def constant(value: float) -> dict[str, Estimate]:
        return {"sens_at": Estimate(np.full(2, value), np.full((99, 2), value), np.full((6, 2), value))}

    differs = compare({"a": constant(0.7), "b": constant(0.6)}, RATES, (), "percentile", 9)["paired"][0]
    assert differs["p"] is None and differs["difference"] == pytest.approx(-0.1)
    same = compare({"a": constant(0.7), "b": constant(0.7)}, RATES, (), "percentile", 9)["paired"][0]
    assert same["p"] == 1
