"""SIGTERM within an epoch: a checkpoint, and from there the weights of a training that was not stopped."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

import training.register  # noqa: F401
from data.errors import Terminated, UserError
from tests.paths import ROOT
from tests.test_tools.forked_commands import in_two
from tests.test_training import test_resume as resume
from training.checkpoints import STOPPED, newest_checkpoint, read_checkpoint

EPOCHS, BATCHES = 3, 4


@HOOKS.register_module(force=True)
class SchedulerHook(Hook):
    """Sends SIGTERM in the iterations `at`, once each, or when an epoch ends, before its checkpoint is written."""

    priority = "VERY_HIGH"
    at: list[int] = []
    after_epoch: int | None = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter in self.at:
            self.at.remove(runner.iter)
            os.kill(os.getpid(), signal.SIGTERM)

    def after_train_epoch(self, runner):
        if SchedulerHook.after_epoch == runner.epoch:
            SchedulerHook.after_epoch = None
            os.kill(os.getpid(), signal.SIGTERM)


class Crash(Exception):
    """Stands for SIGKILL."""


@HOOKS.register_module(force=True)
class CrashHook(Hook):
    """Ends everything in the first iteration of an epoch."""

    epoch: int | None = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.epoch == self.epoch:
            raise Crash


def config(folder: Path, num_workers: int = 0) -> Config:
    cfg = resume.config(folder, EPOCHS, num_workers, custom_hooks=[dict(type="SchedulerHook")])
    cfg.train_cfg = dict(type="StoppableEpochLoop", max_epochs=EPOCHS)
    cfg.train_dataloader.batch_size = 8 // BATCHES
    return cfg


def accumulating(folder: Path, num_workers: int = 0) -> Config:
    """Two steps of an optimizer in an epoch of three batches: after the second and the third."""
    cfg = config(folder, num_workers)
    cfg.model.type = "TwoMeans"
    cfg.train_dataloader.batch_size = 3
    cfg.default_hooks.accumulation = dict(type="EpochAccumulationHook")
    cfg.optim_wrapper.update(constructor="TwoWrappers", accumulative_counts=2)
    return cfg


def scramble() -> None:
    """What another process would have in its generators."""
    random.seed(5)
    np.random.seed(6)  # noqa: NPY002
    torch.manual_seed(7)


def trained(make, folder: Path, stops: tuple[int, ...] = (), **options) -> torch.Tensor:
    """The weights of a training that is started again after each stop."""
    SchedulerHook.at = list(stops)
    handler = signal.getsignal(signal.SIGTERM)
    for _ in stops:
        runner = Runner.from_cfg(make(folder, **options))
        with pytest.raises(Terminated):
            runner.train()
        assert signal.getsignal(signal.SIGTERM) == handler
        assert newest_checkpoint(folder) == folder / STOPPED
        scramble()
    runner = Runner.from_cfg(make(folder, **options))
    runner.train()
    assert SchedulerHook.at == [] and not (folder / STOPPED).exists()
    assert newest_checkpoint(folder) == folder / f"epoch_{EPOCHS}.pth"
    return runner.model.weight.detach().clone()


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("stops", [(1,), (4, 6), (3, 11), (0, 1, 2, 3)])
def test_a_stopped_training_reaches_the_same_weights(stops, num_workers, tmp_path):
    unbroken = trained(config, tmp_path / "a", num_workers=num_workers)
    assert torch.equal(trained(config, tmp_path / "b", stops, num_workers=num_workers), unbroken)


@pytest.mark.parametrize("stops", [(0,), (1,), (2,), (3, 7), (5,)])
def test_gathered_gradients_are_stepped_before_the_stop(stops, tmp_path):
    unbroken = trained(accumulating, tmp_path / "a")
    assert torch.equal(trained(accumulating, tmp_path / "b", stops), unbroken)


def test_the_trained_batches_are_not_trained_again(tmp_path):
    resume.NoisyMean.seen = []
    trained(config, tmp_path, (5,))
    seen = [int(row[0]) for row in resume.NoisyMean.seen]
    assert len(seen) == EPOCHS * 8 and all(sorted(seen[i : i + 8]) == list(range(8)) for i in (0, 8, 16))


def test_in_a_validation_the_training_ends_at_once_and_goes_on_with_it(tmp_path, monkeypatch):
    scored = []

    def val_step(self, data):
        scored.append(len(scored))
        if len(scored) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return [0]

    monkeypatch.setattr(resume.NoisyMean, "val_step", val_step)
    SchedulerHook.at = []

    def runner() -> Runner:
        cfg = config(tmp_path)
        loader = dict(cfg.train_dataloader, batch_size=8, sampler=dict(type="DefaultSampler", shuffle=False))
        cfg.update(val_dataloader=loader, val_cfg={}, val_evaluator=dict(type="Scripted"))
        cfg.custom_hooks = [dict(type="ResumedValidationHook")]
        return Runner.from_cfg(cfg)

    with pytest.raises(Terminated):
        runner().train()
    assert newest_checkpoint(tmp_path) == tmp_path / "epoch_1.pth"
    runner().train()
    assert len(scored) == 1 + EPOCHS


def test_after_a_stop_the_half_trained_epoch_is_not_validated(tmp_path, monkeypatch):
    epochs = []
    monkeypatch.setattr(resume.NoisyMean, "val_step", lambda self, data: epochs.append(1) or [0])

    def make(folder: Path) -> Config:
        cfg = config(folder)
        loader = dict(cfg.train_dataloader, batch_size=8, sampler=dict(type="DefaultSampler", shuffle=False))
        cfg.update(val_dataloader=loader, val_cfg={}, val_evaluator=dict(type="Scripted"))
        cfg.custom_hooks = [*cfg.custom_hooks, dict(type="ResumedValidationHook")]
        return cfg

    trained(make, tmp_path, (5,))
    assert len(epochs) == EPOCHS


@pytest.mark.parametrize("interval", [1, 2, -1])
def test_at_the_end_of_an_epoch_its_checkpoint_is_written_first(interval, tmp_path):
    def make(folder: Path, **options) -> Config:
        cfg = config(folder)
        cfg.default_hooks.checkpoint = dict(type="CheckpointHook", interval=interval)
        return cfg

    SchedulerHook.at = []
    runner = Runner.from_cfg(make(tmp_path / "a"))
    runner.train()
    unbroken = runner.model.weight.detach().clone()
    SchedulerHook.after_epoch = 0
    with pytest.raises(Terminated):
        Runner.from_cfg(make(tmp_path / "b")).train()
    assert (tmp_path / "b" / STOPPED).is_file() and read_checkpoint(tmp_path / "b" / STOPPED)["meta"]["epoch"] == 1
    scramble()
    runner = Runner.from_cfg(make(tmp_path / "b"))
    runner.train()
    assert torch.equal(runner.model.weight, unbroken)


def test_the_checkpoint_stays_until_a_newer_one_is_there(tmp_path):
    def make() -> Runner:
        cfg = config(tmp_path)
        cfg.default_hooks.checkpoint = dict(type="CheckpointHook", interval=EPOCHS)
        cfg.custom_hooks = [*cfg.custom_hooks, dict(type="CrashHook")]
        return Runner.from_cfg(cfg)

    SchedulerHook.at, CrashHook.epoch = [1], 1
    with pytest.raises(Terminated):
        make().train()
    with pytest.raises(Crash):  # in the second epoch, after the first has ended without a checkpoint
        make().train()
    assert newest_checkpoint(tmp_path) == tmp_path / STOPPED
    CrashHook.epoch = None
    make().train()
    assert newest_checkpoint(tmp_path) == tmp_path / f"epoch_{EPOCHS}.pth"


def test_a_checkpoint_that_was_not_begun_with_goes(tmp_path):
    SchedulerHook.at = [9]
    with pytest.raises(Terminated):
        Runner.from_cfg(config(tmp_path)).train()
    cfg = config(tmp_path)
    cfg.load_from = str(tmp_path / "epoch_1.pth")  # as --resume epoch_1.pth
    SchedulerHook.at = [5]
    with pytest.raises(Terminated):
        Runner.from_cfg(cfg).train()
    assert read_checkpoint(tmp_path / STOPPED)["meta"]["iter"] == 6


def test_another_number_of_processes_is_refused(tmp_path, monkeypatch):
    SchedulerHook.at = [1]
    with pytest.raises(Terminated):
        Runner.from_cfg(config(tmp_path)).train()
    runner = Runner.from_cfg(config(tmp_path))
    monkeypatch.setattr("training.stopping.get_world_size", lambda: 2)
    with pytest.raises(UserError, match="of 4 batches by 1 processes, now there are 4 and 2"):
        runner.train()


def test_a_signal_to_the_whole_group_leaves_the_workers_alone(tmp_path):
    """As `timeout`, systemd and SLURM send it."""
    (tmp_path / "process.py").write_text(GROUP)
    command = [sys.executable, str(tmp_path / "process.py"), str(tmp_path / "work")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, start_new_session=True, timeout=120, capture_output=True, text=True)
    assert done.returncode == 143 and (tmp_path / "work" / STOPPED).is_file(), done.stderr[-2000:]


def test_another_number_of_batches_is_refused(tmp_path):
    SchedulerHook.at = [1]
    with pytest.raises(Terminated):
        Runner.from_cfg(config(tmp_path)).train()
    cfg = config(tmp_path)
    cfg.train_dataloader.batch_size = 4
    with pytest.raises(UserError, match="written in an epoch of 4 batches by 1 processes, now there are 2 and 1"):
        Runner.from_cfg(cfg).train()


def test_a_new_training_removes_the_checkpoint_of_another(tmp_path):
    SchedulerHook.at = [1]
    with pytest.raises(Terminated):
        Runner.from_cfg(config(tmp_path)).train()
    cfg = config(tmp_path)
    cfg.update(resume=False, load_from=None)
    SchedulerHook.at = [0]
    with pytest.raises(Terminated):
        Runner.from_cfg(cfg).train()
    assert read_checkpoint(tmp_path / STOPPED)["meta"]["iter"] == 1


GROUP = """
import os, signal, sys
from functools import partial
from pathlib import Path
from mmengine.runner import Runner
from tests.test_training import test_stopping as here
from tools.command_line.resources import explained
from tools.command_line.run import run

