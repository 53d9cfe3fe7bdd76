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

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.run import INTERRUPTED, run

if TYPE_CHECKING:
    from mmengine.config import Config
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    from training.search.space import SearchSettings

SAMPLERS = ("random", "tpe")
PRUNERS = ("none", "median", "halving")
"""The keys of `training.search.study`'s, which loads Optuna."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="training config with the key `search`")
    parser.add_argument(
        "--trials", type=int, required=True, metavar="N", help="trials in all, those of earlier calls included"
    )
    parser.add_argument(
        "--work-dir", type=Path, help="folder of the search; default work_dirs/search/<name of the config>"
    )
    parser.add_argument("--sampler", choices=SAMPLERS, default="random", help="default random")
    parser.add_argument(
        "--pruner",
        choices=PRUNERS,
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


def search(args: argparse.Namespace) -> None:
    import optuna
    from tqdm import tqdm

    from training.search.config_file import keep_config, read_search
    from training.search.objective import objective
    from training.search.results import summary_line, write_results
    from training.search.study import counted, counts, open_study, run_trials, running

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cfg, settings = read_search(args.config, args.cfg_options)
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
        tqdm.write(summary_line(trial, settings.monitor))

    try:
        with bar:
            train = objective(study, folder, cfg, settings, args.pruner)
            run_trials(study, args.trials, train, after_trial)
    finally:
        write_results(study, folder, cfg, args.config, overrides)
    show_best(study, folder, cfg, settings, args)


def show_best(study: Study, folder: Path, cfg: Config, settings: SearchSettings, args: argparse.Namespace) -> None:
    """Print the best trial, the picture of all, and the line that trains with its values.

    Raises:
        SearchStopped: No trial finished.
    """
    from training.search.results import best_trial, draw_trials, train_command
    from training.search.study import SearchStopped, counted

    best = best_trial(study)
    if best is None:
        reasons = {trial.user_attrs["reason"] for trial in counted(study)}
        raise SearchStopped(
            f"no trial of {args.trials} finished: {'; '.join(sorted(reasons)[:3])} ({folder}/trials.csv)"
        )
    print(f"best: {settings.monitor} {best.value:.6g} in trial {best.number} of {args.trials} ({folder}/trials.csv)")
    print(draw_trials(study, settings.space, folder, settings.monitor))
    print(train_command(args.config, cfg, args.cfg_options or {}, best.params))


def main(argv: Sequence[str] | None = None) -> int | None:
    args = parse_args(argv)
    try:
        search(args)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return INTERRUPTED
    return None


if __name__ == "__main__":
    run(main)
