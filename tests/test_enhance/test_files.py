"""The pieces of the loop over files. `test_dataset.py` runs the whole."""

import time
from pathlib import Path
from threading import Lock

import numpy as np
import pytest
from tqdm import tqdm

from enhance.files import enhance_files, output_names


def test_output_names():
    files = {Path("x/a.dcm"): Path("a.dcm"), Path("y/a.jpg"): Path("deep/a.jpg"), Path("z/1.2.5"): Path("1.2.5")}
    assert output_names(files) == {
        Path("x/a.dcm"): Path("a.png"), Path("y/a.jpg"): Path("deep/a.png"), Path("z/1.2.5"): Path("1.2.5.png")
    }  # fmt: skip
    with pytest.raises(ValueError, match="x/a.dcm and z/A.png would both become A.png"):
        output_names(files | {Path("z/A.png"): Path("A.png")})


def test_large_images_wait_for_room(tmp_path, monkeypatch):
    """Without a bound on bytes 34 images would be read ahead."""
    monkeypatch.setattr("enhance.files.LOOK_AHEAD", 4 * 60 * 80 * 3)
    on_the_way, most, lock = 0, 0, Lock()
    batches = []

    def move(by):
        nonlocal on_the_way, most
        with lock:
            on_the_way += by
            most = max(most, on_the_way)

    def read(path):
        move(1)
        return np.full((60, 80), 7, np.uint8)

    def write(path, image):
        time.sleep(0.01)
        move(-1)

    def enhancer(images):
        batches.append(len(images))
        return [np.repeat(image[..., None], 3, 2) for image in images]

    monkeypatch.setattr("enhance.files.read_grayscale", read)
    monkeypatch.setattr("enhance.files.write_image", write)
    jobs = [(tmp_path / f"{n}.png", tmp_path / f"out/{n}.png") for n in range(60)]
    assert enhance_files(enhancer, jobs, 16, 2, tqdm(disable=True)) == {}
    assert sum(batches) == 60 and on_the_way == 0
    assert most <= 3 + 2 + 2  # in the room, and one more on each thread