def to_group(self, runner, batch_idx, data_batch=None):
    if runner.iter == 5:
        os.killpg(os.getpgrp(), signal.SIGTERM)

here.SchedulerHook.before_train_iter = to_group

def main():
    with explained("train_dataloader"):
        Runner.from_cfg(here.config(Path(sys.argv[1]), num_workers=2)).train()

run(main)
"""


def train_as_one_of_two(folder: Path, stop: bool) -> None:
    """The second process is the one that is asked to stop."""
    torch.distributed.init_process_group("gloo")
    cfg = config(folder)
    cfg.launcher, cfg.train_dataloader.batch_size = "pytorch", 1
    cfg.model_wrapper_cfg = dict(type="MMDistributedDataParallel", device_ids=None)
    SchedulerHook.at = [5] if stop and torch.distributed.get_rank() == 1 else []
    Runner.from_cfg(cfg).train()


@pytest.mark.slow
def test_two_processes_stop_when_one_is_asked(tmp_path):
    assert in_two(train_as_one_of_two, tmp_path / "a", False) == [0, 0]
    assert 0 not in in_two(train_as_one_of_two, tmp_path / "b", True)
    assert (tmp_path / "b" / STOPPED).is_file()
    assert in_two(train_as_one_of_two, tmp_path / "b", False) == [0, 0]
    a, b = (read_checkpoint(tmp_path / name / f"epoch_{EPOCHS}.pth")["state_dict"]["weight"] for name in "ab")
    assert torch.equal(a, b)
