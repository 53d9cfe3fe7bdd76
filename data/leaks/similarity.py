"""How alike two images are, whatever their size, encoding, brightness and contrast, and if one is the other's negative.

`perceptual_hash` finds candidates among many, `similarity` decides. Measured on chest X-rays of NIH ChestX-ray14: see
`benchmarks/near_duplicates.py`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 16
"""Lowest frequencies of the hash along each axis; of the first, the mean, nothing is kept."""
SIDE = 96
"""Pixels of the side of the images that are compared."""
_BLUR = 3.0


def perceptual_hash(image: NDArray[np.uint8]) -> NDArray[np.int8]:
    """pHash (Zauner 2010): which low frequencies of the image, made 64 x 64, are above their median.

    Args:
        image: gray (H, W).

    Returns:
        (255,) of 1 and -1, so that two hashes with the product p agree in (p / 255 + 1) / 2 of their bits.
    """
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(small), np.float32)[:BITS, :BITS].ravel()[1:]
    return np.where(low > np.median(low), 1, -1).astype(np.int8)


def similarity(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """The absolute correlation of two images' details.

    Args:
        first, second: gray (H, W).

    Returns:
        1 for the same image or its negative, 0 for unlike ones and where an image has no details.
    """
    return abs(float((_details(first) * _details(second)).sum()))


def _details(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What is finer than a blur, at the same strength everywhere: (SIDE, SIDE) of mean 0 and length 1, or 0."""
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = np.asarray(small - cv2.GaussianBlur(small, (0, 0), _BLUR), np.float32)
    even = fine / (np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 2 * _BLUR)) + 2)
    centered = even - even.mean()
    length = np.linalg.norm(centered)
    return centered / length if length > 1e-6 else np.zeros_like(centered)
