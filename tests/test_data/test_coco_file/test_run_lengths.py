"""Boxes of run-length masks, against pycocotools and against the pixels."""

import numpy as np
import pytest
from pycocotools import mask

from data.coco_file.run_lengths import box_of_runs


def box_of_pixels(pixels):
    rows, columns = np.nonzero(pixels)
    left, top = int(columns.min()), int(rows.min())
    return [left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1]


def runs_of(pixels):
    """COCO's uncompressed form, by a loop: how long is the pixel the same?"""
    counts, last = [0], 0
    for pixel in pixels.T.ravel():
        if pixel != last:
            counts.append(0)
            last = pixel
        counts[-1] += 1
    return counts


@pytest.mark.parametrize("seed", range(60))
def test_both_forms_of_random_masks(seed):
    rng = np.random.default_rng(seed)
    height, width = (int(value) for value in rng.integers(1, 40, 2))
    pixels = (rng.random((height, width)) < rng.choice([0.01, 0.1, 0.9])).astype(np.uint8)
    if seed % 3 == 0:  # one blob, so that runs are long
        pixels[:] = 0
        pixels[height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = 1
    pixels[rng.integers(height), rng.integers(width)] = 1
    text = mask.encode(np.asfortranarray(pixels))
    plain = {"size": [height, width], "counts": runs_of(pixels)}
    assert box_of_runs(plain, (width, height)) == box_of_pixels(pixels)
    assert box_of_runs(text, (width, height)) == box_of_pixels(pixels)
    text["counts"] = text["counts"].decode()
    assert box_of_runs(text, (width, height)) == box_of_pixels(pixels) == mask.toBbox(text).tolist()


def test_a_large_mask_needs_no_pixels():
    side = 60_000
    assert box_of_runs({"size": [side, side], "counts": [5, 2, side**2 - 7]}, (side, side)) == [0, 5, 1, 2]


@pytest.mark.parametrize(
    ("size", "counts", "reason"),
    [
        ([4, 4], [3, 2, 10], "do not fill"),
        ([4, 4], [3, 2, 12], "do not fill"),
        ([4, 4], [3, -2, 15], "do not fill"),
        ([4, 4], [3.5, 2.5, 10], "do not fill"),
        ([4, 4], [[3, 2, 11]], "do not fill"),
        ([4, 4], [16], "empty"),
        ([4, 4], [4, 0, 12], "empty"),
        ([4, 5], [3, 2, 15], "a mask of 5 x 4"),
        ([2, 8], [3, 2, 11], "a mask of 8 x 2"),
        ([4, 4], "3", "do not fill"),
        ([4, 4], "32o", "cut text"),
        ([4, 4], "3\x7f", "no text"),
        ([4, 4], "ooooooooooooooo0", "no text"),
    ],
)
def test_what_is_no_mask_of_the_image(size, counts, reason):
    with pytest.raises(ValueError, match=reason):
        box_of_runs({"size": size, "counts": counts}, (4, 4))
