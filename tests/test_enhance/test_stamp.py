"""The mark by which an enhanced image is known again."""

import hashlib
import os

import numpy as np
import pytest
from PIL import Image

from data.images.errors import ImageReadError
from data.images.image_io import write_image
from enhance.stamp import make_stamp, read_stamp


def test_a_stamp_is_of_the_content_and_the_enhancer_alone(tmp_path):
    (tmp_path / "a").write_bytes(b"pixels")
    stamp = make_stamp(tmp_path / "a", {"x": 1, "y": 2})
    assert stamp == hashlib.sha256(b'2 {"x": 1, "y": 2}pixels').hexdigest()
    (tmp_path / "b").write_bytes(b"pixels")
    os.utime(tmp_path / "b", (4, 4))
    assert make_stamp(tmp_path / "b", {"y": 2, "x": 1}) == stamp
    (tmp_path / "b").write_bytes(b"pixelz")
    assert len({stamp, make_stamp(tmp_path / "b", {"x": 1, "y": 2}), make_stamp(tmp_path / "a", {"x": 1})}) == 3
    with pytest.raises(ImageReadError, match="none"):
        make_stamp(tmp_path / "none", {})


def test_a_version_that_makes_other_pixels_makes_images_anew(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"pixels")
    before = make_stamp(tmp_path / "a", {})
    monkeypatch.setattr("enhance.stamp.PIXELS", 3)
    assert make_stamp(tmp_path / "a", {}) != before


def test_what_is_written_is_read_again(tmp_path):
    stamp = "0123456789abcdef" * 4
    write_image(tmp_path / "a.png", np.zeros((3, 5, 3), np.uint8), comment=stamp)
    assert read_stamp(tmp_path / "a.png") == (stamp, (5, 3))
    content = (tmp_path / "a.png").read_bytes()
    for cut in (len(content) - 1, len(content) - 20, 120):
        (tmp_path / "a.png").write_bytes(content[:cut])  # as a copy that was broken off
        assert read_stamp(tmp_path / "a.png") is None


@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\r\n\x1a\n half", b"text"])
def test_what_is_no_whole_image_has_no_stamp(tmp_path, content):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    assert read_stamp(tmp_path / "a.png") is None


def test_other_images_have_no_stamp(tmp_path):
    write_image(tmp_path / "plain.png", np.zeros((3, 5), np.uint8))
    write_image(tmp_path / "remark.png", np.zeros((3, 5), np.uint8), comment="drawn by hand")
    Image.new("L", (5, 3)).save(tmp_path / "gif.png", "GIF", comment=b"x" * 64)
    assert [read_stamp(tmp_path / f"{name}.png") for name in ("plain", "remark", "gif")] == [None] * 3
