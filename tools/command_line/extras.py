"""What to install where a command misses a package."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

EXTRAS = {
    **dict.fromkeys(("torch", "torchvision", "mmengine", "mmcv", "mmdet", "timm"), "predict"),
    **dict.fromkeys(("safetensors", "torchmetrics", "pycocotools", "skimage", "scipy"), "predict"),
    **dict.fromkeys(("optuna", "tensorboard"), "train"),
    **dict.fromkeys(("onnx", "onnxruntime"), "onnx"),
    "snakemake": "workflow",
    "gradio": "app",
}
"""Module to the extra of setup.py that brings it; the base needs none of them."""
MISSING = 2
"""The exit code, as of other things that the user can mend."""


@contextmanager
def said() -> Iterator[None]:
    """End the process with the name of the extra where a package of one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in EXTRAS:
            raise
        extra = EXTRAS[package]
        more = '; to train too: "lesion-enhance[train]"' if extra == "predict" else ""
        print(f'error: {package} is not installed; pip install "lesion-enhance[{extra}]"{more}', file=sys.stderr)
        sys.exit(MISSING)
