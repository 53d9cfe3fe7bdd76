"""Filters and channels against loops and by hand."""

import numpy as np
import pytest
import timm
from torch import nn

from enhance.pictures.layers import channels_figure, filter_pictures, filters_figure, first_filters, strongest
from enhance.pictures.view import View

RNG = np.random.default_rng(0)


def test_the_first_convolution_is_that_which_meets_the_image():
    network = timm.create_model("resnet18", pretrained=False, in_chans=1)
    assert np.array_equal(first_filters(network), network.conv1.weight.detach().numpy())
    with pytest.raises(ValueError, match="no convolution"):
        first_filters(nn.Linear(2, 2))


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_filters_are_scaled_to_their_own_range_around_gray(inputs):
    filters = RNG.normal(size=(5, inputs, 3, 4)) * np.array([1e-6, 1, 2, 3, 100])[:, None, None, None]
    pictures = filter_pictures(filters)
    assert pictures.shape == ((5, 3, 4, 3) if inputs == 3 else (5, 3, 4)) and pictures.dtype == np.uint8
    for picture, one in zip(pictures, filters, strict=True):
        shown = np.moveaxis(one, 0, -1) if inputs == 3 else one.sum(0)
        np.testing.assert_allclose(picture, 127.5 * (1 + shown / np.abs(shown).max()), atol=0.5001)
        assert picture.max() == 255 or picture.min() == 0


def test_filters_by_hand():
    filters = np.array([[[[-2.0, 0.0, 1.0]]], [[[0.0, 0.0, 0.0]]], [[[0.0, 0.0, 3.0]]]])
    assert filter_pictures(filters).tolist() == [[[0, 128, 191]], [[128, 128, 128]], [[128, 128, 255]]]


def test_every_filter_is_drawn():
    figure = filters_figure(RNG.normal(size=(11, 1, 3, 3)))
    assert len(figure.axes) == 11
    assert "11 filters of 3 × 3" in figure.get_suptitle()
    for axes, picture in zip(figure.axes, filter_pictures(RNG.normal(size=(11, 1, 3, 3))), strict=True):
        assert axes.images[0].get_array().shape == picture.shape
        assert axes.images[0].get_clim() == (0, 255)


def test_strongest_channels_come_first():
    features = np.zeros((5, 2, 2), np.float32)
    features[:, 0, 1] = [3, -1, 7, 0, 5]
    picked = strongest(features, 3)
    assert list(picked) == [2, 4, 0]
    assert np.array_equal(picked[4], features[4])
    assert len(strongest(features, 9)) == 5


def test_channels_are_scaled_each_on_its_own_and_named():
    view = View("a.png", np.zeros((8, 8), np.uint8), (8, 8), "A", 0.5, {}, [[1, 1, 2, 2]])
    low_high = np.array([[-1.0, 1.0], [0.0, 0.5]], np.float32)
    figure = channels_figure([view], [{7: 10 * low_high, 3: np.full((2, 2), 4.0, np.float32)}])
    image, seven, three = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["image", "channel 7, up to 10", "channel 3, up to 4"]
    assert seven.images[0].get_array().tolist() == [[0, 255], [128, 191]]
    assert not three.images[0].get_array().any()
    assert [len(axes.patches) for axes in figure.axes] == [1, 0, 0]
    assert figure.texts[0].get_text() == "a.png"
