"""tools/workflow/on_free_gpu.py: each command its own GPU, freed when it ends however it ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

from data.errors import MissingFileError
from tests.paths import ROOT
from tools.workflow import on_free_gpu

SHOW = "import os, time; print(os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); time.sleep({})"


def start(tmp_path, gpus, *options, seconds=60, **variables):
    """A command that prints its GPU and stays."""
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": gpus, "TMPDIR": str(tmp_path)} | variables
    tool = [sys.executable, str(ROOT / "tools/workflow/on_free_gpu.py"), *options]
    return subprocess.Popen(
        [*tool, sys.executable, "-c", SHOW.format(seconds)], env=environment, stdout=subprocess.PIPE, text=True
    )


def gpu_of(process):
    return process.stdout.readline().strip()


@pytest.fixture
def stop():
    processes = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def test_two_commands_use_two_gpus_and_a_third_waits_for_a_killed_one(tmp_path, stop):
    first = start(tmp_path, "3,5")
    stop.append(first)
    assert gpu_of(first) == "3"
    second = start(tmp_path, "3,5")
    stop.append(second)
    assert gpu_of(second) == "5"
    third = start(tmp_path, "3,5", seconds=0)
    stop.append(third)
    time.sleep(0.5)
    assert third.poll() is None
    first.send_signal(signal.SIGKILL)
    assert gpu_of(third) == "waiting for one of 2 GPUs with 1 jobs each"
    assert gpu_of(third) == "3"


def test_jobs_share_a_gpu_after_every_gpu_has_one(tmp_path, stop):
    used = []
    for _ in range(4):
        stop.append(start(tmp_path, "0,1", "--jobs", "2"))
        used.append(gpu_of(stop[-1]))
    assert used == ["0", "1", "0", "1"]


def test_the_environment_says_how_many_jobs_share(tmp_path, stop):
    for _ in range(2):
        stop.append(start(tmp_path, "MIG-GPU-x/1/0", JOBS_PER_GPU="2"))
        assert gpu_of(stop[-1]) == "MIG-GPU-x/1/0"


def test_jobs_of_a_cluster_do_not_wait_for_one_another(tmp_path, stop):
    for job in ("17", "18"):
        stop.append(start(tmp_path, "0", SLURM_JOB_ID=job))
        assert gpu_of(stop[-1]) == "0"


def test_without_gpus_the_command_just_runs(tmp_path):
    process = start(tmp_path, "", seconds=0)
    assert process.wait(20) == 0 and gpu_of(process) == ""
    assert not list(tmp_path.iterdir())


def test_gpus_are_those_of_the_machine_unless_some_are_given(monkeypatch, tmp_path):
    fake = tmp_path / "nvidia-smi"
    fake.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: x)'\necho '  MIG 1g'\necho 'GPU 1: B (UUID: y)'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert on_free_gpu.gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-abc,7")
    assert on_free_gpu.gpus() == ["GPU-abc", "7"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert on_free_gpu.gpus() == []


def test_wrong_calls(monkeypatch):
    with pytest.raises(SystemExit):
        on_free_gpu.parse_args([])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(MissingFileError, match="no-such-program: no such command"):
        on_free_gpu.main(["no-such-program"])
