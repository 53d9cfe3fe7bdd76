"""The value of a trial, by how its process ended; the config that a trial trains."""

from pathlib import Path

import optuna
import pytest
from mmengine.config import Config
from optuna.distributions import FloatDistribution
from optuna.trial import FixedTrial

from training.search import objective as module
from training.search.objective import objective, value_of
from training.search.space import SearchSettings
from training.search.study import SearchStopped, TrialFailed


def ended(values: list[float], **attributes: str) -> tuple[optuna.Study, optuna.Trial]:
    """A trial that validated so and whose process said so of itself."""
    study = optuna.create_study()
    trial = study.ask()
    for step, value in enumerate(values, 1):
        trial.report(value, step)
    for name, value in attributes.items():
        trial.set_user_attr(name, value)
    return study, trial


@pytest.mark.parametrize(("rule", "best"), [("greater", 0.7), ("less", 0.2)])
def test_a_finished_trial_has_its_best_validation(rule: str, best: float) -> None:
    study, trial = ended([0.5, 0.7, 0.2], outcome="finished", reason="")
    assert value_of(study, trial, 0, rule, Path("output.txt")) == best


@pytest.mark.parametrize(
    ("attributes", "status", "outcome", "reason"),
    [
        ({"outcome": "diverged", "reason": "loss is nan"}, 0, "diverged", "loss is nan"),
        ({"outcome": "error", "reason": "it broke"}, 0, "error", "it broke"),
        ({}, -9, "killed", "killed by signal 9; 9 is often too little memory"),
        ({}, 3, "error", "its process ended with status 3"),
    ],
)
def test_a_trial_that_failed_says_why(attributes: dict, status: int, outcome: str, reason: str) -> None:
    study, trial = ended([0.5], **attributes)
    with pytest.raises(TrialFailed) as failed:
        value_of(study, trial, status, "less", Path("output.txt"))
    assert str(failed.value) == reason
    assert study.trials[0].user_attrs == {"outcome": outcome, "reason": reason}


def test_a_pruned_trial_is_pruned() -> None:
    study, trial = ended([0.5], outcome="pruned", reason="at validation 1")
    with pytest.raises(optuna.TrialPruned, match="at validation 1"):
        value_of(study, trial, 0, "less", Path("output.txt"))


@pytest.mark.parametrize("attributes", [{"outcome": "error", "reason": "it broke"}, {}])
def test_where_no_trial_ever_validated_the_config_is_at_fault(attributes: dict) -> None:
    study, trial = ended([], **attributes)
    with pytest.raises(SearchStopped, match=r"trial 0 failed, and the next ones would: .*\(all of it: output\.txt\)"):
        value_of(study, trial, 1, "less", Path("output.txt"))
    assert study.trials[0].user_attrs["outcome"] == "config"
    killed = ended([])
    with pytest.raises(TrialFailed, match="killed by signal 9"):  # other values may take less memory
        value_of(*killed, -9, "less", Path("output.txt"))


def test_a_trial_trains_the_config_with_the_drawn_values_in_its_folder(tmp_path: Path, monkeypatch) -> None:
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict(lr=0.1)), search=dict(monitor="error")))
    key = "optim_wrapper.optimizer.lr"
    settings = SearchSettings({key: FloatDistribution(0.0, 1.0)}, "error", "less")
    launched, judged = [], []
    monkeypatch.setattr(module, "launch", lambda *arguments: launched.append(arguments) or -7)
    monkeypatch.setattr(module, "value_of", lambda study, trial, *more: judged.append(more) or 0.25)
    trial = FixedTrial({key: 0.5}, number=12)
    assert objective(optuna.create_study(), tmp_path, cfg, settings, "median")(trial) == 0.25
    folder = tmp_path / "trial_0012"
    trained = Config.fromfile(folder / "config.py")
    assert trained.to_dict() == dict(optim_wrapper=dict(optimizer=dict(lr=0.5)), work_dir=str(folder))
    assert launched == [(tmp_path, 12, "error", "median")]
    assert judged == [(-7, "less", folder / "output.txt")]
    assert cfg.optim_wrapper.optimizer.lr == 0.1 and "search" in cfg
