"""What Optuna calls for each trial: train with drawn values, and give the best validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import optuna
from mmengine.config import Config
from optuna.study import Study
from optuna.trial import Trial

from training.search.space import RULES, SearchSettings, options_of, suggest
from training.search.study import SearchStopped, TrialFailed
from training.search.trial import CONFIG, OUTPUT, launch, trial_folder


def objective(
    study: Study, folder: Path, cfg: Config, settings: SearchSettings, pruner: str
) -> Callable[[Trial], float]:
    """The function of a trial: it trains in a process of its own and gives the best validation.

    Args:
        folder: Of the search.
        cfg: Training config with the key `search`; is not changed.
        pruner: Name in `PRUNERS`.
    """

    def run(trial: Trial) -> float:
        own = cfg.copy()
        own.merge_from_dict(options_of(cfg, suggest(trial, settings.space)))
        own.pop("search")
        own.work_dir = str(trial_folder(folder, trial.number))
        Path(own.work_dir).mkdir(exist_ok=True)
        own.dump(Path(own.work_dir, CONFIG))
        status = launch(folder, trial.number, settings.monitor, pruner)
        return value_of(study, trial, status, settings.rule, Path(own.work_dir, OUTPUT))

    return run


def value_of(study: Study, trial: Trial, status: int, rule: str, output: Path) -> float:
    """The best validation of a trial whose process ended.

    Args:
        status: Exit status of the process, negative if a signal ended it.
        rule: "greater" or "less" is better.
        output: What the process printed.

    Raises:
        TrialFailed, optuna.TrialPruned: The trial has no value.
        SearchStopped: It failed, and no trial ever validated: the config is at fault, not the values.
    """
    ended = study.get_trials(deepcopy=False)[trial.number]
    result = ended.user_attrs.get("outcome")
    reason = ended.user_attrs.get("reason", f"its process ended with status {status}")
    if result is None:
        result = "killed" if status < 0 else "error"
        reason = f"killed by signal {-status}; 9 is often too little memory" if status < 0 else reason
    never = not any(other.intermediate_values for other in study.get_trials(deepcopy=False))
    if result == "error" and never:
        result = "config"
    trial.set_user_attr("reason", reason)
    trial.set_user_attr("outcome", result)
    if result == "config":
        raise SearchStopped(f"trial {trial.number} failed, and the next ones would: {reason} (all of it: {output})")
    if result == "pruned":
        raise optuna.TrialPruned(reason)
    if result != "finished":
        raise TrialFailed(reason)
    values = ended.intermediate_values.values()
    return max(values) if rule == RULES[0] else min(values)
