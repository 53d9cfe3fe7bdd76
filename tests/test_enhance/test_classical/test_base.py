"""What every classical enhancer keeps: the call, sizes, the input, and results that do not depend on the batch."""

import numpy as np
import pytest

from data.phantom.body import draw_anatomy
from data.phantom.radiograph import render
from enhance.classical import ClassicalEnhancer
from enhance.recipe import build_enhancer, load_recipe
from tests.paths import ROOT

FOLDER = ROOT / "configs/enhance"
RECIPES = ("afda", "medga", "clahe", "gamma", "unsharp")


def phantom(number: int, size: int = 96) -> np.ndarray:
    rng = np.random.default_rng([5, number])
    return np.round(render(draw_anatomy(rng), 2, size, rng).image * 255).astype(np.uint8)


class Inverter(ClassicalEnhancer):
    def enhance_gray(self, image):
        return 255 - image


def test_gray_becomes_three_equal_channels():
    images = [phantom(0), phantom(1)[:50, :70]]
    for image, out in zip(images, Inverter()(images), strict=True):
        assert out.shape == (*image.shape, 3)
        assert all(np.array_equal(out[..., channel], 255 - image) for channel in range(3))


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_enhance(name):
    enhancer = build_enhancer(load_recipe(FOLDER / f"{name}.py"))
    images = [phantom(0), phantom(1)[:50, :70], phantom(2)]
    kept = [image.copy() for image in images]
    batch = enhancer(images)
    for image, before, out in zip(images, kept, batch, strict=True):
        assert np.array_equal(image, before)
        assert out.shape == (*image.shape, 3)
        assert out.dtype == np.uint8
        assert (out == out[..., :1]).all()
        assert (out[..., 0] != image).mean() > 0.05
    assert np.array_equal(batch[2], build_enhancer(load_recipe(FOLDER / f"{name}.py"))([images[2]])[0])


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2)])
def test_recipes_take_thin_images(name, shape):
    enhancer = build_enhancer(load_recipe(FOLDER / f"{name}.py"))
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    assert enhancer([image])[0].shape == (*shape, 3)


@pytest.mark.parametrize("name", ["afda", "medga", "unsharp"])
@pytest.mark.parametrize("level", [0, 1, 77, 255])
def test_constant_images_stay(name, level):
    enhancer = build_enhancer(load_recipe(FOLDER / f"{name}.py"))
    image = np.full((20, 30), level, np.uint8)
    assert (enhancer([image])[0] == level).all()
