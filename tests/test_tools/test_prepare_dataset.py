import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.claim import LOCK
from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.image_io import read_grayscale, write_image
from data.phantom.files import write_chexpert, write_color, write_rsna
from data.readers.catalog import READERS
from detect.froc.ground_truth import read_ground_truth
from tests.paths import REAL_DATA, ROOT
from tools.command_line.run import run as run_command
from tools.prepare_dataset import main

needs_real = pytest.mark.skipif(not REAL_DATA.is_dir(), reason="needs the real data beside the project")


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_rsna(folder / "rsna", 16, 64)
    write_chexpert(folder / "chexpert", 14, 64)
    write_color(folder / "color", 8, 64)
    return folder


def run(*arguments):
    """The exit code of the command, in this process."""
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: main([*map(str, arguments), "--workers", "0"]))
    return ended.value.code


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


def test_chexpert_validates_on_training_patients(phantom, tmp_path):
    assert run("chexpert", phantom / "chexpert", tmp_path / "a") == 0
    assert run("chexpert", phantom / "chexpert", tmp_path / "b", "--val-fraction", "0.3", "--seed", "1") == 0
    names = {}
    for folder in ("a", "b"):
        for file in sorted((tmp_path / folder).glob("t*.json")) + sorted((tmp_path / folder).glob("v*.json")):
            names[folder, file.stem] = {image["file_name"] for image in load_coco(file)["images"]}
    assert names["a", "test"] == names["b", "test"] and ("a", "val") not in names
    assert names["a", "train"] == names["b", "train"] | names["b", "val"] and names["b", "val"]
    people = [{i["patient_id"] for i in load_coco(tmp_path / f"b/{side}.json")["images"]} for side in ("train", "val")]
    assert not people[0] & people[1]


def test_imagenet_with_and_without_sides(phantom, tmp_path):
    assert run("imagenet", phantom / "color", tmp_path / "a", "--min-chroma", "6") == 0
    train, test = sides(tmp_path / "a")
    assert [len(train["images"]), len(test["images"])] == [7, 1]
    assert run("imagenet", phantom / "color/train", tmp_path / "b", "--test-fraction", "0.3") == 0
    assert [len(side["images"]) for side in sides(tmp_path / "b")] == [5, 2]
    assert run("imagenet", phantom / "color", tmp_path / "c", "--val-fraction", "1") == 2
    assert run("imagenet", phantom / "color", tmp_path / "c", "--val-fraction", "0.3") == 0
    parts = [load_coco(tmp_path / f"c/{side}.json")["images"] for side in ("train", "val", "test")]
    assert [len(part) for part in parts] == [5, 2, 1]
    assert {image["file_name"] for part in parts[:2] for image in part} == {i["file_name"] for i in train["images"]}


