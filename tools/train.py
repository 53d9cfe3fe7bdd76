"""Train whatever an mmengine config describes: a detector, a classifier for attention maps, a colorization GAN.

    python tools/train.py configs/detect/faster_rcnn_small.py --work-dir work_dirs/raw \\
        --cfg-options train_dataloader.dataset.data_root=datasets/mine val_dataloader.dataset.data_root=datasets/mine \\
        test_dataloader.dataset.data_root=datasets/mine train_cfg.max_epochs=20

The work folder gets the config with its options, by which tools/test.py tests. The flags are mmdet's.
Many GPUs: `torchrun --nproc-per-node 4 tools/train.py CONFIG --launcher pytorch`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.atomic import remove_leftovers
from data.claim import claimed, is_first_process
from data.errors import MissingFileError, UserError
from data.leaks.persons import shared_persons
from tools.command_line.cfg_options import add_cfg_options, apply_cfg_options
from tools.command_line.deterministic import add_deterministic, be_deterministic
from tools.command_line.folders import check_folder
from tools.command_line.resources import explained, readers_ended
from tools.command_line.run import run
from training.checkpoints import FINISHED, check_start, has_ended, keep_weights, newest_checkpoint, newest_match
from training.config_data import import_custom_modules, kept_on_error, read_config
from training.testing import annotation_files, check_annotation_files, check_names

if TYPE_CHECKING:
    from mmengine.config import Config

AGAIN = "go on with --resume"
"""What to do after a stop from outside."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="mmengine config file")
    parser.add_argument("--work-dir", type=Path, help="logs and checkpoints; default work_dirs/<name of the config>")
    parser.add_argument("--amp", action="store_true", help="automatic mixed precision; on a CPU bfloat16")
    parser.add_argument(
        "--auto-scale-lr", action="store_true", help="scale the learning rate with the whole batch size"
    )
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="CKPT",
        help="go on from a checkpoint; without a name, from the latest one in the work folder",
    )
    parser.add_argument(
        "--weights-only",
        action="store_true",
        help="at the end keep the weights of the best and the last epoch, and no checkpoint that could go on",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="curves for TensorBoard too: tensorboard --logdir WORK_DIR"
    )
    add_deterministic(parser)
    add_cfg_options(parser)
    parser.add_argument("--launcher", choices=["none", "pytorch", "slurm", "mpi"], default="none")
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def load_config(args: argparse.Namespace) -> Config:
    """Read the config and apply the flags to it.

    Raises:
        MissingFileError: the config or the checkpoint to resume from is missing.
        UserError: `--auto-scale-lr` without a base batch size in the config.
    """
    cfg = read_config(args.config, imports=False)
    apply_cfg_options(cfg, args.cfg_options)
    cfg.launcher = args.launcher
    if args.work_dir is not None or cfg.get("work_dir") is None:
        cfg.work_dir = str(args.work_dir or Path("work_dirs", args.config.stem))
    if args.amp:
        from training.mixed_precision import use_mixed_precision  # here: it loads torch

        use_mixed_precision(cfg.optim_wrapper)
    if args.tensorboard:
        draw_curves(cfg)
    if args.auto_scale_lr:
        if "base_batch_size" not in cfg.get("auto_scale_lr", {}):
            raise UserError(
                f"{args.config}: --auto-scale-lr needs auto_scale_lr=dict(base_batch_size=...) in the config"
            )
        cfg.auto_scale_lr.enable = True
    if args.resume is not None:
        if args.resume != "auto" and not Path(args.resume).is_file():
            raise MissingFileError(f"{args.resume}: no such checkpoint to resume from")
        found = newest_checkpoint(cfg.work_dir) if args.resume == "auto" else args.resume
        cfg.resume = found is not None
        if found is None:
            print(f"{cfg.work_dir}: nothing to resume; the training begins anew", file=sys.stderr)
        cfg.load_from = str(found) if found else cfg.get("load_from")
    if cfg.get("load_from") and not cfg.get("resume"):
        cfg.load_from = newest_match(cfg.load_from)
    return cfg


