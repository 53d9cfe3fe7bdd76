"""Nothing is written outside of the folder that was asked for, nor among the sources."""

import pytest

from data.errors import UserError
from data.images.place import check_targets, name_below


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("a.png", "a.png"),
        ("./b//a.png", "b/a.png"),
        ("b/../a.png", "a.png"),
        ("..a.png", "..a.png"),
        ("12:30.png", "12:30.png"),
    ],
)
def test_names_below_a_folder(name, below):
    assert name_below("folder", name) == below


@pytest.mark.parametrize(
    "name", ["../a.png", "b/../../a.png", "/etc/a.png", "", ".", "..", "C:\\x\\a.png", "\\\\host\\x\\a.png"]
)
def test_names_that_lead_out_are_refused(name):
    with pytest.raises(UserError, match="leads out of folder: write names relative to it"):
        name_below("folder", name)


def test_an_absolute_name_below_the_folder_becomes_relative(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "src")
    assert name_below(tmp_path / "src", str(tmp_path / "src/b/a.png")) == "b/a.png"
    assert name_below(tmp_path / "link", str(tmp_path / "src/a.png")) == "a.png"
    with pytest.raises(UserError, match="leads out"):
        name_below(tmp_path / "src", str(tmp_path / "src2/a.png"))


def test_links_in_the_way(tmp_path):
    for folder in ("src/images", "dst", "pool"):
        (tmp_path / folder).mkdir(parents=True)
    sources = [tmp_path / "src/images/a.png"]
    check_targets(tmp_path / "dst", ["images/a.png"], sources)  # what is not there yet is no link
    check_targets(tmp_path / "dst", [], sources)
    (tmp_path / "dst/images").symlink_to(tmp_path / "pool")
    with pytest.raises(UserError, match=r"dst/images is a link to .*pool: nothing is written outside of .*dst; remove"):
        check_targets(tmp_path / "dst", ["images/a.png"], sources)
    (tmp_path / "out").symlink_to(tmp_path / "pool")
    check_targets(tmp_path / "out", ["images/a.png"], sources)  # the folder itself may be one
    (tmp_path / "same").symlink_to(tmp_path / "src")
    with pytest.raises(UserError, match=r"same/images holds the source images, which are never written"):
        check_targets(tmp_path / "same", ["images/b.png"], sources)
