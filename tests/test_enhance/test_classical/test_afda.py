"""AFDA against a loop over pixels, and what it does to flat areas, texture and edges."""

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from enhance.classical.afda import (
    AFDA,
    edge_threshold,
    fractional_order,
    fractional_sharpen,
    local_gradient,
    ring_sums,
)

NUMBERS = dict(flat_below=1.0, texture_order=0.3, edge_order=0.4, max_order=0.5)
STEPS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
RNG = np.random.default_rng(3)


def at(image, row, column):
    """The pixel, or the nearest one inside."""
    height, width = image.shape
    return float(image[min(max(row, 0), height - 1), min(max(column, 0), width - 1)])


def mask(v):
    """The 5 x 5 mask, coefficient by coefficient, divided by its sum."""
    cells = np.zeros((5, 5))
    for down, right in STEPS:
        for distance, coefficient in enumerate((1, -v, v * (v - 1) / 2)):
            cells[2 + distance * down, 2 + distance * right] += coefficient
    return cells / cells.sum()


def slow_sharpen(image, order):
    out = np.zeros(image.shape)
    for row, column in np.ndindex(image.shape):
        cells = mask(order[row, column])
        for down, right in np.ndindex(5, 5):
            out[row, column] += cells[down, right] * at(image, row + down - 2, column + right - 2)
    return out


@pytest.mark.parametrize("shape", [(9, 12), (2, 7), (1, 1)])
@pytest.mark.parametrize("kind", ["uint8", "float"])
def test_equals_the_loop_over_pixels(shape, kind):
    image = RNG.integers(0, 256, shape, dtype=np.uint8) if kind == "uint8" else RNG.normal(0, 50, shape)
    order = RNG.uniform(0, 0.95, shape)
    assert np.allclose(fractional_sharpen(image, order), slow_sharpen(image, order), rtol=0, atol=1e-9)


@pytest.mark.parametrize("v", [0.0, 0.1, 0.5, 0.9])
def test_the_mask_by_hand(v):
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    out = fractional_sharpen(impulse, v)
    total = 8 - 12 * v + 4 * v**2
    assert out[4, 4] == pytest.approx(8 / total)
    assert out[4, 5] == out[3, 3] == pytest.approx(-v / total)
    assert out[4, 6] == out[2, 2] == pytest.approx(v * (v - 1) / 2 / total)
    assert out[2, 3] == 0
    assert out.sum() == pytest.approx(1)


def test_half_order_by_hand():
    """v = 1/2: the sum is 3, the coefficients 8, -1/2 and -1/8."""
    assert fractional_sharpen(np.array([[0, 0, 3, 0, 0]]), 0.5).tolist()[0] == pytest.approx(
        [-1 / 8 * 3, -1 / 2 * 3, 8 - 1 - 1 / 4, -1 / 2 * 3, -1 / 8 * 3]
    )


def test_orders_outside_are_refused():
    for order in (-0.1, 1.0, np.array([[0.5, np.nan]])):
        with pytest.raises(ValueError, match="orders"):
            fractional_sharpen(np.zeros((1, 2)), order)


def test_ring_sums_by_hand():
    first, second = ring_sums(np.arange(25).reshape(5, 5))
    assert first[2, 2] == 6 + 7 + 8 + 11 + 13 + 16 + 17 + 18
    assert second[2, 2] == 0 + 2 + 4 + 10 + 14 + 20 + 22 + 24
    assert first[0, 0] == 0 + 0 + 1 + 0 + 1 + 5 + 5 + 6


def test_gradient_equals_the_loop():
    image = RNG.integers(0, 256, (6, 5), dtype=np.uint8)
    weights = {-1: 1 / 4, 0: 2 / 4, 1: 1 / 4}
    gradient = local_gradient(image)
    for row, column in np.ndindex(image.shape):
        right = sum(w * (at(image, row + d, column + 1) - at(image, row + d, column - 1)) for d, w in weights.items())
        down = sum(w * (at(image, row + 1, column + d) - at(image, row - 1, column + d)) for d, w in weights.items())
        assert gradient[row, column] == pytest.approx(np.sqrt((right**2 + down**2) / 2))


