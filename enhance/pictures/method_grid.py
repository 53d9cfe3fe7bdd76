"""Images and attention methods: one row per image, one column per method."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from enhance.pictures.layout import Panel, Row, page
from enhance.pictures.overlay import overlay
from enhance.pictures.view import View, fitted


def method_grid(views: Sequence[View], threshold: float = 0.2, opacity: float = 0.5) -> Figure:
    """Draw the gray image with its lesion boxes, then the map of each method over it; see `overlay`.

    Args:
        views: At least one; all with the same methods. A page holds about eight.
    """
    rows = []
    for index, view in enumerate(views):
        panels = [Panel(view.image, "image" if index == 0 else "", view.boxes)]
        for name, attention in view.maps.items():
            picture = overlay(view.image, fitted(attention, view.image), threshold, opacity)
            panels.append(Panel(picture, name if index == 0 else "", view.boxes))
        rows.append(Row(view.size, panels, view.caption))
    return page(rows, threshold, "Yellow: lesions." if any(len(view.boxes) for view in views) else "")
