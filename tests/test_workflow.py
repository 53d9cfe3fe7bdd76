"""The workflow's plans: every config shows its whole plan, missing data gives one error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs/workflow").glob("*.yaml"))


def plan(config: Path, data_root: Path, *options: str) -> subprocess.CompletedProcess:
    """A dry run in the project's folder that looks for the data in `data_root`."""
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", "--configfile", str(config)]
    command += ["--forceall", "--config", f"data_root={data_root}", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def lay_out(config: dict, root: Path) -> None:
    """The folders that a workflow asks for, empty, and the COCO files of a data set that comes in this form."""
    for role in ("classification", "color", "detection"):
        folder = root / config[role]["source"]
        folder.mkdir(parents=True)
        for split in ("train", "test"):
            if split in config[role]:
                (folder / config[role][split]).write_text("{}")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_whole_plan_is_shown(path, tmp_path):
    config = yaml.safe_load(path.read_text())
    lay_out(config, tmp_path)
    result = plan(path, tmp_path)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    counts = dict(re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE))
    detectors = len(config["detectors"]) * len(config["variants"])
    assert counts["train_detector"] == counts["test_detector"] == str(detectors)
    assert counts["enhance"] == str(len(config["variants"]) - 1)
    assert {"train_classifier", "train_colorizer", "recipe", "examples", "report", "prepare"} <= set(counts)
    assert ("phantom" in counts) == ("phantom" in config)


def test_missing_data_is_one_error_that_helps(tmp_path):
    result = plan(ROOT / "configs/workflow/paper.yaml", tmp_path)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    for word in ("CheXpert", "ImageNet", "RSNA", "Where to get it", "stage_2_train_labels.csv", str(tmp_path)):
        assert word in output
    assert output.count("WorkflowError") == 1
    result = plan(ROOT / "configs/workflow/tbx11k.yaml", tmp_path)
    assert "annotations_train.json" in result.stdout + result.stderr
    assert "TBX11K" in result.stdout + result.stderr


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_that_are_named_exist(path):
    config = yaml.safe_load(path.read_text())
    for settings in (config["classifier"], config["colorizer"], *config["detectors"].values()):
        assert (ROOT / settings["config"]).is_file()
    for variant in set(config["variants"]) - {"raw"}:
        assert (ROOT / f"configs/enhance/{variant}.py").is_file()
