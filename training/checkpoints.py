"""Checkpoint files: written whole, found by number or pattern, what each holds, whether it fits, and what is kept."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmengine.config import Config
from mmengine.fileio import LocalBackend, register_backend

from data.atomic import atomic_path, write_text
from data.errors import MissingFileError, UserError
from training.config_data import parse_config

if TYPE_CHECKING:
    from torch import nn


class AtomicBackend(LocalBackend):
    """mmengine's files, written under a temporary name and renamed: a killed write leaves the old file or none."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes to a file; its folder is made if missing."""
        Path(filepath).parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(Path(filepath)) as temporary:
            temporary.write_bytes(obj)


register_backend("AtomicBackend", AtomicBackend, force=True)


STOPPED = "stopped.pth"
"""The checkpoint of a training that was stopped within an epoch; it goes when the epoch ends."""

FINISHED = "finished"
"""An empty file in the folder of a training that has ended and keeps weights alone (`keep_weights`)."""
WEIGHTS_ALONE = ("meta", "state_dict")
"""What is kept of a checkpoint then: no optimizer, schedule or history, which only a training needs."""


def newest_checkpoint(folder: str | Path) -> Path | None:
    """The checkpoint of the last epoch or iteration in a work folder, or of a stop after it; None if there is none.

    The files themselves are asked, not `last_checkpoint`, which may name one that a kill kept from being written.
    """
    if (Path(folder) / STOPPED).is_file():
        return Path(folder) / STOPPED
    return next(reversed(_numbered(folder)), None)


def _numbered(folder: str | Path) -> list[Path]:
    """The checkpoints of epochs and iterations, the newest last."""
    files = [*Path(folder).glob("epoch_*.pth"), *Path(folder).glob("iter_*.pth")]
    return sorted((file for file in files if _number(file).isdigit()), key=lambda file: int(_number(file)))


def _number(file: Path) -> str:
    return file.stem.split("_")[1]


def has_ended(folder: str | Path) -> bool:
    """Whether the training of a work folder has ended and can no longer go on."""
    return (Path(folder) / FINISHED).is_file()


def keep_weights(folder: str | Path) -> None:
    """Keep the weights of a training that has ended, those of its best epoch and of its last one, and nothing else.

    The files keep their names. Where a kill cuts this off, calling it again ends it.
    """
    folder = Path(folder)
    (folder / FINISHED).touch()
    numbered = _numbered(folder)
    for file in [*sorted(folder.glob("best_*.pth")), *numbered[-1:]]:
        _drop_all_but_weights(file)
    named = folder / "last_checkpoint"
    if numbered and not (named.is_file() and Path(named.read_text().strip()).name == numbered[-1].name):
        write_text(named, str(numbered[-1]))  # a kill kept it from being written
    for file in [*numbered[:-1], folder / STOPPED]:
        file.unlink(missing_ok=True)


def _drop_all_but_weights(file: Path) -> None:
    """Write a checkpoint anew with `WEIGHTS_ALONE`; one that has no more is left alone."""
    import torch

    checkpoint = read_checkpoint(file)
    if not set(checkpoint) - set(WEIGHTS_ALONE):
        return
    with atomic_path(file) as temporary:
        torch.save({key: checkpoint[key] for key in WEIGHTS_ALONE if key in checkpoint}, temporary)


def newest_match(pattern: str) -> str:
    """The newest file that a path with wildcards names, such as `work_dirs/generator/best_*.pth`; an address is kept.

    Raises:
        MissingFileError: there is none.
    """
    if "://" in pattern:
        return pattern
    files = matching_files(pattern)
    if not files:
        raise MissingFileError(f"{pattern}: no such checkpoint to start from (load_from); train it first")
    return max(files, key=os.path.getmtime)


def matching_files(pattern: str) -> list[str]:
    """The files that a path names, wildcards or not; in a folder that is there, only the file's name has wildcards."""
    path = Path(pattern)
    if path.is_file():
        return [pattern]
    folder = glob.escape(str(path.parent)) if path.parent.is_dir() else str(path.parent)
    return sorted(glob.glob(str(Path(folder) / path.name)))  # noqa: PTH207  the folder may have wildcards too


