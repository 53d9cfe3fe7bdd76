"""The CSV files hold every number of froc.json in full precision."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest

from detect.froc_report.csv_files import curve_rows, difference_rows, value_rows
from reporting.csv_files import write_csv
from tests.test_detect.froc_cases import report, truth

RAW = [0.9, 0.79, 0.77, 0.73, 0.69, 0.1]


@pytest.fixture
def read_back(tmp_path: Path):
    def written(rows: Iterable[list]) -> list[dict[str, str]]:
        write_csv(tmp_path / "x.csv", rows)
        with (tmp_path / "x.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    return written


def test_the_operating_points_of_the_curve(read_back) -> None:
    content = report()
    got = read_back(curve_rows(content))
    for name, system in content["systems"].items():
        mine = [r for r in got if r["system"] == name]
        points = [tuple(float(r[key]) for key in ("threshold", "fp_per_image", "sensitivity")) for r in mine]
        curve = system["curve"]
        assert points == list(zip(curve["threshold"], curve["fp_per_image"], curve["sensitivity"], strict=True))
    # Of raw's 14 points: hits at 0.9 and 0.1, the first and last false positives, and the last within 0.5, 1 and 2 of
    # four images, which are false positives 2, 4 and 8.
    assert [float(row["threshold"]) for row in got if row["system"] == "raw"] == pytest.approx(RAW)
    assert len(got) == len(RAW) + 3


def test_every_difference(read_back) -> None:
    content = report(names=("raw", "silent"))
    got = read_back(difference_rows(content))
    assert len(got) == 3 + 5
    first = content["paired"][0]
    assert [got[0][k] for k in ("a", "b", "measure", "fppi", "p")] == ["silent", "raw", "sensitivity", "0.5", ""]
    assert [float(got[0][k]) for k in ("difference", "ci95_low", "ci95_high")] == [first["difference"], *first["ci95"]]
    assert [r["measure"] for r in got[3:]] == ["mean_sensitivity", "cpm", "partial_area", "afroc", "afroc1"]


def test_no_detections_are_a_header() -> None:
    assert list(curve_rows(report(names=("silent",)))) == [["system", "threshold", "fp_per_image", "sensitivity"]]


def test_every_value_with_its_interval(read_back) -> None:
    content = report(names=("raw",), ground_truth=truth(labels=(1, 2, 1)))
    system = content["systems"]["raw"]
    got = read_back(value_rows(content))
    # 3 rates for all, for 3 sizes and twice for 2 classes, and 5 measures.
    assert len(got) == 3 * (1 + 3 + 2 * 2) + 5
    first = got[0]
    wanted = {"system": "raw", "kind": "all", "group": "", "fppi": "0.5", "num_lesions": "3"}
    assert wanted.items() <= first.items()
    point = system["sens_at"]["0.5"]
    assert [float(first[k]) for k in ("value", "ci95_low", "ci95_high", "threshold")] == [
        point["value"],
        *point["ci95"],
        point["threshold"],
    ]
    groups = {(r["kind"], r["group"], r["num_lesions"]) for r in got if r["measure"] == "sensitivity"}
    sizes = {
        ("size", f"{name} px)", n) for name, n in (("small (< 32", "3"), ("medium (32–96", "0"), ("large (≥ 96", "0"))
    }
    classes = {(kind, *group) for kind in ("class", "class ranked together") for group in (("x", "2"), ("y", "1"))}
    assert groups == {("all", "", "3"), *classes, *sizes}
    undefined = next(r for r in got if r["group"] == "large (≥ 96 px)")
    assert undefined["value"] == undefined["ci95_low"] == ""
    cpm = next(r for r in got if r["measure"] == "cpm")
    assert float(cpm["value"]) == system["summary"]["cpm"]["value"] and cpm["fppi"] == ""
