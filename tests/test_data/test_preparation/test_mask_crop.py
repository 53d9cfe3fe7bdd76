import cv2
import numpy as np
import pytest

from data.images.errors import ImageReadError
from data.images.image_io import write_image
from data.preparation.mask_crop import mask_box, read_crop


def slow_box(mask, width, height):
    """Every mask pixel is a rectangle of the image; every image pixel that one of them touches counts."""
    rows, columns = mask.shape
    touched = set()
    for i, j in zip(*np.nonzero(mask), strict=True):
        for y in range(height):
            for x in range(width):
                # Whole numbers: rectangle i*height/rows .. (i+1)*height/rows against pixel y .. y+1.
                touches_y = i * height < (y + 1) * rows and (i + 1) * height > y * rows
                touches_x = j * width < (x + 1) * columns and (j + 1) * width > x * columns
                if touches_y and touches_x:
                    touched.add((x, y))
    xs, ys = [x for x, _ in touched], [y for _, y in touched]
    return min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1


@pytest.mark.parametrize("seed", range(30))
def test_box_equals_the_slow_twin(seed):
    rng = np.random.default_rng(seed)
    mask = (rng.random(rng.integers(2, 9, 2)) < 0.15).astype(np.uint8)
    mask[0, 0] |= not mask.any()
    width, height = map(int, rng.integers(2, 16, 2))
    assert mask_box(mask, width, height) == mask_box(mask * 255, width, height) == slow_box(mask, width, height)


def test_box_by_hand():
    mask = np.zeros((4, 8), np.uint8)
    mask[1:3, 2:5] = 255
    assert mask_box(mask, 8, 4) == (2, 1, 3, 2)
    assert mask_box(mask, 16, 8) == (4, 2, 6, 4)
    assert mask_box(mask, 4, 3) == (1, 0, 2, 3)  # columns 1 to 2.5, rows 0.75 to 2.25
    assert mask_box(np.ones((256, 256), np.uint8), 299, 299) == (0, 0, 299, 299)
    assert mask_box(np.zeros((4, 8), np.uint8), 8, 4) is None


def test_faint_noise_is_outside():
    mask = np.zeros((6, 6), np.uint8)
    mask[2, 3], mask[5, 5], mask[0, 0] = 255, 127, 3
    assert mask_box(mask, 6, 6) == (3, 2, 1, 1)


def test_box_around_both_lungs(tmp_path):
    left, right = np.zeros((2, 10, 20), np.uint8)
    left[3:6, 12:18] = 1
    right[2:9, 4:7] = 255
    write_image(tmp_path / "left.png", left)
    write_image(tmp_path / "right.png", cv2.resize(right, (40, 20), interpolation=cv2.INTER_NEAREST))
    assert read_crop([tmp_path / "left.png", tmp_path / "right.png"], 20, 10) == (4, 2, 14, 7)
    assert read_crop([tmp_path / "left.png"], 20, 10) == (12, 3, 6, 3)


def test_empty_and_missing_masks_are_named(tmp_path):
    write_image(tmp_path / "full.png", np.ones((4, 4), np.uint8))
    write_image(tmp_path / "empty.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(ImageReadError, match=r"empty\.png: the mask is empty"):
        read_crop([tmp_path / "full.png", tmp_path / "empty.png"], 4, 4)
    with pytest.raises(ImageReadError, match=r"none\.png"):
        read_crop([tmp_path / "none.png"], 4, 4)
