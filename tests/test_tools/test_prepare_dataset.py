import json
import re
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.coco import load_coco
from data.image_io import read_grayscale, write_image
from data.phantom_files import write_chexpert, write_color, write_rsna
from detect.ground_truth import read_ground_truth

main = runpy.run_path(str(Path(__file__).parents[2] / "tools/prepare_dataset.py"))["main"]
REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="needs the real data beside the project")


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_rsna(folder / "rsna", 16, 64)
    write_chexpert(folder / "chexpert", 14, 64)
    write_color(folder / "color", 8, 64)
    return folder


def run(*arguments):
    return main([*map(str, arguments), "--workers", "0"])


def sides(folder):
    return [load_coco(folder / f"{side}.json") for side in ("train", "test")]


def test_rsna(phantom, tmp_path):
    assert run("rsna", phantom / "rsna", tmp_path, "--size", "48", "--test-fraction", "0.25") == 0
    train, test = sides(tmp_path)
    assert len(train["images"]) + len(test["images"]) == 16
    assert not {i["patient_id"] for i in train["images"]} & {i["patient_id"] for i in test["images"]}
    assert train["categories"] == [{"id": 1, "name": "Lung Opacity"}]
    assert {i["id"] for i in train["images"]} - {a["image_id"] for a in train["annotations"]}  # negatives stay
    for image in train["images"] + test["images"]:
        assert read_grayscale(tmp_path / image["file_name"]).shape == (48, 48) == (image["height"], image["width"])
        # 350 mm in 64 pixels, written with four decimals, and 64 pixels in 48.
        assert image["pixel_spacing"] == pytest.approx([5.4688 * 64 / 48] * 2)
    manifest = json.loads((tmp_path / "prepare_manifest.json").read_text())
    assert manifest["dataset"] == "rsna"
    assert manifest["settings"]["size"] == 48
    assert len(manifest["files"]) == 16
    assert manifest["left_out"] == {}


def test_unknown_patients_are_not_counted_and_froc_draws_images(phantom, tmp_path, capsys):
    assert run("rsna", phantom / "rsna", tmp_path / "known") == 0
    assert re.search(r"train\.json: \d+ images of \d+ patients, ", capsys.readouterr().out)
    shutil.copytree(phantom / "rsna", tmp_path / "src")
    (tmp_path / "src/stage_2_class_and_nih_image.csv").unlink()
    assert run("rsna", tmp_path / "src", tmp_path / "dst") == 0
    assert "train.json: 13 images of unknown patients, " in capsys.readouterr().out
    truth = read_ground_truth(tmp_path / "dst/train.json")
    assert truth.grouped_by == "image"
    assert "patient_id" in truth.notes[-1]


def test_seed_changes_the_split(phantom, tmp_path):
    names = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 5)):
        assert run("rsna", phantom / "rsna", tmp_path / folder, "--seed", seed) == 0
        names.append({i["file_name"] for i in load_coco(tmp_path / folder / "test.json")["images"]})
    assert names[0] == names[1] != names[2]


def test_chexpert(phantom, tmp_path):
    assert run("chexpert", phantom / "chexpert", tmp_path) == 0
    train, test = sides(tmp_path)
    assert len(train["label_names"]) == 14
    assert all(set(i["labels"]) <= {0, 1, -1, None} for i in train["images"])
    assert all(i["file_name"].startswith("images/valid/") for i in test["images"])
    assert (tmp_path / train["images"][0]["file_name"]).is_file()
    assert not any("pixel_spacing" in image for image in train["images"] + test["images"])  # JPEG


def test_chexpert_refuses_a_patient_on_both_sides(phantom, tmp_path, capsys):
    assert run("chexpert", phantom / "chexpert", tmp_path, "--test-csv", "train.csv") == 2
    assert "are in both" in capsys.readouterr().err


def test_imagenet_with_and_without_sides(phantom, tmp_path):
    assert run("imagenet", phantom / "color", tmp_path / "a", "--min-chroma", "6") == 0
    train, test = sides(tmp_path / "a")
    assert [len(train["images"]), len(test["images"])] == [7, 1]
    assert run("imagenet", phantom / "color/train", tmp_path / "b", "--test-fraction", "0.3") == 0
    assert [len(side["images"]) for side in sides(tmp_path / "b")] == [5, 2]


