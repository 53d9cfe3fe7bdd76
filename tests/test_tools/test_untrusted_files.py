"""Files of strangers run nothing: a poisoned file in the place of every file that a command reads."""

import json
import logging
import os
import pickle
import shutil
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
import torch

from data.errors import UserError
from detect.bundle.files import INDEX, write_index
from tests.paths import ROOT
from tests.test_tools.every_command import CLASSIFIER, COLORIZER, COMMANDS, DETECTOR, write_files
from tests.test_tools.test_expected_failures import arguments, needs
from tools.command_line.run import run

PROGRAMS = ("search", "attention")
"""Configs of mmengine, which are programs of their user."""
WEIGHTS = ("classifier", "colorizer", "detector")


class Poison:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.system, (f"touch '{self.mark}'",)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging, "raiseExceptions", False)  # loggers of earlier tests write to closed streams


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_files(tmp_path_factory.mktemp("good") / "set")


def poisoned(path: Path, good: Path) -> Path:
    """A checkpoint with everything of a good one, and a program."""
    content = torch.load(good, weights_only=True)
    meta = content.get("meta", {})
    torch.save({"state_dict": content.get("state_dict", content), "meta": meta, "x": Poison(path.parent / "ran")}, path)
    return path


def refused(command: str, argv: list[str], tmp_path: Path, capfd: pytest.CaptureFixture) -> str:
    """Run a command as its file does; it has to fail in one line and to run nothing."""
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        run(lambda: import_module(f"tools.{command}").main(argv))
    error = capfd.readouterr().err
    assert end.value.code == 2 and "Traceback" not in error, error[-2000:]
    assert not (tmp_path / "ran").exists()
    return next(line for line in error.splitlines() if "error: " in line)


@pytest.mark.parametrize(
    ("command", "place"), [(command, place) for command in COMMANDS for place in needs(command) if place in WEIGHTS]
)
def test_weights(command, place, good, tmp_path, capfd):
    places = good | {"out": tmp_path / "out", place: poisoned(tmp_path / "poison.pth", good[place])}
    assert "poison.pth is not loaded, for it could run a program" in refused(
        command, arguments(command, places), tmp_path, capfd
    )


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (command, place)
        for command in COMMANDS
        for place in needs(command)
        if place not in (*WEIGHTS, *PROGRAMS, "folder", "workflow", "image")
    ],
)
def test_pickles_in_the_place_of_json(command, place, good, tmp_path, capfd):
    (tmp_path / "results.pkl").write_bytes(pickle.dumps(Poison(tmp_path / "ran")))
    places = good | {"out": tmp_path / "out", place: tmp_path / "results.pkl"}
    assert "results.pkl" in refused(command, arguments(command, places), tmp_path, capfd)


@pytest.mark.parametrize(
    ("config", "option"),
    [
        (DETECTOR, ["--resume", "{}"]),
        (DETECTOR, ["--cfg-options", "load_from={}"]),
        (DETECTOR, ["--cfg-options", "model.backbone.weights={}"]),
        (CLASSIFIER, ["--cfg-options", "model.backbone.weights={}"]),
        (CLASSIFIER, ["--resume", "{}"]),
        (COLORIZER, ["--cfg-options", "load_from={}"]),
    ],
)
def test_a_start_of_training(config, option, good, tmp_path, capfd):
    poison = poisoned(tmp_path / "poison.pth", good["detector"])
    data = [f"{side}_dataloader.dataset.data_root={good['folder']}" for side in ("train", "val", "test")]
    options = [part.format(poison) for part in option]
    if "--cfg-options" not in options:
        options.append("--cfg-options")
    argv = [config, "--work-dir", str(tmp_path / "out"), *options, *data]
    assert "poison.pth" in refused("train", argv, tmp_path, capfd)


def test_a_table_of_predictions_that_is_a_pickle(good, tmp_path, capfd):
    (tmp_path / "poison.npy").write_bytes(pickle.dumps(Poison(tmp_path / "ran")))
    dataset = "train_dataloader.dataset"
    options = [f"{dataset}.predictions={tmp_path / 'poison.npy'}", f"{dataset}.policy=self_trained"]
    options += [f"{side}_dataloader.dataset.data_root={good['folder']}" for side in ("train", "val", "test")]
    argv = [CLASSIFIER, "--work-dir", str(tmp_path / "out"), "--cfg-options", *options]
    assert "poison.npy" in refused("train", argv, tmp_path, capfd)


