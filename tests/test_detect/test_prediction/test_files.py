"""What is written for each image, and what a second run knows of it."""

import json

import numpy as np
import pytest

from data.done import DoneFiles
from data.images.image_io import read_color, write_image
from detect.prediction.boxes import Boxes, Prediction
from detect.prediction.files import PredictedImages, result_files, write_predictions

INDEX = {"sha256_of_this": "abc", "label_names": ["nodule", "mass"], "category_ids": [3, 5]}
CALIBRATION = {"scores": [0.2, 0.8], "probabilities": [0.1, 0.5]}
FOUND = Prediction(
    Boxes(
        np.array([[1, 2, 11, 22], [0, 0, 4, 4], [5, 5, 6, 6]], np.float32),
        np.array([0.9, 0.5, 0.1], np.float32),
        np.array([1, 0, 0]),
    ),
    np.full((30, 40, 3), 77, np.uint8),
)


@pytest.fixture
def source(tmp_path):
    import os

    write_image(tmp_path / "in/a.png", np.zeros((30, 40), np.uint8))
    os.utime(tmp_path / "in/a.png", (10**9, 10**9))  # old enough for the journal
    return tmp_path / "in/a.png"


def test_an_image(tmp_path, source):
    out, target = tmp_path / "out", tmp_path / "out/deep/a.png"
    with DoneFiles(out) as done:
        outputs = PredictedImages(done, INDEX, CALIBRATION, 0.3)
        mark = outputs.mark(source, target, ())
        outputs.write(source, target, FOUND, mark)
    assert result_files(target)[:2] == [out / "deep/a_enhanced.png", out / "deep/a_overlay.png"]
    assert np.array_equal(read_color(out / "deep/a_enhanced.png"), FOUND.enhanced)
    overlaid = read_color(out / "deep/a_overlay.png")
    assert overlaid.shape == (30, 40, 3) and (overlaid != 77).any()
    first, second = outputs.found[source]
    assert (first["category_id"], first["bbox"]) == (5, [1, 2, 10, 20])
    assert first["score"] == pytest.approx(0.9) and first["probability"] == pytest.approx(0.5)
    assert second["category_id"] == 3 and second["probability"] == pytest.approx(0.3)

    again = PredictedImages(DoneFiles(out), INDEX, CALIBRATION, 0.3)
    assert again.mark(source, target, ()) is None and again.found == outputs.found
    for index, threshold in ((INDEX, 0.4), (INDEX | {"sha256_of_this": "other"}, 0.3)):
        assert PredictedImages(DoneFiles(out), index, CALIBRATION, threshold).mark(source, target, ()) is not None
    (out / "deep/a_enhanced.png").unlink()
    assert again.mark(source, target, ()) is not None


def test_without_a_calibration(tmp_path, source):
    """A detector that found nothing in validation: its boxes have no probability, and JSON has no NaN."""
    with DoneFiles(tmp_path / "out") as done:
        outputs = PredictedImages(done, INDEX, {"scores": [], "probabilities": []}, 0.3)
        outputs.write(source, tmp_path / "out/a.png", FOUND, outputs.mark(source, tmp_path / "out/a.png", ()))
    assert [entry["probability"] for entry in outputs.found[source]] == [None, None]
    write_predictions(tmp_path / "out", {source: source.relative_to(tmp_path / "in")}, outputs.found, {}, {})
    assert "null" in (tmp_path / "out/predictions.json").read_text()


def test_all_together(tmp_path, source):
    other = source.with_name("b.dcm")
    names = {source: source.relative_to(tmp_path / "in"), other: other.relative_to(tmp_path / "in")}
    found = {source: [{"category_id": 5, "bbox": [1, 2, 10, 20], "score": 0.9, "probability": 0.5}]}
    manifest = write_predictions(tmp_path, names, found, {str(other): "b.dcm: broken"}, {"bundle": "x"})
    assert manifest == json.loads((tmp_path / "predict_manifest.json").read_text())
    assert manifest["bundle"] == "x" and manifest["counts"] == {"predicted": 1, "failed": 1, "boxes": 1}
    assert manifest["files"] == {
        "a.png": {"status": "predicted", "image_id": 1, "boxes": 1},
        "b.dcm": {"status": "failed", "image_id": 2, "reason": "b.dcm: broken"},
    }
    assert json.loads((tmp_path / "predictions.json").read_text()) == [
        {"image_id": 1, "file_name": "a.png", **found[source][0]}
    ]
