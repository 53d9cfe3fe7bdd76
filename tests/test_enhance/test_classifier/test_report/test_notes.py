"""The notes of a classification report."""

import numpy as np
import pytest

from enhance.classifier.report.measures import MEASURES
from enhance.classifier.report.notes import classifier_notes, undefined_because

NAN = np.nan


@pytest.mark.parametrize(
    ("decisions", "labels", "reasons"),
    [
        ([1, 0], [NAN, NAN], ["no image counts"]),
        ([1, 0], [0, 0], ["no image is positive"]),
        ([1, 0], [1, 1], ["no image is negative"]),
        ([0, 0], [1, 0], ["none is predicted positive"]),
        ([1, 1, 0], [1, 0, NAN], ["none is predicted negative"]),
        ([0, 0], [0, 0], ["no image is positive", "none is predicted positive"]),
        ([1, 0], [1, 0], []),
    ],
)
def test_reasons(decisions, labels, reasons):
    assert undefined_because(np.array(decisions, float), np.array(labels, float)) == reasons


def notes_of(labels, groups, unit="patient", samples=None, left_out=0, chose=False):
    labels = np.array(labels, float)
    entry = {key: {"value": 0.5} for key in MEASURES}
    unknown = len(groups) if unit == "image" else 0
    summary = {"labels": {"a": entry, "b": entry}, "grouped_by": unit, "num_left_out": left_out}
    summary |= {"num_tested": len(groups), "num_unknown": unknown, "chose_the_epoch": chose}
    samples = samples or {key: np.zeros((101, 2)) for key in MEASURES}
    return classifier_notes(summary, np.zeros_like(labels), labels, groups, samples)


def test_nothing_to_say():
    rows = [[1, 0], [0, 1]] * 20
    assert notes_of(rows, [str(i) for i in range(40)]) == []


def test_images_that_chose_the_epoch():
    (note,) = notes_of([[1, 0], [0, 1]] * 20, [str(i) for i in range(40)], chose=True)
    assert note.startswith("These images chose the epoch of the classifier, so the numbers are too good")


def test_few_patients_are_named_with_their_number():
    # 40 images, but b is there in 19 patients only, and without a are 3 patients.
    rows = [[1, 1]] * 19 + [[1, 0]] * 18 + [[0, 0]] * 3
    assert notes_of(rows, [str(i) for i in range(40)]) == [
        "Fewer than 20 patients with b (19): intervals from so few are too narrow.",
        "Fewer than 20 patients without a (3): intervals from so few are too narrow.",
    ]
    assert notes_of([[1, 0]] * 40 + [[0, 1]] * 40, [str(i // 2) for i in range(80)]) == []
    assert len(notes_of([[1, 0]] * 40 + [[0, 1]] * 40, [str(i // 4) for i in range(80)])) == 2


def test_a_label_that_nobody_has_is_not_one_that_few_have():
    assert notes_of([[1, 0], [0, 0]] * 20, [str(i) for i in range(40)]) == []


def test_images_are_drawn_and_left_out():
    notes = notes_of([[1, 0], [0, 1]] * 20, [str(i) for i in range(40)], "image", left_out=2)
    assert [note.split(":")[0] for note in notes] == [
        "2 images without a known label are left out.",
        "No image has a patient_id",
    ]


@pytest.mark.parametrize(("missing", "expected"), [(0, 0), (1, 1), (30, 1)])
def test_resamples_without_a_value(missing, expected):
    samples = {key: np.zeros((101, 2)) for key in MEASURES}
    samples["auc"][1 : 1 + missing, 1] = NAN
    samples["mcc"][:, 0] = NAN  # undefined in the set itself: said elsewhere
    notes = notes_of([[1, 0], [0, 1]] * 20, [str(i) for i in range(40)], samples=samples)
    assert len(notes) == expected
    if expected:
        assert notes[0].startswith(f"b: AUC is not defined in {missing} of 100 resamples")
