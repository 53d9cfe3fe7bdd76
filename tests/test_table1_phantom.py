"""Table 1 and the report on the tiny phantom: every stage of the workflow, all twelve rows, killed once on the way."""

import json
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
import yaml

from benchmarks.kill_and_resume import WORKFLOW, make_folder, start
from tests import tiny_networks
from tests.warm_python import warm_python
from training.checkpoints import read_checkpoint


def finished_networks(work: Path) -> dict[Path, int]:
    """The weights of networks, with their times, after which a detector has saved an epoch: one job at a time runs."""
    saved = max((path.stat().st_mtime_ns for path in work.glob("*/*/seed0/last_checkpoint")), default=0)
    times = {path: path.stat().st_mtime_ns for path in work.glob("*/weights.pth")}
    return {path: written for path, written in times.items() if written < saved}


def in_short(folder: Path) -> Path:
    """The tiny workflow with one epoch each, and smaller detectors that are trained on one batch."""
    content = yaml.safe_load((folder / WORKFLOW).read_text())
    content["classifier"]["options"] = content["colorizer"]["options"] = "train_cfg.max_epochs=1"
    for detector in content["detectors"].values():
        options = ["train_cfg.max_epochs=1", "train_dataloader.dataset.indices=4"]
        detector["options"] = " ".join(options + tiny_networks.options(tiny_networks.DETECTOR))
    (folder / "short.yaml").write_text(yaml.safe_dump(content))
    return folder / "short.yaml"


@pytest.fixture
def commands(tmp_path):
    with warm_python(tmp_path / "bin") as folder:
        yield folder


@pytest.mark.slow
def test_table1_runs_to_its_end_and_resumes(tmp_path, commands):
    folder = make_folder(tmp_path / "project")
    work = folder / "work_dirs/tiny"
    begin = partial(start, folder, 1, commands=commands, workflow=in_short(folder))
    killed = begin("table1")
    while not (kept := finished_networks(work)):
        time.sleep(0.1)
        assert killed.poll() is None, (folder / "log").read_text()[-3000:]
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (work / "table1").exists()

    finished = begin("table1", "report").wait(timeout=1200)
    assert finished == 0, (folder / "log").read_text()[-3000:]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    checkpoints = list(work.glob("*/**/*.pth"))  # those beside the recipe lie in the folder itself
    assert len(checkpoints) == 2 * (2 + 12)  # each by two names: of networks the best epoch, of detectors the last one
    assert all(set(read_checkpoint(path)) == {"meta", "state_dict"} for path in checkpoints)
    table = json.loads((work / "table1/table1.json").read_text())
    variants = ["raw", "afda", "medga", "color", "cawe", "color_cawe"]
    assert list(table["rows"]) == [f"{d}/{v}" for d in ("faster_rcnn", "retinanet") for v in variants]
    assert all(set(row["sens_at"]) == {"1", "2", "3", "4", "mean"} for row in table["rows"].values())
    assert len(table["differences"]) == 10 * 5
    assert all(seconds > 0 for seconds in table["costs"].values()) and len(table["costs"]) == 5
    for name in ("index.html", "table.md", "table.tex", "table1.csv", "froc_faster_rcnn.png", "froc_retinanet.pdf"):
        assert (work / "table1" / name).stat().st_size > 0
    for name in ("report/index.html", "examples.png", "recipe.py"):
        assert (work / name).stat().st_size > 0
