"""What a learning curve says in words."""

from detect.learning_curve.wording import notes, reading
from detect.table1.wording import reading as table1_reading
from detect.table1.wording import table1_notes
from tests.test_detect.learning_curve_cases import FOUND, report


def content(**images: dict) -> dict:
    """A report in which Color+CAWE has a worth by hand at each size."""
    whole = report()
    for entry in whole["worth"]:
        size, variant = entry["a"].split("/")
        if variant == "color_cawe" and entry["at"] == "mean":
            entry |= images[f"n{size}"]
    return whole


def test_the_worth_of_each_size_in_one_sentence() -> None:
    whole = content(
        n2={"bound": None, "ci95_bounds": ["at most", None], "images": {"value": 3.1, "ci95": [2.0, 5.2]}},
        n4={"bound": None, "ci95_bounds": [None, None], "images": {"value": None, "ci95": [None, None]}},
        nall={"bound": "at least", "ci95_bounds": [None, "at least"], "images": {"value": 8.0, "ci95": [7.0, 8.0]}},
    )
    first, *others = reading(whole)
    assert first.startswith(
        "By the mean of Sens@N Color+CAWE is as good with 2 images as raw with 3 [≤2, 5], "
        "8 images as raw with at least 8 [7, ≥8]. By the mean of Sens@N mine is as good with 2 images as raw with at "
    )
    assert others == table1_reading(whole)


def test_a_baseline_alone_is_worth_nothing() -> None:
    alone = report({key: found for key, found in FOUND.items() if key.endswith("raw")})
    assert reading(alone) == table1_reading(alone)


def test_a_curve_that_falls_is_noted() -> None:
    whole = report()
    cells = [row["sens_at"] for key, row in whole["rows"].items() if key.endswith("/raw")]
    for at in ("mean", "2"):
        for cell, value in zip(cells, (0.1, 0.2, 0.3), strict=True):
            cell[at]["value"] = value
    assert notes(whole) == table1_notes(whole)
    cells[1]["2"]["value"] = 0.4
    assert notes(whole)[-1] == "More images do not always help raw (Sens@2): where its curve falls it is averaged."
