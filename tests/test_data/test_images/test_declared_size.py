"""An image of another size than its annotation file says."""

import cv2
import numpy as np
import pytest
from PIL import Image

from data.errors import UserError
from data.images.declared_size import check_declared_size, check_header


def test_equal_sizes_pass_whatever_the_type_of_number():
    check_declared_size("a.png", (30, 20), (30.0, 20))


def test_both_sizes_and_the_remedy_are_named():
    with pytest.raises(UserError, match=r"a.png has 30 x 20 pixels, its annotation file says 60 x 40: boxes would not"):
        check_declared_size("a.png", (30, 20), (60, 40))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_headers_of_each_kind(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), np.zeros((20, 30), np.uint8))
    check_header(path, (30, 20))
    with pytest.raises(UserError, match=r"has 30 x 20 pixels, its annotation file says 20 x 30"):
        check_header(path, (20, 30))


@pytest.mark.parametrize(("orientation", "size"), [(1, (30, 20)), (3, (30, 20)), (6, (20, 30)), (8, (20, 30))])
def test_an_image_is_as_large_as_it_is_shown(tmp_path, orientation, size):
    exif = Image.Exif()
    exif[274] = orientation
    Image.new("L", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    check_header(tmp_path / "a.jpg", size)
    with pytest.raises(UserError, match=f"has {size[0]} x {size[1]} pixels"):
        check_header(tmp_path / "a.jpg", size[::-1])


def test_unknown_headers_are_left_to_the_reader_and_missing_files_are_not(tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"\0" * 128 + b"DICM")
    check_header(tmp_path / "a.dcm", (30, 20))
    with pytest.raises(UserError, match=r"b.png is not there, but an annotation file lists it: bring it back"):
        check_header(tmp_path / "b.png", (30, 20))
