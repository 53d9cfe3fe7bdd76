"""One trial: what the hook reports, when it prunes, and how each ending is called."""

from types import SimpleNamespace

import optuna
import pytest
import torch
from optuna.pruners import ThresholdPruner

from training.search.trial import Diverged, ReportHook, WrongConfig, failure_of


def make_hook() -> tuple[ReportHook, SimpleNamespace]:
    study = optuna.create_study(direction="maximize", pruner=ThresholdPruner(lower=0.5))
    runner = SimpleNamespace(iter=9, train_loop=SimpleNamespace(stop_training=False))
    return ReportHook(study.ask(), "class/accuracy"), runner


def test_validations_are_reported_and_a_poor_one_ends_the_training():
    hook, runner = make_hook()
    for accuracy in (0.6, 0.7):
        hook.after_val_epoch(runner, {"class/accuracy": accuracy, "other": float("nan")})
    assert not hook.pruned and not runner.train_loop.stop_training
    hook.after_val_epoch(runner, {"class/accuracy": 0.4})
    assert hook.pruned and runner.train_loop.stop_training
    assert hook.trial.storage.get_trial(hook.trial._trial_id).intermediate_values == {1: 0.6, 2: 0.7, 3: 0.4}


def test_what_is_not_finite_has_diverged():
    hook, runner = make_hook()
    hook.after_train_iter(runner, 0, outputs={"loss": torch.tensor(1.0), "grad_norm": torch.tensor(float("inf"))})
    with pytest.raises(Diverged, match="loss_a is nan in iteration 10"):
        hook.after_train_iter(runner, 0, outputs={"loss_a": torch.tensor(float("nan"))})
    with pytest.raises(Diverged, match="class/accuracy is inf"):
        hook.after_val_epoch(runner, {"class/accuracy": float("inf")})


def test_a_missing_monitor_is_named_with_the_metrics_there_are():
    hook, runner = make_hook()
    with pytest.raises(WrongConfig, match='"class/accuracy" is not among .*: auroc/a, auroc/mean'):
        hook.after_val_epoch(runner, {"auroc/mean": 1.0, "auroc/a": 1.0})


def test_failures_have_names():
    errors = [Diverged(), MemoryError(), torch.OutOfMemoryError(), WrongConfig(), ValueError(), ZeroDivisionError()]
    names = ["diverged", "out of memory", "out of memory", "config", "error", "error"]
    assert [failure_of(error) for error in errors] == names
