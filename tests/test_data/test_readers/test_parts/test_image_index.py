"""Images by the names that exports give them."""

from pathlib import Path

import pytest

from data.errors import UserError
from data.readers.parts.image_index import ImageIndex


@pytest.fixture
def index(tmp_path):
    for name in ("images/a.png", "images/deep/b.png", "other/b.png", "images/with space.jpg", "images/c%41.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return ImageIndex(tmp_path)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("images/a.png", "images/a.png"),
        ("a.png", "images/a.png"),
        ("./images/../images/a.png", "images/a.png"),
        ("/home/somebody/set/a.png", "images/a.png"),
        ("C:\\set\\images\\a.png", "images/a.png"),
        ("/data/upload/1/with%20space.jpg", "images/with space.jpg"),
        ("images/c%41.png", "images/c%41.png"),
        ("/server/deep/b.png", "images/deep/b.png"),
        ("set/other/b.png", "other/b.png"),
        ("gone.png", None),
    ],
)
def test_names(index, name, found):
    assert index.find(name) == (None if found is None else Path(found))


def test_roots_come_first_and_two_are_too_many(index):
    assert index.find("b.png", [index.src / "other"]) == Path("other/b.png")
    with pytest.raises(UserError, match=r"b.png could be images/deep/b.png or other/b.png; give images names"):
        index.find("b.png")
    assert index.of_stem("b", Path("other")) == Path("other/b.png")
    assert index.of_stem("a") == Path("images/a.png") and index.of_stem("z") is None
    with pytest.raises(UserError, match="b could be"):
        index.of_stem("b")


def test_nothing_outside_of_the_folder_is_taken(index):
    (index.src.parent / "out.png").touch()
    assert index.find("../out.png") is None and index.find(str(index.src.parent / "out.png")) is None
