"""Lesion boxes of an image that is cut and resized."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from data.coco import LesionBox
from data.preparation.mask_crop import Crop


@dataclass
class PlacedBoxes:
    """The outcome of `place_boxes`.

    Attributes:
        inside: the boxes in pixels of the final image.
        clipped: how many of them stuck out and were cut at the edge.
        outside: those that lie wholly outside the crop, in pixels of the source.
    """

    inside: list[LesionBox] = field(default_factory=list)
    clipped: int = 0
    outside: list[LesionBox] = field(default_factory=list)


def place_boxes(boxes: Sequence[LesionBox], crop: Crop, final_size: tuple[int, int]) -> PlacedBoxes:
    """Move boxes with the image: cut them at the edges of the crop, then scale them as it is scaled.

    Args:
        boxes: in pixels of the source.
        crop: the part of the source that is kept.
        final_size: width and height to which the crop is resized.
    """
    origin_x, origin_y, width, height = crop
    scale_x, scale_y = final_size[0] / width, final_size[1] / height
    placed = PlacedBoxes()
    for box in boxes:
        box_x, box_y, box_width, box_height, category = box
        x, y = box_x - origin_x, box_y - origin_y
        left, top = max(x, 0.0), max(y, 0.0)
        right, bottom = min(x + box_width, float(width)), min(y + box_height, float(height))
        if right <= left or bottom <= top:
            placed.outside.append(box)
            continue
        placed.clipped += (left, top, right, bottom) != (x, y, x + box_width, y + box_height)
        final = (left * scale_x, top * scale_y, (right - left) * scale_x, (bottom - top) * scale_y, category)
        placed.inside.append(final)
    return placed
