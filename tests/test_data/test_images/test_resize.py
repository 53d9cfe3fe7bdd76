import numpy as np

from data.images.resize import resize, shrink


def test_shrinking_by_a_whole_factor_is_the_mean_of_blocks():
    image = np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)
    blocks = image.reshape(8, 3, 9, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize(image, 9, 8) - blocks).max() <= 0.51


def test_growing_is_bilinear():
    assert resize(np.array([[0, 100]], np.uint8), 4, 1).tolist() == [[0, 25, 75, 100]]


def test_same_size_is_the_image_itself():
    image = np.zeros((3, 4), np.uint8)
    assert resize(image, 4, 3) is image


def test_a_finer_pattern_does_not_alias():
    """Stripes of one pixel become flat gray; picking pixels would keep stripes."""
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 32))
    assert (resize(stripes, 16, 64) == 100).all()


def test_shrink_keeps_the_aspect_ratio_and_small_images():
    image = np.random.default_rng(0).integers(0, 256, (1500, 3000), dtype=np.uint8)
    assert np.array_equal(shrink(image, 512), resize(image, 512, 256))
    assert shrink(image[:5], 512).shape == (1, 512)
    assert shrink(np.zeros((30, 20, 3), np.float32), 10).shape == (10, 7, 3)
    assert shrink(image, 3000) is image
