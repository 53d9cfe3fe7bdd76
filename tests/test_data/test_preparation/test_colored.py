"""A set of color images is told from one of radiographs."""

import cv2
import numpy as np

from data.coco import ImageRecord
from data.preparation.colored import color_note


def records(folder, images):
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return [ImageRecord(folder / f"{number}.png", f"{number}.png", 0, 0, None) for number in range(len(images))]


def test_color_is_said(tmp_path):
    rng = np.random.default_rng(0)
    photographs = [cv2.GaussianBlur(rng.integers(0, 255, (64, 64, 3), np.uint8), (0, 0), 4) * 3 for _ in range(4)]
    note = color_note(records(tmp_path, photographs))
    assert note.startswith(
        f"4 of 4 images looked at are colored, and are read as gray: the first is {tmp_path / '0.png'}"
    )


def test_gray_images_with_three_channels_and_a_colored_mark_are_gray(tmp_path):
    gray = np.full((100, 100, 3), 90, np.uint8)
    gray[:8, :8] = (0, 0, 255)
    (tmp_path / "broken.png").write_bytes(b"no image")
    broken = [ImageRecord(tmp_path / "broken.png", "broken.png", 0, 0, None)]
    assert color_note(records(tmp_path, [gray, gray[..., 0]]) + broken) is None
    assert color_note([]) is None


def test_large_sets_are_sampled(tmp_path):
    one = records(tmp_path, [np.zeros((8, 8, 3), np.uint8) + np.array([0, 0, 200], np.uint8)])
    assert color_note(one * 1000).startswith("20 of 20 images")