def test_class_folders(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("ill", "well"):
        for i in range(5):
            write_image(tmp_path / "src" / name / f"{i}.png", rng.integers(0, 256, (9, 9), dtype=np.uint8))
    assert run("class_folders", tmp_path / "src", tmp_path / "dst") == 0
    train, test = sides(tmp_path / "dst")
    assert train["label_names"] == ["ill", "well"]
    assert sorted(i["labels"] for i in test["images"]) == [[0, 1], [1, 0]]


def test_unreadable_images_and_strict(tmp_path, capsys):
    for name in ("ill", "well"):
        for i in range(5):
            write_image(tmp_path / "src" / name / f"{i}.png", np.full((9, 9), i, np.uint8))
    (tmp_path / "src/ill/0.png").write_bytes(b"no image")
    assert run("class_folders", tmp_path / "src", tmp_path / "dst") == 0
    assert "1 images left out" in capsys.readouterr().err
    assert run("class_folders", tmp_path / "src", tmp_path / "dst", "--strict") == 1
    manifest = json.loads((tmp_path / "dst/prepare_manifest.json").read_text())
    assert list(manifest["left_out"]) == [str(tmp_path / "src/ill/0.png")]
    assert sum(len(side["images"]) for side in sides(tmp_path / "dst")) == 9


def test_a_second_run_leaves_nothing_of_the_first(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for i in range(6):
        write_image(tmp_path / "src" / f"{i}.png", rng.integers(0, 256, (90, 90, 3), dtype=np.uint8))
    for i in range(6, 8):
        Image.fromarray(rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)).save(tmp_path / "src" / f"{i}.jpg")
    write_image(tmp_path / "src/gray.png", rng.integers(0, 256, (90, 90), dtype=np.uint8))
    assert run("imagenet", tmp_path / "src", tmp_path / "dst") == 0
    (tmp_path / "dst/images/own.png").write_bytes((tmp_path / "src/0.png").read_bytes())
    assert {"6.jpg", "7.jpg", "gray.png"} < {path.name for path in (tmp_path / "dst/images").iterdir()}
    assert "removed" not in capsys.readouterr().out
    assert run("imagenet", tmp_path / "src", tmp_path / "dst", "--size", "40", "--min-chroma", "6") == 0
    assert "removed 3 images of an earlier run" in capsys.readouterr().out
    expected = {f"{i}.png" for i in range(8)} | {"own.png"}  # a file of somebody else stays
    assert {path.name for path in (tmp_path / "dst/images").iterdir()} == expected
    assert len(list((tmp_path / "src").iterdir())) == 9


def test_sources_where_the_images_go_are_refused(tmp_path, capsys):
    for i in range(5):
        write_image(tmp_path / f"images/{i}.png", np.full((9, 9), i, np.uint8))
    before = {path: path.read_bytes() for path in (tmp_path / "images").iterdir()}
    assert run("imagenet", tmp_path, tmp_path, "--size", "5") == 2
    assert "give another folder" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "images").iterdir()} == before


@pytest.mark.parametrize("name", ["rsna", "chexpert", "imagenet", "class_folders"])
def test_a_missing_source_is_explained(tmp_path, capsys, name):
    assert run(name, tmp_path / "nowhere", tmp_path / "dst") == 2
    message = capsys.readouterr().err
    assert "nowhere" in message
    assert "Where to get it" in message
    assert "Expected shape of the folder" in message
    assert not (tmp_path / "dst").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["rsna", "--help"], ["chexpert", "--help"]])
def test_help_teaches(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "--person-table" in capsys.readouterr().out or arguments[0] == "chexpert"


@needs_real
def test_real_classification_images(tmp_path):
    source = REAL / "classification"
    tables = ["--train-csv", "nih256_train.csv", "--test-csv", "nih256_valid.csv"]
    assert run("chexpert", source, tmp_path, *tables) == 0
    assert [len(side["images"]) for side in sides(tmp_path)] == [289, 85]


@needs_real
def test_real_rsna_images_keep_boxes_and_negatives(tmp_path):
    source = REAL / "rsna"
    tables = ["--labels-csv", "labels_rsna_style_test.csv", "--images-dir", "images"]
    person_table = ["--person-table", source / "stage_2_class_and_nih_image.csv.gz"]
    assert run("rsna", source, tmp_path, *tables, *person_table) == 0
    train, test = sides(tmp_path)
    assert len(train["images"]) + len(test["images"]) == 65
    assert len(train["annotations"]) + len(test["annotations"]) == 35
