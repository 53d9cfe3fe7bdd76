"""Bundles as folders and zip files: whole, or refused by the name of what is wrong."""

import json
import shutil
import zipfile

import pytest

from data.errors import MissingFileError, UserError
from detect.bundle.files import INDEX, check_index, is_bundle, opened, pack, write_index


@pytest.fixture
def folder(tmp_path):
    """A folder with two files and their index."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "a.txt").write_text("hello")
    (made / "b.bin").write_bytes(bytes(range(256)))
    write_index(made, {"name": "x", "label_names": ["ä"]})
    return made


def read(bundle):
    with opened(bundle) as (folder, index):
        return {name: (folder / name).read_bytes() for name in index["sha256"]}, index


def test_a_folder_and_its_zip_file_are_one(folder, tmp_path):
    pack(folder, tmp_path / "b.zip")
    shutil.copytree(folder, tmp_path / "elsewhere")
    first = read(folder)
    assert first == read(tmp_path / "b.zip") == read(tmp_path / "elsewhere")
    assert first[0]["a.txt"] == b"hello" and first[1]["label_names"] == ["ä"] and first[1]["format"] == 1
    assert first[1]["sha256"]["a.txt"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert is_bundle(folder) and is_bundle(tmp_path / "b.zip")
    assert not is_bundle(tmp_path) and not is_bundle(folder / "a.txt") and not is_bundle(tmp_path / "none")


@pytest.mark.parametrize("name", ["a.txt", "b.bin"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_changed_byte_is_refused_by_name(folder, tmp_path, name, packed):
    content = bytearray((folder / name).read_bytes())
    content[3] ^= 1
    (folder / name).write_bytes(content)
    bundle = folder
    if packed:
        pack(folder, bundle := tmp_path / "b.zip")
    with pytest.raises(UserError, match=f"{name} was changed or damaged since the bundle was made"):
        read(bundle)


def test_a_changed_index(folder):
    index = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps(index | {"label_names": ["healthy"]}))
    with pytest.raises(UserError, match="bundle.json was changed"):
        read(folder)
    for text in ("[]", "{", "[" * 10**5, json.dumps({"format": 1}), json.dumps(index | {"sha256": 3})):
        (folder / INDEX).write_text(text)
        with pytest.raises(UserError, match="bundle.json (is damaged|was changed)"):
            read(folder)
    (folder / INDEX).write_text(json.dumps(index | {"format": 2}))
    with pytest.raises(UserError, match="has format 2, this version reads 1"):
        read(folder)


def test_what_is_missing(folder, tmp_path):
    (folder / "a.txt").unlink()
    with pytest.raises(UserError, match="a.txt is missing"):
        read(folder)
    (folder / INDEX).unlink()
    with pytest.raises(UserError, match="is no bundle: it has no bundle.json"):
        read(folder)
    with pytest.raises(MissingFileError, match="no such bundle"):
        read(tmp_path / "none")


def test_every_cut_of_a_zip_file_is_refused(folder, tmp_path):
    pack(folder, tmp_path / "b.zip")
    content = (tmp_path / "b.zip").read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / "cut.zip").write_bytes(content[:length])
        with pytest.raises(UserError, match="cut.zip"):
            read(tmp_path / "cut.zip")


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "deep/evil.txt", "..", ".hidden"])
def test_a_zip_file_writes_nothing_elsewhere(folder, tmp_path, name):
    pack(folder, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "a") as files:
        files.writestr(name, "x")
    with pytest.raises(UserError, match="which is no file of a bundle"):
        read(tmp_path / "b.zip")


def test_an_index_cannot_name_files_elsewhere(folder, tmp_path):
    (tmp_path / "secret.txt").write_text("x")
    hashes = json.loads((folder / INDEX).read_text())["sha256"]
    (folder / INDEX).unlink()
    write_index(folder, {"name": "x"})
    index = json.loads((folder / INDEX).read_text())
    assert index["sha256"] == hashes
    index["sha256"]["../secret.txt"] = "0"
    (folder / INDEX).write_text(json.dumps(index))
    with pytest.raises(UserError, match="bundle.json was changed"):
        read(folder)


FACTS = {"label_names": ["a"], "category_ids": [1], "members": ["d.safetensors"], "sha256": {"d.safetensors": "0"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label_names": None}, "does not say which detectors"),
        ({"label_names": ["a", "b"]}, "does not say which detectors"),
        ({"members": []}, "does not say which detectors"),
        ({"members": ["../other.safetensors"]}, "names detectors that are not in the bundle"),
    ],
)
def test_an_index_that_lacks_something(change, message):
    check_index(FACTS, "mine.zip")
    with pytest.raises(UserError, match=f"mine.zip: bundle.json {message}"):
        check_index(FACTS | change, "mine.zip")
