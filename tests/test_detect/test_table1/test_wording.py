"""The words say what the numbers say, and no more."""

import pytest

from detect.table1.wording import counting, is_significant, label, reading, table1_notes
from tests.test_detect.table1_cases import report

MINUS = "\N{MINUS SIGN}"


def with_differences(means: list[float], p_holm: list[float | None], repeats: tuple[int, ...] = (3, 3, 3, 3)) -> dict:
    """Give the rows these repeats, and the two others these differences and p (Holm) of the mean; elsewhere p is 0."""
    content = report()
    for row, number in zip(content["rows"].values(), repeats, strict=True):
        row["num_repeats"] = number
    for index, entry in enumerate(content["differences"]):
        p = p_holm[index // 4] if entry["at"] == "mean" else 0.0
        entry.update(difference=means[index // 4], p=p, p_holm=p)
    return content


def test_rows_above_and_below_the_baseline_are_counted() -> None:
    text = reading(with_differences([0.05, -0.02], [1, 1]))[0]
    assert "Faster R-CNN: by the mean of Sens@N CAWE is above raw." in text
    assert "RetinaNet: by the mean of Sens@N AFDA is below raw." in text
    assert "CAWE is equal to raw" in reading(with_differences([0.0001, 0], [1, 1]))[0]
    content = with_differences([0.05, -0.02], [1, 1])
    content["rows"]["faster_rcnn/afda"] = content["rows"]["retinanet/afda"]
    for entry in content["differences"]:
        entry["a"] = entry["a"].replace("retinanet", "faster_rcnn")
    assert "Faster R-CNN: by the mean of Sens@N 1 of 2 rows is above raw, 1 below." in reading(content)[0]


def test_the_mean_decides_and_no_other_column() -> None:
    (verdict,) = reading(with_differences([0.05, -0.02], [1, 0.05]))[1:]
    assert "None of 2 differences" in verdict
    assert "does not show that the rows are equal" in verdict


def test_what_is_significant_is_named_with_its_sign_and_p() -> None:
    text = reading(with_differences([-0.05, 0.02], [0.0123, 0.0498]))[1]
    assert "2 of 2 differences" in text and "does not show" not in text
    assert f"Faster R-CNN + CAWE {MINUS}5.0 (p 0.012)" in text and "RetinaNet + AFDA +2.0 (p <0.050)" in text
    assert "1 of 2 differences of rows with repeats is significant" in reading(with_differences([0, 0], [0.01, 1]))[1]


@pytest.mark.parametrize("repeats", [(1, 1, 1, 1), (3, 1, 3, 1), (1, 3, 1, 3)])
def test_nothing_is_significant_where_a_row_or_its_baseline_was_trained_once(repeats: tuple[int, ...]) -> None:
    content = with_differences([0.05, 0.02], [0.01, 0.5], repeats)
    first, _, verdict = reading(content)
    assert "rained once" in first and "cover the choice of patients only" in first
    assert "significant" not in verdict
    assert (
        "1 of 2 differences of rows trained once is below .05 on these patients (p (Holm)): Faster R-CNN +" in verdict
    )
    assert "Equally good rows that are trained once are often below .05 too" in verdict
    assert not any(is_significant(content, entry) for entry in content["differences"])


def test_rows_with_and_without_repeats_are_judged_apart() -> None:
    first, _, verdict = reading(with_differences([0.05, 0.02], [0.01, 0.5], (3, 3, 3, 1)))
    assert first.startswith("Trained once: RetinaNet + AFDA. Their intervals, and p of differences to or from them,")
    assert "The one difference of rows with repeats is significant (p (Holm) below .05): Faster R-CNN + CAWE" in verdict
    assert "The one difference of rows trained once is not below .05 on these patients (p (Holm))." in verdict
    assert "Equally good" not in verdict and "does not show that the rows are equal" in verdict


def test_only_the_mean_of_rows_with_repeats_is_significant() -> None:
    content = with_differences([0.05, 0.02], [0.01, 0.05])
    found = [(e["a"], e["at"]) for e in content["differences"] if is_significant(content, e)]
    assert found == [("faster_rcnn/cawe", "mean")]


def test_what_was_not_tested_and_not_compared() -> None:
    assert reading(with_differences([0.1, 0.1], [None, None]))[1] == "No difference could be tested."
    nothing = reading(report() | {"differences": []})
    assert nothing[0].startswith("Trained once: RetinaNet, RetinaNet + AFDA.")
    assert nothing[1] == "No group has a second row, so nothing is compared."


def test_the_counting_names_every_setting() -> None:
    content = report()
    text = counting(content)
    for part in ("4 images of 3 patients", "3 lesions", "IoU of at least 0.5", "60 resamples of patients and repeats"):
        assert part in text
    assert text.endswith("seed 0.")
    content["settings"] = content["settings"] | {"matching": "center"}
    assert "A hit has its center in the box of a free lesion; a second" in counting(content)
    content["settings"]["classes"] = "pooled"
    assert "A hit has its center in the box of a free lesion of any category; a second" in counting(content)
    content["rows"] = {"retinanet/raw": content["rows"]["retinanet/raw"]}
    content["grouped_by"], content["counts"] = "image", {"images": 4, "images without lesions": 1, "lesions": 3}
    assert "4 images, 1 of them" in counting(content) and "60 resamples of images," in counting(content)
    assert "each row trained once" in counting(content)


@pytest.mark.parametrize("number, pooled, rough", [(1, False, False), (3, True, True), (6, True, False)])
def test_notes_on_repeats(number: int, pooled: bool, rough: bool) -> None:
    content = report()
    for row in content["rows"].values():
        row["num_repeats"] = number
    text = " ".join(table1_notes(content))
    assert text.startswith("A note.")
    assert ("from all repeats of a group together" in text) == pooled
    assert ("which is rough (Faster R-CNN, RetinaNet)" in text) == rough


def test_notes_on_few_repeats_on_resamples_and_on_short_curves() -> None:
    text = " ".join(table1_notes(report()))
    assert "which is rough (Faster R-CNN): where" in text  # RetinaNet has no repeats
    assert "Curves end before the largest N: RetinaNet + AFDA." in text
    assert "60 resamples and 2 differences at each N: no single p (Holm) can be below 0.066" in text
    assert "--bootstrap 80 or more" in text
    enough = report()
    enough["settings"] = enough["settings"] | {"bootstrap": 80}
    assert "resamples" not in " ".join(table1_notes(enough))


def test_labels_are_short() -> None:
    content = report()
    assert [label(content, key) for key in content["rows"]] == ["Faster R-CNN", "CAWE", "RetinaNet", "AFDA"]
