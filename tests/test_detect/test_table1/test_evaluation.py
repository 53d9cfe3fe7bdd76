"""The table's numbers against a slow loop over rows, repeats and resamples."""

import numpy as np
import pytest

from detect.froc.settings import FrocSettings
from detect.table1.evaluation import columns, evaluate_rows, pool_rows, row_rng
from reporting import significance
from reporting.significance import holm, two_sided_p
from tests.test_detect.froc_cases import truth
from tests.test_detect.table1_cases import SETTINGS, measured, report

AT = ["0.5", "1", "2", "mean"]


def slow_samples(key: str, rows: dict[str, list]) -> np.ndarray:
    """(R, 4) the mean of all repeats on each resample, moved by the mean of drawn deviations of the group's repeats."""
    repeats = rows[key]
    count = len(repeats)
    if count == 1:
        return repeats[0].samples
    pool = []
    for other, peers in rows.items():
        if other.split("/")[0] == key.split("/")[0]:
            mean = sum(peer.sensitivity for peer in peers) / len(peers)
            pool += [(peer.sensitivity - mean) * np.sqrt(len(peers) / (len(peers) - 1)) for peer in peers]
    drawn = row_rng(rows, key, SETTINGS).integers(len(pool), size=(SETTINGS.bootstrap, count))
    totals = []
    for r, row in enumerate(drawn):
        moved = sum(pool[k] for k in row) / count
        totals.append(np.clip(sum(repeat.samples[r] for repeat in repeats) / count + moved, 0, 1))
    return np.array(totals)


def intervals(row: dict) -> list:
    return [cell["ci95"] for cell in row["sens_at"].values()]


def test_values_are_means_over_repeats_with_percentile_intervals() -> None:
    rows = report()["rows"]
    assert columns(SETTINGS) == AT
    every = measured()
    for key, repeats in every.items():
        samples, cells = slow_samples(key, every), rows[key]["sens_at"]
        assert list(cells) == AT and rows[key]["num_repeats"] == len(repeats)
        for column, at in enumerate(AT):
            values = [repeat.sensitivity[column] for repeat in repeats]
            assert cells[at]["value"] == pytest.approx(np.mean(values))
            assert list(cells[at]["repeats"]) == values
            np.testing.assert_allclose(cells[at]["ci95"], np.nanpercentile(samples[:, column], [2.5, 97.5]))
            deviation = np.std(values, ddof=1) if len(values) > 1 else None
            assert cells[at]["sd"] == (None if deviation is None else pytest.approx(deviation))
        assert cells["mean"]["value"] == pytest.approx(np.mean([cells[at]["value"] for at in AT[:3]]))


def test_a_value_is_reached_where_all_repeats_reach_it() -> None:
    rows = report()["rows"]
    assert [cell["reached"] for cell in rows["faster_rcnn/raw"]["sens_at"].values()] == [True] * 4
    assert [cell["reached"] for cell in rows["retinanet/afda"]["sens_at"].values()] == [True, False, False, False]


def test_differences_are_to_the_first_row_of_the_group_and_holm_is_over_all_groups(monkeypatch) -> None:
    monkeypatch.setattr(significance, "p_value", lambda samples, _: two_sided_p(samples))  # three patients have no p
    every = measured()
    slow = {key: slow_samples(key, every) for key in every}
    entries = report()["differences"]
    pairs = [("faster_rcnn/cawe", "faster_rcnn/raw"), ("retinanet/afda", "retinanet/raw")]
    assert [(e["a"], e["b"], e["at"]) for e in entries] == [(*pair, at) for pair in pairs for at in AT]
    rows = report()["rows"]
    for entry in entries:
        column = AT.index(entry["at"])
        values = [rows[entry[side]]["sens_at"][entry["at"]]["value"] for side in "ab"]
        assert entry["difference"] == pytest.approx(values[0] - values[1])
        samples = slow[entry["a"]][:, column] - slow[entry["b"]][:, column]
        np.testing.assert_allclose(entry["ci95"], np.nanpercentile(samples, [2.5, 97.5]))
        assert entry["p"] == two_sided_p(samples)
    for at in AT:
        family = [entry for entry in entries if entry["at"] == at]
        assert [entry["p_holm"] for entry in family] == holm([entry["p"] for entry in family])