def test_the_order_follows_the_gradient():
    gradient = np.concatenate([np.linspace(0, 5, 200), np.linspace(30, 90, 100)])[None]
    threshold = edge_threshold(gradient, 1.0)
    order = fractional_order(gradient, **NUMBERS)
    flat, edge = gradient < 1, gradient >= threshold
    assert 5 <= threshold <= 30
    assert (order[flat] == 0).all()
    assert ((order[~flat & ~edge] > 0) & (order[~flat & ~edge] < 0.3)).all()
    assert order[~flat & ~edge] == pytest.approx(0.3 * gradient[~flat & ~edge] / threshold)
    assert order[edge] == pytest.approx([min(max(1 - threshold / m, 0.4), 0.5) for m in gradient[edge]])
    assert (np.diff(order) >= 0).all()
    assert order.max() == 0.5


def test_letters_do_not_move_the_threshold_above_anatomy():
    texture, ribs = np.exp(RNG.normal(0.7, 0.2, 4000)), np.exp(RNG.normal(2.5, 0.2, 1500))
    letters = RNG.uniform(100, 200, 100)
    gradient = np.concatenate([texture, ribs, letters])[None]
    assert threshold_otsu(gradient) > np.quantile(ribs, 0.99)
    assert texture.mean() < edge_threshold(gradient, 1.0) < ribs.mean()


def test_flat_pixels_have_no_say_in_the_threshold():
    steep = RNG.uniform(2, 60, 300)
    assert edge_threshold(np.concatenate([steep, np.full(5000, 0.5)]), 1.0) == edge_threshold(steep, 1.0)
    assert edge_threshold(np.zeros((4, 4)), 1.5) == 1.5


def test_flat_areas_stay_exactly():
    image = np.full((40, 40), 93, np.uint8)
    image[12:25, 10:30] = 171
    out = AFDA(**NUMBERS).enhance_gray(image)
    changed = np.argwhere(out != image)
    assert len(changed)
    for row, column in changed:
        around = image[row - 1 : row + 2, column - 1 : column + 2]
        assert around.min() < around.max()
    assert np.array_equal(fractional_sharpen(np.full((5, 5), 93), 0.7), np.full((5, 5), 93.0))


def test_faint_noise_stays():
    image = (100 + RNG.integers(0, 2, (30, 30))).astype(np.uint8)
    assert np.array_equal(AFDA(**{**NUMBERS, "flat_below": 1.01}).enhance_gray(image), image)


def test_edges_become_steeper_and_overshoot():
    profile = np.array([80] * 8 + [90, 120, 150, 160] + [160] * 8, np.uint8)
    out = AFDA(**NUMBERS).enhance_gray(np.tile(profile, (12, 1))).astype(int)
    assert np.abs(np.diff(out, axis=1)).max() > 1.3 * 30
    assert out.min() < 80
    assert out.max() > 160


def test_the_result_is_rounded():
    image = RNG.integers(60, 190, (20, 20), dtype=np.uint8)
    exact = fractional_sharpen(image, fractional_order(local_gradient(image), **NUMBERS)).clip(0, 255)
    assert np.abs(AFDA(**NUMBERS).enhance_gray(image) - exact).max() <= 0.5


def test_the_result_is_cut_not_wrapped():
    image = np.zeros((12, 12), np.uint8)
    image[:, 6:] = 255
    assert np.array_equal(AFDA(**NUMBERS).enhance_gray(image), image)


@pytest.mark.parametrize("wrong", [dict(max_order=1.0), dict(edge_order=0.2), dict(texture_order=-0.1)])
def test_orders_in_the_wrong_order_are_refused(wrong):
    with pytest.raises(ValueError, match="max_order < 1"):
        AFDA(**{**NUMBERS, **wrong})


def test_a_flat_level_of_zero_is_refused():
    with pytest.raises(ValueError, match="flat_below"):
        AFDA(**{**NUMBERS, "flat_below": 0})


def test_every_edge_has_at_least_the_order_of_edges():
    gradient = np.geomspace(1, 100, 200).reshape(10, 20)
    order = fractional_order(gradient, flat_below=0.5, texture_order=0.1, edge_order=0.4, max_order=0.9)
    is_edge = gradient >= edge_threshold(gradient, 0.5)
    assert order[is_edge].min() == 0.4 and order[~is_edge].max() < 0.1
