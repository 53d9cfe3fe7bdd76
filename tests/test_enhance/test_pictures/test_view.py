"""Views: fitted maps, the caption."""

import numpy as np
import torch

from enhance.attention.base import up_sample
from enhance.pictures.view import View, fitted


def test_fitted_is_the_up_sampling_of_the_methods():
    attention = np.random.default_rng(0).random((3, 4))
    image = np.zeros((30, 41), np.uint8)
    expected = up_sample(torch.from_numpy(attention.astype(np.float32))[None], (30, 41))[0].numpy()
    assert np.array_equal(fitted(attention, image), expected)
    assert np.array_equal(fitted(expected, image), expected)


def test_caption_names_file_class_and_probability():
    view = View("a.png", np.zeros((2, 2), np.uint8), (2, 2), "Lung Opacity", 0.678, {})
    assert view.caption.splitlines() == ["a.png", "class Lung Opacity", "probability 0.68"]