def draw_curves(cfg: Config) -> None:
    """Let the visualizer of a config write for TensorBoard too."""
    visualizer = cfg.get("visualizer") or dict(type="Visualizer")
    backends = visualizer.get("vis_backends") or [dict(type="LocalVisBackend")]
    if not any(backend["type"] == "TensorboardVisBackend" for backend in backends):
        backends = [*backends, dict(type="TensorboardVisBackend")]
    cfg.visualizer = dict(visualizer, vis_backends=backends)


def check_persons(cfg: Config) -> None:
    """Make sure that nobody is trained on who is validated or tested, unless that is done on the very file.

    Raises:
        UserError: see `data.leaks.persons.shared_persons`.
    """
    train, val, test = (annotation_files(cfg, f"{side}_dataloader") for side in ("train", "val", "test"))
    for note in shared_persons(train, val | test):
        print(f"warning: {note}", file=sys.stderr)


def make_stoppable(cfg: Config) -> None:
    """Give a training by epochs the loop that a scheduler may stop within one."""
    loop = cfg.get("train_cfg") or {}
    if loop.get("type", "EpochBasedTrainLoop" if loop.get("by_epoch", True) else "") == "EpochBasedTrainLoop":
        cfg.train_cfg = dict(loop, type="StoppableEpochLoop")
        cfg.train_cfg.pop("by_epoch", None)


def distribute_over_cpus(cfg: Config) -> None:
    """Let the processes of `torchrun` talk without a GPU, which mmengine would ask for."""
    import torch

    torch.distributed.init_process_group("gloo")
    wrapper = cfg.get("model_wrapper_cfg") or dict(type="MMDistributedDataParallel")
    cfg.model_wrapper_cfg = dict(wrapper, device_ids=None)


def train(cfg: Config) -> None:
    """Build the runner of a config, and train."""
    dataset = cfg.get("train_dataloader", {}).get("dataset", {})
    check_names({"label_names": cfg.get("model", {}).get("label_names")}, dataset)
    check_annotation_files(cfg, "train_dataloader", "val_dataloader")
    check_persons(cfg)
    import_custom_modules(cfg)
    import torch
    from mmengine.registry import RUNNERS
    from mmengine.runner import Runner

    import training.register  # noqa: F401  the loop, and safe loading of whatever the config names as weights
    from training.log_history import log_often_enough

    if cfg.launcher == "pytorch" and not torch.cuda.is_available():
        distribute_over_cpus(cfg)
    make_stoppable(cfg)
    with kept_on_error(cfg), explained("train_dataloader"):
        runner = RUNNERS.build(cfg) if "runner_type" in cfg else Runner.from_cfg(cfg)
        if cfg.get("load_from"):
            check_start(getattr(runner.model, "module", runner.model), cfg.load_from, bool(cfg.get("resume")))
        if not cfg.get("resume") and is_first_process():
            Path(cfg.work_dir, FINISHED).unlink(missing_ok=True)
        log_often_enough(runner, runner.train_dataloader)
        runner.register_hook(dict(type="LogHistoryHook"))
        with readers_ended(runner):
            runner.train()


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    cfg = load_config(args)
    if args.deterministic:
        be_deterministic()
        given = {key: value for key, value in cfg.get("randomness", {}).items() if value is not None}
        cfg.randomness = {"seed": 0} | given | {"deterministic": True}
    check_folder(Path(cfg.work_dir), "--work-dir")
    with claimed(cfg.work_dir, patience=60):
        if is_first_process():
            remove_leftovers(cfg.work_dir, deep=False)
        if args.weights_only and args.resume == "auto" and has_ended(cfg.work_dir):
            print(f"{cfg.work_dir}: this training has ended", flush=True)
        else:
            train(cfg)
        if args.weights_only and is_first_process():
            keep_weights(cfg.work_dir)
        if is_first_process():
            print(f"weights and log are in {cfg.work_dir}", flush=True)


if __name__ == "__main__":
    run(main)
