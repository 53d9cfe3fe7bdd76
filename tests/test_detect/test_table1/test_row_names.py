"""Names of rows for readers."""

import pytest

from data.errors import UserError
from detect.table1.row_names import group_name, read_titles, row_name, short_name, split_key


@pytest.mark.parametrize(
    "key, name",
    [
        ("faster_rcnn/raw", "Faster R-CNN"),
        ("retinanet/afda", "RetinaNet + AFDA"),
        ("faster_rcnn/color_cawe", "Faster R-CNN + Color+CAWE"),
        ("faster_rcnn/mine", "Faster R-CNN + mine"),
        ("alpha/0.5", "alpha: 0.5"),
        ("alpha/raw", "alpha: raw"),
    ],
)
def test_rows_are_named_as_in_the_paper_or_as_they_are(key: str, name: str) -> None:
    assert row_name(key) == name


def test_groups_and_short_names() -> None:
    assert (group_name("retinanet"), group_name("alpha")) == ("RetinaNet", "alpha")
    assert (short_name("medga"), short_name("raw"), short_name("x")) == ("MedGA", "", "x")


@pytest.mark.parametrize("key", ["raw", "/raw", "a/", "a/b/c", ""])
def test_a_row_is_a_group_and_a_name(key: str) -> None:
    with pytest.raises(ValueError, match="has to be GROUP/ROW"):
        split_key(key)


def test_a_title_stands_before_the_name_of_its_group_or_row() -> None:
    titles = {"mine": "My net", "retinanet": "RN", "retinanet/afda": "RN, contrast"}
    assert (group_name("mine", titles), group_name("retinanet", titles)) == ("My net", "RN")
    assert group_name("faster_rcnn", titles) == "Faster R-CNN" and group_name("alpha", titles) == "alpha"
    keys = ["mine/raw", "mine/afda", "retinanet/cawe", "retinanet/afda", "faster_rcnn/raw", "alpha/0.5"]
    names = ["My net", "My net + AFDA", "RN + CAWE", "RN, contrast", "Faster R-CNN", "alpha: 0.5"]
    assert [row_name(key, titles) for key in keys] == names


def test_titles_are_read() -> None:
    rows = ["mine/raw", "mine/cawe", "retinanet/raw"]
    read = read_titles(["mine=A = B", "retinanet/raw= RN "], rows)
    assert read == {"mine": "A = B", "retinanet/raw": "RN"} and read_titles([], rows) == {}


@pytest.mark.parametrize(
    "items, message",
    [
        (["mine"], "--titles mine: write GROUP=TITLE or GROUP/ROW=TITLE"),
        (["mine= "], "write GROUP=TITLE"),
        (["=x"], "write GROUP=TITLE"),
        (["raw=x"], "--titles raw=x: raw is none of mine, mine/raw$"),
        (["mine=x", "mine=y"], "--titles mine=y: mine is given twice"),
    ],
)
def test_wrong_titles_are_refused(items: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_titles(items, ["mine/raw"])
