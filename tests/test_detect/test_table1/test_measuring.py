"""The files of a table are read and counted once each, whatever rows they are in."""

import json
from pathlib import Path

import numpy as np
import pytest

from data.errors import MissingFileError, UserError
from detect.froc.ground_truth import GroundTruth, read_ground_truth
from detect.froc.settings import FrocSettings
from detect.table1 import measuring
from detect.table1.measuring import count_negatives, measure_rows

SETTINGS = FrocSettings(fppi=(0.5, 1), bootstrap=20)


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    """Six images with a lesion each, six without."""
    images = [{"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(12)]
    boxes = [{"id": i + 1, "image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 900} for i in range(6)]
    content = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}
    (tmp_path / "gt.json").write_text(json.dumps(content))
    (tmp_path / "healthy").mkdir()
    (tmp_path / "healthy/none.json").write_text(json.dumps(content | {"annotations": []}))
    return read_ground_truth(tmp_path / "gt.json")


def results(path: Path, hits: range, false: range = range(12)) -> Path:
    """A results file with hits at 0.9, and a false positive at 0.5 on each of `false`."""
    found = [{"image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "score": 0.9} for i in hits]
    found += [{"image_id": i, "category_id": 1, "bbox": [50, 0, 30, 30], "score": 0.5} for i in false]
    path.write_text(json.dumps(found))
    return path


def test_rows_are_measured_by_repeat_and_their_files_noted(truth: GroundTruth, tmp_path: Path) -> None:
    raw, low, high = results(tmp_path / "raw.json", range(3)), tmp_path / "low.json", tmp_path / "high.json"
    results(low, range(2), range(4)), results(high, range(4, 6), range(4, 6))
    measured, notes = measure_rows(truth, {"g/raw": [(raw,)], "g/cawe": [(low, high), (raw,)]}, SETTINGS)
    assert {key: [repeat.sensitivity[0] for repeat in row] for key, row in measured.items()} == {
        "g/raw": [pytest.approx(3 / 6)],
        "g/cawe": [pytest.approx(4 / 6), pytest.approx(3 / 6)],
    }
    assert any(f"g/cawe ({low} + {high})" in note for note in notes)


def test_the_same_file_is_counted_once_and_only_a_baseline_has_a_band(truth, tmp_path: Path, monkeypatch) -> None:
    counted, measure = [], measuring.measure_repeat

    def watched(ranked, settings, weights, with_band):
        counted.append(with_band)
        return measure(ranked, settings, weights, with_band)

    monkeypatch.setattr(measuring, "measure_repeat", watched)
    raw, new = results(tmp_path / "raw.json", range(3)), results(tmp_path / "new.json", range(5))
    rows = {"a/raw": [(raw,)], "a/new": [(new,)], "b/raw": [(raw,)], "b/other": [(new,)]}
    measured, _ = measure_rows(truth, rows, SETTINGS)
    assert counted == [True, False]
    assert measured["a/raw"][0] is measured["b/raw"][0] and measured["a/new"][0] is measured["b/other"][0]


def test_a_wrong_file_is_named_with_its_row(truth: GroundTruth, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.json: no such results file"):
        measure_rows(truth, {"g/raw": [(tmp_path / "gone.json",)]}, SETTINGS)
    (tmp_path / "bad.json").write_text(
        json.dumps([{"image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}])
    )
    with pytest.raises(UserError, match=r"g/raw \(.*bad\.json\): 1 image ids are not in the ground truth"):
        measure_rows(truth, {"g/raw": [(tmp_path / "bad.json",)]}, SETTINGS)


def test_without_lesions_every_box_above_the_threshold_is_false(truth: GroundTruth, tmp_path: Path) -> None:
    raw, new = results(tmp_path / "raw.json", range(3)), results(tmp_path / "new.json", range(6))
    rows = {"g/raw": [(raw,)], "g/new": [(new,)], "h/raw": [(raw,)]}
    measured, _ = measure_rows(truth, rows, SETTINGS)
    negatives = tmp_path / "healthy/none.json"
    few = results(tmp_path / "few.json", range(2), range(3))
    content, notes = count_negatives(negatives, {"g/raw": [(few,)], "h/raw": [(few,)]}, measured, SETTINGS)
    assert content is not None and content["name"] == "healthy" and content["counts"]["images"] == 12
    at_half, at_one = measured["g/raw"][0].thresholds
    scores = np.array([0.9] * 2 + [0.5] * 3)
    expected = [(scores >= at_half).sum() / 12, (scores >= at_one).sum() / 12]
    assert content["rows"]["g/raw"]["value"] == pytest.approx(expected)
    assert content["rows"]["h/raw"] is content["rows"]["g/raw"]  # alike: counted once
    assert list(content["rows"]) == ["g/raw", "h/raw"]
    assert any("9 of 12 images have no detection" in note for note in notes)


def test_no_images_without_lesions(truth: GroundTruth) -> None:
    assert count_negatives(None, {}, {}, SETTINGS) == (None, [])
