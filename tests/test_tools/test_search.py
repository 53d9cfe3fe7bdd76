"""tools/search.py: a search of a small model finds its best, goes on, prunes, survives failures and interruptions."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from optuna.trial import FixedTrial, TrialState, create_trial

from data.errors import MissingFileError, UserError
from tests.paths import ROOT
from tests.test_tools.forked_commands import fast_trials  # noqa: F401
from tools import search
from training.search.config_file import keep_config, read_search
from training.search.space import options_of, suggest
from training.search.study import PRUNERS, SAMPLERS, open_study

LR = "optim_wrapper.optimizer.lr"

TOY = """
default_scope = "mmengine"
custom_imports = dict(imports=["toy_for_search"])
model = dict(type="SearchLine", fails="")
loader = dict(batch_size=4, num_workers=0, collate_fn=dict(type="default_collate"), dataset=dict(type="SearchPoints"))
train_dataloader = dict(sampler=dict(type="DefaultSampler", shuffle=True), **loader)
val_dataloader = dict(sampler=dict(type="DefaultSampler", shuffle=False), **loader)
val_evaluator = dict(type="SearchError")
val_cfg = dict()
train_cfg = dict(by_epoch=True, max_epochs=3, val_interval=1)
optim_wrapper = dict(optimizer=dict(type="SGD", lr=0.1))
default_hooks = dict(checkpoint=dict(type="CheckpointHook", save_best="line/error", rule="less", max_keep_ckpts=1))
search = dict(
    monitor="line/error",
    rule="less",
    space={
        "optim_wrapper.optimizer.lr": dict(type="float", low=1e-4, high=1e30, log=True),
        "model.fails": dict(type="categorical", choices=["", "memory", "broken", "killed"]),
    },
)
"""
TOY_CODE = """
import os, signal, torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS

@DATASETS.register_module(force=True)
class SearchPoints(torch.utils.data.Dataset):
    metainfo = {}
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return dict(x=torch.tensor([i / 8]), y=torch.tensor([3 * i / 8]))

@MODELS.register_module(force=True)
class SearchLine(BaseModel):
    def __init__(self, fails):
        super().__init__()
        self.line, self.fails = torch.nn.Linear(1, 1), fails
    def forward(self, x, y, mode):
        if self.fails == "memory":
            raise torch.OutOfMemoryError("no room")
        if self.fails == "broken":
            raise RuntimeError("it broke")
        if self.fails == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        error = ((self.line(x) - y) ** 2).mean(1)
        return dict(loss=error.mean()) if mode == "loss" else list(error)

@METRICS.register_module(force=True)
class SearchError(BaseMetric):
    default_prefix = "line"
    def process(self, data_batch, data_samples):
        self.results += [float(error) for error in data_samples]
    def compute_metrics(self, results):
        return dict(error=sum(results) / len(results))
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "toy_for_search.py").write_text(TOY_CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    config = tmp_path / "toy.py"
    config.write_text(TOY)
    return config


def call(toy: Path, trials: int, *more: str) -> Path:
    folder = toy.parent / "work"
    search.main([str(toy), "--trials", str(trials), "--work-dir", str(folder), *more])
    return folder


def plan(toy: Path, *drawn: dict) -> None:
    """Have the next trials take these values."""
    study = open_study(toy.parent / "work", "less")
    for values in drawn:
        study.enqueue_trial({LR: 0.1, "model.fails": ""} | values)


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "trials.csv", keep_default_na=False)


@pytest.mark.usefixtures("fast_trials")
def test_the_best_is_found_failures_are_kept_and_a_second_call_goes_on(toy, capsys):
    plan(toy, {LR: 0.01}, {LR: 0.5}, {LR: 0.5}, {LR: 1e30}, {"model.fails": "memory"}, {"model.fails": "killed"})
    folder = call(toy, 2)
    assert table(folder)["outcome"].tolist() == ["finished", "finished", "waiting", "waiting", "waiting", "waiting"]
    plan(toy, {"model.fails": "broken"})
    folder = call(toy, 7)
    rows = table(folder)
    endings = ["finished"] * 3 + ["diverged", "out of memory", "killed", "error"]
    assert rows["outcome"].tolist() == endings
    for number, reason in [(3, "loss is (nan|inf)"), (4, "no room"), (5, "signal 9"), (6, "RuntimeError: it broke")]:
        assert re.search(reason, rows["reason"][number])
    assert "it broke" in (folder / "trial_0006/output.txt").read_text()

    values = rows["value"][:3].astype(float).tolist()
    assert values[1] == values[2] < values[0]  # the same values twice: order of the data and seed are the same
    best = json.loads((folder / "best.json").read_text())
    assert (best["trial"], best["value"], best["values"][LR]) == (1, values[1], 0.5)
    assert Config.fromfile(folder / "trial_0001/config.py").optim_wrapper.optimizer.lr == 0.5
    assert {path.parent.name for path in folder.rglob("*.pth")} == {"trial_0001"}
    weights = torch.load(folder / best["weights"][0], weights_only=False)["state_dict"]
    x = torch.arange(8)[:, None] / 8
    error = ((x @ weights["line.weight"].T + weights["line.bias"] - 3 * x) ** 2).mean()
    assert float(error) == pytest.approx(best["value"], rel=1e-5)
    assert (folder / "trials.png").is_file()
    assert f"tools/train.py {toy} --cfg-options {LR}=0.5 model.fails=" in capsys.readouterr().out

    call(toy, 7)
    assert len(table(folder)) == 7
    with pytest.raises(UserError, match="a search with another train_cfg; take another --work-dir"):
        call(toy, 8, "--cfg-options", "train_cfg.max_epochs=4")


