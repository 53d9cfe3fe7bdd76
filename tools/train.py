"""Train whatever an mmengine config describes: a detector, a classifier for attention maps, a colorization GAN.

    python tools/train.py configs/detect/faster_rcnn_small.py --work-dir work_dirs/raw \\
        --cfg-options train_dataloader.dataset.data_root=datasets/mine val_dataloader.dataset.data_root=datasets/mine

The flags are mmdet's. Many GPUs: `torchrun --nproc-per-node 4 tools/train.py CONFIG --launcher pytorch`.
"""

import argparse
import glob
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from mmengine.config import Config, ConfigDict
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS, RUNNERS
from mmengine.runner import Runner

from data.errors import MissingFileError, UserError
from tools.command_line.cfg_options import add_cfg_options
from training.resume import newest_checkpoint


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
    if not args.config.is_file():
        raise MissingFileError(f"{args.config}: no such config file; the project's own are in configs/")
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    cfg.launcher = args.launcher
    if args.work_dir is not None or cfg.get("work_dir") is None:
        cfg.work_dir = str(args.work_dir or Path("work_dirs", args.config.stem))
    if args.amp:
        use_mixed_precision(cfg.optim_wrapper)
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
        cfg.load_from = str(found) if found else cfg.get("load_from")
    if cfg.get("load_from") and not cfg.get("resume"):
        cfg.load_from = newest_match(cfg.load_from)
    return cfg


def newest_match(pattern: str) -> str:
    """The newest file that a path with wildcards names, such as `work_dirs/generator/best_*.pth`; an address is kept.

    Raises:
        MissingFileError: there is none.
    """
    if "://" in pattern or Path(pattern).is_file():
        return pattern
    files = glob.glob(pattern)  # noqa: PTH207  the pattern may start anywhere
    if not files:
        raise MissingFileError(f"{pattern}: no such checkpoint to start from (load_from); train it first")
    return max(files, key=os.path.getmtime)


@OPTIM_WRAPPERS.register_module()
class CPUAutocastOptimWrapper(OptimWrapper):
    """Mixed precision on a CPU, where mmengine's `AmpOptimWrapper` refuses to run.

    The forward pass is in bfloat16, whose range is float32's: no loss needs scaling.
    """

    @contextmanager
    def optim_context(self, model: torch.nn.Module) -> Iterator[None]:
        with super().optim_context(model), torch.autocast("cpu", torch.bfloat16):
            yield


def use_mixed_precision(optim_wrapper: ConfigDict) -> None:
    """Make an optimizer wrapper, or each one of several (a GAN's), run in automatic mixed precision."""
    if "optimizer" in optim_wrapper:
        if torch.cuda.is_available():
            optim_wrapper.update(type="AmpOptimWrapper", loss_scale="dynamic")
        else:
            optim_wrapper.type = "CPUAutocastOptimWrapper"
        return
    for part in optim_wrapper.values():
        if isinstance(part, dict) and "optimizer" in part:
            use_mixed_precision(part)


def distribute_over_cpus(cfg: Config) -> None:
    """Let the processes of `torchrun` talk without a GPU, which mmengine would ask for."""
    torch.distributed.init_process_group("gloo")
    wrapper = cfg.get("model_wrapper_cfg") or dict(type="MMDistributedDataParallel")
    cfg.model_wrapper_cfg = dict(wrapper, device_ids=None)


def claim(work_dir: Path, patience: float = 60) -> None:
    """Keep `work_dir` for this process until it ends, however it ends; processes of one run are led by the first.

    Raises:
        UserError: another training still writes there after `patience` seconds, such as one whose starter was killed.
    """
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) > 0:
        return
    work_dir.mkdir(parents=True, exist_ok=True)
    try:
        FileLock(work_dir / ".training.lock", is_singleton=True).acquire(timeout=patience)
    except Timeout as error:
        raise UserError(f"another training writes to {work_dir}: end it, or give another --work-dir") from error


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    try:
        cfg = load_config(args)
        claim(Path(cfg.work_dir))
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"error: {error}")
    try:
        if args.launcher == "pytorch" and not torch.cuda.is_available():
            distribute_over_cpus(cfg)
        runner = RUNNERS.build(cfg) if "runner_type" in cfg else Runner.from_cfg(cfg)
        runner.train()
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
