"""Test a trained model of an mmengine config.

    python tools/test.py configs/detect/faster_rcnn_small.py work_dirs/raw/epoch_14.pth --work-dir work_dirs/raw

A detector's predictions are written as a COCO results list to `<work dir>/test/predictions.bbox.json`, what
`tools/froc_report.py --pred` reads, unless the config's FROCMetric has an `outfile_prefix` of its own. A classifier's
scores and labels are written to `<work dir>/test/predictions.json`, what `tools/classification_report.py --pred` reads,
unless its AUROCMetric has an `outfile`. The flags are mmdet's.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.claim import is_first_process
from data.errors import MissingFileError, UserError
from data.leaks.persons import shared_persons
from tools.command_line.cfg_options import add_cfg_options, apply_cfg_options
from tools.command_line.deterministic import add_deterministic, be_deterministic
from tools.command_line.resources import explained, readers_ended
from tools.command_line.run import run
from training.config_data import import_custom_modules, kept_on_error, read_config
from training.testing import (
    add_mirror_images,
    annotation_files,
    check_annotation_files,
    check_names,
    chose_the_epoch,
    expect_no_lesions,
    keep_predictions,
    metrics_of,
    show_in,
)

if TYPE_CHECKING:
    from mmengine.config import Config


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="mmengine config file")
    parser.add_argument("checkpoint", type=Path, help="checkpoint that tools/train.py wrote")
    parser.add_argument("--work-dir", type=Path, help="logs and predictions; default work_dirs/<name of the config>")
    parser.add_argument("--out", type=Path, metavar="PKL", help="also write the raw predictions as a pickle")
    parser.add_argument("--show-dir", type=Path, help="write the test images with their boxes here")
    parser.add_argument("--tta", action="store_true", help="test on each image and its mirror image (detectors)")
    parser.add_argument(
        "--lesion-free",
        action="store_true",
        help="the test set has no lesion, and that is meant: count boxes per image",
    )
    add_deterministic(parser)
    add_cfg_options(parser)
    parser.add_argument("--launcher", choices=["none", "pytorch", "slurm", "mpi"], default="none")
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def load_config(args: argparse.Namespace) -> Config:
    """Read the config and apply the flags to it.

    Raises:
        MissingFileError: the config or the checkpoint is missing.
        UserError: a flag that the config cannot follow.
    """
    if not args.checkpoint.is_file():
        raise MissingFileError(f"{args.checkpoint}: no such checkpoint; tools/train.py writes them to its work folder")
    if args.out is not None and args.out.suffix not in (".pkl", ".pickle"):
        raise UserError(f"--out {args.out}: the file is a pickle, so give it the suffix .pkl")
    cfg = read_config(args.config, imports=False)
    apply_cfg_options(cfg, args.cfg_options)
    cfg.launcher = args.launcher
    cfg.load_from = str(args.checkpoint)
    if args.work_dir is not None or cfg.get("work_dir") is None:
        cfg.work_dir = str(args.work_dir or Path("work_dirs", args.config.stem))
    keep_predictions(cfg)
    if args.show_dir is not None:
        show_in(cfg, args.show_dir)
    if args.tta:
        add_mirror_images(cfg)
    if args.lesion_free:
        expect_no_lesions(cfg)
    return cfg


def trained_config(checkpoint: Mapping[str, Any]) -> Config:
    """The config by which what a checkpoint holds was trained; an empty one where it does not say that."""
    from mmengine.config import Config

    from training.checkpoints import stored_config

    try:
        return stored_config(checkpoint)
    except UserError:
        return Config()


def check_trained_persons(trained: Config, tested: Config) -> None:
    """Refuse to test on persons that were trained on; of the very images that were, a warning is enough.

    Raises:
        UserError: see `data.leaks.persons.shared_persons`.
    """
    train, test = annotation_files(trained, "train_dataloader"), annotation_files(tested, "test_dataloader")
    notes = shared_persons(train, test)
    if train & test:
        notes.append("this checkpoint was trained on these images: the numbers are too good")
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)


def test(cfg: Config, pickle: Path | None) -> None:
    """Build the runner of a config, and test; `pickle` gets the raw predictions."""
    check_annotation_files(cfg, "test_dataloader")
    import_custom_modules(cfg)
    from mmengine.evaluator import DumpResults
    from mmengine.registry import RUNNERS
    from mmengine.runner import Runner

    from training.checkpoints import fill, read_checkpoint
    from training.log_history import log_often_enough

    checkpoint = read_checkpoint(cfg.load_from)
    trained = trained_config(checkpoint)
    check_trained_persons(trained, cfg)
    if chose_the_epoch(trained, cfg):
        print("warning: these images chose the epoch of this checkpoint: the numbers are too good", file=sys.stderr)
        for metric in metrics_of(cfg, "AUROCMetric"):
            metric.chose_the_epoch = True
    with kept_on_error(cfg), explained("test_dataloader"):
        runner = RUNNERS.build(cfg) if "runner_type" in cfg else Runner.from_cfg(cfg)
        model = getattr(runner.model, "module", runner.model)
        fill(model, cfg.load_from, f"model of {cfg.filename}")
        names = {"label_names": getattr(model, "label_names", None)}
        names |= checkpoint.get("meta", {}).get("dataset_meta") or {}
        check_names(names, runner.test_dataloader.dataset.metainfo)
        if pickle is not None:
            runner.test_evaluator.metrics.append(DumpResults(str(pickle)))
        log_often_enough(runner, runner.test_dataloader)
        with readers_ended(runner):
            runner.test()
    if Path(cfg.work_dir, "test").is_dir() and is_first_process():
        print(f"results files are in {Path(cfg.work_dir, 'test')}", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    if args.deterministic:
        be_deterministic()
    test(load_config(args), args.out)


if __name__ == "__main__":
    run(main)
