"""tools/evaluate_colorizer.py: a report of two checkpoints beside the baselines, and wrong calls."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

import colorize_gan.register  # noqa: F401
from data.errors import UserError
from data.images.image_io import read_color, write_image
from tests.paths import ROOT
from tools import evaluate_colorizer as evaluate

DEMO = ROOT / "configs/colorize_gan/demo.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six orange pictures, and two checkpoints: a generator alone, and one with its critic."""
    root = tmp_path_factory.mktemp("evaluate")
    rng = np.random.default_rng(0)
    images = [{"id": i, "file_name": f"{i}.png", "width": 40, "height": 40} for i in range(6)]
    for image in images:
        level = rng.uniform(0.3, 0.7, (40, 40, 1))
        write_image(root / image["file_name"], (level * [330, 250, 150]).astype(np.uint8))
    for side in ("train", "test"):
        (root / f"{side}.json").write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    config = Config.fromfile(DEMO)
    for name in ("generator", "joint"):
        torch.manual_seed(0)
        config.model.discriminator = None if name == "generator" else config.model.discriminator
        model = MODELS.build(config.model)
        torch.save({"state_dict": model.state_dict(), "meta": {"cfg": config.pretty_text}}, root / f"{name}.pth")
        config = Config.fromfile(DEMO)
    return root


def options(folder: Path) -> list[str]:
    made = [
        f"{side}_dataloader.dataset.{key}"
        for side in ("train", "test")
        for key in (f"data_root={folder}", "image_size=32")
    ]
    return ["--cfg-options", "train_dataloader.batch_size=2", *made]


def test_report(folder: Path, tmp_path: Path) -> None:
    specs = [f"{name}={folder}/{name[:3]}*.pth" for name in ("generator", "joint")]
    evaluate.main([str(DEMO), *specs, "--out", str(tmp_path), "--bootstrap", "20", "--pictures", "3", *options(folder)])
    report = json.loads((tmp_path / "colorization.json").read_text())
    rows = report["colorizers"]
    assert list(rows) == ["gray copy", "mean color", "generator", "joint"]
    assert rows["gray copy"]["colorfulness"]["value"] == pytest.approx(0, abs=0.01)
    # All pictures have the same hue, so the mean color is nearly right.
    assert rows["mean color"]["ab_error"]["value"] < rows["gray copy"]["ab_error"]["value"] / 2
    assert "critic_auc" in rows["joint"] and "critic_auc" not in rows["generator"]
    assert [(d["a"], d["b"]) for d in report["differences"]][-1] == ("joint", "generator")
    low, high = rows["joint"]["psnr"]["ci95"]
    assert low < rows["joint"]["psnr"]["value"] < high
    table = (tmp_path / "table.md").read_text()
    assert "| mean color |" in table and "joint − generator" in table and "mean color − gray copy" not in table
    assert read_color(tmp_path / "pictures.png").shape == (3 * 36 + 4, 5 * 36 + 4, 3)


def test_wrong_calls(folder: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": {}}, tmp_path / "bare.pth")
    for spec, message in [
        (f"{folder}/joint.pth", "write NAME=CHECKPOINT"),
        (f"a={folder}/none_*.pth", "0 files match"),
        (f"a={folder}/*.pth", "2 files match"),
        (f"a={tmp_path}/bare.pth", "no config inside"),
    ]:
        with pytest.raises(UserError, match=message):
            evaluate.main([str(DEMO), spec, "--out", str(tmp_path / "out"), *options(folder)])
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file; give a folder"):
        evaluate.main([str(DEMO), f"a={folder}/joint.pth", "--out", str(tmp_path / "file" / "out"), *options(folder)])
