"""The Fréchet distance of two sets of feature vectors: how alike are two collections of images?"""

import numpy as np
from numpy.typing import NDArray


def frechet_distance(
    real: NDArray[np.floating], fake: NDArray[np.floating], weights: NDArray[np.number] | None = None
) -> float:
    """`|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½)` of the normal distributions of two sets (Heusel et al. 2017, eq. 6).

    With the features of Inception-v3 it is the FID. It grows as the sets shrink: compare values of equally many images.

    Args:
        real, fake: (N, K) and (N, K), float.
        weights: (N,) how often each image counts, e.g. in a bootstrap resample; once if None.

    Returns:
        At least 0; covariances divide by N - 1, that of one image is 0.
    """
    (mean_1, root_1), (mean_2, root_2) = (_moments(np.asarray(x, np.float64), weights) for x in (real, fake))
    # With Σ = AᵀA, the trace of (Σ₁Σ₂)^½ is the sum of the singular values of A₁A₂ᵀ: no root of a singular matrix.
    shared = np.linalg.svd(root_1 @ root_2.T, compute_uv=False).sum()
    return float(max(0.0, ((mean_1 - mean_2) ** 2).sum() + (root_1**2).sum() + (root_2**2).sum() - 2 * shared))


def _moments(x: NDArray[np.float64], weights: NDArray[np.number] | None) -> tuple[NDArray, NDArray]:
    """Mean (K,) and A (min(N, K), K) with AᵀA the covariance."""
    counts = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
    mean = counts @ x / counts.sum()
    deviations = np.sqrt(counts / max(counts.sum() - 1, 1))[:, None] * (x - mean)
    return mean, np.asarray(np.linalg.qr(deviations, mode="r"))
