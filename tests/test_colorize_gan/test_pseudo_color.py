"""Fixed colormaps under the colorizers' call."""

import matplotlib
import numpy as np
import pytest
import torch

from colorize_gan.pseudo_color import PseudoColor, color_table
from enhance.fusion import Enhancer
from enhance.recipe import build_enhancer, load_recipe


@pytest.mark.parametrize("name", ["jet", "bone", "viridis", "tab10"])
def test_equals_the_pixel_loop(name):
    gray = torch.rand(2, 1, 3, 5)
    gray[0, 0, 0] = torch.tensor([0.0, 1.0, 0.499 / 255, 0.501 / 255, 254.6 / 255])
    rgb = PseudoColor(name).colorize(gray)
    assert rgb.shape == (2, 3, 3, 5) and rgb.dtype == torch.float32
    for b, i, j in np.ndindex(2, 3, 5):
        level = int(np.floor(255 * float(gray[b, 0, i, j]) + 0.5))
        expected = matplotlib.colormaps[name](level / 255)[:3]
        np.testing.assert_allclose(rgb[b, :, i, j].numpy(), expected, atol=1e-6)


def test_by_hand():
    """Jet begins in a dark blue, ends in a dark red and is green-yellow halfway; viridis has its published ends."""
    jet, viridis = color_table("jet"), color_table("viridis")
    assert jet[0].tolist() == [0, 0, 0.5]
    assert jet[255].tolist() == [0.5, 0, 0]
    assert jet[128, 1] == 1
    np.testing.assert_allclose(viridis[0], [0.267004, 0.004874, 0.329415], atol=1e-6)
    np.testing.assert_allclose(viridis[255], [0.993248, 0.906157, 0.143936], atol=1e-6)


def test_beyond_the_range_and_other_types():
    color = PseudoColor("jet")
    beyond = color.colorize(torch.tensor([[[[-0.5, 1.5]]]], dtype=torch.float64))
    assert beyond.dtype == torch.float64
    assert beyond[0, :, 0].T.tolist() == [[0, 0, 0.5], [0.5, 0, 0]]


def test_has_no_weights_but_moves_with_its_module():
    color = PseudoColor("bone")
    assert not color.state_dict() and not list(color.parameters())
    assert color.to("meta").table.is_meta


def test_an_unknown_name_lists_near_ones():
    with pytest.raises(ValueError, match="no colormap 'virids'; did you mean viridis"):
        PseudoColor("virids")
    with pytest.raises(ValueError, match="did you mean jet, bone, viridis"):
        PseudoColor("???")


@pytest.mark.parametrize("name", ["jet", "bone", "viridis"])
def test_recipes_color_every_level(name):
    image = np.arange(256, dtype=np.uint8).reshape(8, 32)
    enhancer = build_enhancer(load_recipe(f"configs/enhance/{name}.py"))
    assert isinstance(enhancer, Enhancer)
    expected = matplotlib.colormaps[name](image)[..., :3] * 255
    np.testing.assert_allclose(enhancer([image])[0], expected, atol=0.5001)
