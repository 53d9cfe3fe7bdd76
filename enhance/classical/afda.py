"""Adaptive fractional differential approach (Li & Xie, Computers & Electrical Engineering 45, 2015).

The Grünwald-Letnikov difference of order v of a signal begins with the coefficients 1, -v, v (v - 1) / 2. Laid from a
pixel in eight directions they make a 5 x 5 mask; divided by its sum it keeps flat areas and sharpens the rest, the more
the higher the order. The order follows the local gradient.
"""

from __future__ import annotations

import cv2
import numpy as np
from mmengine.registry import MODELS
from skimage.filters import sobel, threshold_otsu

from data.errors import UserError
from enhance.classical.base import ClassicalEnhancer

RING_1 = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float64)
"""The eight neighbors."""
RING_2 = np.kron(RING_1, [[1, 0], [0, 0]])[:5, :5]
"""The eight pixels at distance two in the same directions."""


def ring_sums(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the eight pixels at distance one and at distance two, float64 (H, W) each.

    Args:
        image: (H, W), any real type. Beyond the border the border pixel is repeated.
    """
    values = image.astype(np.float64)
    first, second = (cv2.filter2D(values, -1, ring, borderType=cv2.BORDER_REPLICATE) for ring in (RING_1, RING_2))
    return first, second


def local_gradient(image: np.ndarray) -> np.ndarray:
    """Sobel magnitude sqrt((gx^2 + gy^2) / 2), float64 (H, W), in gray levels; a step of height s has s / sqrt(2).

    Departure: the design leaves the gradient open. Sobel's answers less to a single noisy pixel (not at the pixel
    itself, a quarter to a third of its height around it) than a mean of differences to the neighbors, which takes it
    for an edge.

    Args:
        image: (H, W), any real type. Beyond the border the border pixel is repeated.
    """
    return sobel(image.astype(np.float64), mode="nearest")


def fractional_order(
    gradient: np.ndarray, flat_below: float, texture_order: float, edge_order: float, max_order: float
) -> np.ndarray:
    """The order v of each pixel: nothing in flat areas, little in texture, much at edges; it never falls with M.

    With M the gradient and t the edge threshold:

    - flat, M < `flat_below`: v = 0;
    - texture, M < t: v = `texture_order` M / t;
    - edge, M >= t: v = (M - t) / M, at least `edge_order` and at most `max_order`.

    Departure: the pieces (large at edges, small in texture, about zero in flat areas) are the source's; their formulas
    and numbers are our reading.

    Args:
        gradient: M, (H, W), at least 0, in gray levels.
        flat_below: Above 0, in gray levels.
        texture_order: The highest order of texture; 0 <= `texture_order` <= `edge_order` <= `max_order` < 1.
        edge_order: The lowest order of an edge.
        max_order: The highest order.

    Returns:
        v, float64 (H, W), in [0, `max_order`].
    """
    threshold = edge_threshold(gradient, flat_below)
    texture = texture_order * gradient / threshold
    edge = np.clip(1 - threshold / np.maximum(gradient, threshold), edge_order, max_order)
    return np.where(gradient < flat_below, 0.0, np.where(gradient < threshold, texture, edge))


def edge_threshold(gradient: np.ndarray, flat_below: float) -> float:
    """Otsu's threshold of the gradient, at least `flat_below`.

    Departure: Otsu's method is applied to the logarithm of the gradient, and to pixels that are not flat. On the
    gradient itself the letters that mark a radiograph, far steeper than anatomy, put the threshold above the ribs.

    Args:
        gradient: M, (H, W), at least 0, in gray levels.
        flat_below: Above 0, in gray levels.
    """
    steep = gradient[gradient >= flat_below]
    return max(float(np.exp(threshold_otsu(np.log(steep)))), flat_below) if steep.size else flat_below


def fractional_sharpen(image: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Filter each pixel with the 5 x 5 mask of its own order.

    The mask's sum is 8 - 8 v + 8 v (v - 1) / 2 = 8 - 12 v + 4 v^2 = 4 (1 - v) (2 - v). With the ring sums R1 and R2 the
    response is (8 I - v R1 + v (v - 1) / 2 R2) / sum, exact for any order at three fixed filters (I, R1, R2). It is
    computed as I + (v (8 I - R1) + v (1 - v) / 2 (8 I - R2)) / sum, the same number, so that flat areas and v = 0 give
    I back without rounding.

    Args:
        image: I, (H, W), any real type. Beyond the border the border pixel is repeated.
        order: v, (H, W) or one number, in [0, 1).

    Returns:
        float64 (H, W); edges overshoot, so that it can leave the range of the image.

    Raises:
        UserError: If an order is outside [0, 1).
    """
    v = np.asarray(order, np.float64)
    if not ((v >= 0) & (v < 1)).all():
        raise UserError(f"orders must be in [0, 1), got {v.min()} to {v.max()}: at 1 the mask's sum is 0")
    values = image.astype(np.float64)
    first, second = ring_sums(values)
    difference = v * (8 * values - first) + v * (1 - v) / 2 * (8 * values - second)
    return values + difference / (4 * (1 - v) * (2 - v))


@MODELS.register_module()
class AFDA(ClassicalEnhancer):
    """Sharpen with a fractional order that follows the local gradient; the arguments are `fractional_order`'s.

    Raises:
        UserError: If the numbers are not in the order that `fractional_order` asks for.
    """

    def __init__(self, flat_below: float, texture_order: float, edge_order: float, max_order: float) -> None:
        super().__init__()
        if flat_below <= 0:
            raise UserError(f"flat_below must be above 0, got {flat_below}")
        if not 0 <= texture_order <= edge_order <= max_order < 1:
            raise UserError(
                "AFDA needs 0 <= texture_order <= edge_order <= max_order < 1, "
                f"got {texture_order}, {edge_order}, {max_order}"
            )
        self.orders = (flat_below, texture_order, edge_order, max_order)

    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8; rounded once, cut at 0 and 255."""
        order = fractional_order(local_gradient(image), *self.orders)
        return fractional_sharpen(image, order).round().clip(0, 255).astype(np.uint8)
