"""Eq. (7) and the enhancer that composes attention and color."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from data.errors import UserError
from enhance.attention import CAWE, normalize
from enhance.fusion import MAX_PIXELS, Enhancer, fuse, fuse_last_channel
from tests.test_enhance.toy import ToyClassifier

RNG = np.random.default_rng(0)


class Reddener(nn.Module):
    """A colorizer one can follow by hand: red is the gray image, green half of it, blue nothing."""

    def colorize(self, gray):
        return torch.cat([gray, gray / 2, gray * 0], 1)


def gray(height=20, width=14):
    return RNG.integers(0, 256, (height, width), dtype=np.uint8)


def test_equals_the_pixel_loop():
    image, attention = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8), RNG.random((5, 4), dtype=np.float32)
    out = fuse(image, attention, 0.3)
    for i in range(5):
        for j in range(4):
            for c in range(3):
                exact = 0.3 * int(image[i, j, c]) + 0.7 * float(attention[i, j]) * int(image[i, j, c])
                assert abs(int(out[i, j, c]) - exact) <= 0.5 + 1e-4
    assert out.dtype == np.uint8


def test_by_hand():
    image = np.array([[100, 200]], np.uint8)
    assert fuse(image, np.array([[0.0, 1.0]]), 0.5).tolist() == [[50, 200]]
    assert fuse(image, np.array([[0.5, 0.25]]), 0.0).tolist() == [[50, 50]]


@pytest.mark.parametrize("shape", [(256, 3), (16, 16, 3)])
def test_alpha_one_is_the_identity(shape):
    image = np.arange(768, dtype=np.int64).reshape(shape).astype(np.uint8)
    assert np.array_equal(fuse(image, RNG.random(shape[:2]), 1.0), image)


def test_range_is_alpha_i_to_i():
    image, attention = gray(), RNG.random((20, 14))
    out = fuse(image, attention, 0.4).astype(float)
    assert (out <= image).all()
    assert (out >= 0.4 * image - 0.5).all()


def test_arrays_and_tensors_agree():
    image, attention = gray(), RNG.random((20, 14), dtype=np.float32)
    out = fuse(torch.from_numpy(image), torch.from_numpy(attention), 0.5)
    assert np.array_equal(out.numpy(), fuse(image, attention, 0.5))


def test_the_map_in_one_channel_equals_the_pixel_loop():
    image, attention = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8), RNG.random((5, 4), dtype=np.float32)
    out = fuse_last_channel(torch.from_numpy(image), torch.from_numpy(attention), 0.3).numpy()
    assert out.dtype == np.uint8 and np.array_equal(out[..., :2], image[..., :2])
    for i in range(5):
        for j in range(4):
            assert out[i, j, 2] == round(0.3 * int(image[i, j, 2]) + 0.7 * float(attention[i, j]) * int(image[i, j, 2]))


def test_an_enhancer_fuses_as_it_is_told():
    image, parts = gray(), dict(attention=dict(type="CAWE"), classifier=ToyClassifier(), colorizer=Reddener(), alpha=0)
    (product,), (channel,) = (Enhancer(**parts, fusion=fusion)([image]) for fusion in ("product", "channel"))
    assert np.array_equal(channel[..., 0], image) and (product[..., 0] < image).any()
    assert np.array_equal(channel[..., 2], product[..., 2])
    with pytest.raises(ValueError, match="fusion must be one of product, channel, got 'sum'"):
        Enhancer(fusion="sum")


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="alpha"):
        fuse(gray(), np.zeros((20, 14)), 1.5)
    with pytest.raises(ValueError, match="map is"):
        fuse(gray(), np.zeros((14, 20)))
    with pytest.raises(ValueError, match="together"):
        Enhancer(attention=dict(type="CAWE"))


def test_gray_recipe_is_the_image_three_times():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (out,) = Enhancer()([image])
    assert np.array_equal(out, np.stack([image] * 3, axis=2))


def test_alpha_one_recipe_is_the_image():
    image = gray()
    (out,) = Enhancer(attention=dict(type="CAWE"), classifier=ToyClassifier(), alpha=1.0)([image])
    assert np.array_equal(out, np.stack([image] * 3, axis=2))


def test_composition_equals_its_parts(monkeypatch):
    """Color+CAWE: the map comes from the resized gray image and multiplies the colorized one."""
    classifier = ToyClassifier()
    monkeypatch.setitem(MAX_PIXELS, "cpu", 300)  # the two images of one size are colorized apart
    images = [gray(20, 14), gray(33, 40), gray(20, 14), gray(9, 8)]
    enhancer = Enhancer(attention=dict(type="CAWE"), classifier=classifier, colorizer=Reddener(), alpha=0.5)
    for image, out in zip(images, enhancer(images), strict=True):
        area = cv2.INTER_AREA if min(image.shape) > 16 or image.shape == (20, 14) else cv2.INTER_LINEAR
        small = torch.from_numpy(cv2.resize(image, (16, 16), interpolation=area))[None, None].float() / 255
        coarse = CAWE(classifier).coarse_maps(small)
        attention = nn.functional.interpolate(coarse[None], image.shape, mode="bilinear", align_corners=False)[0]
        gain = 0.5 + 0.5 * normalize(attention, "max")[0].numpy()
        expected = np.stack([image * gain, image / 2 * gain, image * 0.0], axis=2)
        assert out.shape == (*image.shape, 3)
        assert out.dtype == np.uint8
        np.testing.assert_allclose(out, expected, atol=0.501)


def test_a_network_sees_few_pixels_at_once(monkeypatch):
    """A CPU's cache holds no more; the images of a batch are what they are alone."""
    monkeypatch.setitem(MAX_PIXELS, "cpu", 2 * 16 * 16)
    seen = {"classifier": [], "colorizer": []}
    classifier, colorizer = ToyClassifier(), Reddener()
    extract, colorize = classifier.extract_feat, colorizer.colorize
    classifier.extract_feat = lambda images: seen["classifier"].append(len(images)) or extract(images)
    colorizer.colorize = lambda images: seen["colorizer"].append(len(images)) or colorize(images)
    enhancer = Enhancer(attention=dict(type="CAWE"), classifier=classifier, colorizer=colorizer)
    images = [gray(16, 16) for _ in range(5)]
    together = enhancer(images)
    assert seen == {"classifier": [2, 2, 1], "colorizer": [2, 2, 1]}
    for image, one in zip(images, together, strict=True):
        assert np.array_equal(enhancer([image])[0], one)


def test_a_classifier_says_its_input_size():
    classifier = ToyClassifier()
    del classifier.input_size
    with pytest.raises(UserError, match="ToyClassifier has no input_size"):
        Enhancer(attention=dict(type="CAWE"), classifier=classifier)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_no_image(value):
    image, attention = np.full((4, 5, 3), 100.0, np.float32), np.full((4, 5), 0.5, np.float32)
    for broken in (image, attention):
        kept, broken.flat[3] = broken.flat[3], value
        with pytest.raises(UserError, match="not finite; did a training diverge"):
            fuse(image, attention)
        broken.flat[3] = kept
    assert fuse(image, attention).shape == (4, 5, 3)
