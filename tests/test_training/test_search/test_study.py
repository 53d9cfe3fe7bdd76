"""The study: what counts, what is made up for, and draws that do not depend on where a search was stopped."""

import time

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from training.search import study as module
from training.search.study import (
    SAMPLERS,
    PerTrialSampler,
    TrialFailed,
    counted,
    fail_dead_trials,
    open_study,
    run_trials,
)


def value(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1)


def ignore(*_: object) -> None:
    pass


def params(study: optuna.Study) -> list[dict]:
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_resumed_search_draws_what_an_unbroken_one_draws(tmp_path, sampler):
    whole = open_study(tmp_path / "whole", "less", sampler, seed=3)
    run_trials(whole, 14, value, ignore)
    for number in (5, 14):
        broken = open_study(tmp_path / "broken", "less", sampler, seed=3)
        run_trials(broken, number, value, ignore)
    assert params(broken) == params(whole)
    assert len({trial["x"] for trial in params(whole)} | {trial["y"] for trial in params(whole)}) == 28


def test_tpe_looks_at_the_values_and_random_does_not():
    means = {}
    for name, make in SAMPLERS.items():
        study = optuna.create_study(sampler=PerTrialSampler(make, seed=0))
        study.optimize(value, n_trials=60)
        means[name] = sum(trial.value for trial in study.trials[20:]) / 40
    assert means["tpe"] < 0.6 and 0.8 < means["random"] < 1.2


def test_a_failure_counts_if_it_ended_by_itself(tmp_path):
    study = open_study(tmp_path, "greater")
    seen: list[FrozenTrial] = []

    def run(trial: optuna.Trial) -> float:
        if trial.number == 0:
            trial.set_user_attr("outcome", "diverged")
            raise TrialFailed("loss is nan")
        if trial.number == 1:
            raise TrialFailed("without an outcome, as one that was interrupted")
        if trial.number == 2:
            raise optuna.TrialPruned
        return 1.0

    run_trials(study, 3, run, lambda _, trial: seen.append(trial))
    assert [trial.number for trial in counted(study)] == [0, 2, 3]
    assert [trial.number for trial in seen] == [0, 1, 2, 3]
    run_trials(study, 3, run, ignore)
    assert len(study.trials) == 4


def test_ctrl_c_leaves_nothing_running_and_another_trial_takes_the_place(tmp_path):
    study = open_study(tmp_path, "greater")

    def stop(trial: optuna.Trial) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trials(study, 2, stop, ignore)
    assert study.trials[0].state == TrialState.FAIL
    run_trials(open_study(tmp_path, "greater"), 2, value, ignore)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE", "COMPLETE"]


def test_a_dead_process_is_noticed_and_made_up_for(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT", 1)
    monkeypatch.setattr(module, "GRACE", 2)
    study = open_study(tmp_path, "greater")
    study._storage.record_heartbeat(study.ask()._trial_id)  # its process says nothing more
    fail_dead_trials(study)
    assert study.trials[0].state == TrialState.RUNNING
    start = time.monotonic()
    run_trials(study, 1, value, ignore, poll=0.1)  # waits for it, since it may be of another process
    assert time.monotonic() - start > 1
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE"]


def test_a_study_keeps_its_rule(tmp_path):
    open_study(tmp_path, "greater")
    with pytest.raises(ValueError, match='whose rule is not "less"'):
        open_study(tmp_path, "less")