@pytest.mark.parametrize("name", ["train.json", "val.json", "images/a/1.png"])
def test_files_of_others_are_never_replaced_or_deleted(phantom, tmp_path, capsys, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("precious")
    assert run("imagenet", phantom / "color", tmp_path) == 2
    said = capsys.readouterr().err
    assert f"{name} exists, but {tmp_path} has no prepare_manifest.json: choose an empty folder" in said
    assert (tmp_path / name).read_text() == "precious"
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {Path(name).name, LOCK}


def test_a_source_that_names_no_image_is_an_error(tmp_path, capsys):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/train.json").write_text('{"images": [], "annotations": [], "categories": []}')
    assert run("box_labels", tmp_path / "src", tmp_path / "dst") == 2
    assert "src names no image" in capsys.readouterr().err


def test_class_folders(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("ill", "well"):
        for i in range(5):
            write_image(tmp_path / "src" / name / f"{i}.png", rng.integers(0, 256, (9, 9), dtype=np.uint8))
    assert run("class_folders", tmp_path / "src", tmp_path / "dst") == 0
    train, test = sides(tmp_path / "dst")
    assert train["label_names"] == ["ill", "well"]
    assert sorted(i["labels"] for i in test["images"]) == [[0, 1], [1, 0]]


def test_box_labels(phantom, tmp_path):
    """The labels of a detection set's training images are the categories of their boxes."""
    assert run("rsna", phantom / "rsna", tmp_path / "rsna") == 0
    assert run("box_labels", tmp_path / "rsna", tmp_path / "labels") == 0
    boxes = load_coco(tmp_path / "rsna/train.json")
    ill = {annotation["image_id"] for annotation in boxes["annotations"]}
    expected = {image["file_name"]: [int(image["id"] in ill)] for image in boxes["images"]}
    found = sides(tmp_path / "labels")
    assert {image["file_name"]: image["labels"] for side in found for image in side["images"]} == expected
    assert all(side["label_names"] == ["Lung Opacity"] and not side["annotations"] for side in found)


def write_tuberculosis(folder, count=20):
    """Montgomery in its shape: 12 x 16 images whose lungs are 2 x 6 and 3 x 7 pixels; the even ones are ill."""
    rng = np.random.default_rng(0)
    for number in range(count):
        study = f"MCUCXR_{number:04d}_{int(number % 2 == 0)}"
        write_image(folder / f"CXR_png/{study}.png", rng.integers(0, 256, (12, 16), dtype=np.uint8))
        for side, rows, columns in (("left", slice(2, 8), slice(9, 11)), ("right", slice(3, 10), slice(4, 7))):
            mask = np.zeros((12, 16), np.uint8)
            mask[rows, columns] = 255
            write_image(folder / f"ManualMask/{side}Mask/{study}.png", mask)


def test_tuberculosis_cut_to_the_lungs_in_three_sides(tmp_path, capsys):
    write_tuberculosis(tmp_path / "src")
    fractions = ["--test-fraction", "0.1", "--val-fraction", "0.2"]
    assert run("tuberculosis", tmp_path / "src", tmp_path / "dst", "--lung-roi", *fractions) == 0
    assert "val.json: 4 images of 4 patients, 0 boxes" in capsys.readouterr().out
    images = {side: load_coco(tmp_path / f"dst/{side}.json")["images"] for side in ("train", "val", "test")}
    assert {side: len(found) for side, found in images.items()} == {"train": 14, "val": 4, "test": 2}
    assert len({image["patient_id"] for found in images.values() for image in found}) == 20
    assert sorted(image["labels"] for image in images["test"]) == [[0, 1], [1, 0]]
    assert load_coco(tmp_path / "dst/train.json")["label_names"] == ["Normal", "Tuberculosis"]
    for image in images["train"]:
        assert image["crop"] == [4, 2, 7, 8]
        assert (image["width"], image["height"]) == (7, 8)
        name = Path(image["file_name"]).name
        whole = read_grayscale(tmp_path / "src/CXR_png" / name)
        np.testing.assert_array_equal(read_grayscale(tmp_path / "dst" / image["file_name"]), whole[2:10, 4:11])
        assert image["labels"] == [int(name.endswith("_0.png")), int(name.endswith("_1.png"))]


def test_a_second_run_without_validation_removes_the_old_one(tmp_path, capsys):
    write_tuberculosis(tmp_path / "src")
    assert run("tuberculosis", tmp_path / "src", tmp_path / "dst", "--val-fraction", "0.2") == 0
    assert [len(load_coco(tmp_path / f"dst/{s}.json")["images"]) for s in ("train", "val", "test")] == [12, 4, 4]
    assert "removed" not in capsys.readouterr().out
    assert run("tuberculosis", tmp_path / "src", tmp_path / "dst") == 0
    assert not (tmp_path / "dst/val.json").exists()
    assert "val.json of an earlier run" in capsys.readouterr().out
    assert [len(side["images"]) for side in sides(tmp_path / "dst")] == [16, 4]


@pytest.mark.parametrize("fraction", ["0.8", "-0.1"])
def test_a_validation_side_that_leaves_nobody_is_refused(tmp_path, capsys, fraction):
    write_tuberculosis(tmp_path / "src")
    assert run("tuberculosis", tmp_path / "src", tmp_path / "dst", "--val-fraction", fraction) == 2
    assert "leave nobody to train on" in capsys.readouterr().err
    assert not (tmp_path / "dst").exists()  # found out before the first image is read


def test_covid_radiography(tmp_path, capsys):
    rng = np.random.default_rng(0)
    names = ["COVID", "Lung_Opacity", "Normal", "Viral Pneumonia"]
    rows = ["Path,nih_patient"]
    for name in names:
        for number in range(10):
            image = rng.integers(0, 256, (14, 14), dtype=np.uint8)
            write_image(tmp_path / f"src/{name}/images/{name}-{number}.png", image)
            write_image(tmp_path / f"src/{name}/masks/{name}-{number}.png", np.eye(7, k=2, dtype=np.uint8))
            if name in ("Lung_Opacity", "Normal"):
                rows.append(f"{name}/{name}-{number}.png,{number // 2:08d}")
    (tmp_path / "src/labels.csv").write_text("\n".join(rows))
    assert run("covid_radiography", tmp_path / "src", tmp_path / "dst", "--lung-roi", "--val-fraction", "0.2") == 0
    output = capsys.readouterr()
    assert "not known for 20 of 40 images" in output.err
    assert re.search(r"train\.json: \d+ images of \d+ known and some unknown patients, 0 boxes", output.out)
    coco = {side: load_coco(tmp_path / f"dst/{side}.json") for side in ("train", "val", "test")}
    assert all(c["label_names"] == names for c in coco.values())
    images = {side: c["images"] for side, c in coco.items()}
    assert sum(map(len, images.values())) == 40
    assert {tuple(image["crop"]) for found in images.values() for image in found} == {(4, 0, 10, 10)}
    people = [{i["patient_id"] for i in found if "patient_id" in i} for found in images.values()]
    assert sum(map(len, people)) == len(set.union(*people)) == 5
    for image in images["train"]:
        assert names[image["labels"].index(1)] == Path(image["file_name"]).parent.name


@pytest.mark.parametrize("size", ["0", "-5"])
def test_a_size_below_one_pixel_is_refused(tmp_path, capsys, size):
    with pytest.raises(SystemExit):
        main(["rsna", str(tmp_path), str(tmp_path / "out"), "--size", size])
    assert f"--size {size}: give the longest side in pixels, 1 or more" in capsys.readouterr().err


def test_where_no_image_can_be_read_the_first_reason_is_said(tmp_path):
    for label in ("a", "b"):
        (tmp_path / "src" / label).mkdir(parents=True)
        (tmp_path / "src" / label / "1.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"none of 2 images could be taken; the first is .*a/1.png: the file is empty"):
        main(["class_folders", str(tmp_path / "src"), str(tmp_path / "out"), "--workers", "0"])


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


@pytest.mark.parametrize("name", READERS)
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


def test_help_lists_every_data_set_with_its_first_line(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{name} {reader.description}" in text for name, reader in READERS.items())


@pytest.mark.parametrize("name", READERS)
def test_each_data_set_has_its_options_and_those_that_all_share(capsys, name):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    text = capsys.readouterr().out
    shares = ["val_fraction", "seed"] if name == "chexpert" else ["test_fraction", "val_fraction", "seed"]
    names = ["size", "workers", "strict", *READERS[name].option_names, *shares]
    assert set(re.findall(r"^  --([a-z-]+)", text, re.MULTILINE)) == {option.replace("_", "-") for option in names}


def test_parsing_loads_no_decoder_and_no_table_reader():
    code = (
        "import sys; from tools.prepare_dataset import parse_args; parse_args(['rsna', 'a', 'b']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not {"torch", "mmengine", "pandas", "cv2", "PIL", "pydicom"} & set(done.stdout.split())


@needs_real
def test_real_classification_images(tmp_path):
    source = REAL_DATA / "classification"
    tables = ["--train-csv", "nih256_train.csv", "--test-csv", "nih256_valid.csv"]
    assert run("chexpert", source, tmp_path, *tables) == 0
    assert [len(side["images"]) for side in sides(tmp_path)] == [289, 85]


@needs_real
def test_real_covid_radiography_images(tmp_path):
    assert run("covid_radiography", REAL_DATA / "covid_radiography", tmp_path) == 0
    train, test = (side["images"] for side in sides(tmp_path))
    counts = [[sum(image["labels"][i] for image in side) for i in range(4)] for side in (train, test)]
    assert [sum(pair) for pair in zip(*counts, strict=True)] == [150, 101, 150, 100]
    assert all(abs(count / total - 0.2) < 0.04 for count, total in zip(counts[1], (150, 101, 150, 100), strict=True))
    known = [{image["patient_id"] for image in side if "patient_id" in image} for side in (train, test)]
    assert not known[0] & known[1]
    assert len(known[0] | known[1]) == 235


@needs_real
def test_real_rsna_images_keep_boxes_and_negatives(tmp_path):
    source = REAL_DATA / "rsna"
    tables = ["--labels-csv", "labels_rsna_style_test.csv", "--images-dir", "images"]
    person_table = ["--person-table", source / "stage_2_class_and_nih_image.csv.gz"]
    assert run("rsna", source, tmp_path, *tables, *person_table) == 0
    train, test = sides(tmp_path)
    assert len(train["images"]) + len(test["images"]) == 65
    assert len(train["annotations"]) + len(test["annotations"]) == 35


def test_what_a_user_would_else_find_out_later(tmp_path, capsys):
    """Persons on both sides, an option without effect, a folder inside the source; and where it all is."""
    for side in ("train", "test"):
        (tmp_path / "src/images" / side).mkdir(parents=True)
        (tmp_path / "src/labels" / side).mkdir(parents=True)
        for number in (1, 2):
            write_image(tmp_path / f"src/images/{side}/p{number}_{side}.png", np.zeros((8, 8), np.uint8))
            (tmp_path / f"src/labels/{side}/p{number}_{side}.txt").write_text("0 0.5 0.5 0.5 0.5")
    (tmp_path / "src/data.yaml").write_text("train: images/train\ntest: images/test\nnames: [nodule]\n")
    argv = ["yolo", str(tmp_path / "src"), str(tmp_path / "out"), "--workers", "0", "--person-pattern", "(p.)_"]
    assert main([*argv, "--test-fraction", "0.5"]) == 0
    printed = capsys.readouterr()
    assert f"{tmp_path / 'out'} is prepared" in printed.out
    assert "warning: 2 persons are on several of the source's sides, such as p1" in printed.err
    assert "warning: --test-fraction has no effect: the source says what is tested" in printed.err
    with pytest.raises(UserError, match="src/out lies in .*src: give another folder"):
        main(["yolo", str(tmp_path / "src"), str(tmp_path / "src/out")])
