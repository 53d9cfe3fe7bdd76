"""tools/workflow/check_leaks.py: what was trained on is not tested, or it is said."""

import json

import cv2
import pytest

from data.errors import UserError
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
    assert written == {"test": str(test), "notes": [], "pairs": {str(train): []}}
    assert "warning" not in capsys.readouterr().err


def test_a_person_on_both_sides_is_an_error(tmp_path):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", range(3, 9))
    with pytest.raises(UserError, match="1 persons are in both .*b/train.json and .*a/train.json, the first is 3"):
        check(test, "--train", train, out=tmp_path / "leaks.json")
    assert not (tmp_path / "leaks.json").exists()


def test_images_of_the_classifier_are_said_but_not_its_persons_of_another_set(tmp_path, capsys):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", range(10, 16))
    other = write_set(tmp_path / "c", [2, 3, 20], person="7{}")
    alike = write_set(tmp_path / "d", [30], person="1")
    written = check(test, "--train", train, "--classifier", other, out=tmp_path / "leaks.json")
    (note,) = written["notes"]
    assert note.startswith(f"2 images of {test} are among the classifier's images of {other}, as they are, resized or")
    assert [pair[:2] for pair in written["pairs"][str(other)]] == [
        [str(tmp_path / f"a/{seed}.png"), str(tmp_path / f"c/{seed}.png")] for seed in (2, 3)
    ]
    assert f"warning: {note}" in capsys.readouterr().err
    assert check(test, "--classifier", alike, out=tmp_path / "leaks.json")["notes"] == []


def test_files_of_one_folder_name_persons_alike(tmp_path):
    test = write_set(tmp_path / "a", range(4), name="test.json")
    labels = write_set(tmp_path / "a", [50, 51], person="2", name="labels.json")
    (note,) = check(test, "--classifier", labels, out=tmp_path / "leaks.json")["notes"]
    assert note == f"1 persons of {test} are in the classifier's {labels} too."


def test_copies_in_the_training_are_said(tmp_path):
    test, train = write_set(tmp_path / "a", range(4)), write_set(tmp_path / "b", [1, 10], person="x{}")
    (note,) = check(test, "--train", train, out=tmp_path / "leaks.json")["notes"]
    assert note.startswith(f"1 images of {test} are among the training images of {train}")
    assert "(the first is 1.png, there 1.png)" in note


def test_something_has_to_be_compared(tmp_path):
    with pytest.raises(UserError, match="--train FILE, --classifier FILE, or both"):
        check(write_set(tmp_path / "a", [1]), out=tmp_path / "leaks.json")
