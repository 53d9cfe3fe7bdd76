import json
import os
import shutil
import time
from pathlib import Path

import pytest

from data.done import COARSE, DoneFiles, look, settled

OLD = time.time_ns() - 100 * COARSE


def write(path: Path, text: str, at: int = OLD) -> Path:
    path.write_text(text)
    os.utime(path, ns=(at, at))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    for number in range(3):
        write(tmp_path / f"{number}.txt", "source")
        write(tmp_path / f"out/{number}.txt", f"made {number}")
    return tmp_path / "out"


def note(done: DoneFiles, number: int, made_by: str = "us") -> None:
    source = done.folder.parent / f"{number}.txt"
    done.add(str(number), made_by, settled(source), f"{number}.txt", [number])


def outcomes(folder: Path, made_by: str = "us") -> list:
    done = DoneFiles(folder)
    return [done.outcome(str(number), folder.parent / f"{number}.txt", made_by) for number in range(3)]


def test_another_run_knows_what_is_done(folder):
    with DoneFiles(folder) as done:
        note(done, 0)
        note(done, 2)
    assert outcomes(folder) == [[0], None, [2]]
    assert outcomes(folder, "others") == [None] * 3


@pytest.mark.parametrize("name", ["0.txt", "out/0.txt"])
@pytest.mark.parametrize("change", ["content", "time", "gone"])
def test_a_file_that_changed_is_not_done(folder, name, change):
    with DoneFiles(folder) as done:
        note(done, 0)
        note(done, 1)
    path = folder.parent / name
    if change == "content":
        write(path, "source, or so")
    elif change == "time":
        write(path, path.read_text(), OLD + 1)
    else:
        path.unlink()
    assert outcomes(folder) == [None, [1], None]


def test_a_source_that_may_change_within_a_tick_of_the_clock_is_not_noted(folder):
    for at in (time.time_ns(), time.time_ns() + 100 * COARSE):
        source = write(folder.parent / "0.txt", "fresh", at)
        assert settled(source) is None and look(source) is not None
        with DoneFiles(folder) as done:
            note(done, 0)
        assert outcomes(folder)[0] is None
    assert settled(folder.parent / "nothing") is None and look(folder.parent / "nothing") is None


@pytest.mark.parametrize("torn", [b'["1","us",[3,', b"\xff\xfe", b"[1, 2]", b"null", b"{}", b'["1","us",3,4,5,6]'])
def test_half_a_line_does_not_count_and_does_not_spoil_the_next(folder, torn):
    with DoneFiles(folder) as done:
        note(done, 0)
        note(done, 1)
    journal = folder / ".done.0.jsonl"
    first = journal.read_bytes().splitlines(keepends=True)[0]
    journal.write_bytes(first + torn)
    with DoneFiles(folder) as done:
        note(done, 2)
    assert outcomes(folder) == [[0], None, [2]]


def test_what_is_noted_last_counts(folder):
    with DoneFiles(folder) as done:
        note(done, 0, "them")
        note(done, 0, "us")
    assert outcomes(folder) == [[0], None, None]


def test_parts_of_several_processes_become_one(folder):
    with DoneFiles(folder, 0) as first, DoneFiles(folder, 1) as second:
        note(first, 0)
        note(second, 1)
        note(second, 2)
        note(second, 2)
    assert outcomes(folder) == [[0], [1], [2]]
    DoneFiles(folder).keep(["1", "2", "gone"])
    assert [path.name for path in folder.glob(".*")] == [".done.0.jsonl"]
    assert len((folder / ".done.0.jsonl").read_text().splitlines()) == 2
    assert outcomes(folder) == [None, [1], [2]]


def test_a_journal_without_anything_to_forget_is_not_written_again(folder):
    with DoneFiles(folder) as done:
        note(done, 0)
    with DoneFiles(folder) as done:
        note(done, 1)  # a later run begins with an empty line
    before = (folder / ".done.0.jsonl").stat().st_ino
    DoneFiles(folder).keep(["0", "1"])
    assert (folder / ".done.0.jsonl").stat().st_ino == before


def test_a_folder_that_is_not_there_has_nothing_done(tmp_path):
    with DoneFiles(tmp_path / "none") as done:
        assert done.outcome("0", tmp_path / "a", "us") is None
        done.keep([])
    assert not (tmp_path / "none").exists()


def test_a_copied_folder_is_looked_at_again(folder):
    with DoneFiles(folder) as done:
        note(done, 0)
    shutil.copytree(folder, folder.parent / "copy")  # with the times of the files
    assert outcomes(folder.parent / "copy") == [[0], None, None]
    for path in (folder.parent / "copy").iterdir():
        os.utime(path)
    assert outcomes(folder.parent / "copy") == [None] * 3


def test_the_journal_is_json_lines(folder):
    with DoneFiles(folder) as done:
        note(done, 1)
    key, made_by, source, target, made, outcome = json.loads((folder / ".done.0.jsonl").read_text())
    assert (key, made_by, target, outcome) == ("1", "us", "1.txt", [1])
    assert source == list(look(folder.parent / "1.txt")) and made == list(look(folder / "1.txt"))
