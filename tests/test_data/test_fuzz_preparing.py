"""Strange and damaged tables through tools/prepare_dataset.py: what is written is right, or nothing is.

FUZZ_INPUTS=10000 tries so many of each kind, as in test_fuzz.py.
"""

import csv
import io
import json
import os
import shutil
import warnings
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.image_io import read_grayscale
from data.readers.chexpert import LABELS
from tests.test_data.test_fuzz import HANG, INPUTS, mutate
from tools.prepare_dataset import main

WIDTH, HEIGHT = 40, 30
FUZZ = settings(
    max_examples=INPUTS,
    deadline=HANG * 1000,
    derandomize="FUZZ_INPUTS" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
RSNA = ["patientId", "x", "y", "width", "height", "Target"]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five images by the names of both data sets; the last one is damaged."""
    folder, rng = tmp_path_factory.mktemp("source"), np.random.default_rng(0)
    for number in range(1, 6):
        pixels = rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
        for name in (f"images/{number}.png", f"train/patient{number}/study1/view1_frontal.png"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / name), pixels)
            if number == 5:
                (folder / name).write_bytes((folder / name).read_bytes()[:60])
    return folder


def table(columns: list[str], rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue().encode()


def prepare(name: str, src: Path, dst: Path, *options: str) -> dict[str, dict] | None:
    """The COCO files that were written, by side; None where the source was refused, and then no side is there."""
    shutil.rmtree(dst, ignore_errors=True)
    start = perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            main([name, str(src), str(dst), "--workers", "0", *options])
    except UserError:
        assert not list(dst.glob("t*.json")) and perf_counter() - start < HANG
        return None
    assert perf_counter() - start < HANG
    sides = {side: load_coco(dst / f"{side}.json") for side in ("train", "test")}
    for coco in sides.values():
        for image in coco["images"]:
            assert read_grayscale(dst / image["file_name"]).shape == (image["height"], image["width"])
    return sides


CELL = st.one_of(
    st.integers(-5, 60).map(str),
    st.floats(-5, 60).map(repr),
    st.sampled_from(["", "nan", "inf", "1e400", "abc", " 5 ", "1,5", "0x10", "None", "'", "٣"]),
)
ROW = st.tuples(st.sampled_from(["1", "2", "3", "4", "5", "none", ""]), CELL, CELL, CELL, CELL, st.sampled_from("01"))
GOOD_ROW = st.tuples(
    st.sampled_from(["1", "2", "3", "4", "5"]),
    *[st.integers(low, high).map(str) for low, high in ((0, 20), (0, 15), (1, 30), (1, 20))],
    st.just("1"),
)


def expected_boxes(rows: list[tuple[str, ...]]) -> dict[str, list[list[float]]]:
    """The boxes of each image that is there, cut at the edges; a row given twice counts once."""
    boxes: dict[str, list[list[float]]] = {row[0]: [] for row in rows if row[0] in list("1234")}
    for image, *numbers, target in dict.fromkeys(rows):
        if target == "1" and image in boxes:
            x, y, width, height = map(float, numbers)
            right, bottom = min(x + width, WIDTH), min(y + height, HEIGHT)
            boxes[image].append([max(x, 0), max(y, 0), right - max(x, 0), bottom - max(y, 0)])
    return boxes


@FUZZ
@given(rows=st.lists(st.one_of(GOOD_ROW, GOOD_ROW, GOOD_ROW, ROW), min_size=1, max_size=8))
def test_tables_of_boxes(rows: list[tuple[str, ...]], images: Path, tmp_path: Path) -> None:
    (images / "stage_2_train_labels.csv").write_bytes(table(RSNA, list(rows)))
    sides = prepare("rsna", images, tmp_path / "dst", "--allow-missing", "--test-fraction", "0.5")
    if sides is None:
        return
    found: dict[str, list[list[float]]] = {}
    for coco in sides.values():
        for image in coco["images"]:
            boxes = [a["bbox"] for a in coco["annotations"] if a["image_id"] == image["id"]]
            found[Path(image["file_name"]).stem] = boxes
    expected = expected_boxes(rows)
    assert found.keys() == expected.keys()
    for name, boxes in expected.items():
        np.testing.assert_allclose(np.array(found[name]), np.array(boxes), rtol=1e-6)


LABEL = st.sampled_from(["1", "0", "-1", "", "1.0", "0.0", "-1.0"])
STRANGE_LABEL = st.sampled_from(["2", "yes", "nan", " 1", "0.5", "inf", "-"])
PATH = st.sampled_from([f"CheXpert-v1.0/train/patient{i}/study1/view1_frontal.png" for i in (1, 2, 3, 4, 5, 9)])


@FUZZ
@given(
    rows=st.lists(st.tuples(PATH, LABEL, LABEL, LABEL), min_size=1, max_size=6),
    strange=st.tuples(PATH | st.sampled_from(["", "a.png", "/etc/passwd", "../x.png"]), STRANGE_LABEL | LABEL),
    place=st.integers(0, 20),
)
def test_tables_of_labels(rows: list[tuple[str, ...]], strange: tuple[str, str], place: int, images: Path, tmp_path):
    if place < len(rows):
        rows = [*rows[:place], (strange[0], strange[1], *rows[place][2:]), *rows[place + 1 :]]
    full = [[path, *labels, *[""] * (len(LABELS) - 3)] for path, *labels in rows]
    (images / "train.csv").write_bytes(table(["Path", *LABELS], full))
    test = ["train/patient4/study1/view1_frontal.png", *["1"] * len(LABELS)]
    (images / "valid.csv").write_bytes(table(["Path", *LABELS], [test]))
    sides = prepare("chexpert", images, tmp_path / "dst", "--allow-missing")
    if sides is None:
        return
    there = [row for row in rows if any(f"patient{i}/" in row[0] for i in (1, 2, 3))]
    assert [image["labels"][:3] for image in sides["train"]["images"]] == [
        [None if label.strip() in ("", "nan") else int(float(label)) for label in labels] for _, *labels in there
    ]
    assert [image["patient_id"] for image in sides["train"]["images"]] == [row[0].split("/")[2] for row in there]


def test_damaged_tables(images: Path, tmp_path: Path) -> None:
    good = table(RSNA, [[str(i), "3", "4", "10", "9", "1"] for i in (1, 2, 3, 4)])
    read = 0
    for seed in range(INPUTS):
        rng = np.random.default_rng(seed)
        (images / "stage_2_train_labels.csv").write_bytes(mutate(good, rng))
        sides = prepare("rsna", images, tmp_path / "dst", "--allow-missing", "--test-fraction", "0.5")
        read += sides is not None
    assert 0 < read < INPUTS


def test_damaged_annotation_files(images: Path, tmp_path: Path) -> None:
    entries = [{"id": i, "file_name": f"images/{i}.png", "width": WIDTH, "height": HEIGHT} for i in (1, 2, 3, 4)]
    boxes = [{"id": i, "image_id": i, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12} for i in (1, 2)]
    good = json.dumps({"images": entries, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}).encode()
    read = 0
    for seed in range(INPUTS):
        (images / "train.json").write_bytes(mutate(good, np.random.default_rng(seed)))
        read += prepare("box_labels", images, tmp_path / "dst", "--test-fraction", "0.5") is not None
    (images / "train.json").unlink()
    assert read < INPUTS
