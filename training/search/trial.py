"""One trial in a process of its own: train, report each validation to the study, say how it ended.

One process per trial, since mmengine keeps loggers, visualizers and the scope for a whole process, and since a trial
that runs out of memory or breaks CUDA must not take the search with it. It is spawned, not forked: mmengine asks for
CUDA when it is imported, and CUDA does not survive a fork. The config of a trial is `FOLDER/trial_NUMBER/config.py`.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import optuna
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from optuna.trial import Trial

from training.search.study import PRUNERS, STUDY_NAME, open_storage

CONFIG, OUTPUT = "config.py", "output.txt"
START = multiprocessing.get_context("spawn")


class Diverged(ArithmeticError):
    """A loss or the monitored metric is not finite."""


class WrongConfig(ValueError):
    """No trial of this config can give a value."""


def trial_folder(folder: Path, number: int) -> Path:
    return folder / f"trial_{number:04d}"


class ReportHook(Hook):
    """Tells a trial the monitored metric after each validation and ends the training if the trial is to be pruned.

    Args:
        trial: Of Optuna; step 1 is the first validation.
        monitor: Name of the metric.

    Raises:
        Diverged: A loss or the metric is not finite.
        WrongConfig: The validation does not report the metric.
    """

    priority = "LOWEST"

    def __init__(self, trial: Trial, monitor: str) -> None:
        self.trial, self.monitor = trial, monitor
        self.step = 0
        self.pruned = False

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        for name, loss in (outputs or {}).items():
            if "loss" in name and not math.isfinite(float(loss)):
                raise Diverged(f"{name} is {float(loss)} in iteration {runner.iter + 1}")

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        metrics = metrics or {}
        if self.monitor not in metrics:
            names = ", ".join(sorted(metrics)) or "none"
            raise WrongConfig(f'search.monitor "{self.monitor}" is not among the metrics of the validation: {names}')
        value = float(metrics[self.monitor])
        if not math.isfinite(value):
            raise Diverged(f"{self.monitor} is {value} after {runner.iter} iterations")
        self.step += 1
        self.trial.report(value, self.step)
        if self.trial.should_prune():
            self.pruned = True
            runner.train_loop.stop_training = True


def train(cfg: Config, trial: Trial, monitor: str) -> tuple[str, str]:
    """Train and say how it ended.

    Returns:
        The outcome ("finished", "pruned", "diverged", "out of memory", "error" or "config") and its reason.
    """
    hook = ReportHook(trial, monitor)
    try:
        runner = RUNNERS.build(cfg) if "runner_type" in cfg else Runner.from_cfg(cfg)
        runner.register_hook(hook)
        runner.train()
    except Exception as error:
        traceback.print_exc()
        return failure_of(error), f"{type(error).__name__}: {error}"
    if hook.step == 0:
        return "config", "the training ended before its first validation; see train_cfg.val_interval"
    return ("pruned", f"at validation {hook.step}") if hook.pruned else ("finished", "")


def failure_of(error: Exception) -> str:
    """The kind of a failure, as `train` returns it."""
    if isinstance(error, Diverged):
        return "diverged"
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return "out of memory"
    return "config" if isinstance(error, WrongConfig) else "error"


def launch(folder: Path, number: int, monitor: str, pruner: str) -> int:
    """Run the trial whose config lies in its folder; its output goes to `output.txt` there.

    Returns:
        The exit status of its process, negative if a signal ended it; the outcome stands in the study.
    """
    process = START.Process(target=run, args=(folder, number, monitor, pruner))
    resource_tracker.ensure_running()  # it would lift the block that the trial is to inherit
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for the search, which ends its trial
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        process.join()
    except BaseException:
        process.kill()
        process.join()
        raise
    return process.exitcode or 0


def run(folder: Path, number: int, monitor: str, pruner: str) -> None:
    """The process of a trial. Arguments as in `launch`."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    with (trial_folder(folder, number) / OUTPUT).open("w") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    study = optuna.load_study(study_name=STUDY_NAME, storage=open_storage(folder), pruner=PRUNERS[pruner]())
    trial = Trial(study, study.get_trials(deepcopy=False)[number]._trial_id)
    outcome, reason = train(Config.fromfile(trial_folder(folder, number) / CONFIG), trial, monitor)
    trial.set_user_attr("reason", reason)
    trial.set_user_attr("outcome", outcome)


def end_with_parent() -> None:
    """Wait until the search is gone, then end this process at once."""
    search = multiprocessing.parent_process()
    if search is not None:
        search.join()
        os._exit(1)
