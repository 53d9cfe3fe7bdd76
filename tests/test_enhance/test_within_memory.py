"""Batches that do not fit the GPU are halved."""

import logging

import numpy as np
import pytest
import torch

from data.errors import UserError
from enhance.within_memory import WithinMemory


class Limited:
    """An enhancer with room for so many images."""

    def __init__(self, room):
        self.room, self.sizes = room, []

    def __call__(self, images):
        self.sizes.append(len(images))
        if len(images) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [image + 1 for image in images]


def images(number):
    return [np.full((2, 3), index) for index in range(number)]


@pytest.mark.parametrize(
    ("room", "tried"),
    [
        (8, [[8], [8], [3]]),
        (5, [[8, 4, 4], [4, 4], [3]]),
        (3, [[8, 4, 2, 2, 2, 2], [2, 2, 2, 2], [2, 1]]),
        (1, [[8, 4, 2] + [1] * 8, [1] * 8, [1] * 3]),
    ],
)
def test_all_images_come_in_order_and_the_smaller_size_stays(room, tried, caplog):
    limited = Limited(room)
    enhancer = WithinMemory(limited)
    with caplog.at_level(logging.WARNING):
        for number, sizes in zip((8, 8, 3), tried, strict=True):
            limited.sizes = []
            results = enhancer(images(number))
            assert [int(result[0, 0]) for result in results] == list(range(1, number + 1))
            assert limited.sizes == sizes
    assert len(caplog.records) == {8: 0, 5: 1, 3: 2, 1: 3}[room]


def test_an_image_too_large_is_said():
    with pytest.raises(UserError, match="too small for one image of 3 x 2 pixels: .* --device cpu"):
        WithinMemory(Limited(0))(images(4))


def test_other_errors_stay():
    def broken(_):
        raise RuntimeError("another")

    with pytest.raises(RuntimeError, match="another"):
        WithinMemory(broken)(images(2))
    assert WithinMemory(Limited(1))([]) == []
