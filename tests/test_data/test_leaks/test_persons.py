"""Nobody stands in training and test."""

import json

import pytest

from data.errors import UserError
from data.leaks.persons import persons_of, shared_persons


def write(path, *persons):
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 9, "height": 9, "patient_id": p} for i, p in enumerate(persons)
    ]
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    return path


def test_persons_are_those_that_are_named():
    images = [{"patient_id": person} for person in ("a", 7, None, "", " ")] + [{}]
    assert persons_of({"images": images}) == {"a", "7"}


@pytest.mark.parametrize("other", [("c", "d"), (None, None), ("", ""), (" ",), ()])
def test_sides_without_a_common_person_pass(tmp_path, other):
    files = [write(tmp_path / "train.json", "a", "b", None, "")], [write(tmp_path / "test.json", *other)]
    assert shared_persons(*files) == []


@pytest.mark.parametrize("other", [("c", "b"), ("b", "b", None), (7,), ("7", "a")])
def test_a_common_person_is_refused(tmp_path, other):
    train, test = write(tmp_path / "train.json", "a", "b", 7), write(tmp_path / "test.json", *other)
    with pytest.raises(
        UserError, match=r"\d persons are in both .*train.json and .*test.json, the first is [ab7]: what"
    ):
        shared_persons([train], [train, test])


def test_persons_that_were_read_already_are_not_read_again(tmp_path):
    train, test = tmp_path / "train.json", tmp_path / "test.json"
    with pytest.raises(UserError, match="1 persons are in both"):
        shared_persons([train], [test], {train: {"a"}, test: {"a", "b"}})
    assert shared_persons([train], [test], {train: {"a"}, test: {"b"}}) == []


def test_in_another_folder_the_same_name_may_be_somebody_else(tmp_path):
    (tmp_path / "other").mkdir()
    train, test = write(tmp_path / "train.json", "1", "2"), write(tmp_path / "other/test.json", "2", "3")
    (note,) = shared_persons([train], [test])
    assert note.startswith(f"1 persons are in both {train} and {test}, the first is 2: if these are the same people")


def test_a_file_and_itself_and_what_is_no_coco_file_are_passed_over(tmp_path):
    train = write(tmp_path / "train.json", "1")
    (tmp_path / "list.txt").write_text("images/1.png 0")
    assert shared_persons({train}, {train, tmp_path / "list.txt", tmp_path / "none.json"}) == []
