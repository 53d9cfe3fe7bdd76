"""kill -9 at any moment of preparing and enhancing: the next run gives what an unbroken one gives, and nothing else."""

import shutil
import signal
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from data.claim import LOCK, claimed
from data.errors import UserError
from tests.test_tools.forked_commands import COMMANDS, arguments, call, content, finish, start, write_images

KILLS = 26
"""Of each command, at random moments of the time that an unbroken run takes."""


@pytest.fixture(scope="module")
def src(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("kills") / "src")


def hold(folder: str) -> None:
    with claimed(folder):
        time.sleep(60)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_moment(name: str, src: Path, tmp_path: Path) -> None:
    dst = tmp_path / "dst"
    argv = arguments(name, src, dst)
    for _ in range(2):  # the first one loads what is not loaded yet
        shutil.rmtree(dst, ignore_errors=True)
        begin = time.perf_counter()
        assert finish(start(call, name, argv)) == 0
    duration, unbroken = time.perf_counter() - begin, content(dst)
    assert len(unbroken) > 20
    broken, rng = 0, np.random.default_rng(0)
    for _ in range(6 * KILLS):
        shutil.rmtree(dst)
        process = start(call, name, argv)
        time.sleep(rng.uniform(0.2, 1) * duration)
        process.kill()
        broken += finish(process) == -signal.SIGKILL and dst.exists()
        for file, found in (content(dst) if dst.exists() else {}).items():
            if not Path(file).name.startswith(".") and not file.endswith("manifest.json"):
                assert found == unbroken[file], f"half a {file}"
        assert finish(start(call, name, argv)) == 0
        assert content(dst) == unbroken
        if broken == KILLS:
            return
    pytest.fail(f"only {broken} runs were killed in time")


@pytest.mark.parametrize("name", COMMANDS)
def test_two_runs_at_once(name: str, src: Path, tmp_path: Path) -> None:
    """The second one says so, and the folder is left to the first."""
    dst = tmp_path / "dst"
    argv = arguments(name, src, dst)
    first = start(hold, str(dst))
    while not (dst / LOCK).exists():
        time.sleep(0.01)
    time.sleep(0.2)
    with pytest.raises(UserError, match="another run writes to .*dst: wait for its end, or give another folder"):
        import_module(f"tools.{name}").main(argv)
    assert list(content(dst)) == [LOCK]
    first.kill()
    first.join()
    import_module(f"tools.{name}").main(argv)
    assert len(content(dst)) > 20