def test_a_study_that_is_a_pickle(good, tmp_path, capfd):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/study.db").write_bytes(pickle.dumps(Poison(tmp_path / "ran")))
    argv = arguments("search", good | {"out": tmp_path / "out"})
    assert "study.db" in refused("search", argv, tmp_path, capfd)


@pytest.mark.parametrize(
    "config",
    ["import os\nmodel = os.system('touch {}')", "model = dict(type='subprocess.Popen', args=['touch', '{}'])"],
)
def test_a_config_inside_a_checkpoint(config, good, tmp_path, capfd):
    weights = torch.load(good["colorizer"], weights_only=True)["state_dict"]
    meta = {"cfg": config.format(tmp_path / "ran")}
    torch.save({"state_dict": weights, "meta": meta}, tmp_path / "poison.pth")
    argv = arguments("evaluate_colorizer", good | {"out": tmp_path / "out", "colorizer": tmp_path / "poison.pth"})
    assert "poison.pth" in refused("evaluate_colorizer", argv, tmp_path, capfd)


@pytest.mark.parametrize("command", ["enhance_dataset", "colorize", "visualize_attention", "workflow.show_enhancement"])
@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.system('touch {}')\nenhancer = dict(type='Enhancer')",
        "enhancer = dict(type='subprocess.Popen', args=['touch', '{}'])",
        "enhancer = dict(type='Enhancer', colorizer=dict(type='os.system', command='touch {}'))",
    ],
)
def test_a_recipe(command, text, good, tmp_path, capfd):
    (tmp_path / "recipe.py").write_text(text.format(tmp_path / "ran"))
    argv = arguments(command, good | {"out": tmp_path / "out", "attention": tmp_path / "recipe.py"})
    argv = [str(tmp_path / "recipe.py") if part.startswith("configs/") else part for part in argv]
    assert "recipe.py" in refused(command, argv, tmp_path, capfd)


def test_the_weights_of_a_workflow_that_is_bundled(good, tmp_path, capfd):
    shutil.copytree(good["workflow"], tmp_path / "work")
    file = tmp_path / "work/faster_rcnn/raw/seed0/weights.pth"
    poisoned(tmp_path / "poison.pth", file).rename(file)
    argv = arguments("bundle", good | {"out": tmp_path / "out", "workflow": tmp_path / "work"})
    assert "weights.pth is not loaded, for it could run a program" in refused("bundle", argv, tmp_path, capfd)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("recipe.py", "import os\nos.system('touch {}')\nenhancer = dict(type='Enhancer')"),
        ("recipe.py", "enhancer = dict(type='os.system', command='touch {}')"),
        ("recipe.py", "enhancer = dict(type='Enhancer')\ncheckpoints = dict(classifier='../poison.pth')"),
        ("recipe.py", "enhancer = dict(type='Enhancer', colorizer=dict(config='{}.py', checkpoint='x'))"),
        ("detector.py", "import os\nmodel = os.system('touch {}')"),
        ("detector.py", "custom_imports = dict(imports=['antigravity'])"),
        ("detector.py", "custom_imports = dict(imports=[])\nmodel = dict(type='os.system', command='touch {}')"),
        ("detector_1.safetensors", None),
    ],
)
def test_a_bundle_with_right_hashes(file, text, good, tmp_path, capfd):
    bundle = tmp_path / "bundle"
    with zipfile.ZipFile(good["bundle"]) as files:
        files.extractall(bundle)
    index = json.loads((bundle / INDEX).read_text())
    (tmp_path / "ran.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    if text is None:
        poisoned(bundle / file, good["detector"])
    else:
        (bundle / file).write_text(text.format(tmp_path / "ran"))
    write_index(bundle, {key: value for key, value in index.items() if "sha256" not in key and key != "format"})
    for command in ("predict", "enhance_dataset") if file == "recipe.py" else ("predict",):
        argv = arguments(command, good | {"out": tmp_path / "out", "bundle": bundle})
        argv = [str(bundle) if part.startswith("configs/") else part for part in argv]
        assert file in refused(command, argv, tmp_path, capfd)


def test_the_poison_is_one(good, tmp_path):
    """Without this, the tests above could pass on a harmless file."""
    torch.load(poisoned(tmp_path / "poison.pth", good["detector"]), weights_only=False)
    assert (tmp_path / "ran").exists()


def test_the_error_says_how_to_trust(good, tmp_path):
    places = good | {"out": tmp_path / "out", "classifier": poisoned(tmp_path / "poison.pth", good["classifier"])}
    with pytest.raises(UserError, match="set TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 for this command"):
        import_module("tools.visualize_attention").main(arguments("visualize_attention", places))
