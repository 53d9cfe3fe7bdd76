"""The words say what the numbers say, and no more."""

import pytest
from table1_cases import report

from detect.table1_reading import counting, label, reading, table1_notes


def with_differences(means: list[float], p_holm: float | None, tested: bool = True) -> dict:
    """Give the rows these differences of the mean; one, Sens@1 of the first row, has `p_holm`."""
    content = report()
    for entry in content["differences"]:
        entry.update(difference=means[0 if "faster" in entry["a"] else 1], p=0.5 if tested else None)
        entry["p_holm"] = 1.0 if tested else None
    content["differences"][1]["p_holm"] = p_holm
    return content


def test_rows_above_and_below_the_baseline_are_counted() -> None:
    text = reading(with_differences([0.05, -0.02], 1.0))[0]
    assert "Faster R-CNN: by the mean of Sens@N 1 of 1 row is above raw, 0 below." in text
    assert "RetinaNet: by the mean of Sens@N 0 of 1 row are above raw, 1 below." in text
    assert "0 of 1 row are above raw, 0 below, 1 equal to it" in reading(with_differences([0.0001, 0], 1.0))[0]


def test_without_significance_it_says_so_and_claims_no_equality() -> None:
    text = reading(with_differences([0.05, -0.02], 0.05))[1]
    assert text.startswith("No difference is significant: of 8 tested, none has p (Holm) below .05.")
    assert "does not show that the rows are equal" in text


def test_what_is_significant_is_named_with_its_sign_and_p() -> None:
    text = reading(with_differences([-0.05, 0.02], 0.0123))[1]
    wanted = (
        "Of 8 differences tested, 1 have p (Holm) below .05: Faster R-CNN + CAWE Sens@1 \N{MINUS SIGN}5.0 (p 0.012)."
    )
    assert text == wanted.replace("1 have", "1 has")


def test_what_was_not_tested_and_not_compared() -> None:
    assert reading(with_differences([0.1, 0.1], None, tested=False))[1] == "No difference could be tested."
    assert reading(report() | {"differences": []}) == ["No group has a second row, so nothing is compared."]


def test_the_counting_names_every_setting() -> None:
    content = report()
    text = counting(content)
    for part in ("4 images of 3 patients", "3 lesions", "IoU of at least 0.5", "60 resamples of patients and repeats"):
        assert part in text
    assert text.endswith("seed 0.")
    content["settings"] = content["settings"] | {"matching": "center"}
    assert "A hit has its center in the box" in counting(content)
    content["rows"] = {"retinanet/raw": content["rows"]["retinanet/raw"]}
    content["grouped_by"], content["counts"] = "image", {"images": 4, "images without lesions": 1, "lesions": 3}
    assert "4 images, 1 of them" in counting(content) and "60 resamples of images," in counting(content)
    assert "each row trained once" in counting(content)


@pytest.mark.parametrize(
    "number, said, not_said", [(1, "Each row was", "rough"), (3, "rough", "once"), (5, "", "rough")]
)
def test_notes_on_repeats(number: int, said: str, not_said: str) -> None:
    content = report()
    for row in content["rows"].values():
        row["num_repeats"] = number
    text = " ".join(table1_notes(content))
    assert text.startswith("A note.") and said in text and not_said not in text


def test_notes_on_some_rows_on_resamples_and_on_short_curves() -> None:
    text = " ".join(table1_notes(report()))
    assert "Some rows were trained once" in text and "Curves end before the largest N: RetinaNet + AFDA." in text
    assert "60 resamples and 2 differences at each N: no single p (Holm) can be below 0.066" in text
    assert "--bootstrap 80 or more" in text
    enough = report()
    enough["settings"] = enough["settings"] | {"bootstrap": 80}
    assert "resamples" not in " ".join(table1_notes(enough))


def test_labels_are_short() -> None:
    content = report()
    assert [label(content, key) for key in content["rows"]] == ["Faster R-CNN", "CAWE", "RetinaNet", "AFDA"]
