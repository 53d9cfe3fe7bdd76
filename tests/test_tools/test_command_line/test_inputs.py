"""Images that are given as files and folders; tests/test_tools/test_colorize.py and test_predict.py run commands."""

from pathlib import Path

import pytest

from data.errors import MissingFileError, NoFolderError, UserError
from tools.command_line.inputs import check_outputs, named_images, print_failures


def files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_names(tmp_path):
    files(tmp_path, "in/a.png", "in/deep/b.jpg", "c.dcm", "in/notes.txt")
    found = named_images([tmp_path / "in", tmp_path / "c.dcm"], tmp_path / "out")
    assert {str(image.relative_to(tmp_path)): str(name) for image, name in found.items()} == {
        "in/a.png": "a.png", "in/deep/b.jpg": "deep/b.jpg", "c.dcm": "c.dcm"
    }  # fmt: skip


def test_wrong_ones(tmp_path):
    files(tmp_path, "in/a.png", "empty/notes.txt")
    for given, out, error, message in (
        ("none", "out", MissingFileError, "none: no such file or folder"),
        ("empty", "out", UserError, "no image below .*empty"),
        ("in", "in/out", UserError, "lies in .*where images are searched"),
        ("in", "in/a.png", NoFolderError, "a.png is a file"),
    ):
        with pytest.raises(error, match=message):
            named_images([tmp_path / given], tmp_path / out)


def test_nothing_goes_over_an_image(tmp_path):
    files(tmp_path, "out/a.png")
    with pytest.raises(UserError, match="would overwrite .*out/a.png"):
        check_outputs(tmp_path / "out", {tmp_path / "out/a.png": [tmp_path / "out/a.png"]})
    (tmp_path / "out/link").symlink_to(tmp_path)
    with pytest.raises(UserError, match="is a link to"):
        check_outputs(tmp_path / "out", {tmp_path / "in/b.png": [tmp_path / "out/link/b.png"]})


def test_failures_are_told_on_stderr(capsys):
    files = {
        "a.png": {"status": "failed", "reason": "no image"},
        "b.png": {"status": "enhanced", "output": "b.png"},
        "deep/c.dcm": {"status": "failed", "image_id": 3, "reason": "/in/deep/c.dcm: cut off"},
    }
    print_failures({"files": files})
    assert capsys.readouterr() == ("", "  a.png: no image\n  /in/deep/c.dcm: cut off\n")
