"""Sides: shares, who goes where, the files and the line about each."""

from pathlib import Path

import pytest

from data.coco import ImageRecord
from data.coco_file.read import load_coco
from data.errors import UserError
from data.preparation.sides import (
    Shares,
    check_shares,
    describe_side,
    divide,
    remove_old_val,
    shared_between,
    unknown_persons,
    write_sides,
)

BOX = (0.0, 0.0, 1.0, 1.0, "mass")


def record(name, patient=None, **values):
    return ImageRecord(Path("src", name), f"images/{name}", 9, 9, patient, **values)


def names(sides):
    return {side: [record.source.name for record in records] for side, records in sides.items()}


@pytest.mark.parametrize(
    ("shares", "source_sides", "problem"),
    [
        (Shares(0.2, 0.8), ["all"], "--val-fraction 0.8 and --test-fraction 0.2 leave nobody"),
        (Shares(0.2, -0.1), ["all"], "leave nobody"),
        (Shares(1.0), ["all"], "--test-fraction 1: give a share between 0 and 1"),
        (Shares(0.0), ["all"], "--test-fraction 0"),
        (Shares(-0.5), ["all"], "--test-fraction -0.5"),
        (Shares(0.2, 1.0), ["train", "test"], "--val-fraction 1 leaves nobody"),
        (Shares(0.2, -0.1), ["train", "test"], "leaves nobody"),
    ],
)
def test_shares_that_leave_nobody_are_refused(shares, source_sides, problem):
    with pytest.raises(UserError, match=problem):
        check_shares(shares, source_sides)


def test_other_shares_are_fine():
    check_shares(Shares(), ["all"])
    check_shares(Shares(0.5, 0.49), ["all"])
    check_shares(Shares(1.0, 0.9), ["train", "test"])  # the test side is the source's


def test_shares_are_those_of_all_patients():
    records = [record(f"{i}{copy}.png", f"p{i}") for i in range(20) for copy in "ab"]
    sides = divide(records, {"all": records}, Shares(0.1, 0.2))
    assert {side: len(found) for side, found in sides.items()} == {"train": 28, "val": 8, "test": 4}
    patients = [{record.patient_id for record in found} for found in sides.values()]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 20
    assert names(divide(records, {"all": records}, Shares(0.1, 0.2))) == names(sides)
    assert names(divide(records, {"all": records}, Shares(0.1, 0.2, seed=1))) != names(sides)
    assert list(divide(records, {"all": records}, Shares())) == ["train", "test"]


def test_the_sides_of_the_source_are_kept_without_what_was_left_out():
    train, test = [record(f"{i}.png") for i in range(5)], [record("5.png"), record("6.png")]
    source = {"train": train, "test": test}
    left = ["0.png", "1.png", "2.png", "4.png"]
    prepared = [record(name) for name in [*left, "6.png"]]
    assert names(divide(prepared, source, Shares())) == {"train": left, "test": ["6.png"]}
    sides = names(divide(prepared, source, Shares(val_fraction=0.25)))
    assert {side: len(found) for side, found in sides.items()} == {"train": 3, "test": 1, "val": 1}
    assert sides["test"] == ["6.png"]
    assert sorted(sides["train"] + sides["val"]) == left


def test_a_file_a_side(tmp_path):
    sides = {"train": [record("a.png", boxes=[BOX])], "val": [], "test": [record("b.png", "p1")]}
    write_sides(tmp_path, sides, ["mass"], None)
    cocos = {path.stem: load_coco(path) for path in tmp_path.iterdir()}
    assert {side: len(coco["images"]) for side, coco in cocos.items()} == {"train": 1, "val": 0, "test": 1}
    assert len(cocos["train"]["annotations"]) == 1
    assert "label_names" not in cocos["train"]
    write_sides(tmp_path, {"train": [record("a.png", labels=[1])]}, [], ["ill"])
    assert load_coco(tmp_path / "train.json")["label_names"] == ["ill"]


def test_an_old_validation_file_goes(tmp_path):
    old = tmp_path / "val.json"
    assert remove_old_val(tmp_path, {"train": []}) is None
    old.touch()
    assert remove_old_val(tmp_path, {"train": [], "val": []}) is None
    assert old.exists()
    assert remove_old_val(tmp_path, {"train": []}) == old
    assert not old.exists()


def test_the_line_about_a_side():
    known = [record("a.png", "p1", boxes=[BOX, BOX]), record("b.png", "p1"), record("c.png", "p2", boxes=[BOX])]
    assert describe_side("train", known) == "train.json: 3 images of 2 patients, 3 boxes"
    assert describe_side("val", [*known, record("d.png")]) == (
        "val.json: 4 images of 2 known and some unknown patients, 3 boxes"
    )
    assert describe_side("test", [record("d.png")]) == "test.json: 1 images of unknown patients, 0 boxes"
    assert describe_side("test", []) == "test.json: 0 images of 0 patients, 0 boxes"


def test_persons_on_several_sides_are_told():
    alone = {"train": [record("a", "p1"), record("b", "p1"), record("c")], "test": [record("d", "p2"), record("e")]}
    assert shared_between(alone) == ""
    alone["val"] = [record("f", "p2"), record("g", "p1"), record("h", "p3")]
    assert shared_between(alone).startswith("2 persons are on several of the source's sides, such as p1: training will")


def test_images_on_which_nobody_is_known_are_told():
    sides = {"train": [record("a", "p1"), record("b")], "test": [record("c")]}
    assert unknown_persons(sides).startswith("nobody is known on 2 images, ")
    assert unknown_persons({"train": [record("a", "p1")], "test": []}) == ""
