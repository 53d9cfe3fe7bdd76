"""The groups of a learning curve are numbers of images; what is none is refused."""

import pytest

from data.errors import UserError
from detect.learning_curve.sizes import by_size, group_sizes, size_titles, variant_name

ROWS = ["all/raw", "all/cawe", "50/raw", "50/cawe", "200/raw", "200/cawe"]


def test_sizes_rise_whatever_the_order_of_the_rows() -> None:
    sizes = group_sizes(ROWS, 666)
    assert list(sizes.items()) == [("50", 50), ("200", 200), ("all", 666)]
    assert list(by_size(dict.fromkeys(ROWS, 1), sizes)) == ROWS[2:] + ROWS[:2]
    assert group_sizes(["50/raw", "666/raw"], 666) == {"50": 50, "666": 666}  # all by its number


def test_titles_for_readers() -> None:
    titles = size_titles(["50/raw", "all/color_cawe"], {"50": 50, "all": 666})
    assert titles == {
        "50": "50 images",
        "all": "666 images",
        "50/raw": "50 images, raw",
        "all/color_cawe": "666 images, Color+CAWE",
    }
    assert variant_name("50/of_mine") == "of_mine"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["x/raw", "all/raw"], "--pred x/...: write SIZE/VARIANT=PRED.json, SIZE a number of images above 0 or all"),
        (["0/raw", "all/raw"], "--pred 0/...: write"),
        (["667/raw", "all/raw"], "--pred 667/...: give each number once, and below the 666"),
        (["666/raw", "all/raw"], "give each number once"),
        (["50/raw", "050/raw"], "give each number once"),
        (["50/raw"], "--pred 50/...: one size is no curve; give at least two"),
        (["50/raw", "50/cawe", "all/raw"], "--pred all/...: .'raw'., but 50 has .'raw', 'cawe'.; give the same"),
        (["50/raw", "50/cawe", "all/cawe", "all/raw"], "give the same"),  # another baseline
    ],
)
def test_what_is_no_curve(rows: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        group_sizes(rows, 666)
