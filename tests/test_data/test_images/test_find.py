import os
from pathlib import Path

import pytest

from data.images.find import files_below, find_images, has_images, png_name


def test_find_images(tmp_path):
    names = ["b/c.PNG", "a.jpg", "b/x.dcm", "notes.txt", ".hidden.png", ".cache/d.png", "mask.npy"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.as_posix() for path in find_images(tmp_path)] == ["a.jpg", "b/c.PNG", "b/x.dcm"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find_images(tmp_path / "nowhere")


def test_find_images_knows_dicom_files_by_their_content(tmp_path):
    dicom = b"\0" * 128 + b"DICM" + b"rest"
    names = ["IM000001", "1.2.840.113619.2.5", "1.2.840.113619.2.6", "s/IMG.001", "DICOMDIR", ".IM2", "a.json", "b.PTH"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(dicom)
    (tmp_path / "README").write_text("text " * 100)
    (tmp_path / "short").write_bytes(b"DICM")
    found = ["1.2.840.113619.2.5", "1.2.840.113619.2.6", "IM000001", "s/IMG.001"]
    assert [path.as_posix() for path in find_images(tmp_path)] == found


def test_linked_folders_are_entered_and_circles_are_not(tmp_path):
    for name in ("store/1.png", "store/deep/2.png", "set/0.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "set/linked").symlink_to(tmp_path / "store")
    (tmp_path / "set/again").symlink_to(tmp_path / "set")
    (tmp_path / "store/up").symlink_to(tmp_path)
    found = [path.as_posix() for path in find_images(tmp_path / "set")]
    assert found[:3] == ["0.png", "linked/1.png", "linked/deep/2.png"] and len(found) < 20


def test_files_are_listed_without_a_look_at_each(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / f"{number}.png").touch()
    looks = []
    monkeypatch.setattr(os, "stat", lambda *args, **_: looks.append(args) or (_ for _ in ()).throw(OSError))
    assert len(list(files_below(tmp_path))) == 20 and not looks


def test_what_is_no_file_is_no_image(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "a.png").touch()
    (tmp_path / "linked.png").symlink_to(tmp_path / "a.png")
    assert find_images(tmp_path) == [Path("a.png"), Path("linked.png")]


def test_the_order_is_that_of_paths(tmp_path):
    for name in ("a/b.png", "a-c/b.png", "a.png", "a/B.png", "z/a.png", "B.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_images(tmp_path)
    assert len(found) == 6 and found == sorted(found)


def test_has_images(tmp_path):
    for name in ("a.txt", ".hidden/b.png", ".c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert not has_images(tmp_path)
    assert not has_images(tmp_path / "nowhere")
    assert not has_images(tmp_path / "a.txt")
    (tmp_path / "deep/deeper").mkdir(parents=True)
    (tmp_path / "deep/deeper/IM0").write_bytes(b"\0" * 128 + b"DICM")
    assert has_images(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "a.png"),
        ("x/a.b.JPEG", "x/a.b.png"),
        ("1.2.5.dcm", "1.2.5.png"),
        ("1.2.840.5", "1.2.840.5.png"),
        ("d.1/IM0", "d.1/IM0.png"),
    ],
)
def test_png_name(name, expected):
    assert png_name(Path(name)) == Path(expected)