def test_fewer_than_five_patients_give_no_p() -> None:
    assert all(entry["p"] is None and entry["p_holm"] is None for entry in report()["differences"])


def test_rows_draw_their_repeats_apart_and_one_more_group_changes_no_other() -> None:
    every = measured()
    first, second = (row_rng(every, key, SETTINGS).integers(1000, size=5).tolist() for key in list(every)[:2])
    assert first != second
    fewer = dict(list(measured().items())[:2])
    alone = evaluate_rows(truth(), fewer, SETTINGS)["rows"]
    for key, row in alone.items():
        for at, cell in row["sens_at"].items():
            assert cell["ci95"] == report()["rows"][key]["sens_at"][at]["ci95"]


def test_a_row_in_two_groups_has_one_interval_and_draws_from_the_rows_of_both() -> None:
    every = measured()
    raw, cawe = every["faster_rcnn/raw"], every["faster_rcnn/cawe"]
    rows = {"x/raw": raw, "x/new": cawe, "y/other": cawe[:2], "y/again": raw, "z/raw": every["retinanet/raw"] + cawe}
    assert pool_rows(rows, "x/raw") == pool_rows(rows, "y/again") == ["x/raw", "x/new", "y/other"]
    assert pool_rows(rows, "x/new") == ["x/raw", "x/new"] and pool_rows(rows, "z/raw") == ["z/raw"]
    content = evaluate_rows(truth(), rows, SETTINGS)["rows"]
    assert intervals(content["x/raw"]) == intervals(content["y/again"])
    assert "band" in content["x/raw"] and "band" not in content["y/again"]  # it is no baseline there
    twice = evaluate_rows(truth(), {"x/raw": raw, "x/again": raw}, SETTINGS)["differences"]
    assert all(entry["ci95"] == [0, 0] for entry in twice)


def test_a_row_that_was_trained_once_is_in_the_pool_of_others_without_a_part() -> None:
    every = measured()
    rows = {"x/raw": every["faster_rcnn/raw"], "x/once": every["faster_rcnn/cawe"][:1]}
    alone = evaluate_rows(truth(), {"x/raw": rows["x/raw"]}, SETTINGS)["rows"]["x/raw"]
    assert intervals(evaluate_rows(truth(), rows, SETTINGS)["rows"]["x/raw"]) == intervals(alone)


def test_curves_are_means_of_steps_and_end_with_the_longest_repeat() -> None:
    rows, repeats = report()["rows"], measured()
    curve = rows["faster_rcnn/raw"]["curve"]
    np.testing.assert_allclose(curve["sensitivity"], np.mean([r.curve for r in repeats["faster_rcnn/raw"]], axis=0))
    short = rows["retinanet/afda"]["curve"]
    assert short["fp_per_image"][-1] == 0.5 and short["sensitivity"][-1] == pytest.approx(1 / 3)
    assert max(curve["fp_per_image"]) == 3.0


def test_the_baseline_alone_has_a_band_around_its_curve() -> None:
    rows = report()["rows"]
    assert [key for key in rows if "band" in rows[key]] == ["faster_rcnn/raw", "retinanet/raw"]
    band = rows["retinanet/raw"]["band"]
    samples = measured()["retinanet/raw"][0].curve_samples
    np.testing.assert_allclose([band["low"], band["high"]], np.nanpercentile(samples, [2.5, 97.5], axis=0))


def test_settings_and_counts_are_kept() -> None:
    content = report(FrocSettings(fppi=[1], bootstrap=7, seed=3, iou_thr=0.3, matching="center"))
    wanted = {"fppi": [1], "bootstrap": 7, "seed": 3, "iou_thr": 0.3, "matching": "center", "interval": "percentile"}
    assert wanted.items() <= content["settings"].items()
    assert content["counts"] == {"patients": 3, "images": 4, "images without lesions": 1, "lesions": 3}


def test_repeats_of_different_length() -> None:
    rows = measured()
    mixed = {"retinanet/raw": [rows["retinanet/raw"][0], rows["retinanet/afda"][0]]}  # the second ends at 0.5
    row = evaluate_rows(truth(), mixed, SETTINGS)["rows"]["retinanet/raw"]
    assert [cell["reached"] for cell in row["sens_at"].values()] == [True, False, False, False]
    assert max(row["curve"]["fp_per_image"]) == 3.0
