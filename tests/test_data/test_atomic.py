import json

import numpy as np
import pytest

from data.atomic import atomic_path, remove_leftovers, write_json, write_text


def test_the_file_appears_whole_and_alone(tmp_path):
    target = tmp_path / "new" / "table.csv"
    with atomic_path(target) as temporary:
        temporary.write_text("a,b")
        assert temporary.suffix == ".csv"
        assert temporary.parent == target.parent
        assert not target.exists()
    assert target.read_text() == "a,b"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "table.csv"):
        pass


def test_text_is_utf_8_and_whole(tmp_path):
    target = tmp_path / "new" / "table.md"
    write_text(target, "−5 ≥ é")
    assert target.read_bytes() == "−5 ≥ é".encode()
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "half" * 5000 + "\ud800")
    assert target.read_text(encoding="utf-8") == "−5 ≥ é" and list(target.parent.iterdir()) == [target]


def test_json_holds_arrays_and_no_nan(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"ä": np.array([[1, 2]])})
    assert json.loads(target.read_text(encoding="utf-8")) == {"ä": [[1, 2]]}
    with pytest.raises(ValueError, match="JSON"):
        write_json(target, [float("nan")])
    assert json.loads(target.read_text(encoding="utf-8")) == {"ä": [[1, 2]]}
    assert list(tmp_path.iterdir()) == [target]


def test_leftovers_of_killed_runs_go_and_nothing_else(tmp_path):
    (tmp_path / "deep").mkdir()
    stay = ["a.png", ".hidden.png", ".lock", ".0123456789ab", ".a.0123456789ag.png", ".a.0123456789ab.png.txt"]
    go = [".a.0123456789ab.png", "deep/.train.ffffffffffff.json", ".name.with.dots.0123456789ab.pth", ".x.0123456789ab"]
    for name in stay + go:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == sorted([*stay, "deep"])
    for name in ("table.csv", "no_suffix", "x" * 200 + ".png"):
        with atomic_path(tmp_path / name) as temporary:
            temporary.touch()
            remove_leftovers(tmp_path)
            assert not temporary.exists()
            temporary.touch()
