"""False positives on images without lesions, against loops."""

import json
from pathlib import Path

import numpy as np
import pytest

from detect.froc.ground_truth import read_lesion_free
from detect.froc.settings import FrocSettings
from detect.table1.lesion_free import LesionFreeSet, check_lesion_free_rows, counts_above, rates_per_image
from reporting.resampling import resample_weights

SETTINGS = FrocSettings(bootstrap=40)


def test_counts_and_rates_equal_loops() -> None:
    rng = np.random.default_rng(0)
    scores, image = rng.integers(0, 5, 30) / 5, rng.integers(0, 4, 30)
    thresholds = [0.2, 0.6, np.inf]
    counts = counts_above(scores, image, 5, thresholds)
    for i in range(5):
        for f, t in enumerate(thresholds):
            assert counts[i, f] == sum(s >= t for s, at in zip(scores, image, strict=True) if at == i)
    weights = resample_weights("aabbc", 20, 0)
    rates = rates_per_image(counts, weights)
    for row, got in zip(weights, rates, strict=True):
        drawn = np.repeat(np.arange(5), row)
        np.testing.assert_allclose(got, counts[drawn].mean(0))


@pytest.fixture
def images(tmp_path: Path) -> LesionFreeSet:
    truth = {
        "images": [
            {"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(4)
        ],
        "annotations": [],
        "categories": [{"id": 1, "name": "x"}],
    }
    (tmp_path / "gt.json").write_text(json.dumps(truth))
    for name, scores in {"a": [0.9, 0.5, 0.5, 0.1], "b": [0.8, 0.7]}.items():
        boxes = [{"image_id": i % 2, "category_id": 1, "bbox": [0, 0, 9, 9], "score": s} for i, s in enumerate(scores)]
        (tmp_path / name).write_text(json.dumps(boxes))
    return LesionFreeSet.of("healthy", read_lesion_free(tmp_path / "gt.json"), SETTINGS)


def test_each_repeat_is_counted_at_its_own_thresholds(images: LesionFreeSet, tmp_path: Path) -> None:
    thresholds = [np.array([0.5, 0.1, np.inf]), np.array([0.8, 0.75, 0.7])]
    files = [[tmp_path / "a"], [tmp_path / "b"]]
    got, _ = images.false_positives(files, thresholds, np.random.default_rng(0), "g/raw")
    assert got["repeats"] == [[0.75, 1.0, 0.0], [0.25, 0.25, 0.5]]
    assert got["value"] == [0.5, 0.625, 0.25]
    assert len(got["ci95"]) == 3
    low, high = got["ci95"][0]
    assert 0 <= low < 0.5 < high <= 2  # images 2 and 3 have nothing, so a resample may be empty or twice as full


def test_what_the_files_lack_is_noted_for_each(images: LesionFreeSet, tmp_path: Path) -> None:
    files = [[tmp_path / "a"], [tmp_path / "b"]]
    _, notes = images.false_positives(files, [np.array([0.5])] * 2, np.random.default_rng(0), "g/raw")
    assert [note.split(";")[0] for note in notes] == [
        f"healthy: g/raw ({tmp_path / name}): 2 of 4 images have no detection" for name in "ab"
    ]


def test_a_rate_may_be_above_one_and_is_never_below_zero(images: LesionFreeSet, tmp_path: Path) -> None:
    (tmp_path / "many").write_text(json.dumps([json.loads((tmp_path / "a").read_text())[0]] * 60))
    (tmp_path / "none").write_text("[]")
    files = [[tmp_path / "many"], [tmp_path / "none"]]
    got, _ = images.false_positives(files, [np.array([0.5])] * 2, np.random.default_rng(0), "g/raw")
    low, high = got["ci95"][0]
    assert got["value"] == [7.5] and low == 0 and high > 15


def test_each_row_needs_its_thresholds() -> None:
    own = {"g/raw": [1, 2], "g/cawe": [1]}
    check_lesion_free_rows({"g/raw": [3, 4]}, own)
    with pytest.raises(ValueError, match="--negatives-pred g/x: no such row in --pred"):
        check_lesion_free_rows({"g/x": [1]}, own)
    with pytest.raises(ValueError, match="--negatives-pred g/raw: 1 repeats, but 2"):
        check_lesion_free_rows({"g/raw": [1]}, own)
