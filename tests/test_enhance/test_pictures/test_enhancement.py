"""The steps of an enhancer and their page."""

import numpy as np
import torch
from mmengine.registry import MODELS

from enhance.fusion import Enhancer
from enhance.pictures.enhancement import enhancement_page, steps
from tests.test_enhance.toy import ToyClassifier

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 24), dtype=np.uint8)


class Red(torch.nn.Module):
    def colorize(self, gray):
        return torch.cat([gray, gray * 0, gray * 0], 1)


def test_each_part_of_an_enhancer_is_a_step():
    both = Enhancer(dict(type="CAWE"), ToyClassifier(), Red()).eval()
    pictures = steps(both, IMAGE)
    assert list(pictures) == ["gray", "attention", "colorized", "fused"]
    np.testing.assert_array_equal(pictures["fused"], both([IMAGE])[0])
    assert pictures["attention"].shape == IMAGE.shape and pictures["attention"].max() <= 1
    np.testing.assert_array_equal(pictures["colorized"], np.stack([IMAGE, IMAGE * 0, IMAGE * 0], 2))
    assert list(steps(Enhancer(colorizer=Red()), IMAGE)) == ["gray", "colorized", "enhanced"]


def test_an_enhancer_without_learning_has_two_steps():
    classical = MODELS.build(dict(type="Gamma", gamma=0.5))
    assert list(steps(classical, IMAGE)) == ["gray", "enhanced"]


def test_boxes_are_on_all_but_the_colorized_image():
    figure = enhancement_page([(steps(Enhancer(colorizer=Red()), IMAGE), [(2, 3, 4, 5)])] * 2)
    assert [len(axes.patches) for axes in figure.axes] == [1, 0, 1] * 2
    assert [axes.get_title() for axes in figure.axes] == ["gray", "colorized", "enhanced", "", "", ""]
