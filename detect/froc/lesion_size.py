"""Strata of lesions, and those by size, in pixels or mm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.errors import UserError
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import FloatArray, IntArray

Unit = Literal["px", "mm"]

DEFAULT_EDGES: dict[Unit, tuple[float, ...]] = {"px": (32, 96), "mm": (10, 30)}
"""Sizes between the strata. Those in pixels bound COCO's small, medium and large objects."""


@dataclass(frozen=True)
class LesionStrata:
    """Lesions sorted into strata: `names` (S,), and `index` (L,) of each lesion's stratum."""

    names: list[str]
    index: IntArray


def lesion_sizes(truth: GroundTruth, unit: Unit) -> FloatArray:
    """Return the size of each lesion (L,): the side of the square that has the area of its box, in pixels or mm.

    Raises:
        UserError: `unit` is "mm" and an image with lesions has no "pixel_spacing" of two positive numbers.
    """
    image = truth.lesions.image
    sides = truth.lesions.corners[:, 2:] - truth.lesions.corners[:, :2]
    if unit == "mm":
        spacing = truth.spacing[image][:, ::-1]  # rows, columns -> along x, along y
        unknown = np.unique(image[~(spacing > 0).all(1)])
        if len(unknown):
            raise UserError(
                f"{len(unknown)} images with lesions have no pixel_spacing of two positive numbers, the first is "
                f'{truth.file_names[unknown[0]]}; sizes in mm need "pixel_spacing": [row_mm, column_mm] on each image '
                "of the ground truth (tools/prepare_dataset.py writes it for DICOM), or use --size-unit px"
            )
        sides = sides * spacing
    return np.sqrt(sides.prod(1))


def size_strata(sizes: FloatArray, edges: Sequence[float], unit: Unit) -> LesionStrata:
    """Sort lesions into strata; a size on an edge belongs to the stratum above it.

    Args:
        sizes: (L,) from `lesion_sizes`.
        edges: rising; E edges make E + 1 strata. COCO's are named small, medium and large.
    """
    texts = [f"{edge:g}" for edge in edges]
    inner = [f"{low}–{high} {unit}" for low, high in zip(texts, texts[1:], strict=False)]
    names = [f"< {texts[0]} {unit}", *inner, f"≥ {texts[-1]} {unit}"]
    if unit == "px" and tuple(edges) == DEFAULT_EDGES["px"]:
        names = [f"{word} ({name})" for word, name in zip(("small", "medium", "large"), names, strict=True)]
    return LesionStrata(names, np.digitize(sizes, edges).astype(np.int64))
