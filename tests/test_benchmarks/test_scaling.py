"""`benchmarks/scaling.py`: its exponents on costs that are known, its JSON file, and every work once."""

import json

import pytest

from benchmarks import scaling
from benchmarks.measuring import seconds
from benchmarks.record import cpu_name
from benchmarks.scaling import Cost, claims, exponent, main

SIZES = [4, 10, 100, 1000, 10_000]


@pytest.mark.parametrize("power", [0.5, 1.0, 1.2])
def test_the_exponent_is_of_what_goes_beyond_starting_at_the_two_largest_decades(power: float) -> None:
    costs = [3.0, 50.0, *(3.0 + 0.01 * size**power for size in SIZES[2:])]  # what 10 images cost is no matter
    assert exponent(SIZES, costs) == pytest.approx(power)
    costs[-1] *= 2
    assert exponent(SIZES, costs) > power + 0.1


def test_what_does_not_grow_has_no_exponent() -> None:
    assert exponent(SIZES, [3.0] * 5) == 0
    assert exponent(SIZES, [3.0, 2.0, 2.5, 2.0, 3.5]) == 0


def test_what_is_noise_is_left_out() -> None:
    costs = [3.0, 3.0, 3.001, 3.1, 4.0]
    assert exponent(SIZES, costs) > 1.4
    assert exponent(SIZES, costs, noise=0.01) == pytest.approx(1)


def test_claims_have_a_limit_and_how_far_they_are_from_it() -> None:
    costs = {name: [Cost(size, 1 + size * 0.1, 100 + size**1.1) for size in SIZES] for name in ("prepare", "enhance")}
    found = {own.name: own.entry() for own in claims(costs)}
    assert list(found) == ["prepare: time", "prepare: memory", "enhance: time", "enhance: memory at 10,000 over 100"]
    assert found["prepare: time"]["to_limit"] == pytest.approx(1 / 1.05, abs=1e-2)
    assert found["prepare: memory"]["ours"] == pytest.approx(1.1, abs=0.02) and found["prepare: memory"]["to_limit"] > 1
    ratio = found["enhance: memory at 10,000 over 100"]
    assert ratio["unit"] == "ratio" and ratio["ours"] == pytest.approx((100 + 10_000**1.1) / (100 + 100**1.1), rel=1e-3)


def test_every_work_runs_and_is_written(tmp_path, monkeypatch, capfd) -> None:
    monkeypatch.setattr(scaling, "measure", lambda prepare, *args, repeats: (seconds(prepare(*args))[0], 100.0))
    sizes = ["--images", "6", "12", "--detections", "300", "600", "--resamples", "3"]
    main([*sizes, "--json", str(tmp_path / "scaling.json")])
    written = json.loads((tmp_path / "scaling.json").read_text())
    assert len(written) == 8 and all(own["limit"] == 1.05 and own["device"] == cpu_name() for own in written)
    assert all(own["peer"] is own["peer_name"] is own["to_peer"] is None for own in written)
    printed = capfd.readouterr().out
    for work, size in (("prepare", 12), ("enhance", 12), ("FROC", 600), ("bootstrap", 600)):
        assert f"| {work} | {size} |" in printed
