"""Where a method looks for a class: the class-level region of interest. Paper 001, eq. (8) and fig. 9."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from skimage.segmentation import mark_boundaries

from data.images.resize import resize
from enhance.evaluation.measures.class_roi import class_roi, class_sums
from enhance.pictures.layout import Panel, Row, page
from enhance.pictures.overlay import overlay
from enhance.pictures.view import View, fitted

WIDTH = 256
"""Pixels of the mean image, whose height follows from the aspect ratios of its images."""


def class_regions(views: Sequence[View], share: float = 0.7, threshold: float = 0.2, opacity: float = 0.5) -> Figure:
    """Draw for each class and method the sum of the class's maps over its mean image, the region and its box.

    The paper sums the maps of the images that are predicted correctly; here it is the images that are given.

    Args:
        views: At least one; all with the same methods and maps of one shape per method. Their classes are the rows.
        share: The region is where the sum is above this share of its maximum. Outlined in white; its bounding box is
            yellow.
        threshold, opacity: Of the overlay.
    """
    labels = list(dict.fromkeys(view.label for view in views))
    classes = np.array([labels.index(view.label) for view in views])
    names = list(views[0].maps)
    sums = {name: class_sums(np.stack([view.maps[name] for view in views]), classes, len(labels)) for name in names}
    rows = []
    for index, label in enumerate(labels):
        own = [view for view in views if view.label == label]
        image = mean_image(own)
        panels = [Panel(image, "mean image")]
        panels += [_region_panel(image, name, sums[name][index], share, threshold, opacity) for name in names]
        rows.append(Row((image.shape[0], image.shape[1]), panels, f"{label}\n{_counted(len(own))}"))
    note = (
        "Sum of the maps of the class's images over their mean. "
        f"White line: region above {share:.0%} of the maximum. Yellow: its box."
    )
    return page(rows, threshold, note.replace(". ", ".\n"))


def mean_image(views: Sequence[View]) -> np.ndarray:
    """The mean of images, each squeezed to their median aspect ratio; (H, `WIDTH`) uint8."""
    aspect = float(np.median([view.size[0] / view.size[1] for view in views]))
    height = max(1, round(WIDTH * aspect))
    squeezed = [resize(view.image, WIDTH, height).astype(np.float64) for view in views]
    return np.rint(np.mean(squeezed, axis=0)).astype(np.uint8)


def _region_panel(
    image: np.ndarray, name: str, total: np.ndarray, share: float, threshold: float, opacity: float
) -> Panel:
    fine = fitted(total, image)
    region, box = class_roi(fine, share)
    picture = overlay(image, fine, threshold, opacity)
    outlined = mark_boundaries(picture, region.astype(int), color=(1, 1, 1), mode="thick")
    title = f"{name}\nregion {region.mean():.0%} of the image"
    return Panel(np.rint(outlined * 255).astype(np.uint8), title, [box] if box else [])


def _counted(number: int) -> str:
    return "1 image" if number == 1 else f"{number} images"
