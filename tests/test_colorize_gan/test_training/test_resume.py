"""A colorization training that is killed and resumed ends with the weights of an unbroken one."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from data.images.image_io import write_image
from tests import tiny_networks
from tests.paths import ROOT
from tests.test_tools.forked_commands import call, in_two, start
from tools import train

EPOCHS = 3
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    images = [{"id": i, "file_name": f"{i}.png", "width": 40, "height": 40} for i in range(6)]
    for image in images:
        write_image(root / image["file_name"], rng.integers(0, 256, (40, 40, 3), np.uint8))
    for side in ("train", "val", "test"):
        (root / f"{side}.json").write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    return root


def arguments(pictures: Path, work: Path, phase: str = "demo") -> list[str]:
    """Of tools/train.py."""
    options = [
        "load_from=None",
        "train_dataloader.batch_size=2",
        f"train_cfg.max_epochs={EPOCHS}",
        "default_hooks.checkpoint.max_keep_ckpts=9",
        *tiny_networks.options(tiny_networks.COLORIZER),
    ]
    for side in ("train", "val", "test"):
        options += [f"{side}_dataloader.dataset.data_root={pictures}", f"{side}_dataloader.dataset.image_size=32"]
    config = str(ROOT / "configs/colorize_gan" / f"{phase}.py")
    return [config, "--work-dir", str(work), "--resume", "--cfg-options", *options]


def killed(argv: list[str], after: Path) -> None:
    """Train, and kill the whole process group as soon as a file is there."""
    process = start(call, "train", argv)
    while not after.is_file():
        assert process.is_alive(), "the training ended before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.join()


def test_two_processes_train_save_and_resume(pictures: Path, tmp_path: Path) -> None:
    def train_until(epochs: int) -> None:
        options = [*arguments(pictures, tmp_path), f"train_cfg.max_epochs={epochs}", "--launcher", "pytorch"]
        assert in_two(call, "train", options) == [0, 0]

    train_until(1)
    checkpoint = torch.load(tmp_path / "epoch_1.pth", weights_only=False)
    assert not [name for name in checkpoint["state_dict"] if ".module." in name]
    train_until(2)
    log = max(tmp_path.glob("*/*.log")).read_text()
    assert "resumed epoch: 1" in log and "do not match" not in log
    assert (tmp_path / "epoch_2.pth").is_file()


def flat(value: object, name: str = "") -> dict[str, object]:
    """Every tensor and number of a nested checkpoint, by its path."""
    if isinstance(value, dict):
        return {key: leaf for k, v in value.items() for key, leaf in flat(v, f"{name}/{k}").items()}
    if isinstance(value, list | tuple):
        return flat(dict(enumerate(value)), name)
    return {name: value}


def equal(first: object, second: object) -> bool:
    return torch.equal(first, second) if isinstance(first, torch.Tensor) else first == second


@pytest.mark.parametrize(
    "phase, trained",
    [("demo", "generator.to_change.weight"), ("critic_small", "discriminator.head.parametrizations.weight.original")],
)
def test_killed_and_resumed_is_the_same(pictures: Path, tmp_path: Path, phase: str, trained: str) -> None:
    whole_run, broken_run = (arguments(pictures, tmp_path / name, phase) for name in ("whole", "broken"))
    train.main(whole_run)
    killed(broken_run, after=tmp_path / "broken/epoch_1.pth")
    assert not (tmp_path / f"broken/epoch_{EPOCHS}.pth").exists()
    train.main(broken_run)
    whole, broken = (
        torch.load(tmp_path / name / f"epoch_{EPOCHS}.pth", weights_only=False) for name in ("whole", "broken")
    )
    first = torch.load(tmp_path / "whole/epoch_1.pth", weights_only=False)
    for part in {"state_dict", "ema_state_dict", "optimizer"} & whole.keys():
        wanted, found = flat(whole[part]), flat(broken[part])
        assert wanted.keys() == found.keys()
        assert [name for name in wanted if not equal(wanted[name], found[name])] == []
    assert not torch.equal(*(c["state_dict"][trained] for c in (whole, first)))
    # Asked for again, a finished training writes nothing: a later phase would start anew.
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "whole").glob("*.pth")}
    train.main(whole_run)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "whole").glob("*.pth")} == files
