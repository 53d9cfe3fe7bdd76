"""--deterministic: what is computed twice is the same twice, to the last bit."""

import argparse
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from enhance.recipe import weights_hash
from tests import tiny_networks
from tests.paths import ROOT
from tests.test_tools.test_train import detector_options, write_squares
from tools import enhance_dataset, test, train
from tools.command_line.deterministic import add_deterministic, be_deterministic
from training.checkpoints import newest_checkpoint, read_checkpoint

CONFIGS = ROOT / "configs"


@pytest.fixture(autouse=True)
def _restore(monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")  # so that it is put back
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    before = torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
    yield
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = before


def test_the_flag_and_what_it_asks_of_pytorch():
    parser = argparse.ArgumentParser()
    add_deterministic(parser)
    assert not parser.parse_args([]).deterministic and parser.parse_args(["--deterministic"]).deterministic
    torch.backends.cudnn.benchmark = True
    be_deterministic()
    assert torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def weights(work: Path) -> tuple[str, ...]:
    """Hashes of what a training has learned."""
    checkpoint = read_checkpoint(newest_checkpoint(work))
    return tuple(weights_hash(checkpoint[key]) for key in ("state_dict", "ema_state_dict") if key in checkpoint)


def twice(folder: Path, config: str, *options: str) -> Path:
    """Train twice; the folder of the second training, whose weights are those of the first."""
    for name in "ab":
        np.random.seed(ord(name))  # noqa: NPY002  what was drawn before does not count
        torch.manual_seed(ord(name))
        train.main([str(CONFIGS / config), "--work-dir", str(folder / name), "--deterministic", *options])
    assert weights(folder / "a") == weights(folder / "b")
    return folder / "b"


def test_a_detector_and_its_boxes(tmp_path):
    data = write_squares(tmp_path / "data")
    trained = twice(tmp_path, "detect/retinanet_demo.py", *detector_options(data))
    checkpoint = str(newest_checkpoint(trained))
    for name in "cd":
        argv = [str(CONFIGS / "detect/retinanet_demo.py"), checkpoint, "--work-dir", str(tmp_path / name)]
        test.main([*argv, "--deterministic", *detector_options(data)])
    boxes = [(tmp_path / name / "test/predictions.bbox.json").read_bytes() for name in "cd"]
    assert boxes[0] == boxes[1] and len(json.loads(boxes[0])) > 0


def labelled(folder: Path) -> Path:
    """Eight images with labels, as train.json, val.json and test.json."""
    folder.mkdir()
    rng, images = np.random.default_rng(0), []
    for number in range(1, 9):
        cv2.imwrite(str(folder / f"{number}.png"), rng.integers(0, 256, (64, 64), np.uint8))
        images.append({"id": number, "file_name": f"{number}.png", "width": 64, "height": 64})
        images[-1]["labels"] = [number % 2, 1 - number % 2]
    coco = {"images": images, "annotations": [], "categories": [], "label_names": ["No Finding", "Lung Opacity"]}
    for side in ("train", "val", "test"):
        (folder / f"{side}.json").write_text(json.dumps(coco))
    return folder


def test_a_classifier_and_what_it_enhances(tmp_path):
    data = labelled(tmp_path / "data")
    options = ["train_cfg.max_epochs=1", "train_dataloader.batch_size=4"]
    options += [f"{side}_dataloader.dataset.data_root={data}" for side in ("train", "val", "test")]
    trained = twice(tmp_path, "enhance/classifier_demo.py", "--cfg-options", *options)
    part = "enhancer.classifier"
    recipe = [f"{part}.config={CONFIGS}/enhance/classifier_demo.py", f"{part}.checkpoint={newest_checkpoint(trained)}"]
    for name in "cd":
        argv = [str(CONFIGS / "enhance/cawe.py"), str(data), str(tmp_path / name), "--device", "cpu"]
        assert enhance_dataset.main([*argv, "--deterministic", "--cfg-options", *recipe]) == 0
    images = [{file.name: file.read_bytes() for file in (tmp_path / name).glob("*.png")} for name in "cd"]
    assert images[0] == images[1] and len(images[0]) == 8


def test_a_colorizer(tmp_path):
    data = labelled(tmp_path / "data")
    options = ["load_from=None", "train_dataloader.batch_size=2", "train_cfg.max_epochs=1"]
    options += tiny_networks.options(tiny_networks.COLORIZER)
    for side in ("train", "val", "test"):
        options += [f"{side}_dataloader.dataset.data_root={data}", f"{side}_dataloader.dataset.image_size=32"]
    twice(tmp_path, "colorize_gan/demo.py", "--cfg-options", *options)