@pytest.mark.usefixtures("fast_trials")
def test_a_trial_that_falls_behind_is_pruned(toy):
    cfg, settings = read_search(toy, None)
    study = open_study(toy.parent / "work", "less")
    keep_config(cfg, toy.parent / "work", replace=True)
    good = create_trial(
        value=1e-9,
        params={LR: 1.0, "model.fails": ""},
        distributions=settings.space,
        intermediate_values={1: 1e-9, 2: 1e-9, 3: 1e-9},
        user_attrs={"outcome": "finished"},
    )
    study.add_trials([good] * 5)  # as many as the median waits for
    plan(toy, {LR: 0.001}, {LR: 0.001})
    pruned = table(call(toy, 6, "--pruner", "median")).iloc[5]
    assert (pruned["outcome"], pruned["validations"], pruned["reason"]) == ("pruned", 1, "at validation 1")
    whole = table(call(toy, 7)).iloc[6]
    assert (whole["outcome"], whole["validations"]) == ("finished", 3)


@pytest.mark.usefixtures("fast_trials")
def test_a_config_at_fault_stops_the_search_and_can_be_mended(toy):
    plan(toy, {}, {"model.fails": "broken"})
    with pytest.raises(UserError, match='"line/err" is not among the metrics of the validation: line/error'):
        call(toy, 5, "--cfg-options", "search.monitor=line/err")
    with pytest.raises(UserError, match="trial 1 failed, and the next ones would: RuntimeError: it broke"):
        call(toy, 5)
    plan(toy, {"model.fails": "memory"})
    with pytest.raises(UserError, match="no trial of 1 finished: OutOfMemoryError: no room"):
        call(toy, 1)
    assert table(toy.parent / "work")["outcome"].tolist() == ["interrupted", "interrupted", "out of memory"]


def test_wrong_calls_are_told_so(toy, tmp_path):
    with pytest.raises(MissingFileError, match="gone.py: no such config file"):
        search.main(["gone.py", "--trials", "1"])
    toy.write_text(TOY.replace('"optim_wrapper.optimizer.lr"', '"optim_wrapper.optimizer.lrr"'))
    with pytest.raises(UserError, match=f"toy.py: .*lrr.*: the config has no such key; near ones: {LR}"):
        call(toy, 1)
    assert not (tmp_path / "work").exists()
    with pytest.raises(SystemExit):
        call(toy, 0)


def start(toy: Path) -> subprocess.Popen:
    """A search whose trial takes for ever, once it has validated."""
    options = ["--cfg-options", "train_cfg.max_epochs=1000000", "default_hooks.checkpoint.interval=1000000"]
    command = [sys.executable, str(ROOT / "tools/search.py"), str(toy), "--trials", "1", "--work-dir", "work", *options]
    process = subprocess.Popen(
        command,
        cwd=toy.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs of a shell ignore it
    )
    study = open_study(toy.parent / "work", "less")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        trials = study.get_trials(deepcopy=False)
        if trials and trials[-1].intermediate_values:
            return process
        time.sleep(0.2)
    process.kill()
    raise AssertionError(process.stderr.read())


def log_grows(folder: Path) -> bool:
    output = folder / "trial_0000/output.txt"
    before = output.stat().st_size
    time.sleep(1.0)
    return output.stat().st_size > before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_search_takes_its_trial_with_it(toy, number):
    plan(toy, {})
    process = start(toy)
    assert log_grows(toy.parent / "work")
    os.killpg(process.pid, number) if number == signal.SIGINT else process.kill()
    message = process.communicate(timeout=60)[1]
    time.sleep(0.5)
    assert not log_grows(toy.parent / "work")
    if number == signal.SIGINT:
        assert message.endswith("interrupted; the same command goes on\n") and "Traceback" not in message
        assert process.returncode == 130
        assert open_study(toy.parent / "work", "less").trials[0].state == TrialState.FAIL


def test_samplers_and_pruners_are_those_of_the_study():
    assert tuple(SAMPLERS) == search.SAMPLERS and tuple(PRUNERS) == search.PRUNERS


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("config", sorted((ROOT / "configs/search").glob("*.py")), ids=lambda path: path.stem)
def test_what_is_drawn_for_a_config_reaches_its_optimizer(config, end):
    cfg, settings = read_search(config, None)
    drawn = suggest(FixedTrial({key: getattr(its, end) for key, its in settings.space.items()}), settings.space)
    cfg.merge_from_dict(options_of(cfg, drawn))
    used = build_optim_wrapper(torch.nn.Linear(1, 1), cfg.optim_wrapper).optimizer.defaults
    for key, value in drawn.items():
        name, _, index = key.removeprefix("optim_wrapper.optimizer.").partition(".")
        assert (used[name][int(index)] if index else used[name]) == value


@pytest.mark.parametrize("config", sorted((ROOT / "configs/search").glob("*.py")), ids=lambda path: path.stem)
def test_a_config_is_searched_by_the_metric_that_chooses_its_epoch(config):
    cfg, settings = read_search(config, None)
    assert cfg.val_dataloader != cfg.test_dataloader
    hooks = cfg.default_hooks
    assert {hooks.checkpoint.save_best, hooks.early_stopping.monitor} == {settings.monitor}
