"""kill -9 at any moment of preparing and enhancing: the next run gives what an unbroken one gives, and nothing else."""

import json
import os
import shutil
import signal
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


def start(command: Callable[[list[str]], object], argv: list[str]) -> int:
    """Run a command in a process of its own, which has loaded all already; its number."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        code = 1
        try:
            code = int(command(argv) or 0)
        finally:
            os._exit(code)
    return child


def content(folder: Path) -> dict[str, bytes]:
    """Every file, hidden ones too; but how long the enhancer took is left out."""
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    for name in [name for name in files if name.endswith("enhance_manifest.json")]:
        files[name] = json.dumps(json.loads(files[name]) | {"seconds_per_image": None}).encode()
    return files


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_moment(name: str, src: Path, tmp_path: Path) -> None:
    command = import_module(f"tools.{name}").main
    dst = tmp_path / "dst"
    argv = arguments(name, src, dst)
    command(argv)  # loads all that the command imports
    shutil.rmtree(dst)
    begin = time.perf_counter()
    assert os.waitpid(start(command, argv), 0)[1] == 0
    duration, unbroken = time.perf_counter() - begin, content(dst)
    assert len(unbroken) > 20
    broken, rng = 0, np.random.default_rng(0)
    for _ in range(4 * KILLS):
        shutil.rmtree(dst)
        child = start(command, argv)
        time.sleep(rng.uniform(0, duration))
        os.kill(child, signal.SIGKILL)
        broken += os.waitpid(child, 0)[1] == signal.SIGKILL
        for file, found in (content(dst) if dst.exists() else {}).items():
            if not Path(file).name.startswith(".") and not file.endswith("manifest.json"):
                assert found == unbroken[file], f"half a {file}"
        assert os.waitpid(start(command, argv), 0)[1] == 0
        assert content(dst) == unbroken
        if broken == KILLS:
            return
    pytest.fail(f"only {broken} runs were killed in time")


@pytest.mark.parametrize("name", COMMANDS)
def test_two_runs_at_once(name: str, src: Path, tmp_path: Path) -> None:
    """The second one says so, and the folder is left to the first."""

    def hold(_: list[str]) -> None:
        with claimed(tmp_path / "dst"):
            time.sleep(60)

    argv = [
        part.format(src=src, dst=tmp_path / "dst", configs=ROOT / "configs/enhance") for part in COMMANDS[name].split()
    ]
    first = start(hold, [])
    while not (tmp_path / "dst" / LOCK).exists():
        time.sleep(0.01)
    time.sleep(0.2)
    with pytest.raises(UserError, match="another run writes to .*dst: wait for its end, or give another folder"):
        import_module(f"tools.{name}").main(argv)
    assert list(content(tmp_path / "dst")) == [LOCK]
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    import_module(f"tools.{name}").main(argv)
    assert len(content(tmp_path / "dst")) > 20
