"""How colored an image is."""

import cv2
import numpy as np


def mean_chroma(image: np.ndarray) -> float:
    """How colored an image is: the mean of max(R, G, B) - min(R, G, B), in [0, 255], at 64 x 64 pixels.

    Below about 6 a photograph looks gray and teaches a colorizer to leave things gray.

    Args:
        image: uint8 RGB (H, W, 3).
    """
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    return float(np.ptp(small, axis=2).mean())
