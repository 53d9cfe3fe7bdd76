"""What detectors see of a file."""

import cv2
import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

import detect.register  # noqa: F401
from data.errors import UserError
from data.images.errors import ImageReadError
from data.images.image_io import read_grayscale


def load(path, **more):
    return TRANSFORMS.build(dict(type="LoadLesionImage"))({"img_path": str(path), **more})


def test_colors_are_bgr_as_mmdet_has_them(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    loaded = load(tmp_path / "a.png", width=6, height=4)
    np.testing.assert_array_equal(loaded["img"], image)
    assert loaded["img"].flags.c_contiguous and loaded["img_shape"] == loaded["ori_shape"] == (4, 6)


@pytest.mark.parametrize("top", [255, 4095, 65535])
def test_all_depths_are_seen_in_full(tmp_path, top):
    """A 12-bit PNG has levels up to 4095 of 65535: they are white, not nearly black."""
    ramp = np.linspace(0, top, 64).reshape(8, 8).astype(np.uint8 if top == 255 else np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), ramp)
    seen = load(tmp_path / "a.png")["img"]
    assert seen.dtype == np.uint8 and (seen == seen[..., :1]).all()
    np.testing.assert_array_equal(seen[..., 0], read_grayscale(tmp_path / "a.png"))
    assert seen.min() == 0 and seen.max() == 255


def test_other_sizes_and_damaged_files_are_named(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((4, 6), np.uint8))
    with pytest.raises(UserError, match="a.png has 6 x 4 pixels, its annotation file says 12 x 8"):
        load(tmp_path / "a.png", width=12, height=8)
    (tmp_path / "b.png").write_bytes(b"no image")
    with pytest.raises(ImageReadError, match=r"b.png"):
        load(tmp_path / "b.png")
