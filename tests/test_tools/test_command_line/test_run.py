"""How a command ends: exit codes, and one line instead of a traceback for what the user can mend."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from data.errors import MissingFileError, UserError
from tests.paths import ROOT
from tools.command_line.run import run


@pytest.fixture(autouse=True)
def _keep_the_handlers():
    """Of both signals; SIGINT is ignored where the tests themselves run in the background."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def ends(main) -> object:
    """The exit code of a process that runs `main`."""
    with pytest.raises(SystemExit) as stop:
        run(main)
    return stop.value.code


@pytest.mark.parametrize(("returned", "code"), [(None, None), (0, 0), (1, 1)])
def test_what_a_command_returns_is_its_exit_code(returned, code, capsys) -> None:
    assert ends(lambda: returned) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("--seed -1: give 0 or more"), "error: --seed -1: give 0 or more\n"),
        (MissingFileError("a.json: no such file"), "error: a.json: no such file\n"),
        (
            OSError(28, "No space left on device", "out/froc.json"),
            "error: [Errno 28] No space left on device: 'out/froc.json'; free some space, then run it again\n",
        ),
        (
            PermissionError(13, "Permission denied", "out/froc.json"),
            "error: [Errno 13] Permission denied: 'out/froc.json'\n",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_line(error: Exception, line: str, capsys) -> None:
    def main() -> None:
        raise error

    assert ends(main) == 2
    assert capsys.readouterr().err == line


def stop(number: int) -> None:
    """What a terminal or a scheduler does."""
    os.kill(os.getpid(), number)
    time.sleep(10)


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_stopped_command_says_so(number: int, code: int, word: str, capsys, monkeypatch) -> None:
    assert ends(partial(stop, number)) == code
    assert capsys.readouterr().err == f"{word}; run it again\n"

    def main() -> None:
        stop(number)

    monkeypatch.setattr(sys.modules[__name__], "AGAIN", "go on with --resume", raising=False)
    assert ends(main) == code
    assert capsys.readouterr().err == f"{word}; go on with --resume\n"


@pytest.mark.parametrize("fault", [ValueError("a fault of the program"), RuntimeError("another")])
def test_a_fault_of_the_program_keeps_its_traceback(fault: Exception) -> None:
    def main() -> None:
        raise fault

    with pytest.raises(type(fault)) as raised:
        run(main)
    assert raised.value is fault


def test_a_command_can_be_started_from_any_folder(tmp_path) -> None:
    command = [sys.executable, str(ROOT / "tools/workflow/split_folds.py"), "gone.json", "--out", "folds"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: gone.json: no such annotation file")
    assert list(tmp_path.iterdir()) == []


def test_the_group_of_the_processes_is_left(tmp_path) -> None:
    from torch import distributed

    def main() -> None:
        distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)

    ends(main)
    assert not distributed.is_initialized()
