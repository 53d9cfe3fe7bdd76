"""Checkpoints without programs: importing this makes mmengine load weights and plain values, and nothing else.

A checkpoint is a pickle, and a pickle can name any program to run. PyTorch's `weights_only` refuses that; mmengine
tries it, but falls back to unpickling all the same. Here a refused file is an error. What mmengine's own checkpoints
hold beside tensors (NumPy numbers and its `HistoryBuffer`) is allowed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import mmengine.runner.checkpoint
import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from torch.hub import download_url_to_file, get_dir

from data.errors import UserError

TRUST = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
"""PyTorch's own variable: with it set to 1 a checkpoint is unpickled, whatever it holds."""


def _method(owner: Any, name: str) -> Any:
    """`getattr` as a `HistoryBuffer` needs it for its statistics, and for nothing else."""
    if owner is not HistoryBuffer or name not in ("min", "max", "mean", "current"):
        raise UnpicklingError(f"it asks for {owner!r}.{name}")
    return getattr(owner, name)


_reconstruct, _scalar = np.zeros(1).__reduce__()[0], np.float64(0).__reduce__()[0]  # NumPy's, wherever they live
ALLOWED = [
    HistoryBuffer,
    np.ndarray,
    np.dtype,
    *{type(np.dtype(code)) for code in np.typecodes["All"]},
    *((_reconstruct, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
    *((_scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
    (_method, "builtins.getattr"),
]


def load_checkpoint_file(file: Any, map_location: Any = None, weights_only: bool | None = None) -> Any:
    """`torch.load` of weights and plain values; `.safetensors` too.

    Args:
        file: a path or a stream.
        map_location: as `torch.load`.
        weights_only: False is not obeyed; the variable `TRUST` alone decides.

    Raises:
        UserError: the file names something to run.
        Exception: what `torch.load` raises on a damaged file.
    """
    if isinstance(file, (str, os.PathLike)) and Path(file).suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(file, device=str(map_location or "cpu"))
    try:
        with torch.serialization.safe_globals(ALLOWED):
            return torch.load(file, map_location=map_location)  # weights only, unless `TRUST` is set
    except UnpicklingError as error:
        reason = _reason(error)
        if re.search("global|class|asks for", reason, re.IGNORECASE) is None:
            raise UnpicklingError(reason) from error
        raise UserError(
            f"{file} is not loaded, for it could run a program ({reason}); if you trust where it comes from, set "
            f"{TRUST}=1 for this command"
        ) from error


def _reason(error: UnpicklingError) -> str:
    """The sentence of PyTorch's explanation that tells this file from others."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason is given"]
    return re.split(r"(?<=[a-z])\. |\.$", lines[1] if len(lines) > 1 else lines[0])[0]


def load_address(url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True) -> Any:
    """Download a checkpoint to PyTorch's cache, where it is not there yet, and load it; as `torch.hub` names files."""
    folder = Path(model_dir or Path(get_dir(), "checkpoints"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / Path(url.partition("?")[0]).name
    if not file.is_file():
        download_url_to_file(url, str(file), progress=progress)
    return load_checkpoint_file(file, map_location)


mmengine.runner.checkpoint._safe_torch_load = load_checkpoint_file
mmengine.runner.checkpoint.load_url = load_address
