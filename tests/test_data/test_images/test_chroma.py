import numpy as np
import pytest

from data.images.chroma import mean_chroma


def test_mean_chroma():
    gray = np.repeat(np.random.default_rng(0).integers(0, 256, (50, 50, 1), dtype=np.uint8), 3, axis=2)
    assert mean_chroma(gray) == 0
    half = np.zeros((64, 64, 3), np.uint8)
    half[:32] = (200, 100, 50)
    assert mean_chroma(half) == pytest.approx(75)
