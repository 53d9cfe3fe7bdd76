"""Which training of a workflow is bundled; tests/test_tools/test_bundle.py has the errors."""

import shutil

import pytest
import torch

from data.errors import UserError
from detect.bundle.run import find_runs, own_checkpoint, validation_file


def test_the_preferred_one_and_its_files(bundled):
    (run,) = find_runs(bundled / "work", None, None, None)
    assert (run.detector, run.variant, run.name) == ("faster_rcnn", "color_cawe", "seed0")
    assert run.images == bundled / "set_color_cawe" and run.file("test") == run.images / "test.json"
    assert run.folder == bundled / "work/faster_rcnn/color_cawe/seed0" and "state_dict" in run.checkpoint
    assert validation_file([run], None) == run.images / "val.json"
    assert validation_file([run], "test.json") == run.images / "test.json"
    assert validation_file([run], str(bundled / "set/val.json")) == bundled / "set/val.json"
    assert find_runs(bundled / "work", "faster_rcnn", "raw", ["seed0"])[0].images == bundled / "set"


def test_a_training_without_a_workflow(bundled, tmp_path):
    """A checkpoint, or the folder of tools/train.py: the best one, else the last."""
    weights = bundled / "work/faster_rcnn/raw/seed0/weights.pth"
    for name in ("epoch_1.pth", "epoch_2.pth", "best_froc_mean_sens_epoch_1.pth"):
        shutil.copy(weights, tmp_path / name)
    (run,) = find_runs(tmp_path / "epoch_1.pth", None, None, None)
    assert (run.detector, run.variant, run.name) == ("FasterRCNN", "set", "epoch_1") and run.images == bundled / "set"
    assert own_checkpoint(tmp_path).name == "best_froc_mean_sens_epoch_1.pth"
    own_checkpoint(tmp_path).unlink()
    assert own_checkpoint(tmp_path).name == "epoch_2.pth"
    assert own_checkpoint(bundled / "work") is None


def test_several(bundled, tmp_path):
    shutil.copytree(bundled / "work", tmp_path / "work")
    folder = tmp_path / "work/faster_rcnn/color_cawe"
    shutil.copytree(folder / "seed0", folder / "seed1")
    shutil.copytree(folder / "seed0", folder / "other")
    checkpoint = torch.load(folder / "other/weights.pth", weights_only=True)
    checkpoint["meta"]["cfg"] = checkpoint["meta"]["cfg"].replace("max_per_img=128", "max_per_img=64")
    torch.save(checkpoint, folder / "other/weights.pth")
    runs = find_runs(tmp_path / "work", None, None, ["seed1", "seed0"])
    assert [run.name for run in runs] == ["seed1", "seed0"]
    with pytest.raises(UserError, match="seed0 and other are of different models"):
        find_runs(tmp_path / "work", None, None, ["seed0", "other"])
