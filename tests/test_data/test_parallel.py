import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import UserError
from data.parallel import map_images
from tests.paths import ROOT


def square_and_process(x):
    return x * x, os.getpid()


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_order(workers):
    results = list(map_images(square_and_process, range(40), workers, "Squares"))
    assert [square for square, _ in results] == [x * x for x in range(40)]
    assert (os.getpid() in {process for _, process in results}) == (workers == 0)


def test_a_bar_shows_the_title_and_the_end(capsys):
    assert len(list(map_images(abs, [1, 2, 3], 0, "Counting"))) == 3
    bar = capsys.readouterr().err
    assert "Counting" in bar
    assert "3/3" in bar


def test_no_jobs():
    assert list(map_images(abs, [], 2, "Nothing")) == []


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(x):
    """The first job kills its worker; the other workers sleep or have nothing to do."""
    if x == 0:
        die(x)
    time.sleep(1 if x == 1 else 0)


@pytest.mark.parametrize(("work", "jobs"), [(die, 4), (die_once, 2), (die_once, 12), (die_once, 1)])
def test_a_killed_worker_is_one_sentence(work, jobs):
    with pytest.raises(UserError, match="a worker process was killed, perhaps .* fewer --workers, or 0"):
        list(map_images(work, range(jobs), 3, "Dying"))


def nap(x):
    time.sleep(3 * (x > 0))
    return os.getpid()


def test_an_idle_worker_that_is_killed_is_noticed():
    pids = map_images(nap, range(3), 3, "Sleeping")
    os.kill(next(pids), signal.SIGKILL)
    with pytest.raises(UserError, match="a worker process was killed"):
        list(pids)


def tell_and_sleep(folder):
    (folder / str(os.getpid())).touch()
    time.sleep(30)


def start(folder):
    """A process that gives two workers jobs that last long; in a group of its own."""
    code = f"""
from pathlib import Path
from data.parallel import map_images
from tests.test_data.test_parallel import tell_and_sleep
list(map_images(tell_and_sleep, [Path({str(folder)!r})] * 8, 2, "Sleeping"))"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    while len(list(folder.iterdir())) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    return process, [int(file.name) for file in folder.iterdir()]


def is_running(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_workers_end_when_their_parent_is_killed(tmp_path):
    process, workers = start(tmp_path)
    assert all(map(is_running, workers))
    process.kill()
    process.wait()
    for _ in range(100):
        if not any(map(is_running, workers)):
            return
        time.sleep(0.05)
    pytest.fail("a worker lives on")
