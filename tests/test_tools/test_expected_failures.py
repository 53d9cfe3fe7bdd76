"""Whatever a user can get wrong about files ends in one line and exit code 2, in every command."""

import logging
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

from tests.paths import ROOT
from tests.test_tools.every_command import COMMANDS, NO_FILES, write_files
from tests.test_tools.forked_commands import fast_trials  # noqa: F401
from tests.test_tools.test_help import commands
from tools.command_line.run import FAILED, run


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_files(tmp_path_factory.mktemp("good") / "set")


pytestmark = pytest.mark.usefixtures("fast_trials")


def needs(command: str) -> list[str]:
    """What a command reads."""
    names = {name for _, name, _, _ in Formatter().parse(COMMANDS[command]) if name}
    return sorted(names - {"out"})


def arguments(command: str, places: dict[str, Path]) -> list[str]:
    return [part.format(**places) for part in COMMANDS[command].split()]


def call(command: str, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> str:
    """Run a command in process as its file does, and give the line that it ends with."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging, "raiseExceptions", False)  # loggers of earlier tests write to closed streams
    main = import_module(f"tools.{command}").main
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        run(lambda: main(arguments(command, places)))
    assert end.value.code == FAILED, capfd.readouterr().err[-2000:]
    error = capfd.readouterr().err
    assert "Traceback" not in error
    (line, *_) = [line for line in error.splitlines() if "error: " in line] or [error]
    assert "error: " in line
    return line


def test_every_command_is_tried_here() -> None:
    names = {path.removeprefix("tools/").removesuffix(".py").replace("/", ".") for path in commands()}
    assert set(COMMANDS) | NO_FILES == names


READS = [(command, place) for command in COMMANDS for place in needs(command)]
CONFIGS = ("search", "attention")
NO_TEXT = ("folder", "workflow", "image")


@pytest.mark.parametrize(("command", "place"), READS)
def test_a_path_that_is_not_there(command, place, good, tmp_path, monkeypatch, capfd):
    missing = tmp_path / "not_there"
    assert "not_there" in call(command, good | {place: missing, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize(("command", "place"), [pair for pair in READS if pair[1] == "folder"])
def test_a_file_in_place_of_a_folder(command, place, good, tmp_path, monkeypatch, capfd):
    file = tmp_path / "a_file"
    file.write_text("text")
    assert "a_file" in call(command, good | {place: file, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize(("command", "place"), [pair for pair in READS if pair[1] not in (*NO_TEXT, *CONFIGS)])
def test_a_file_that_is_cut_off(command, place, good, tmp_path, monkeypatch, capfd):
    cut = tmp_path / "cut_off.json"
    content = good[place].read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    assert "cut_off" in call(command, good | {place: cut, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize("command", [name for name, given in COMMANDS.items() if "{out}" in given])
def test_an_output_that_cannot_be_written(command, good, tmp_path, monkeypatch, capfd):
    (tmp_path / "a_file").write_text("text")
    call(command, good | {"out": tmp_path / "a_file/out"}, monkeypatch, capfd)
    assert (tmp_path / "a_file").read_text() == "text"
