from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate
from mmengine.registry import DATASETS

from data.atomic import write_json
from data.color_images import ColorImageDataset
from data.images.image_io import write_image
from tests.test_data.color_folder import color_ramp, write_color_folder


@pytest.fixture
def root(tmp_path):
    return write_color_folder(tmp_path)


def test_center_square(root):
    dataset = DATASETS.build(dict(type="ColorImageDataset", data_root=str(root), image_size=40))
    image = dataset[1]["inputs"]
    assert dataset.files == [Path("cat/b.png"), Path("dog/a.png")]
    assert image.dtype == torch.uint8
    np.testing.assert_array_equal(image.permute(1, 2, 0), color_ramp(40, 60)[:, 10:50])
    assert default_collate([dataset[0], dataset[1]])["inputs"].shape == (2, 3, 40, 40)


def test_annotation_file(root):
    write_json(
        root / "train.json",
        {"images": [dict(id=1, file_name="dog/a.png", width=60, height=40)]} | dict(annotations=[], categories=[]),
    )
    assert ColorImageDataset(str(root), "train.json", 16).files == [Path("dog/a.png")]


def test_an_evenly_spaced_part(tmp_path):
    for name in "abcdefg":
        write_image(tmp_path / f"{name}.png", color_ramp(4, 4))
    part = ColorImageDataset(str(tmp_path), image_size=4, max_images=3)
    assert [file.stem for file in part.files] == ["a", "c", "e"]
    assert len(ColorImageDataset(str(tmp_path), image_size=4, max_images=9)) == 7


def test_augmented_squares_are_crops_of_the_image(root):
    """Red counts columns and green rows, so a crop shows its place; enlarging rounds by one level at most."""
    dataset = ColorImageDataset(str(root), image_size=40, augment=True)
    torch.manual_seed(0)
    flips, sides = set(), set()
    for _ in range(40):
        red, green, _ = dataset[1]["inputs"].int()
        flips.add(bool(red[0, 0] > red[0, -1]))
        side = int((red[0, -1] - red[0, 0]).abs()) + 1
        sides.add(side)
        assert (red - red[0]).abs().max() <= 1
        assert (green - green[:, :1]).abs().max() <= 1
        assert abs(int(green[-1, 0] - green[0, 0]) + 1 - side) <= 2
    assert flips == {True, False}
    assert 23 <= min(sides) < 28
    assert 36 < max(sides) <= 40


def test_no_images(tmp_path):
    with pytest.raises(ValueError, match="no images"):
        ColorImageDataset(str(tmp_path))
