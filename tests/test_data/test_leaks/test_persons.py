"""Nobody stands in training and test."""

import json

import pytest

from data.errors import UserError
from data.leaks.persons import persons_of, refuse_shared_persons


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
    refuse_shared_persons(write(tmp_path / "train.json", "a", "b", None, ""), write(tmp_path / "test.json", *other))


@pytest.mark.parametrize("other", [("c", "b"), ("b", "b", None), (7,), ("7", "a")])
def test_a_common_person_is_refused(tmp_path, other):
    train, test = write(tmp_path / "train.json", "a", "b", 7), write(tmp_path / "test.json", *other)
    with pytest.raises(
        UserError, match=r"\d persons are in both .*train.json and .*test.json, the first is [ab7]: what"
    ):
        refuse_shared_persons(train, test)
