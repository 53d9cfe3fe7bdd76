"""kill -9 at any moment of preparing and enhancing: the next run gives what an unbroken one gives, and nothing else."""

import json
import multiprocessing
import multiprocessing.process
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.claim import LOCK, claimed
from data.errors import UserError
from tests.paths import ROOT

KILLS = 26
"""Of each command, at random moments of the time that an unbroken run takes."""
COMMANDS = {
    "enhance_dataset": "{configs}/clahe.py {src} {dst} --workers 2 --batch-size 2 --device cpu",
    "prepare_dataset": "box_labels {src} {dst} --workers 0 --size 40 --val-fraction 0.2",
}


@pytest.fixture(scope="module")
def src(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty images with a box each."""
    folder, rng = tmp_path_factory.mktemp("kills") / "src", np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    images, boxes = [], []
    for number in range(1, 21):
        cv2.imwrite(str(folder / f"images/{number}.png"), rng.integers(0, 256, (300, 200), np.uint8))
        name = {"file_name": f"images/{number}.png", "patient_id": f"p{number // 2}"}
        images.append({"id": number, "width": 200, "height": 300} | name)
        boxes.append({"id": number, "image_id": number, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 1200})
    coco = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}
    (folder / "train.json").write_text(json.dumps(coco))
    return folder


def arguments(name: str, src: Path, dst: Path) -> list[str]:
    return [part.format(src=src, dst=dst, configs=ROOT / "configs/enhance") for part in COMMANDS[name].split()]


FORKS = multiprocessing.get_context("forkserver")  # a fork of this process could wait for threads that it lacks
FORKS.set_forkserver_preload(
    [__name__, *(f"tools.{name}" for name in COMMANDS), "enhance.dataset", "enhance.recipe", "data.preparation.prepare"]
)


def call(name: str, argv: list[str]) -> None:
    """Run a command without a word; the process's code is its own."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    sys.exit(import_module(f"tools.{name}").main(argv))


def hold(folder: str) -> None:
    with claimed(folder):
        time.sleep(60)


def start(function: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    process = FORKS.Process(target=function, args=arguments)
    process.start()
    return process


def finish(process: multiprocessing.process.BaseProcess) -> int | None:
    """Its exit code."""
    process.join(60)
    return process.exitcode


def content(folder: Path) -> dict[str, bytes]:
    """Every file, hidden ones too; but how long the enhancer took is left out."""
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for name in [name for name in files if name.endswith("enhance_manifest.json")]:
        files[name] = json.dumps(json.loads(files[name]) | {"seconds_per_image": None}).encode()
    return files


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
