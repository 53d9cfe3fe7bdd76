"""Search hyper-parameters of any training config: random (the default, as papers 001 and 003) or TPE.

    python tools/search.py configs/search/paper_001_vgg16.py --trials 30 --pruner median

The config is a training config with one more key, `search`: what to vary, and the metric of the validation to judge by.

    _base_ = "../enhance/paper_001_vgg16.py"
    search = dict(monitor="class/accuracy", rule="greater",
                  space={"optim_wrapper.optimizer.lr": dict(type="float", low=1e-5, high=1e-1, log=True)})

A trial is a training with drawn values, in a process of its own and with the same seed as all others; its value is its
best validation. The search goes on until N trials in all have run to an end: finished, pruned, or failed by their
values (diverged, out of memory; the reason is kept). Called again with the same folder it goes on; interrupted trials
do not count and others take their place (after half a minute if the search was killed outright). Several calls on one
folder at once share the work.

The folder gets study.db (Optuna), trials.csv, trials.png, best.json with the line that trains with the best values,
and trial_0000, trial_0001, ... with config, logs and output. Only the best trial keeps its weights.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import optuna
from mmengine.config import Config
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial
from tqdm import tqdm

from data.atomic import write_text
from data.errors import MissingFileError, UserError
from tools.command_line.cfg_options import add_cfg_options
from training.search.results import best_trial, draw_trials, outcome, train_command, write_results
from training.search.space import RULES, SearchSettings, options_of, read_settings, suggest
from training.search.study import (
    PRUNERS,
    SAMPLERS,
    SearchStopped,
    TrialFailed,
    counted,
    counts,
    open_study,
    run_trials,
    running,
)
from training.search.trial import CONFIG, OUTPUT, launch, trial_folder


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="training config with the key `search`")
    parser.add_argument(
        "--trials", type=int, required=True, metavar="N", help="trials in all, those of earlier calls included"
    )
    parser.add_argument(
        "--work-dir", type=Path, help="folder of the search; default work_dirs/search/<name of the config>"
    )
    parser.add_argument("--sampler", choices=list(SAMPLERS), default="random", help="default random")
    parser.add_argument(
        "--pruner",
        choices=list(PRUNERS),
        default="none",
        help="end a trial early whose validations fall behind: below the median of the others, or by successive "
        "halving; default none",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the drawn values (default 0)")
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    if args.trials < 1:
        parser.error("--trials: at least 1")
    return args


def load_config(args: argparse.Namespace) -> tuple[Config, SearchSettings]:
    """Read the config with its overrides and check what is to be searched.

    Raises:
        MissingFileError: No such config.
        UserError: As `read_settings`.
    """
    if not args.config.is_file():
        raise MissingFileError(f"{args.config}: no such config file; the project's own are in configs/search/")
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    if cfg.get("randomness", {}).get("seed") is None:
        cfg.randomness = {**cfg.get("randomness", {}), "seed": 0}
    try:
        return cfg, read_settings(cfg)
    except ValueError as error:
        raise UserError(f"{args.config}: {error}") from None


def keep_config(cfg: Config, folder: Path, replace: bool) -> None:
    """Write the config of the search to its folder, or see that it is the one of the earlier calls.

    Args:
        replace: No trial counts yet, so that the config may change.

    Raises:
        UserError: It differs, so that old and new trials could not be compared.
    """
    path = folder / "search.py"
    with tempfile.TemporaryDirectory() as scratch:
        cfg.dump(Path(scratch, "search.py"))
        text = Path(scratch, "search.py").read_text(encoding="utf-8")
        new = Config.fromfile(Path(scratch, "search.py")).to_dict()
    old = new if replace or not path.is_file() else Config.fromfile(path).to_dict()
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if differing:
        raise UserError(f"{path}: a search with another {', '.join(differing)}; take another --work-dir")
    write_text(path, text)


def objective(
    study: Study, folder: Path, cfg: Config, settings: SearchSettings, pruner: str
) -> Callable[[Trial], float]:
    """What Optuna calls for each trial: train with drawn values, give the best validation."""

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


def search(args: argparse.Namespace) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cfg, settings = load_config(args)
    folder = args.work_dir or Path("work_dirs/search", args.config.stem)
    if cfg.val_dataloader == cfg.get("test_dataloader"):
        print(
            "warning: the validation is the test set, so its test will be too good; split off a val.json",
            file=sys.stderr,
        )
    study = open_study(folder, settings.rule, args.sampler, args.pruner, args.seed)
    keep_config(cfg, folder, replace=not counted(study) and not running(study))
    overrides = args.cfg_options or {}
    bar = tqdm(total=args.trials, initial=min(len(counted(study)), args.trials), unit="trial")

    def after_trial(study: Study, trial: FrozenTrial) -> None:
        write_results(study, folder, cfg, args.config, overrides)
        bar.update(counts(trial))
        tqdm.write(summary_line(trial, settings))

    try:
        with bar:
            run = objective(study, folder, cfg, settings, args.pruner)
            run_trials(study, args.trials, run, after_trial)
    finally:
        write_results(study, folder, cfg, args.config, overrides)
    best = best_trial(study)
    if best is None:
        reasons = {trial.user_attrs["reason"] for trial in counted(study)}
        raise SearchStopped(
            f"no trial of {args.trials} finished: {'; '.join(sorted(reasons)[:3])} ({folder}/trials.csv)"
        )
    print(f"best: {settings.monitor} {best.value:.6g} in trial {best.number} of {args.trials} ({folder}/trials.csv)")
    print(draw_trials(study, settings.space, folder, settings.monitor))
    print(train_command(args.config, cfg, overrides, best.params))


def summary_line(trial: FrozenTrial, settings: SearchSettings) -> str:
    drawn = ", ".join(f"{key}={v:.4g}" if isinstance(v, float) else f"{key}={v}" for key, v in trial.params.items())
    value = f"{settings.monitor} {trial.value:.6g}" if trial.value is not None else trial.user_attrs.get("reason", "")
    return f"trial {trial.number}: {outcome(trial)}, {value} ({drawn})"


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        search(args)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on")


if __name__ == "__main__":
    main()
