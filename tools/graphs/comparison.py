"""Whether graphs say what PyTorch says, and how long both take."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from data.errors import UserError
from detect.prediction.boxes import Boxes
from detect.prediction.onnx_predictor import OnnxPredictor
from detect.predictor import Predictor

SAME_MAP = 1e-4
"""Most by which attention and color, both in [0, 1], may differ."""
SAME_PIXELS, SAME_SCORE = 0.5, 1e-3
"""Boxes of one label are the same if no corner and no score differ by more."""
OTHERS = 0.05
"""Greatest share of boxes without such a twin: where overlaps are nearly at the threshold of NMS, rounding decides."""


def compared(torch_one: Predictor, onnx_one: OnnxPredictor, images: Sequence[NDArray[np.uint8]]) -> dict[str, Any]:
    """Run both on gray images (H, W) uint8; the detectors both on what PyTorch enhanced.

    Returns:
        `images`, how many; the greatest difference of `attention` (0 without) and of `color` before fusion;
        `other_levels`, the share of enhanced gray levels that differ, and `level`, by how much at most; `boxes`, how
        many PyTorch finds, `other_boxes` without a twin on either side, and the greatest differences of twins, `pixels`
        and `score`; `seconds`, median for an image, of `torch` and `onnx`.

    Raises:
        UserError: they differ by more than the constants of this module allow.
    """
    rows = [_image(torch_one, onnx_one, image) for image in tqdm(images, unit="image", desc="compare")]
    found: dict[str, Any] = {"images": len(rows)}
    found |= {key: max(row[key] for row in rows) for key in ("attention", "color", "level", "pixels", "score")}
    found |= {key: sum(row[key] for row in rows) for key in ("boxes", "other_boxes")}
    found["other_levels"] = float(np.mean([row["other_levels"] for row in rows]))
    found["seconds"] = {name: median(row[name] for row in rows) for name in ("torch", "onnx")}
    if max(found["attention"], found["color"]) > SAME_MAP or found["other_boxes"] > OTHERS * 2 * found["boxes"]:
        raise UserError(f"the graphs give other results than PyTorch, so nothing is written: {found}")
    return found


def _image(torch_one: Predictor, onnx_one: OnnxPredictor, gray: NDArray[np.uint8]) -> dict[str, float]:
    enhanced, color = onnx_one.enhancer.run(["enhanced", "color"], onnx_one.inputs(gray))
    with torch.no_grad():
        (rgb,) = torch_one.enhancer.colorize([gray])
    row = {"color": _greatest(color[0] - rgb.numpy() / 255), "attention": 0.0}
    maps = [predictor.attention(gray) for predictor in (torch_one, onnx_one)]
    if maps[0] is not None and maps[1] is not None:
        row["attention"] = _greatest(maps[0] - maps[1])
    (ours,) = torch_one.predict([gray])
    levels = np.abs(ours.enhanced.astype(int) - enhanced[0])
    row |= {"other_levels": float((levels > 0).mean()), "level": int(levels.max())}
    (theirs,) = onnx_one.detector([ours.enhanced])
    row |= compared_boxes(ours.boxes, theirs) | {"boxes": len(ours.boxes.scores)}
    return row | {name: _seconds(one.predict, gray) for name, one in (("torch", torch_one), ("onnx", onnx_one))}


def compared_boxes(ours: Boxes, theirs: Boxes) -> dict[str, float]:
    """`other_boxes` without a twin, of both; the greatest differences of twins, `pixels` and `score`."""
    pixels = np.abs(ours.corners[:, None] - theirs.corners).max(2, initial=0)
    score = np.abs(ours.scores[:, None] - theirs.scores)
    twins = (pixels <= SAME_PIXELS) & (score <= SAME_SCORE) & (ours.labels[:, None] == theirs.labels)
    others = (~twins.any(1)).sum() + (~twins.any(0)).sum()
    nearest = np.where(twins, pixels, np.inf).argmin(1) if twins.size else np.zeros(0, int)
    rows = np.flatnonzero(twins.any(1))
    chosen = rows, nearest[rows]
    return {
        "other_boxes": int(others),
        "pixels": float(pixels[chosen].max(initial=0)),
        "score": float(score[chosen].max(initial=0)),
    }


def _greatest(difference: NDArray[np.float32]) -> float:
    return float(np.abs(difference).max())


def _seconds(predict: Callable[..., object], gray: NDArray[np.uint8]) -> float:
    start = time.perf_counter()
    predict([gray])
    return time.perf_counter() - start
