"""Insertion and deletion against a loop as in RISE's code, and by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from enhance.evaluation.measures.insertion_deletion import (
    area,
    baseline_images,
    deletion_curves,
    insertion_curves,
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


@pytest.mark.parametrize("baseline", ["zero", "blur"])
@pytest.mark.parametrize("per_step", [1, 9, 24])
def test_equals_the_loop(baseline, per_step):
    predict, images, maps = random_case()
    empty = baseline_images(images, baseline)
    deleted = deletion_curves(predict, images, maps, TARGETS, 72 // per_step, baseline, batch_size=7)
    inserted = insertion_curves(predict, images, maps, TARGETS, 72 // per_step, baseline, batch_size=7)
    for i in range(2):
        args = maps[i], TARGETS[i], per_step
        assert deleted[i].tolist() == pytest.approx(curve_by_loop(predict, images[i], empty[i], *args), abs=1e-12)
        assert inserted[i].tolist() == pytest.approx(curve_by_loop(predict, empty[i], images[i], *args), abs=1e-12)
    assert (deleted[:, 0] - deleted[:, -1]).abs().min() > 1e-4, "the baseline changes nothing"


def test_defaults_are_a_black_image_for_deletion_and_a_blurred_one_for_insertion():
    predict, images, maps = random_case()
    assert torch.equal(
        deletion_curves(predict, images, maps, TARGETS, 4), deletion_curves(predict, images, maps, TARGETS, 4, "zero")
    )
    assert torch.equal(
        insertion_curves(predict, images, maps, TARGETS, 4), insertion_curves(predict, images, maps, TARGETS, 4, "blur")
    )


def test_insertion_is_deletion_of_the_negated_map_backwards():
    predict, images, maps = random_case()
    inserted = insertion_curves(predict, images, maps, TARGETS, 8, "zero")
    deleted = deletion_curves(predict, images, -maps, TARGETS, 8, "zero")
    torch.testing.assert_close(inserted, deleted.flip(1), rtol=0, atol=1e-12)


def test_perfect_map_of_a_linear_model_by_hand():
    """f(x) is 0.4, 0.3, 0.2 and 0.1 a white pixel."""
    weight = torch.tensor([[0.2, 0.4], [0.1, 0.3]]).double()
    white = torch.ones(1, 1, 2, 2).double()

    def curves(function, attention):
        target = torch.tensor([0])
        return function(lambda x: (x[:, 0] * weight).sum((1, 2))[:, None], white, attention, target, 4, "zero")

    assert curves(deletion_curves, weight[None])[0].tolist() == pytest.approx([1, 0.6, 0.3, 0.1, 0])
    assert curves(insertion_curves, weight[None])[0].tolist() == pytest.approx([0, 0.4, 0.7, 0.9, 1])
    assert area(curves(deletion_curves, weight[None])).tolist() == pytest.approx([(0.5 + 0.6 + 0.3 + 0.1) / 4])
    assert area(curves(insertion_curves, weight[None])).tolist() == pytest.approx([(0.4 + 0.7 + 0.9 + 0.5) / 4])
    assert area(curves(deletion_curves, -weight[None])) > area(curves(deletion_curves, weight[None]))


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
    blurred = baseline_images(torch.from_numpy(image)[None, None], "blur")[0, 0].numpy()
    np.testing.assert_allclose(blurred, expected, atol=1e-12)


def test_steps_are_as_equal_as_can_be_and_end_with_all_pixels():
    assert replaced_pixels(10, 4).tolist() == [0, 2, 5, 7, 10]
    counts = replaced_pixels(224 * 224, 224)
    assert set(counts.diff().tolist()) == {224} and counts[-1] == 224 * 224
    assert set(replaced_pixels(1000, 7).diff().tolist()) == {142, 143}


@pytest.mark.parametrize("steps", [0, 11])
def test_impossible_steps_are_refused(steps):
    with pytest.raises(ValueError, match="from 1 to the 10 pixels"):
        replaced_pixels(10, steps)


def test_unknown_baseline_is_refused():
    with pytest.raises(ValueError, match="'gray'"):
        baseline_images(torch.zeros(1, 1, 8, 8), "gray")
