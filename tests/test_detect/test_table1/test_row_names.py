"""Names of rows for readers."""

import pytest

from detect.table1.row_names import group_name, row_name, short_name, split_key


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
