"""What an enhancer does: gray, attention, colorized and enhanced images side by side, with the lesion boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from enhance.evaluation.measures.roi import Box
from enhance.fusion import Enhancer
from enhance.pictures.layout import Panel, Row, page
from enhance.pictures.overlay import overlay


@torch.no_grad()
def steps(enhancer: Enhancer, image: np.ndarray) -> dict[str, np.ndarray]:
    """What becomes of a gray image (H, W) uint8: title to picture, RGB (H, W, 3) uint8 or a map (H, W) in [0, 1].

    A classical enhancer has no steps between the gray and the enhanced image.
    """
    shown = {"gray": image}
    if getattr(enhancer, "attention", None) is not None:
        shown["attention"] = enhancer.attention_maps([image])[0].cpu().numpy()
    if getattr(enhancer, "colorizer", None) is not None:
        shown["colorized"] = enhancer.colorize([image])[0].round().byte().cpu().numpy()
    return shown | {"fused" if "attention" in shown else "enhanced": enhancer([image])[0]}


def enhancement_page(rows: Sequence[tuple[dict[str, np.ndarray], Sequence[Box]]]) -> Figure:
    """Draw one row per image: its `steps`, a map laid over the gray image, boxes on all but the colorized one.

    Args:
        rows: Of each image its steps, and its lesions as (x, y, width, height) in pixels.
    """
    drawn = []
    for index, (pictures, boxes) in enumerate(rows):
        shown = {t: overlay(pictures["gray"], p, 0, 0.45) if t == "attention" else p for t, p in pictures.items()}
        panels = [
            Panel(picture, title if index == 0 else "", [] if title == "colorized" else boxes)
            for title, picture in shown.items()
        ]
        drawn.append(Row(pictures["gray"].shape, panels))
    return page(drawn)
