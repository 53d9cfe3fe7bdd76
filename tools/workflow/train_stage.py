"""Train one stage of a workflow, or go on where it was stopped: tools/train.py --resume --weights-only, in its folder.

    python tools/workflow/train_stage.py configs/detect/faster_rcnn_demo.py --work-dir work_dirs/raw \\
        --inputs datasets/rsna/train.json -- --amp --cfg-options randomness.seed=1

What follows "--" are options of tools/train.py. The work folder has a stamp, an empty file that is named for the
content of the config and the options. While it stands, a training that was killed goes on at its last epoch, and one
that has ended stays so. With other content or options, or with an input that is newer than the stamp, the folder is
emptied and the training starts anew.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from data.errors import MissingFileError, NoFolderError, UserError
from tools.command_line.run import run

STAMP = ".started"
WRITTEN = re.compile(r"last_checkpoint|stopped\.pth|(epoch|iter)_\d+\.pth|best_.*\.pth|\d{8}_\d{6}|\.(training\.)?lock")
"""What mmengine and tools/train.py write to a work folder."""


def parse_args(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; `options` are those of tools/train.py."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="mmengine config file")
    parser.add_argument("--work-dir", type=Path, required=True, help="folder of this training alone")
    parser.add_argument("--inputs", type=Path, nargs="*", default=[], help="start anew if one is newer than the stamp")
    args = parser.parse_args(argv[:end])
    args.options = list(argv[end + 1 :])
    return args


@cache
def config_text(config: str | Path) -> str:
    """The whole content of a config, with the files that it is based on.

    Raises:
        MissingFileError: there is no such file.
    """
    from training.config_data import read_config

    return read_config(config, imports=False).pretty_text


def stamp_name(config: str | Path, options: Sequence[str]) -> str:
    """The name of the stamp: a hash of the config's content and of the options of tools/train.py.

    Raises:
        MissingFileError: there is no such config.
    """
    content = config_text(config) + shlex.join(options)
    return hashlib.sha256(content.encode()).hexdigest()[:12] + STAMP


def reason_to_start_anew(stamp: Path, inputs: Sequence[Path]) -> str | None:
    """Why what lies in the stamp's folder may not go on; None if it may.

    Raises:
        MissingFileError: an input is missing.
    """
    missing = [str(file) for file in inputs if not file.exists()]
    if missing:
        raise MissingFileError(f"{', '.join(missing)}: no such input of the training; the stage before makes it")
    if not stamp.exists():
        return "it is of another config or other options"
    newer = [str(file) for file in inputs if file.stat().st_mtime_ns > stamp.stat().st_mtime_ns]
    return f"{', '.join(newer)} is newer" if newer else None


def empty(folder: Path) -> bool:
    """Delete what a training left in its folder; what tells that it was one goes last, for the case of a kill.

    Returns:
        Whether there was anything.

    Raises:
        NoFolderError: it is a file.
        UserError: no training has written here; nothing is deleted.
    """
    if folder.exists() and not folder.is_dir():
        raise NoFolderError(f"--work-dir {folder} is a file; give a folder")
    content = sorted(folder.iterdir(), key=lambda path: (tells_of_training(path), path.name)) if folder.exists() else []
    if content and not tells_of_training(content[-1]):
        raise UserError(
            f"--work-dir {folder} would be emptied, but no training has written to it (it holds {content[0].name}): "
            "give another folder, or delete it yourself"
        )
    for path in content:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return bool(content)


def tells_of_training(path: Path) -> bool:
    """Whether only a training makes files of this name."""
    return path.suffix == STAMP or WRITTEN.fullmatch(path.name) is not None


def prepare_folder(folder: Path, stamp: str, inputs: Sequence[Path]) -> None:
    """Keep what the same training left in its folder, and nothing else.

    Raises:
        UserError: see `reason_to_start_anew` and `empty`.
    """
    reason = reason_to_start_anew(folder / stamp, inputs)
    if reason is None:
        return
    if empty(folder):
        print(f"{folder} is emptied: {reason}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stamp).touch()


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(sys.argv[1:] if argv is None else argv)
    prepare_folder(args.work_dir, stamp_name(args.config, args.options), args.inputs)
    tool = str(Path(__file__).parents[1] / "train.py")
    flags = ["--work-dir", str(args.work_dir), "--resume", "--weights-only"]
    command = [sys.executable, tool, str(args.config), *flags, *args.options]
    os.execv(sys.executable, command)  # this process itself trains: it ends with the workflow, and keeps its GPU's slot


if __name__ == "__main__":
    run(main)
