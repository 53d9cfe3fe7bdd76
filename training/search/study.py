"""The study: an Optuna database in the folder of the search, and the loop that fills it with trials.

A trial counts if it ran to an end of its own: finished, pruned, or failed by its values (diverged, out of memory, ...).
One that was interrupted (Ctrl-C, a kill, a machine that went down) does not, and another takes its place.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
from filelock import FileLock
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from data.errors import UserError

STUDY_NAME = "search"
FAILURES = ("diverged", "out of memory", "killed", "error")  # outcomes that count
HEARTBEAT, GRACE = 10, 30  # seconds: a running trial without a sign of life for GRACE is dead
SAMPLERS: dict[str, Callable[..., BaseSampler]] = {"random": RandomSampler, "tpe": TPESampler}
PRUNERS: dict[str, Callable[[], BasePruner]] = {
    "none": NopPruner,
    "median": MedianPruner,
    "halving": SuccessiveHalvingPruner,
}


class TrialFailed(Exception):
    """One trial failed; the search goes on."""


class SearchStopped(UserError):
    """The search cannot go on; the text says why."""


class PerTrialSampler(BaseSampler):
    """A fresh sampler per trial, seeded by (seed, number of the trial): a resumed search never draws the same again.

    Args:
        make: Gives a sampler, called with `seed=`.
        seed: Of the search.
    """

    def __init__(self, make: Callable[..., BaseSampler], seed: int) -> None:
        self.make, self.seed = make, seed
        self._number = -1
        self._sampler = make(seed=seed)

    def _of(self, trial: FrozenTrial) -> BaseSampler:
        if trial.number != self._number:
            self._number = trial.number
            state = np.random.SeedSequence([self.seed, trial.number]).generate_state(1)
            self._sampler = self.make(seed=int(state[0]))
        return self._sampler

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, object]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> object:
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)


SQLITE = b"SQLite format 3\0"
"""How a database begins."""


def open_storage(folder: Path) -> RDBStorage:
    """`folder/study.db`, made if it is not there; several processes may ask at once.

    Raises:
        UserError: it is no database.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.db"
    if file.exists():
        with file.open("rb") as content:
            if content.read(len(SQLITE)) not in (b"", SQLITE):
                raise UserError(f"{file} is damaged or no study: move it away, or take another --work-dir")
    with warnings.catch_warnings(), FileLock(folder / "study.lock"):
        warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats
        return RDBStorage(
            f"sqlite:///{file.resolve()}",
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            engine_kwargs={"connect_args": {"timeout": 60}},
        )


def open_study(folder: Path, rule: str, sampler: str = "random", pruner: str = "none", seed: int = 0) -> Study:
    """The study of a folder, new or as it was left.

    Args:
        rule: "greater" or "less" is better.
        sampler: Name in `SAMPLERS`.
        pruner: Name in `PRUNERS`.
        seed: Of the drawn values.

    Raises:
        UserError: The folder's study was made with the other rule.
    """
    storage = open_storage(folder)
    direction = StudyDirection.MAXIMIZE if rule == "greater" else StudyDirection.MINIMIZE
    with FileLock(folder / "study.lock"):
        study = optuna.create_study(
            storage=storage,
            sampler=PerTrialSampler(SAMPLERS[sampler], seed),
            pruner=PRUNERS[pruner](),
            study_name=STUDY_NAME,
            direction=direction,
            load_if_exists=True,
        )
    if study.direction != direction:
        raise UserError(f'{folder}: this folder is of a search whose rule is not "{rule}"; take another --work-dir')
    return study


def counts(trial: FrozenTrial) -> bool:
    """Whether the trial ran to an end of its own."""
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
        return True
    return trial.state == TrialState.FAIL and trial.user_attrs.get("outcome") in FAILURES


def counted(study: Study) -> list[FrozenTrial]:
    return [trial for trial in study.get_trials(deepcopy=False) if counts(trial)]


def running(study: Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def fail_dead_trials(study: Study) -> None:
    """Mark trials whose process gives no sign of life any more as failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


def run_trials(
    study: Study,
    number: int,
    objective: Callable[[Trial], float],
    after_trial: Callable[[Study, FrozenTrial], None],
    poll: float = 1.0,
) -> None:
    """Run trials until `number` of them count, those of earlier calls and of other processes included.

    Args:
        objective: Trains with the values of a trial. Raises `TrialFailed` or `optuna.TrialPruned` for the trial,
            anything else for the search.
        after_trial: Called after each trial of this process.
        poll: Seconds between looks while only trials of other processes are left.
    """
    while (left := number - len(counted(study))) > 0:
        fail_dead_trials(study)
        if len(running(study)) >= left:
            time.sleep(poll)
            continue
        study.optimize(objective, n_trials=1, catch=(TrialFailed,), callbacks=[after_trial])
