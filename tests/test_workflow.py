"""The workflow's plans: every config shows its whole plan, missing data gives one error."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.paths import ROOT

WORKFLOWS = ROOT / "configs/workflow"
ABLATIONS = WORKFLOWS / "ablations.yaml"
CONFIGS = sorted(set(WORKFLOWS.glob("*.yaml")) - {ABLATIONS})
pytestmark = pytest.mark.slow


def plan(configs: list[Path], data_root: Path, *options: str, target: str | None = None) -> subprocess.CompletedProcess:
    """A dry run in the project's folder that looks for the data in `data_root`."""
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", "--configfile", *map(str, configs), "--forceall"]
    command += ["--config", f"data_root={data_root}", *options, "--", *([target] if target else [])]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def lay_out(config: dict, root: Path) -> None:
    """The folders that a workflow asks for, empty, and the COCO files of data sets that come in this form."""
    for settings in config.values():
        if isinstance(settings, dict) and "source" in settings:
            (root / settings["source"]).mkdir(parents=True, exist_ok=True)
            named = [settings[side] for side in ("train", "test") if side in settings]
            for name in [*named, *settings.get("annotations", [])]:
                (root / settings["source"] / name).write_text("{}")


def counts(result: subprocess.CompletedProcess) -> dict[str, int]:
    """How many jobs of each rule a plan has."""
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_whole_plan_is_shown(path, tmp_path):
    config = yaml.safe_load(path.read_text())
    lay_out(config, tmp_path)
    jobs = counts(plan([path], tmp_path))
    detectors = len(config["detectors"]) * len(config["variants"])
    assert jobs["train_detector"] == jobs["test_detector"] == detectors
    assert jobs["enhance"] == len(config["variants"]) - 1
    assert jobs["train_part"] == 2
    assert {"recipe", "examples", "report", "prepare"} <= set(jobs)
    assert ("phantom" in jobs) == ("phantom" in config)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_table1_has_twelve_rows_for_each_seed(path, tmp_path):
    config = yaml.safe_load(path.read_text())
    lay_out(config, tmp_path)
    jobs = counts(plan([path], tmp_path, target="table1"))
    runs = 12 * len(config.get("seeds", [0]))
    assert jobs["train_detector"] == jobs["test_detector"] == runs
    assert jobs["train_part"] == 2 and jobs["table1"] == 1
    if "negatives" in config:
        assert jobs["enhance"] == 10 and jobs["test_negatives"] == runs and jobs["negatives"] == 6
    else:
        assert jobs["enhance"] == 5 and "negatives" not in jobs
    if path.stem in ("paper", "tbx11k", "rsna_small"):
        assert runs == 12 * 3


def test_folds_test_every_image_once(tmp_path):
    config = WORKFLOWS / "rsna_small.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    jobs = counts(plan([config], tmp_path, "folds=5", "seeds=[0]", target="table1"))
    assert jobs["train_detector"] == jobs["test_detector"] == 12 * 5
    assert jobs["folds"] == 6
    assert "test_negatives" not in jobs


def test_ablations_change_one_choice_at_a_time(tmp_path):
    config = WORKFLOWS / "tbx11k.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    jobs = counts(plan([config, ABLATIONS], tmp_path, "seeds=[0]", target="ablations"))
    ablations = yaml.safe_load(ABLATIONS.read_text())
    variants = {variant for variants in ablations["ablations"].values() for variant in variants}
    assert set(ablations["enhancers"]) <= variants
    assert jobs["train_detector"] == len(variants)
    assert jobs["train_part"] == 3  # the classifier within the data set too


def test_a_fixed_colormap_waits_for_no_training(tmp_path):
    config = WORKFLOWS / "tbx11k.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    jobs = {
        variant: counts(plan([config], tmp_path, target=f"work_dirs/tbx11k/enhanced/detection_{variant}.done"))
        for variant in ("jet", "color")
    }
    assert jobs["jet"] == {"enhance": 1, "total": 1}
    assert jobs["color"]["train_part"] == 1


