"""The floors know the image's id and size, and nothing else."""

import numpy as np
import pytest
import torch

from enhance.evaluation.measures.floors import center_gaussian, random_maps
from enhance.evaluation.measures.localization import energy_in_boxes, pointing_game
from enhance.evaluation.measures.perturbation import image_noise


def test_random_maps_belong_to_seed_and_image():
    maps = random_maps([3, 8, 5], (40, 30))
    assert maps.shape == (3, 40, 30) and maps.dtype == torch.float32
    assert torch.equal(maps[[2, 0]], random_maps([5, 3], (40, 30)))
    assert not torch.equal(maps[0], maps[1])
    assert not torch.equal(maps[0], random_maps([3], (40, 30), seed=1)[0])


def test_random_maps_are_uniform_cells_made_larger():
    cells = random_maps(range(200), (7, 7))
    assert torch.equal(random_maps([0], (7, 7)), random_maps([0], (7, 7), cells=(7, 7)))
    assert cells.mean().item() == pytest.approx(0.5, abs=0.01)
    assert cells.std().item() == pytest.approx(12**-0.5, abs=0.01)
    assert cells.min() >= 0 and cells.max() < 1
    large = random_maps(range(3), (21, 21))
    torch.testing.assert_close(large[:, 1::3, 1::3], cells[:3])
    assert random_maps([0], (30, 20), cells=(3, 2)).shape == (1, 30, 20)


def test_random_map_shares_no_numbers_with_the_noise_of_its_image():
    numbers = random_maps([4], (50, 50), cells=(50, 50)).flatten()
    noise = image_noise((1, 50, 50), [4]).flatten()
    correlation = np.corrcoef(numbers.numpy(), noise.numpy())[0, 1]
    assert abs(correlation) < 0.08


def test_random_maps_find_boxes_by_chance():
    boxes, size = [(5, 3, 14, 20)], (35, 35)
    maps = random_maps(range(1500), size, cells=size).numpy()
    area = 14 * 20 / 35**2
    assert np.mean([pointing_game(m, boxes) for m in maps]) == pytest.approx(area, abs=0.04)
    assert np.mean([energy_in_boxes(m, boxes)[0] for m in maps]) == pytest.approx(area, abs=0.005)


def test_center_gaussian_by_formula():
    maps = center_gaussian((6, 9), 0.3)
    assert maps.shape == (6, 9) and maps.dtype == torch.float32
    for row in range(6):
        for column in range(9):
            down, across = (row + 0.5 - 3) / (0.3 * 6), (column + 0.5 - 4.5) / (0.3 * 9)
            assert maps[row, column].item() == pytest.approx(np.exp(-(down**2 + across**2) / 2), rel=1e-5)


def test_center_gaussian_is_symmetric_and_highest_in_the_middle():
    maps = center_gaussian((31, 21))
    assert maps.argmax() == 15 * 21 + 10 and maps.max() == 1
    torch.testing.assert_close(maps, maps.flip(0))
    torch.testing.assert_close(maps, maps.flip(1))
    assert maps[15, 0].item() == pytest.approx(np.exp(-0.5 * ((10 / 21) / 0.25) ** 2), rel=1e-5)
