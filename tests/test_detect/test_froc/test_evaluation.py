"""The contents of froc.json: values worked by hand, strata, classes, pairs, settings."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detect.froc.curve import CountedSet, RankedSet, band_rates
from detect.froc.evaluation import SUMMARY, evaluate
from detect.froc.ground_truth import GroundTruth, read_ground_truth
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from reporting.intervals import percentile_interval
from reporting.resampling import resample_weights

# Five images of five patients. Images 0 and 1 have a lesion of 30 x 30 pixels, 2 and 3 one of 40 x 40, 4 has none.
SIDES = (30, 30, 40, 40, 30)


def truth_dict(lesion_free: bool = True, categories=(1, 1, 1, 1), **image_keys) -> dict:
    count = 5 if lesion_free else 4
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(count)
    ]
    boxes = [
        {"id": i + 1, "image_id": i, "category_id": categories[i], "bbox": [0, 0, SIDES[i], SIDES[i]], "iscrowd": 0}
        for i in range(4)
    ]
    names = [{"id": 1, "name": "mass"}, {"id": 2, "name": "nodule"}]
    return {"images": [image | image_keys for image in images], "annotations": boxes, "categories": names}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[dict], GroundTruth]:
    def read_content(content: dict) -> GroundTruth:
        path = tmp_path / "gt.json"
        path.write_text(json.dumps(content))
        return read_ground_truth(path)

    return read_content


@pytest.fixture
def truth(read) -> GroundTruth:
    return read(truth_dict())


def find(image_id: int, score: float, hit: bool = True, category_id: int = 1) -> dict:
    side = SIDES[image_id]
    box = [0, 0, side, side] if hit else [50, 50, 30, 30]
    return {"image_id": image_id, "category_id": category_id, "bbox": box, "score": score}


# Three lesions before its one false positive (at 0.2 an image, on the image without lesions), then the fourth; it ends.
GOOD = [find(0, 0.9), find(1, 0.8), find(2, 0.7), find(4, 0.6, False), find(3, 0.5)]
# One lesion, then five false positives (1.0 an image, one on each), then the second lesion, then three more (1.6).
POOR = [find(0, 0.9), *(find(i, 0.8, False) for i in range(5)), find(1, 0.4), *(find(4, 0.3, False) for _ in range(3))]


def report(truth: GroundTruth, results: dict[str, list[dict]], **options) -> dict:
    settings = FrocSettings(**({"fppi": (0.1, 1, 2), "bootstrap": 50} | options))
    systems = {name: match_results(truth, entries, settings, name) for name, entries in results.items()}
    return json.loads(json.dumps(evaluate(truth, systems, settings), default=np.ndarray.tolist, allow_nan=False))


@pytest.fixture(autouse=True)
def four_lesions_are_enough(monkeypatch) -> None:
    monkeypatch.setattr("reporting.significance.LEAST_GROUPS", 1)


def values(points: dict, key: str = "value") -> list:
    return [point[key] for point in points.values()]


def test_sens_at_and_curve_by_hand(truth) -> None:
    systems = report(truth, {"good": GOOD, "poor": POOR})["systems"]
    good, poor = systems["good"], systems["poor"]
    assert (good["num_images"], good["num_lesions"], good["num_detections"]) == (5, 4, 5)
    assert list(good["sens_at"]) == ["0.1", "1", "2"]
    assert values(good["sens_at"]) == [0.75, 1.0, 1.0]
    assert values(good["sens_at"], "reached") == [True, False, False]
    assert values(good["sens_at"], "threshold") == [0.7, 0.5, 0.5]
    assert values(poor["sens_at"]) == [0.25, 0.5, 0.5]
    assert values(poor["sens_at"], "reached") == [True, True, False]
    assert values(poor["sens_at"], "threshold") == [0.9, 0.4, 0.3]
    assert poor["mean_sensitivity"] == pytest.approx(1.25 / 3)
    assert poor["curve"] == {
        "fp_per_image": [0.0, 1.0, 1.0, 1.6],
        "sensitivity": [0.25, 0.25, 0.5, 0.5],
        "threshold": [0.9, 0.8, 0.4, 0.3],
    }


def test_summary_by_hand(truth) -> None:
    """CPM is at 1/8, 1/4, 1/2, 1, 2, 4, 8; the area goes up to 2, the largest rate.

    AFROC, the lesions against 0.6 (good) and 0.8 (poor) of image 4: good 3 of 4, poor 1 of 4. AFROC1, against all five:
    good loses one pair of 20; poor has 0.8 on each image, so only its first lesion wins, 5 of 20.
    """
    systems = report(truth, {"good": GOOD, "poor": POOR})["systems"]
    expected = {
        "good": [2.75 / 3, (0.75 + 6 * 1) / 7, (3 + 1.8 / 2) / 4, 3 / 4, 19 / 20],
        "poor": [1.25 / 3, (3 * 0.25 + 4 * 0.5) / 7, (1 + 0.5) / 4, 1 / 4, 5 / 20],
    }
    for name, numbers in expected.items():
        summary = systems[name]["summary"]
        assert tuple(summary) == SUMMARY == ("mean_sensitivity", "cpm", "partial_area", "afroc", "afroc1")
        np.testing.assert_allclose(values(summary), numbers, rtol=1e-12)
        assert summary["partial_area"]["up_to"] == 2
        assert [summary[key]["reached"] for key in SUMMARY[:3]] == [False] * 3
        assert all(low <= entry["value"] <= high for entry in summary.values() for low, high in [entry["ci95"]])
    within = report(truth, {"poor": POOR}, fppi=(0.1, 1))["systems"]["poor"]["summary"]
    assert [within[key]["reached"] for key in SUMMARY[:3]] == [True, False, True]


def test_duplicates_and_ignored_detections_are_counted_apart(read) -> None:
    content = truth_dict()
    content["annotations"].append({"id": 9, "image_id": 4, "category_id": 1, "bbox": [50, 50, 30, 30], "iscrowd": 1})
    results = [*GOOD, find(0, 0.85), find(0, 0.84)]
    entry = report(read(content), {"x": results})["systems"]["x"]
    assert (entry["num_detections"], entry["num_duplicates"], entry["num_ignored"]) == (7, 2, 1)
    assert entry["curve"]["fp_per_image"] == [0, 0.4, 0.4, 0.4, 0.4]
    entry = report(read(content), {"x": results}, duplicates="ignore")["systems"]["x"]
    assert (entry["num_detections"], entry["num_duplicates"], entry["num_ignored"]) == (7, 2, 1)
    assert entry["curve"] == {
        "fp_per_image": [0] * 4,
        "sensitivity": [0.25, 0.5, 0.75, 1],
        "threshold": [0.9, 0.8, 0.7, 0.5],
    }


def test_strata_of_size_by_hand(truth) -> None:
    sizes = report(truth, {"good": GOOD})["systems"]["good"]["sizes"]
    assert [s["name"] for s in sizes] == ["small (< 32 px)", "medium (32–96 px)", "large (≥ 96 px)"]
    assert [s["num_lesions"] for s in sizes] == [2, 2, 0]
    assert [values(s["sens_at"]) for s in sizes] == [[1, 1, 1], [0.5, 1, 1], [None, None, None]]
    assert sizes[0]["sens_at"]["1"]["ci95"] == [1, 1] and sizes[2]["sens_at"]["1"]["ci95"] == [None, None]


def test_strata_in_mm_by_hand(read) -> None:
    # 30 and 40 pixels are 15 and 20 mm.
    truth = read(truth_dict(pixel_spacing=[1.0, 0.25]))
    sizes = report(truth, {"good": GOOD}, size_unit="mm", size_edges=(15.5,))["systems"]["good"]["sizes"]
    assert [s["name"] for s in sizes] == ["< 15.5 mm", "≥ 15.5 mm"]
    assert [s["num_lesions"] for s in sizes] == [2, 2]
    assert [values(s["sens_at"]) for s in sizes] == [[1, 1, 1], [0.5, 1, 1]]


def test_sizes_in_mm_need_the_pixel_spacing(truth) -> None:
    with pytest.raises(ValueError, match=r"4 images with lesions have no pixel_spacing .* the first is 0\.png"):
        report(truth, {"good": GOOD}, size_unit="mm")


# Masses on images 0 and 1, nodules on 2 and 3.
#   masses: 0.9 hit, 0.8 false (at 0.2 an image), 0.7 hit, 0.5 on the nodule of image 3, false (0.4)
#   nodules: 0.95 false (0.2), 0.85 false (0.4), 0.6 hit
# together: 0.95 false (0.2, 0 of 4), 0.9 hit (1 of 4), 0.85 false (0.4), 0.8 false (0.6), ...
TWO_CLASSES = [
    find(0, 0.9),
    find(4, 0.8, False),
    find(1, 0.7),
    find(3, 0.5),
    find(4, 0.95, False, 2),
    find(3, 0.85, False, 2),
    find(2, 0.6, True, 2),
]


def test_each_class_has_its_own_false_positives(read) -> None:
    truth = read(truth_dict(categories=(1, 1, 2, 2)))
    entry = report(truth, {"x": TWO_CLASSES}, fppi=(0.2, 0.4))["systems"]["x"]
    assert values(entry["sens_at"]) == [0.25, 0.25]
    masses, nodules = entry["classes"]
    assert (masses["name"], masses["num_lesions"], masses["num_detections"]) == ("mass", 2, 4)
    assert values(masses["sens_at"]) == [1, 1] and values(masses["sens_at"], "threshold") == [0.7, 0.5]
    assert (nodules["name"], nodules["num_lesions"], nodules["num_detections"]) == ("nodule", 2, 3)
    assert values(nodules["sens_at"]) == [0, 0.5] and values(nodules["sens_at"], "threshold") == [0.95, 0.6]
    assert values(masses["sens_at"], "reached") == values(nodules["sens_at"], "reached") == [True, True]
    assert set(masses) == {"name", "num_lesions", "num_detections", "sens_at"}


def test_classes_ranked_together_wait_for_one_anothers_false_positives(read) -> None:
    truth = read(truth_dict(categories=(1, 1, 2, 2)))
    entry = report(truth, {"x": TWO_CLASSES}, fppi=(0.2, 0.4, 0.6))["systems"]["x"]
    masses, nodules = entry["classes_ranked_together"]
    assert (masses["name"], masses["num_lesions"]) == ("mass", 2) and values(masses["sens_at"]) == [0.5, 0.5, 1]
    assert (nodules["name"], nodules["num_lesions"]) == ("nodule", 2) and values(nodules["sens_at"]) == [0, 0, 0.5]
    assert values(entry["sens_at"]) == [0.25, 0.25, 0.75]


def test_a_class_without_lesions_has_no_curve(read) -> None:
    entry = report(read(truth_dict()), {"x": TWO_CLASSES})["systems"]["x"]
    assert not {"classes", "classes_ranked_together"} & set(entry)
    content = truth_dict(categories=(1, 1, 2, 2))
    content["categories"].append({"id": 7, "name": "fracture"})
    entry = report(read(content), {"x": [*TWO_CLASSES, find(0, 0.1, False, 7)]})["systems"]["x"]
    for key in ("classes", "classes_ranked_together"):
        assert [c["name"] for c in entry[key]] == ["mass", "nodule"]


def test_pooled_classes_have_one_curve(read) -> None:
    truth = read(truth_dict(categories=(1, 1, 2, 2)))
    entry = report(truth, {"x": TWO_CLASSES}, classes="pooled")["systems"]["x"]
    assert not {"classes", "classes_ranked_together"} & set(entry)
    # Now 0.5 finds the nodule of image 3: all four lesions, at 3 false positives in 5 images.
    assert entry["curve"]["sensitivity"][-1] == 1 and entry["curve"]["fp_per_image"][-1] == 0.6


def test_band_and_intervals_are_those_of_the_resamples(truth) -> None:
    entry = report(truth, {"poor": POOR}, seed=3)["systems"]["poor"]
    ranked = RankedSet(match_results(truth, POOR, FrocSettings()).matched)
    counted = CountedSet(ranked, resample_weights([f"p{i}" for i in range(5)], 50, seed=3))
    rates = entry["band"]["fp_per_image"]
    assert rates == band_rates((0.1, 1, 2), 5).tolist() and rates[0] == 0 and rates[-1] == pytest.approx(2.3)
    assert {0.1, 1, 2} <= set(rates) and min(np.diff(rates)) < 0.03
    expected = percentile_interval(counted.sensitivity_at(rates)).tolist()
    assert [entry["band"]["low"], entry["band"]["high"]] == expected
    intervals = percentile_interval(counted.sensitivity_at([0.1, 1, 2])).T.tolist()
    assert values(entry["sens_at"], "ci95") == intervals and intervals[0][0] < intervals[0][1]
    assert entry["summary"]["partial_area"]["ci95"] == percentile_interval(counted.partial_area(2)).tolist()


def test_bca_gives_other_intervals_and_the_same_values(truth) -> None:
    percentile, bca = (report(truth, {"x": POOR}, interval=i, bootstrap=400) for i in ("percentile", "bca"))
    ours, theirs = (r["systems"]["x"] for r in (percentile, bca))
    assert values(ours["sens_at"]) == values(theirs["sens_at"]) and ours["curve"] == theirs["curve"]
    assert ours["summary"]["partial_area"]["ci95"] != theirs["summary"]["partial_area"]["ci95"]


def test_scores_of_hits_and_false_positives(truth) -> None:
    scores = report(truth, {"poor": POOR})["systems"]["poor"]["scores"]
    edges, hits, false = scores["edges"], scores["hits"], scores["false_positives"]
    assert len(edges) == 41 and (edges[0], edges[-1]) == (0.3, 0.9)
    # Bins are 0.015 wide: 0.4 is in the bin of 0.39 ... 0.405, 0.8 in that of 0.795 ... 0.81, 0.9 in the last.
    assert {i: n for i, n in enumerate(hits) if n} == {6: 1, 39: 1}
    assert {i: n for i, n in enumerate(false) if n} == {0: 3, 33: 5}
    single = report(truth, {"x": [find(0, 0.7)]})["systems"]["x"]["scores"]
    assert sum(single["hits"]) == 1 and single["edges"][0] < 0.7 < single["edges"][-1]


def test_pairs_are_later_minus_earlier(truth) -> None:
    content = report(truth, {"poor": POOR, "good": GOOD, "none": []}, fppi=(1,), bootstrap=400)
    pairs = [("good", "poor"), ("none", "poor"), ("none", "good")]
    assert [(e["a"], e["b"]) for e in content["paired"]] == pairs
    first = content["paired"][0]
    assert first["fppi"] == 1 and first["difference"] == 0.5
    low, high = first["ci95"]
    assert low < 0.5 <= high and 0 < first["p"] < 0.2 and first["p_holm"] >= first["p"]
    summary = [(e["a"], e["b"], e["measure"]) for e in content["paired_summary"]]
    assert summary == [(*pair, measure) for pair in pairs for measure in SUMMARY]
    area = content["paired_summary"][SUMMARY.index("partial_area")]
    # Up to 1: good (3 + 0.8) / 4, poor (1 + 0) / 4.
    assert area["difference"] == pytest.approx(0.7)


def test_a_system_against_itself_differs_by_nothing_in_every_resample(truth) -> None:
    content = report(truth, {"a": POOR, "b": list(POOR)}, fppi=(1, 2), bootstrap=30)
    for entry in [*content["paired"], *content["paired_summary"]]:
        assert (entry["difference"], entry["ci95"], entry["p"]) == (0, [0, 0], 1)


def test_the_seed_decides_the_intervals_and_nothing_else(truth) -> None:
    one, same, other = (report(truth, {"x": POOR}, seed=s) for s in (0, 0, 1))
    assert one == same
    assert one["systems"]["x"]["curve"] == other["systems"]["x"]["curve"]
    assert one["systems"]["x"]["sens_at"] != other["systems"]["x"]["sens_at"]
    assert values(one["systems"]["x"]["sens_at"]) == values(other["systems"]["x"]["sens_at"])


def test_notes_are_those_of_the_truth_and_of_each_system(read) -> None:
    content = truth_dict()
    for image in content["images"]:
        del image["patient_id"]
    notes = report(read(content), {"poor": POOR, "none": []})["notes"]
    assert "patient_id" in notes[0]
    assert notes[1:] == [
        "Only 4 image(s) with lesions: intervals from so few are too narrow.",
        "poor: 2 detections are exact copies of others, each counted; were two files joined?",
        "none has no detections: its sensitivity is 0 everywhere.",
    ]


def test_the_keys_of_the_contract(truth) -> None:
    content = report(truth, {"good": GOOD, "poor": POOR}, fppi=(1, 2, 3, 4), bootstrap=10)
    assert set(content) >= {"settings", "systems", "paired"}
    settings = {"iou_thr": 0.5, "matching": "iou", "fppi": [1, 2, 3, 4], "bootstrap": 10, "seed": 0}
    assert content["settings"].items() >= settings.items()
    for system in content["systems"].values():
        assert set(system) >= {"num_images", "num_lesions", "num_detections", "sens_at", "curve", "mean_sensitivity"}
        assert list(system["sens_at"]) == ["1", "2", "3", "4"]
        assert all(set(point) >= {"value", "ci95", "reached"} for point in system["sens_at"].values())
        assert set(system["curve"]) == {"fp_per_image", "sensitivity", "threshold"}
        assert system["mean_sensitivity"] == system["summary"]["mean_sensitivity"]["value"]
    assert all(set(e) >= {"a", "b", "fppi", "difference", "ci95", "p"} for e in content["paired"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_what_is_not_defined_is_null_and_never_nan(read, interval: str) -> None:
    truth = read(truth_dict(lesion_free=False, categories=(1, 1, 1, 2)))
    content = report(truth, {"good": GOOD[:3], "none": []}, interval=interval)
    summary = content["systems"]["good"]["summary"]
    assert summary["afroc"] == {"value": None, "ci95": [None, None]} and summary["afroc1"]["value"] is not None
    silent = content["systems"]["none"]
    assert values(silent["sens_at"]) == [0, 0, 0] and values(silent["sens_at"], "threshold") == [None] * 3
    assert silent["summary"]["afroc1"]["value"] == 0.5


def test_a_single_lesion_or_patient_gives_numbers_or_null_and_no_warning(read, recwarn) -> None:
    """With few resamples all of them can be without the lesion; with one patient the jackknife leaves nobody."""
    content = truth_dict()
    content["annotations"] = content["annotations"][:1]
    for seed in range(6):
        json.dumps(report(read(content), {"poor": POOR}, bootstrap=1, seed=seed), allow_nan=False)
    for image in content["images"]:
        image["patient_id"] = "one"
    alone = report(read(content), {"poor": POOR, "good": GOOD}, interval="bca")
    assert alone["systems"]["poor"]["sens_at"]["1"]["ci95"] == [alone["systems"]["poor"]["sens_at"]["1"]["value"]] * 2
    assert not recwarn.list


@pytest.mark.parametrize("scores", [[0.5, 0.5], [0.5, 0.5 + 1e-15], [0.0, 0.0], [3e5, -7.5], [0.9]])
def test_scores_of_any_spread_have_a_histogram(truth, scores) -> None:
    entries = [find(i, score) for i, score in enumerate(scores)]
    histogram = report(truth, {"x": entries}, bootstrap=5)["systems"]["x"]["scores"]
    assert sum(histogram["hits"]) == len(scores) and np.all(np.diff(histogram["edges"]) > 0)
