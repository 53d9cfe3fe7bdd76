"""A command that is stopped, or has no room to write, ends in one line, leaves no half file, and can be run again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.claim import LOCK
from tests.paths import ROOT
from tests.test_tools.forked_commands import COMMANDS, arguments, call, content, finish, start, write_images

SIGNALS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
NAMESPACE = ["unshare", "--map-root-user", "--mount"]


@pytest.fixture(scope="module")
def src(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images large enough for a stop to come in the middle."""
    return write_images(tmp_path_factory.mktemp("stops") / "src", number=24, size=(1000, 800))


@pytest.fixture(scope="module")
def unbroken(src: Path) -> dict[str, dict[str, bytes]]:
    """What each command writes when nothing stops it."""
    found = {}
    for name in COMMANDS:
        assert finish(start(call, name, arguments(name, src, src.parent / name, workers=2))) == 0
        found[name] = content(src.parent / name)
    return found


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("whole_group", [True, False])
def test_a_signal(name: str, number: int, whole_group: bool, src: Path, unbroken, tmp_path: Path) -> None:
    """A terminal sends it to all processes of the group, a scheduler perhaps to the first alone."""
    dst, (code, word) = tmp_path / "dst", SIGNALS[number]
    argv = arguments(name, src, dst, workers=2)
    process = start(call, name, argv, str(tmp_path / "err"))
    while len(list(dst.rglob("*.png"))) < 2:
        assert process.is_alive()
        time.sleep(0.002)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    assert finish(process) == code
    *bars, last = (tmp_path / "err").read_text().replace("\r", "\n").splitlines()
    assert last.startswith(f"{word}; run it again")
    assert all("image" in bar or not bar for bar in bars), "more than a line and the bar"
    left = content(dst)
    assert not [file for file in left if Path(file).name.startswith(".") and Path(file).name != LOCK]
    assert all(unbroken[name][file] == left[file] for file in left if file.endswith(".png"))
    assert len(left) < len(unbroken[name])
    assert finish(start(call, name, argv)) == 0
    assert content(dst) == unbroken[name]


def has_namespaces() -> bool:
    there = shutil.which("unshare") is not None
    return there and subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.skipif(not has_namespaces(), reason="needs a small disk of its own: unshare and tmpfs")
def test_a_full_disk(name: str, src: Path, unbroken, tmp_path: Path) -> None:
    """A tmpfs that holds about half of the images, and later all of them."""
    dst, half = tmp_path / "dst", sum(map(len, unbroken[name].values())) // 2
    command = " ".join([sys.executable, str(ROOT / f"tools/{name}.py"), *arguments(name, src, dst, workers=2)])
    script = f"""
        mkdir {dst} && mount -t tmpfs -o size={half} none {dst}
        {command} 2> {tmp_path}/err; echo $? > {tmp_path}/code
        cp -r {dst} {tmp_path}/left
        mount -o remount,size=256m {dst} && {command} && cp -r {dst} {tmp_path}/whole
    """
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*NAMESPACE, "sh", "-c", script], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "code").read_text().strip() == "2"
    last = (tmp_path / "err").read_text().replace("\r", "\n").splitlines()[-1]
    assert last.startswith(f"error: [Errno 28] No space left on device: '{dst}/")
    assert "; free some space, then run it again" in last and "Traceback" not in (tmp_path / "err").read_text()
    left = content(tmp_path / "left")
    assert not [file for file in left if Path(file).name.startswith(".") and Path(file).name != LOCK]
    assert left and all(unbroken[name][file] == left[file] for file in left if file.endswith(".png"))
    assert content(tmp_path / "whole") == unbroken[name]
