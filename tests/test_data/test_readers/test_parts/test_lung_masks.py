"""`--lung-roi` and the images that have no mask."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from data.coco import ImageRecord
from data.errors import UserError
from data.readers.parts.lung_masks import add_lung_roi, keep_masked


def record(name, *masks):
    return ImageRecord(Path("x", name), f"images/{name}", 0, 0, None, masks=[Path(mask) for mask in masks])


def test_options():
    parser = ArgumentParser()
    add_lung_roi(parser)
    assert vars(parser.parse_args([])) == {"lung_roi": False, "allow_missing": False}
    assert vars(parser.parse_args(["--lung-roi", "--allow-missing"])) == {"lung_roi": True, "allow_missing": True}


def test_images_without_a_mask():
    masked, bare = record("a.png", "left.png", "right.png"), record("b.png")
    assert keep_masked("src", [masked], False, "shape") == [masked]
    with pytest.raises(UserError, match=r"(?s)src: 1 of 2 images have no lung mask; the first is b\.png.*\nSRC/masks"):
        keep_masked("src", [masked, bare], False, "SRC/masks")
    with pytest.warns(UserWarning, match="left out"):
        assert keep_masked("src", [masked, bare], True, "shape") == [masked]
    with pytest.raises(UserError, match="1 of 1"):
        keep_masked("src", [bare], True, "shape")
