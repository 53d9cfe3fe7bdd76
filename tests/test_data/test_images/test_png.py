import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from data.images.png import _filtered, encode_png, png_is_complete


def slow_filter(image: np.ndarray) -> bytes:
    """The filter "Up" of the PNG specification, byte by byte."""
    height = len(image)
    lines = [list(image[y].reshape(-1)) for y in range(height)]
    out = bytearray()
    for y, line in enumerate(lines):
        out.append(2)
        out += bytes((int(value) - (int(lines[y - 1][x]) if y else 0)) % 256 for x, value in enumerate(line))
    return bytes(out)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1), (13, 21), (1, 1, 3), (5, 1, 3), (17, 30, 3)])
def test_two_other_readers_see_the_same_pixels(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    png = encode_png(image)
    assert bytes(_filtered(image)) == slow_filter(image)
    by_pillow = np.asarray(Image.open(io.BytesIO(png)))
    by_opencv = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_pillow, image)
    np.testing.assert_array_equal(by_opencv if image.ndim == 2 else by_opencv[..., ::-1], image)


@pytest.mark.parametrize(
    "view", [np.s_[::2, ::-1], np.s_[3:9, 4:5], np.s_[:, :, ::-1]], ids=["mirrored", "part", "channels"]
)
def test_views_of_arrays_are_written_as_they_look(view):
    image = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)[view]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(image)))), image)


def test_a_comment_is_kept():
    png = encode_png(np.zeros((4, 4), np.uint8), "made by Gr\xfcn")
    with Image.open(io.BytesIO(png)) as image:
        assert image.info["Comment"] == "made by Gr\xfcn"
    with Image.open(io.BytesIO(encode_png(np.zeros((4, 4), np.uint8)))) as image:
        assert "Comment" not in image.info


def test_what_was_written_is_complete_and_any_changed_byte_is_noticed():
    png = encode_png(np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8), "stamp")
    assert png_is_complete(png)
    for place in range(len(png)):
        assert not png_is_complete(png[:place])
        assert not png_is_complete(png[:place] + bytes([png[place] ^ 1]) + png[place + 1 :]), place


def test_pixels_are_one_stream_of_zlib():
    png = encode_png(np.full((3, 2), 7, np.uint8))
    start = png.index(b"IDAT") + 4
    assert zlib.decompress(png[start : png.index(b"IEND") - 8]) == bytes([2, 7, 7, 2, 0, 0, 2, 0, 0])
