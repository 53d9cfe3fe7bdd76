"""What a network reacts to: its first filters and its strongest channels. Paper 003, section 2.C, fig. 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from data.errors import UserError
from enhance.attention.activation import strongest_channels
from enhance.attention.base import normalize
from enhance.pictures.layout import Panel, Row, frame, page
from enhance.pictures.view import View

FILTER = 0.5
"""Inches of a filter's side."""


def first_filters(classifier: nn.Module) -> np.ndarray:
    """The filters of the first convolution, (N, I, h, w) float, I inputs each.

    Raises:
        UserError: The network has no convolution.
    """
    for module in classifier.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach().float().cpu().numpy()
    raise UserError("the classifier has no convolution, so there are no filters to show")


def filter_pictures(filters: np.ndarray) -> np.ndarray:
    """Each filter scaled to its own range, symmetric around 0, which is gray: 127.5 (1 + w / max |w|).

    Args:
        filters: (N, I, h, w). With 3 inputs they become red, green and blue; else the sum over the inputs is shown,
            which is what a gray image meets.

    Returns:
        (N, h, w, 3) or (N, h, w) uint8.
    """
    shown = filters.transpose(0, 2, 3, 1) if filters.shape[1] == 3 else filters.sum(1)
    top = np.abs(shown).max(tuple(range(1, shown.ndim)), keepdims=True)
    return np.rint(127.5 + 127.5 * shown / np.where(top > 0, top, 1)).astype(np.uint8)


def filters_figure(filters: np.ndarray) -> Figure:
    """Draw the filters (N, I, h, w), see `filter_pictures`, about twice as many beside as below one another."""
    pictures = filter_pictures(filters)
    columns = int(np.ceil(np.sqrt(2 * len(pictures))))
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(max(3.4, FILTER * columns), FILTER * rows + 0.5), layout="constrained")
    title = f"First convolution: {len(pictures)} filters of {filters.shape[2]} × {filters.shape[3]}"
    figure.suptitle(f"{title}\neach scaled to its own range, middle gray is 0", fontsize=8)
    for index, picture in enumerate(pictures):
        axes = figure.add_subplot(rows, columns, index + 1)
        frame(axes)
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    return figure


def strongest(features: np.ndarray, number: int) -> dict[int, np.ndarray]:
    """The channels of F (K, h, w) with the highest activations: number of the channel to (h, w), strongest first."""
    tensor = torch.from_numpy(features)[None]
    picked = strongest_channels(tensor, min(number, len(features)))[0].tolist()
    return {channel: features[channel] for channel in picked}


def channels_figure(views: Sequence[View], channels: Sequence[Mapping[int, np.ndarray]]) -> Figure:
    """Draw for each image its channels, each scaled to [0, 1].

    Args:
        views: At least one.
        channels: Of each view, from `strongest`.
    """
    rows = []
    for view, picked in zip(views, channels, strict=True):
        panels = [Panel(view.image, "image", view.boxes)]
        for number, values in picked.items():
            scaled = normalize(torch.from_numpy(values)[None], "minmax")[0].numpy()
            title = f"channel {number}, up to {values.max():.3g}"
            panels.append(Panel(np.rint(scaled * 255).astype(np.uint8), title))
        rows.append(Row(view.size, panels, view.name))
    return page(rows, note="Each channel: black its lowest, white its highest activation.")
