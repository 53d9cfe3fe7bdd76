"""What a manifest says, and what it allows a later run to delete."""

import json

import numpy as np
import pytest

from data.coco import ImageRecord
from data.images.image_io import write_image
from data.preparation.manifest import MANIFEST, remove_old_images, write_manifest
from data.preparation.prepare import ImageOptions, Prepared, prepare_images


def test_what_was_read_and_what_became_of_it(tmp_path):
    prepared = Prepared([], {"images/a.png": "linked"}, {"src/b.png": "it is damaged"}, clipped_boxes=3)
    write_manifest(tmp_path, "rsna", tmp_path / "x/../src", {"size": 48, "strict": False}, prepared)
    assert json.loads((tmp_path / MANIFEST).read_text()) == {
        "dataset": "rsna",
        "source": str(tmp_path.resolve() / "src"),
        "settings": {"size": 48, "strict": False},
        "clipped_boxes": 3,
        "left_out": {"src/b.png": "it is damaged"},
        "files": {"images/a.png": "linked"},
    }


def test_an_interrupted_run_leaves_no_second_image_of_one_name(tmp_path):
    """Without a manifest: a.jpg beside the new a.png goes, other files stay."""
    write_image(tmp_path / "a.png", np.zeros((9, 9), np.uint8))
    record = ImageRecord(tmp_path / "a.png", "images/a.png", 0, 0, "a")
    images = tmp_path / "dst/images"
    images.mkdir(parents=True)
    for name in ("a.jpg", "a.JPEG", "b.jpg", "a.txt"):
        (images / name).touch()
    assert remove_old_images(tmp_path / "dst", prepare_images([record], tmp_path / "dst", ImageOptions())) == 2
    assert {path.name for path in images.iterdir()} == {"a.png", "b.jpg", "a.txt"}
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": null}'])
def test_a_damaged_manifest_lists_nothing(tmp_path, content):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/a.jpg").touch()
    (tmp_path / MANIFEST).write_text(content)
    assert remove_old_images(tmp_path, Prepared()) == 0
    (tmp_path / MANIFEST).write_text('{"files": {"images/a.jpg": "linked", "../b.jpg": "linked"}}')
    assert remove_old_images(tmp_path, Prepared()) == 1
