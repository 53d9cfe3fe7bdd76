"""The command that compares attention methods, from a config file and images on disk."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.errors import UserError
from data.images.image_io import write_image
from enhance.classifier.model import AttentionClassifier
from tools import evaluate_attention

METHODS = {"CAWE": dict(type="CAWE"), "CAM": dict(type="CAM"), "Score-CAM": dict(type="ScoreCAM")}


@pytest.fixture
def config(tmp_path):
    """A config around a small network with random weights, and four images with a label and a box."""
    options = dict(
        backbone=dict(model_name="test_resnet", in_chans=1),
        label_names=["sick", "healthy"],
        input_size=32,
        mean=[0.5],
        std=[0.25],
    )
    torch.save(AttentionClassifier(**options).state_dict(), tmp_path / "classifier.pth")
    (tmp_path / "set").mkdir()
    records, rng = [], np.random.default_rng(0)
    for index in range(4):
        write_image(tmp_path / f"set/{index}.png", rng.integers(0, 256, (40, 50), dtype=np.uint8))
        records.append(ImageRecord(Path(), f"{index}.png", 50, 40, f"p{index}", labels=[index % 2, 1 - index % 2]))
        records[-1].boxes = [(5.0, 5.0, 20.0, 10.0, "lesion")]
    write_json(tmp_path / "set/test.json", records_to_coco(records, ["lesion"], ["sick", "healthy"]))
    keys = dict(
        enhancer=dict(
            type="Enhancer", attention=dict(type="CAWE"), classifier=dict(type="AttentionClassifier", **options)
        ),
        checkpoints=dict(classifier="classifier.pth"),
        methods=METHODS,
        evaluation=dict(
            data_root=str(tmp_path / "set"), ann_file="test.json", region=8, steps=4, threshold=0.0, bootstrap=20
        ),
    )
    path = tmp_path / "config.py"
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in keys.items()))
    return path


def run(config, *arguments):
    evaluate_attention.main([str(config), "--out", str(config.parent / "out"), "--device", "cpu", *arguments])
    return json.loads((config.parent / "out/attention.json").read_text())


def test_a_report_from_a_config(config, capsys):
    content = run(config, "--title", "Mine")
    assert list(content["systems"]) == [*METHODS, "Random map", "Center Gaussian"]
    assert content["num_images"] == content["num_listed"] == content["num_with_boxes"] == 4
    assert not content["amp"]
    assert len(content["recipe"]["weights_sha256"]["classifier"]) == 64
    page = (config.parent / "out/index.html").read_text()
    assert "<title>Mine</title>" in page and "python tools/evaluate_attention.py" in page
    printed = capsys.readouterr().out
    assert "| Score-CAM |" in printed and printed.strip().endswith("index.html")


def test_methods_and_images_can_be_chosen_and_two_runs_agree(config):
    options = ["--cfg-options", "evaluation.max_images=3", "evaluation.target=healthy", "evaluation.seed=1"]
    first = run(config, "--methods", "CAM", "CAWE", *options)
    assert first["reference"] == "CAM"
    assert first["num_images"] == 3
    assert first["num_listed"] == 4 and "3 of 4 images were drawn (evaluation.max_images)." in first["notes"]
    assert set(first["systems"]["CAM"]["classes"]) <= {"healthy"}
    assert run(config, "--methods", "CAM", "CAWE", *options) == first


def test_mixed_precision_is_asked_for_and_said(config):
    content = run(config, "--methods", "CAM", "--amp")
    assert content["amp"] and any("--amp" in note for note in content["notes"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--methods", "Grad-CAM"], "no method Grad-CAM; it has CAWE, CAM, Score-CAM"),
        (["--cfg-options", "evaluation.ann_file=none.json"], "none.json: no such annotation file"),
        (["--out", f"{__file__}/out"], "test_evaluate_attention.py is a file; give a folder"),
        (["--cfg-options", "evaluation.areas=3"], "unknown key 'areas'"),
        (["--cfg-options", "evaluation.target=edema"], "the classifier knows sick, healthy"),
    ],
)
def test_errors_are_one_line(config, arguments, message):
    with pytest.raises(UserError) as refused:
        run(config, *arguments)
    assert message in str(refused.value) and "\n" not in str(refused.value)
    assert not (config.parent / "out/index.html").exists()


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        evaluate_attention.parse_args(["--help"])
    assert "configs/enhance/attention.py --out" in capsys.readouterr().out
