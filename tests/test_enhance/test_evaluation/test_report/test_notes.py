"""What a reader of an attention report is told."""

from copy import deepcopy

import pytest

from enhance.evaluation.report.notes import attention_notes


def entry(value):
    return {"value": value, "ci95": [value, value], "num_images": 40}


def difference(a, b, measure, value, p_holm):
    return {
        "a": a,
        "b": b,
        "measure": measure,
        "difference": value,
        "ci95": [value, value],
        "p": 0.01,
        "p_holm": p_holm,
    }


SUMMARY = {
    "failed": {},
    "amp": False,
    "num_listed": 50,
    "num_images": 50,
    "num_unknown": 0,
    "num_labeled": 50,
    "num_correct": 40,
    "num_with_boxes": 0,
    "noise_fall": {"sick": entry(0.3)},
    "classifier": {"labels": {}, "mean": {"value": 0.8, "ci95": [0.7, 0.9], "num_images": 50}},
    "reference": "CAWE",
    "floors": ["Random map"],
    "systems": {"CAWE": {"num_empty": 0}, "CAM": {"num_empty": 0}, "Random map": {"num_empty": 0}},
    "differences": [
        difference("CAWE", "Random map", "aopc", 0.1, 0.01),
        difference("CAM", "Random map", "aopc", -0.1, 0.01),
        difference("CAWE", "Random map", "deletion", -0.1, 0.01),
        difference("CAWE", "Random map", "roi_size", -0.1, 0.9),
        difference("CAM", "CAWE", "aopc", -0.1, 0.9),
    ],
}


def notes(left_out=None, classless=(), **changes):
    return attention_notes(deepcopy(SUMMARY) | changes, left_out or {}, classless)


def test_where_all_is_well_there_is_nothing_to_say():
    assert notes() == []


def test_a_drawn_part_and_mixed_precision_are_named():
    assert notes(num_listed=800) == ["50 of 800 images were drawn (evaluation.max_images)."]
    assert notes(num_listed=52, failed={"a": "no", "b": "no"})[0].startswith("Images that could not be read")
    assert "mixed precision" in notes(amp=True)[0]


@pytest.mark.parametrize(
    "place, changed",
    [(0, {"p_holm": 0.05}), (0, {"p_holm": None}), (0, {"difference": -0.1}), (2, {"difference": 0.1})],
)
def test_a_floor_that_no_method_clearly_leaves_behind_is_named(place, changed):
    differences = deepcopy(SUMMARY["differences"])
    differences[place] |= changed
    (note,) = notes(differences=differences)
    assert note.startswith("No method is clearly better")
    assert note.endswith(f"by: {('AOPC, MoRF', '', 'Deletion')[place]}.")


def test_methods_left_out_or_for_no_class_are_named():
    assert notes({"CAM": "no linear layer"}) == ["CAM is left out: no linear layer."]
    (note,) = notes(classless=["CAWE", "CRM"])
    assert note == "Not for the class of the image, but of their own choice: the maps of CAWE, CRM."


def test_what_the_images_lack_is_named():
    (note,) = notes(failed={"a.png": "a.png: damaged", "b.png": "b.png: gone"})
    assert note == "Images that could not be read: 2, the first: a.png: damaged."
    (note,) = notes(num_unknown=25)
    assert note.startswith("The patient is not known for 25 of 50 images")
    (note,) = notes(num_with_boxes=29)
    assert note.startswith("Few images are with a lesion box (29)")
    assert notes(num_with_boxes=30) == []
    (note,) = notes(num_labeled=0, num_correct=0)
    assert note.startswith("The images have no labels of the classifier")
    (note,) = notes(num_correct=0)
    assert note.startswith("No image is predicted correctly")
    systems = deepcopy(SUMMARY["systems"])
    systems["CAM"]["num_empty"] = 7
    assert notes(systems=systems) == ["CAM draws nothing on 7 of 50 images."]


def test_a_class_that_noise_does_not_touch_is_named():
    firm = entry(0.1) | {"ci95": [-0.02, 0.2]}
    (note,) = notes(noise_fall={"sick": firm, "old": entry(0.3), "young": entry(-0.1)})
    assert "does not clearly lower the probability of sick, young: there AOPC says nothing" in note


def test_a_classifier_that_may_know_nothing_is_named():
    mean = {"value": 0.55, "ci95": [0.48, 0.62], "num_images": 50}
    (note,) = notes(classifier={"labels": {}, "mean": mean})
    assert "no more than chance" in note
    assert notes(classifier={"labels": {}, "mean": None}) == []
