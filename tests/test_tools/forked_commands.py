"""Commands as processes of their own that begin at once, since a server has loaded what they need."""

import gc
import json
import multiprocessing
import multiprocessing.process
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.paths import ROOT
from tests.warm_python import PACKAGES
from tools.command_line.run import run
from training.search import trial

COMMANDS = {
    "enhance_dataset": "{configs}/clahe.py {src} {dst} --workers 2 --batch-size 2 --device cpu",
    "prepare_dataset": "box_labels {src} {dst} --workers {workers} --size 40 --val-fraction 0.2",
}

FORKS = multiprocessing.get_context("forkserver")  # a fork of this process could wait for threads that it lacks
FORKS.set_forkserver_preload(
    [
        __name__,
        "colorize_gan.register",
        *(f"tools.{name}" for name in COMMANDS),
        "data.preparation.prepare",
        "enhance.classical",
        "enhance.dataset",
        "enhance.recipe",
        "tests.test_training.test_resume",
        "tools.train",
        "training.register",
        "training.search.trial",
        *PACKAGES,
    ]
)


@pytest.fixture
def fast_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of a search from the fork server; right on a CPU alone."""
    monkeypatch.setattr(trial, "START", FORKS)


def write_images(folder: Path, number: int = 20, size: tuple[int, int] = (300, 200)) -> Path:
    """A data set of images of noise with a box each."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    images, boxes = [], []
    for index in range(1, number + 1):
        path = folder / f"images/{index}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, size, np.uint8))
        os.utime(path, (10**9, 10**9))  # old enough for the journal
        name = {"file_name": f"images/{index}.png", "patient_id": f"p{index // 2}"}
        images.append({"id": index, "width": size[1], "height": size[0]} | name)
        boxes.append({"id": index, "image_id": index, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 1200})
    coco = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}
    (folder / "train.json").write_text(json.dumps(coco))
    return folder


def arguments(name: str, src: Path, dst: Path, workers: int = 0) -> list[str]:
    """What a command of `COMMANDS` is given."""
    places = dict(src=src, dst=dst, workers=workers, configs=ROOT / "configs/enhance")
    return [part.format(**places) for part in COMMANDS[name].split()]


def call(name: str, argv: list[str], err: str = os.devnull) -> None:
    """Run a command in a process group of its own, as its file does; what it says goes to a file."""
    gc.freeze()  # what the server has loaded is no garbage
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background may ignore it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])
    os.setpgid(0, 0)
    multiprocessing.set_start_method("fork", force=True)  # of its workers, as where it is started from a shell
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT), 2)
    run(partial(import_module(f"tools.{name}").main, argv))


def start(function: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    process = FORKS.Process(target=function, args=arguments)
    process.start()
    return process


def in_two(function: Callable[..., None], *arguments: object) -> list[int | None]:
    """Run a function in two processes that find each other as those of `torchrun` do; their exit codes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [finish(process) for process in [start(_ranked, rank, port, function, *arguments) for rank in (0, 1)]]


def _ranked(rank: int, port: int, function: Callable[..., None], *arguments: object) -> None:
    places = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "MASTER_PORT": port}
    os.environ.update({name: str(place) for name, place in places.items()}, MASTER_ADDR="127.0.0.1")
    function(*arguments)


def finish(process: multiprocessing.process.BaseProcess) -> int | None:
    """Its exit code."""
    process.join(120)
    return process.exitcode


def content(folder: Path) -> dict[str, bytes]:
    """Every file, hidden ones too, but for the journal with its times; how long the enhancer took is left out."""
    found = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".done.")]
    files = {str(file.relative_to(folder)): file.read_bytes() for file in found}
    for name in [name for name in files if name.endswith("enhance_manifest.json")]:
        files[name] = json.dumps(json.loads(files[name]) | {"seconds_per_image": None}).encode()
    return files
