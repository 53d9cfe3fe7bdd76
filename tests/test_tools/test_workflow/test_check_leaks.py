"""tools/workflow/check_leaks.py: what was trained on is not tested, or it is said."""

import json

import cv2
import pytest

from data.coco_file.read import load_coco
from data.errors import MissingFileError, UserError
from tests.test_data.test_leaks.test_similarity import scene
from tools.workflow import check_leaks


def write_set(folder, seeds, person="{}", name="train.json"):
    """A COCO file with an image of each seed."""
    folder.mkdir(exist_ok=True)
    images = []
    for number, seed in enumerate(seeds, start=1):
        cv2.imwrite(str(folder / f"{seed}.png"), scene(seed))
        images.append({"id": number, "file_name": f"{seed}.png", "width": 200, "height": 160})
        images[-1]["patient_id"] = person.format(seed)
    (folder / name).write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    return folder / name


def check(test, *options, out):
    check_leaks.main([str(test), *map(str, options), "--out", str(out), "--workers", "0"])
    return json.loads(out.read_text())


def test_clean_sets(tmp_path, capsys):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", range(10, 16))
    written = check(test, "--train", train, "--classifier", train, out=tmp_path / "leaks.json")
    assert written == {"test": [str(test)], "notes": [], "pairs": {"training": [], "classifier's": []}}
    assert "warning" not in capsys.readouterr().err


def test_a_person_on_both_sides_is_an_error(tmp_path):
    test = write_set(tmp_path / "a", range(4), name="test.json")
    train = write_set(tmp_path / "a", range(10, 16), person="3")
    with pytest.raises(UserError, match="1 persons are in both .*train.json and .*test.json, the first is 3"):
        check(test, "--train", train, out=tmp_path / "leaks.json")
    assert not (tmp_path / "leaks.json").exists()


def test_images_of_the_classifier_are_said_but_not_its_persons_of_another_set(tmp_path, capsys):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", range(10, 16))
    other = write_set(tmp_path / "c", [2, 3, 20], person="7{}")
    alike = write_set(tmp_path / "d", [30], person="1")
    written = check(test, "--train", train, "--classifier", other, out=tmp_path / "leaks.json")
    (note,) = written["notes"]
    assert note.startswith("2 of 4 test images are among the classifier's images as they are, resized or encoded again")
    assert [pair[:2] for pair in written["pairs"]["classifier's"]] == [
        [str(tmp_path / f"a/{seed}.png"), str(tmp_path / f"c/{seed}.png")] for seed in (2, 3)
    ]
    assert f"warning: {note}" in capsys.readouterr().err
    assert check(test, "--classifier", alike, out=tmp_path / "leaks.json")["notes"] == []


def test_files_of_one_folder_name_persons_alike(tmp_path):
    test = write_set(tmp_path / "a", range(4), name="test.json")
    labels = write_set(tmp_path / "a", [50, 51], person="2", name="labels.json")
    (note,) = check(test, "--classifier", labels, out=tmp_path / "leaks.json")["notes"]
    assert note == f"1 persons of {test} are in the classifier's {labels} too."


def test_each_file_is_read_once(tmp_path, monkeypatch):
    read = []

    def reading(file):
        read.append(file.name)
        return load_coco(file)

    monkeypatch.setattr(check_leaks, "load_coco", reading)
    monkeypatch.setattr("data.leaks.persons.load_coco", reading)
    test = write_set(tmp_path, [1, 2], name="test.json")
    train, labels = write_set(tmp_path, [10], person="9"), write_set(tmp_path, [11], person="8", name="labels.json")
    check(test, "--train", train, train, "--classifier", train, labels, out=tmp_path / "leaks.json")
    assert sorted(read) == ["labels.json", "test.json", "train.json"]


def test_copies_in_the_training_are_said(tmp_path):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", [1, 10], person="x{}")
    (note,) = check(test, "--train", train, out=tmp_path / "leaks.json")["notes"]
    assert note.startswith("1 of 4 test images are among the training images as they are")
    assert f"(the first is {tmp_path}/a/1.png, there {tmp_path}/b/1.png)" in note


def test_several_files_are_tested_together(tmp_path):
    sets = [write_set(tmp_path / name, seeds) for name, seeds in (("a", [1, 2]), ("b", [3]), ("c", [2, 3]))]
    (note,) = check(sets[0], sets[1], "--classifier", sets[2], out=tmp_path / "leaks.json")["notes"]
    assert note.startswith("2 of 3 test images are among the classifier's")


def test_images_that_are_not_there_are_an_error_and_unreadable_ones_are_said(tmp_path):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", range(10, 16))
    (tmp_path / "b/12.png").write_bytes(b"damaged")
    (note,) = check(test, "--train", train, out=tmp_path / "leaks.json")["notes"]
    assert note == f"1 of 10 images cannot be read and were not compared, {tmp_path}/b/12.png first."
    (tmp_path / "folds").mkdir()
    moved = train.rename(tmp_path / "folds/train.json")
    with pytest.raises(MissingFileError, match="6 of 6 images of .*folds/train.json are not there"):
        check(test, "--train", moved, out=tmp_path / "leaks.json")


def test_comparing_nothing_is_said(tmp_path, capsys):
    assert check(write_set(tmp_path / "a", [1]), out=tmp_path / "leaks.json")["notes"] == []
    assert "nothing is compared: give --train FILE or --classifier FILE" in capsys.readouterr().err
