"""Lesion detectors on mmdet; their FROC evaluation, its report, and Table 1; bundles, and running them."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`from detect import Predictor`; PyTorch is loaded by that alone."""
    if name == "Predictor":
        from detect.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