def read_checkpoint(file: str | Path) -> Mapping[str, Any]:
    """What a checkpoint file holds, on the CPU.

    Raises:
        UserError: it is damaged, or no checkpoint, or could run a program (`training.safe_loading`).
    """
    from mmengine.runner import CheckpointLoader  # loads torch, and commands that only look for files need none

    import training.safe_loading  # noqa: F401

    try:
        checkpoint = CheckpointLoader.load_checkpoint(str(file), map_location="cpu")
    except UserError:
        raise
    except Exception as error:  # unpickling raises whatever the bytes lead to
        raise UserError(f"{file} is damaged or no checkpoint ({type(error).__name__}: {error})") from error
    if not isinstance(checkpoint, Mapping):
        raise UserError(
            f"{file} is damaged or no checkpoint: it holds a {type(checkpoint).__name__}, not named weights"
        )
    return checkpoint


def fill(module: nn.Module, file: str | Path, name: str) -> None:
    """Load the weights of a checkpoint file into a module; the file may have other modules beside it.

    Args:
        name: what errors call the module, such as "classifier".

    Raises:
        UserError: the file is no checkpoint, lacks weights, has them in other shapes, more of them within the parts of
            the module (a deeper network), or some that are not finite.
    """
    checkpoint = read_checkpoint(file)
    weights = checkpoint.get("state_dict", checkpoint)
    try:
        missing, unexpected = module.load_state_dict(weights, strict=False)
    except (RuntimeError, TypeError, AttributeError) as error:
        _, *details = [line.strip() for line in str(error).splitlines()] or [""]
        first = f" ({len(details)} problems; {details[0]})" if details else f" ({error})"
        raise UserError(f"{file} does not fit the {name}; was it trained with this config?{first}") from error
    if missing:
        raise UserError(f"{file} does not fit the {name}: {len(missing)} weights are missing, {missing[0]} first")
    parts = {key.split(".")[0] for key in module.state_dict()}
    more = [key for key in unexpected if key.split(".")[0] in parts]
    if more:
        raise UserError(f"{file} does not fit the {name}: it has {len(more)} weights more, {more[0]} first")
    check_finite(weights, file)


def save_weights(file: str | Path, weights: Mapping[str, Any]) -> None:
    """Write named tensors, and nothing that could be run: a `.safetensors` file, which `fill` reads."""
    import torch
    from safetensors.torch import save

    own = {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in weights.items()}
    with atomic_path(file) as temporary:
        temporary.write_bytes(save(own))


def check_finite(weights: Mapping[str, Any], file: str | Path) -> None:
    """Raise `UserError` where a weight is NaN or infinite: all that is computed with it would be nonsense."""
    for name, tensor in weights.items():
        if hasattr(tensor, "isfinite") and not bool(tensor.isfinite().all()):
            raise UserError(f"{file}: {name} has weights that are no finite numbers; did the training diverge?")


def check_start(module: nn.Module, file: str | Path, resumed: bool) -> None:
    """Make sure that a training begins with the weights it was given: mmengine takes those that fit, be it none.

    Args:
        module: what is trained; its heads may be others than those of the checkpoint.
        file: a path or an address, as `load_from`.
        resumed: the training goes on, so all weights have to be there.

    Raises:
        UserError: the file is no checkpoint, or holds too few of the weights: less than half, or not all of a resumed
            training; or it is what `keep_weights` left of one.
    """
    checkpoint = read_checkpoint(file)
    if resumed and not set(checkpoint) - set(WEIGHTS_ALONE):
        raise UserError(
            f"{file} holds weights alone, as of a training that has ended: it does not go on from there; give another "
            "--work-dir, and the file as load_from, to train further"
        )
    given = {name.removeprefix("module."): tensor for name, tensor in checkpoint.get("state_dict", checkpoint).items()}
    own = module.state_dict()
    fitting = [name for name, tensor in own.items() if getattr(given.get(name), "shape", None) == tensor.shape]
    if len(fitting) < (len(own) if resumed else len(own) / 2):
        raise UserError(
            f"{file}: only {len(fitting)} of the model's {len(own)} weights are in it, or have its shapes; was it "
            "trained with this config?"
        )
    check_finite(given, file)


def stored_config(checkpoint: Mapping[str, Any]) -> Config:
    """Read the config that mmengine stores in a checkpoint, as data (`training.config_data`).

    Args:
        checkpoint: what `torch.load` gives.

    Raises:
        UserError: there is none inside, or one that holds more than values.
    """
    text = checkpoint.get("meta", {}).get("cfg")
    if text is None:
        raise UserError("no config inside the checkpoint; give one as tools/train.py writes it")
    return Config(parse_config(str(text), "the config inside the checkpoint"))
