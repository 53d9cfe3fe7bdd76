"""The bootstrap over patients, and its jackknife: how often each image is in each resample."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

FEW_GROUPS = 20
"""With fewer patients that can make a difference, reports say that their intervals are too narrow."""


def resample_weights(groups: Sequence[Hashable], count: int, seed: int) -> NDArray[np.int32]:
    """Draw the groups with replacement and return how often each image is in each resample.

    Args:
        groups: (I,) the patient of each image; all images of a patient are drawn together.
        count: number of resamples R.
        seed: of the random generator.

    Returns:
        (R, I); a row sums over groups to the number of groups.
    """
    members, number = group_codes(groups)
    rng = np.random.default_rng(seed)
    weights = np.empty((count, len(members)), np.int32)
    for row in weights:
        row[:] = np.bincount(rng.integers(number, size=number), minlength=number)[members]
    return weights


def group_codes(groups: Sequence[Hashable]) -> tuple[NDArray[np.int64], int]:
    """Number the groups 0, 1, ... in the order in which they come; return the number of each image and how many."""
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return np.array([codes[group] for group in groups]), len(codes)


def jackknife_weights(groups: Sequence[Hashable], blocks: int = 200) -> NDArray[np.int32]:
    """Return weights (J, I) of 0 and 1: each row leaves out one block of groups, each group is left out once.

    Up to `blocks` groups a block is one group; beyond, blocks are as equal as they can be (Efron & Narasimhan 2020,
    section 3: the acceleration of BCa needs no finer jackknife).
    """
    members, number = group_codes(groups)
    block = members % min(number, blocks)
    return (block[None] != np.arange(min(number, blocks))[:, None]).astype(np.int32)


def group_notes(unknown: int, images: int) -> list[str]:
    """Say that intervals are too narrow where the patient is not known for some or all of the images."""
    if unknown == 0:
        return []
    if unknown == images:
        return ["No image has a patient_id: the bootstrap draws images, which is too sure where patients repeat."]
    return [
        f"The patient is not known for {unknown} of {images} images: each counts as a patient of its own, which is too "
        "sure where patients repeat."
    ]
