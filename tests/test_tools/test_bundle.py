"""tools/bundle.py and what a bundle promises: it is whole, safe, and the same as the workflow that it was made of."""

import json
import shutil

import pytest

from data.errors import MissingFileError, UserError
from detect import Predictor
from detect.bundle.files import opened
from tools import bundle as tool
from training.config_data import read_config


def test_all_is_in_it_and_nothing_of_a_patient(bundled):
    with opened(bundled / "bundle") as (folder, index):
        assert sorted(index["sha256"]) == [
            *("README.md", "calibration.json", "classifier.safetensors", "detector.py", "detector_1.safetensors"),
            *("recipe.py", "reliability.png", "validation_froc.json", "validation_froc.png"),
        ]
    assert index["label_names"] == ["nodule", "mass"] and index["category_ids"] == [3, 5]
    assert (index["detector"], index["variant"], index["runs"]) == ("faster_rcnn", "color_cawe", ["seed0"])
    texts = [path.read_text() for path in folder.iterdir() if path.suffix in (".md", ".json", ".py")]
    assert not [text for text in texts if str(bundled) in text or '"p7"' in text or "images/" in text]
    card = (folder / "README.md").read_text()
    assert "trained on: 3 patients, 3 images" in card and "validation: 3 patients" in card
    assert "no medical device" in card and "are the test images" not in card
    froc = json.loads((folder / "validation_froc.json").read_text())
    assert froc["counts"]["lesions"] == 3


def test_the_choice_of_a_run(bundled, tmp_path, capsys):
    out = tmp_path / "raw.zip"
    tool.main([str(bundled / "work"), "--variant", "raw", "--val", "test.json", "--out", str(out), "--device", "cpu"])
    assert "raw/seed0, with thresholds from" in capsys.readouterr().out
    with opened(out) as (folder, index):
        assert index["variant"] == "raw" and index["name"] == "raw"
        assert "**The validation images are the test images**" in (folder / "README.md").read_text()
        assert read_config(folder / "recipe.py").checkpoints == {}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--detector", "yolo"], MissingFileError, "--detector yolo: the workflow has faster_rcnn"),
        (["--variant", "cawe"], MissingFileError, "--variant cawe: the workflow has color_cawe, raw"),
        (["--run", "seed1"], MissingFileError, "--run seed1: the workflow has seed0"),
        (["--val", "none.json"], MissingFileError, "none.json: no such annotation file; start this in the folder"),
        (["--val", "train.json"], UserError, "train.json: the detector was trained on these images"),
    ],
)
def test_wrong_calls(bundled, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        tool.main([str(bundled / "work"), "--out", str(tmp_path / "b"), "--device", "cpu", *options])
    assert not list(tmp_path.iterdir())


def test_what_is_there_stays(bundled, tmp_path):
    with pytest.raises(UserError, match="exists; give another name"):
        tool.main([str(bundled / "work"), "--out", str(tmp_path)])
    with pytest.raises(MissingFileError, match="no trained detector"):
        tool.main([str(tmp_path), "--out", str(tmp_path / "b")])


def test_validation_images_of_a_trained_person_are_refused(bundled, tmp_path):
    shutil.copytree(bundled / "set_color_cawe", tmp_path / "set_color_cawe")
    val = bundled / "set_color_cawe/val.json"
    leaking = json.loads(val.read_text())
    leaking["images"][0]["patient_id"] = "p1"
    strange = val.with_name("leaking.json")
    strange.write_text(json.dumps(leaking))
    try:
        with pytest.raises(UserError, match="1 persons are in both"):
            tool.main([str(bundled / "work"), "--out", str(tmp_path / "b"), "--val", "leaking.json"])
    finally:
        strange.unlink()


def test_several_runs_as_one_detector(bundled, tmp_path):
    pytest.importorskip("ensemble_boxes")
    shutil.copytree(bundled / "work", tmp_path / "work")
    folder = tmp_path / "work/faster_rcnn/color_cawe"
    shutil.copytree(folder / "seed0", folder / "seed1")
    out = tmp_path / "two"
    argv = [str(tmp_path / "work"), "--out", str(out), "--run", "seed0", "seed1", "--flip", "--device", "cpu"]
    tool.main(argv)
    with opened(out) as (_, index):
        assert index["runs"] == ["seed0", "seed1"] and index["flip"] is True
        assert index["members"] == ["detector_1.safetensors", "detector_2.safetensors"]
    assert "seed0, seed1 as one (weighted boxes fusion); each looks at the mirror image too" in (
        (out / "README.md").read_text()
    )
    predictor = Predictor(out)
    assert len(predictor.detector.detectors) == 2 and predictor.detector.flip
    assert len(predictor(bundled / "set/images/7.png").boxes.scores) > 5
