"""A folder of two photographs in two classes."""

from pathlib import Path

import numpy as np

from data.images.image_io import write_image


def color_ramp(height: int, width: int) -> np.ndarray:
    """Red counts columns, green rows."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x, y, np.full_like(x, 7)], axis=2).astype(np.uint8)


def write_color_folder(folder: Path) -> Path:
    """Write them below `folder`, which is returned."""
    write_image(folder / "dog" / "a.png", color_ramp(40, 60))
    write_image(folder / "cat" / "b.png", color_ramp(50, 30))
    return folder
