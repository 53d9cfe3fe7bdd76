"""What a search leaves: trials.csv, best.json, trials.png, and the weights of its best trial alone."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from mmengine.config import Config
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from data.atomic import atomic_path, write_json
from training.search.space import format_options, options_of
from training.search.study import counts
from training.search.trial import trial_folder


def best_trial(study: Study) -> FrozenTrial | None:
    """The finished trial with the best value, the first of equals; None if no trial finished."""
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return study.best_trial if finished else None


def outcome(trial: FrozenTrial) -> str:
    """How a trial ended, in a word; "interrupted" if it did not count and another took its place."""
    if trial.state in (TrialState.RUNNING, TrialState.WAITING):
        return trial.state.name.lower()
    return trial.user_attrs["outcome"] if counts(trial) else "interrupted"


def trial_row(trial: FrozenTrial) -> dict[str, Any]:
    """One line of trials.csv: outcome, value (None unless finished), values of the keys, and what explains them."""
    return {
        "trial": trial.number,
        "outcome": outcome(trial),
        "value": trial.value,
        **trial.params,
        "validations": len(trial.intermediate_values),
        "seconds": None if trial.duration is None else round(trial.duration.total_seconds(), 1),
        "reason": trial.user_attrs.get("reason", ""),
    }


def summary_line(trial: FrozenTrial, monitor: str) -> str:
    """One trial in a line: how it ended, its value or the reason that it has none, the values drawn."""
    drawn = ", ".join(f"{key}={v:.4g}" if isinstance(v, float) else f"{key}={v}" for key, v in trial.params.items())
    value = f"{monitor} {trial.value:.6g}" if trial.value is not None else trial.user_attrs.get("reason", "")
    return f"trial {trial.number}: {outcome(trial)}, {value} ({drawn})"


def train_command(config: Path, cfg: Config, overrides: dict[str, Any], values: dict[str, Any]) -> str:
    """The line that trains with these values.

    Args:
        config: File of the search.
        cfg: Its content, overrides applied.
        overrides: `--cfg-options` of the search.
        values: Dotted keys with their values.
    """
    options = format_options({**overrides, **options_of(cfg, values)})
    return shlex.join(["python", "tools/train.py", str(config), "--cfg-options", *options])


def write_results(study: Study, folder: Path, cfg: Config, config: Path, overrides: dict[str, Any]) -> None:
    """Write trials.csv and best.json and remove the weights of every trial that ended and is not the best.

    Args:
        folder: Of the search.
        cfg, config, overrides: As in `train_command`.
    """
    trials = study.get_trials(deepcopy=False)
    with atomic_path(folder / "trials.csv") as temporary:
        pd.DataFrame([trial_row(trial) for trial in trials]).to_csv(temporary, index=False)
    best = best_trial(study)
    keep_weights_of(best, trials, folder)
    if best is not None:
        best_folder = trial_folder(folder, best.number)
        content = {
            "monitor": cfg.search["monitor"],
            "value": best.value,
            "trial": best.number,
            "values": best.params,
            "command": train_command(config, cfg, overrides, best.params),
            "weights": sorted(str(path.relative_to(folder)) for path in best_folder.glob("*.pth")),
            "trials": dict(Counter(outcome(trial) for trial in trials)),
        }
        write_json(folder / "best.json", content)


def keep_weights_of(best: FrozenTrial | None, trials: list[FrozenTrial], folder: Path) -> None:
    """Remove `*.pth` of all trials that ended, but for the best, and what names them."""
    for trial in trials:
        if trial.state.is_finished() and (best is None or trial.number != best.number):
            own = trial_folder(folder, trial.number)
            for path in (*own.glob("*.pth"), own / "last_checkpoint"):
                path.unlink(missing_ok=True)


def draw_trials(study: Study, space: Mapping[str, BaseDistribution], folder: Path, monitor: str) -> Path:
    """trials.png: the values of all finished trials over each searched key, the best in red."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    best = best_trial(study)
    figure = Figure(figsize=(1 + 3.2 * len(space), 3.2), layout="constrained")
    axes = figure.subplots(1, len(space), sharey=True, squeeze=False)[0]
    for axis, (key, its_range) in zip(axes, space.items(), strict=True):
        if isinstance(its_range, CategoricalDistribution):
            axis.xaxis.update_units([str(choice) for choice in its_range.choices])
        elif isinstance(its_range, (FloatDistribution, IntDistribution)):
            axis.set_xscale("log" if its_range.log else "linear")
            axis.set_xlim(its_range.low, its_range.high)
        for trial in trials:
            value = trial.params[key]
            color, order = ("tab:red", 3) if best and trial.number == best.number else ("tab:blue", 2)
            shown = str(value) if isinstance(its_range, CategoricalDistribution) else value
            axis.scatter([shown], [trial.value], color=color, zorder=order, s=18, clip_on=False)
        axis.set_xlabel(key, fontsize="small")
    axes[0].set_ylabel(monitor)
    with atomic_path(folder / "trials.png") as temporary:
        figure.savefig(temporary, dpi=120)
    return folder / "trials.png"
