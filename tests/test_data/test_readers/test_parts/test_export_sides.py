"""Sides by names."""

import pytest

from data.errors import UserError
from data.readers.parts.export_sides import settled_sides, side_of


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("train.json", "train"),
        ("annotations/instances_val2017.json", "val"),
        ("valid/_annotations.coco.json", "val"),
        ("obj_Train_data/1.png", "train"),
        ("images/Testing", "test"),
        ("trainval.txt", None),
        ("train/test.json", None),
        ("instances_default.json", None),
        ("latest/contrast.json", None),
        (".", None),
    ],
)
def test_words(name, side):
    assert side_of(name) == side


def test_what_is_trained_on_and_tested():
    assert settled_sides("x", {"train": [1], "val": [2], "test": [3]}, "all") == {"train": [1], "val": [2], "test": [3]}
    assert settled_sides("x", {"train": [1], "test": [3], "val": []}, "all") == {"train": [1], "test": [3]}
    for one in ("train", "val", "all"):
        assert settled_sides("x", {one: [1], "test": []}, "all") == {"all": [1]}
    with pytest.warns(UserWarning, match="the images to validate are tested"):
        assert settled_sides("x", {"train": [1], "val": [2]}, "all") == {"train": [1], "test": [2]}
    for wrong, there in (({"test": [1]}, "test"), ({"val": [1], "test": [2]}, "val, test"), ({}, "nothing")):
        with pytest.raises(UserError, match=f"nothing to train on, only {there}"):
            settled_sides("x", wrong, "all")