def test_a_cluster_plans_the_same(tmp_path):
    config = WORKFLOWS / "paper.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    options = ["--workflow-profile", str(ROOT / "profiles/slurm")]
    command = [sys.executable, "-m", "snakemake", "-n", "--nolock", *options, "--configfile", str(config), "--forceall"]
    command += ["--config", f"data_root={tmp_path}", "--", "table1"]
    jobs = counts(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120))
    assert jobs["train_detector"] == 36
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    assert profile["executor"] == "slurm"
    assert {*profile["set-threads"], *profile["set-resources"]} <= set(jobs) | {"test_negatives"}


def test_missing_data_is_one_error_that_helps(tmp_path):
    result = plan([WORKFLOWS / "paper.yaml"], tmp_path, target="table1")
    output = result.stdout + result.stderr
    assert result.returncode != 0
    for word in ("CheXpert", "ImageNet", "RSNA", "Where to get it", "stage_2_train_labels.csv", str(tmp_path)):
        assert word in output
    assert output.count("WorkflowError") == 1
    result = plan([WORKFLOWS / "tbx11k.yaml"], tmp_path)
    assert "annotations_train.json" in result.stdout + result.stderr
    assert "TBX11K" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("name", "options", "target", "message"),
    [
        ("rsna_small", ["folds=1"], "table1", "0 or at least 2 folds"),
        ("rsna_small", ["seeds=[1,1]"], "table1", "different seeds"),
        ("rsna_small", ["folds=3"], "report", "ask for the target table1"),
        ("head_ct", ["folds=3"], "table1", "labels of images that the folds test"),
    ],
)
def test_what_would_go_wrong_later_is_said_at_once(name, options, target, message, tmp_path):
    config = WORKFLOWS / f"{name}.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    result = plan([config], tmp_path, *options, target=target)
    assert result.returncode != 0
    assert message in result.stdout + result.stderr


def test_phases_start_from_one_another(tmp_path):
    config = WORKFLOWS / "tbx11k.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    command = [sys.executable, "-m", "snakemake", "-np", "--nolock", "--configfile", str(config), "--forceall"]
    command += ["--config", f"data_root={tmp_path}", "--", "work_dirs/tbx11k/colorizer/weights.pth"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout
    line = next(line for line in output.splitlines() if "critic_small.py" in line)
    trained = re.findall(r"tools/train.py configs/colorize_gan/(\w+).py --work-dir (\S+) --resume (.*?);", line + ";")
    assert [name for name, _, _ in trained] == ["generator_small", "critic_small", "joint_small"]
    folders = [folder for _, folder, _ in trained]
    assert folders == [f"work_dirs/tbx11k/colorizer/{name}" for name, _, _ in trained]
    starts = [re.findall(r"load_from='(.*)'", options) for _, _, options in trained]
    assert starts == [[], [f"{folders[0]}/best_*.pth"], [f"{folders[1]}/best_*.pth"]]
    assert f"cp {folders[2]}/best_*.pth work_dirs/tbx11k/colorizer/weights.pth" in line


def test_a_number_of_seeds_and_no_lesion_free_images(tmp_path):
    config = WORKFLOWS / "rsna_small.yaml"
    lay_out(yaml.safe_load(config.read_text()), tmp_path)
    (tmp_path / "negatives/annotations_train.json").unlink()
    jobs = counts(plan([config], tmp_path, "seeds=2", "negatives=", target="table1"))
    assert jobs["train_detector"] == 24 and jobs["enhance"] == 5 and "test_negatives" not in jobs


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_that_are_named_exist(path):
    config = yaml.safe_load(path.read_text()) | yaml.safe_load(ABLATIONS.read_text())
    parts = [settings for name, settings in config.items() if name.startswith(("classifier", "colorizer"))]
    for settings in (*parts, *config["detectors"].values()):
        files = settings["config"] if isinstance(settings["config"], list) else [settings["config"]]
        assert all((ROOT / file).is_file() for file in files)
    for settings in config["enhancers"].values():
        assert (ROOT / settings["recipe"]).is_file()
    for variant in {*config["variants"], *sum(config["ablations"].values(), [])} - {"raw", *config["enhancers"]}:
        assert (ROOT / f"configs/enhance/{variant}.py").is_file()
