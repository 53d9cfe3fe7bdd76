"""Down-sampling of the larger classes to the size of the smallest (paper 004 §2.1)."""

import numpy as np

from data.errors import UserError


def balanced_indices(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Which images to keep so that each class has as many as the smallest.

    Args:
        labels: (N, L), each row one 1 and else 0: exactly one class per image.
        seed: of the choice, at random and without replacement, in each class that is too large.

    Returns:
        Indices in rising order, L times the size of the smallest class.

    Raises:
        UserError: a row is not of one class, or a class has no images.
    """
    if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
        raise UserError("balancing needs exactly one class per image: labels of 0 and a single 1")
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(column) for column in labels.T]
    smallest = min(len(member) for member in members)
    if smallest == 0:
        empty = [index for index, member in enumerate(members) if len(member) == 0]
        raise UserError(f"balancing would leave nothing: no images of label number {empty}")
    return np.sort(np.concatenate([rng.choice(member, smallest, replace=False) for member in members]))
