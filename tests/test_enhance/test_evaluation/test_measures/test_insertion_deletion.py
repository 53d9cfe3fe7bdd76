"""Insertion and deletion against a loop as in RISE's code, and by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from enhance.evaluation.measures.insertion_deletion import (
    area,
    blurred,
    deletion_curves,
    insertion_curves,
    pixel_curves,
    replaced_pixels,
)

TARGETS = torch.tensor([1, 0])


def random_case():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.Tanh(), nn.Flatten(), nn.LazyLinear(3)).double()
    images, maps = torch.rand(2, 2, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        net(images[:, None])
    return lambda x: net(x).softmax(1).detach(), images[:, None], maps


def curve_by_loop(predict, start, finish, attention, target, per_step):
    """A few pixels at a time, each step predicted alone."""
    values = attention.flatten().tolist()
    order = sorted(range(len(values)), key=lambda i: (-values[i], i))
    version = start.clone()
    curve = [float(predict(version[None])[0, target])]
    for i in range(0, len(order), per_step):
        for pixel in order[i : i + per_step]:
            version.flatten(1)[:, pixel] = finish.flatten(1)[:, pixel]
        curve.append(float(predict(version[None])[0, target]))
    return curve


@pytest.mark.parametrize("without", [torch.zeros_like, blurred])
@pytest.mark.parametrize("per_step", [1, 9, 24])
def test_equals_the_loop(without, per_step):
    predict, images, maps = random_case()
    empty = without(images)
    steps = 72 // per_step
    deleted = pixel_curves(predict, images, empty, maps[:, None], TARGETS, steps, batch_size=7)[:, 0]
    inserted = pixel_curves(predict, empty, images, maps[:, None], TARGETS, steps, batch_size=7)[:, 0]
    for i in range(2):
        args = maps[i], TARGETS[i], per_step
        assert deleted[i].tolist() == pytest.approx(curve_by_loop(predict, images[i], empty[i], *args), abs=1e-12)
        assert inserted[i].tolist() == pytest.approx(curve_by_loop(predict, empty[i], images[i], *args), abs=1e-12)
    assert (deleted[:, 0] - deleted[:, -1]).abs().min() > 1e-4, "the baseline changes nothing"


def test_pixels_turn_black_for_deletion_and_come_back_into_a_blurred_image_for_insertion():
    predict, images, maps = random_case()
    both = torch.stack([maps, -maps], 1)
    black = pixel_curves(predict, images, torch.zeros_like(images), both, TARGETS, 4)
    assert torch.equal(deletion_curves(predict, images, both, TARGETS, 4), black)
    from_blurred = pixel_curves(predict, blurred(images), images, both, TARGETS, 4)
    assert torch.equal(insertion_curves(predict, images, both, TARGETS, 4), from_blurred)


def test_the_unchanged_image_need_not_be_predicted():
    predict, images, maps = random_case()
    known, seen = torch.tensor([0.5, 0.25]).double(), []

    def noting(x):
        seen.append(len(x))
        return predict(x)

    deleted = deletion_curves(noting, images, maps[:, None], TARGETS, 4, of_images=known)
    inserted = insertion_curves(noting, images, maps[:, None], TARGETS, 4, of_images=known)
    assert torch.equal(deleted[:, 0, 0], known) and torch.equal(inserted[:, 0, -1], known)
    assert sum(seen) == 2 * 2 * 4


def test_insertion_is_deletion_of_the_negated_map_backwards():
    predict, images, maps = random_case()
    inserted = pixel_curves(predict, torch.zeros_like(images), images, maps[:, None], TARGETS, 8)
    deleted = deletion_curves(predict, images, -maps[:, None], TARGETS, 8)
    torch.testing.assert_close(inserted, deleted.flip(2), rtol=0, atol=1e-12)


def test_perfect_map_of_a_linear_model_by_hand():
    """f(x) is 0.4, 0.3, 0.2 and 0.1 per white pixel."""
    weight = torch.tensor([[0.2, 0.4], [0.1, 0.3]]).double()
    white = torch.ones(1, 1, 2, 2).double()

    def curves(start, end, attention):
        target = torch.tensor([0])
        predict = lambda x: (x[:, 0] * weight).sum((1, 2))[:, None]  # noqa: E731
        return pixel_curves(predict, start, end, attention[None], target, 4)[0]

    black = white * 0
    assert curves(white, black, weight[None])[0].tolist() == pytest.approx([1, 0.6, 0.3, 0.1, 0])
    assert curves(black, white, weight[None])[0].tolist() == pytest.approx([0, 0.4, 0.7, 0.9, 1])
    assert area(curves(white, black, weight[None])).tolist() == pytest.approx([(0.5 + 0.6 + 0.3 + 0.1) / 4])
    assert area(curves(black, white, weight[None])).tolist() == pytest.approx([(0.4 + 0.7 + 0.9 + 0.5) / 4])
    assert area(curves(white, black, -weight[None])) > area(curves(white, black, weight[None]))


def test_area_is_that_of_rise():
    curves = torch.rand(5, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for curve, value in zip(curves.numpy(), area(curves).tolist(), strict=True):
        assert value == pytest.approx((curve.sum() - curve[0] / 2 - curve[-1] / 2) / (len(curve) - 1))
    assert area(torch.full((1, 4), 0.3)).item() == pytest.approx(0.3)


def test_blur_is_a_gaussian_of_11_pixels_with_reflected_borders():
    image = np.random.default_rng(0).random((9, 8))
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 5) ** 2)
    weights /= weights.sum()
    padded = np.pad(image, 5, mode="reflect")
    expected = np.empty_like(image)
    for row in range(9):
        for column in range(8):
            expected[row, column] = weights @ padded[row : row + 11, column : column + 11] @ weights
    np.testing.assert_allclose(blurred(torch.from_numpy(image)[None, None])[0, 0].numpy(), expected, atol=1e-12)


def test_steps_are_as_equal_as_can_be_and_end_with_all_pixels():
    assert replaced_pixels(10, 4).tolist() == [0, 2, 5, 7, 10]
    counts = replaced_pixels(224 * 224, 224)
    assert set(counts.diff().tolist()) == {224} and counts[-1] == 224 * 224
    assert set(replaced_pixels(1000, 7).diff().tolist()) == {142, 143}


@pytest.mark.parametrize("steps", [0, 11])
def test_impossible_steps_are_refused(steps):
    with pytest.raises(ValueError, match="from 1 to the 10 pixels"):
        replaced_pixels(10, steps)
