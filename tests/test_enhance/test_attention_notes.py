"""What a reader of an attention report is told."""

from copy import deepcopy

from enhance.evaluation.attention_notes import report_notes
from enhance.evaluation.attention_summary import MEASURES


def entry(value):
    return {"value": value, "ci95": [value, value], "num_images": 40}


SUMMARY = {
    "failed": {},
    "num_images": 50,
    "num_unknown": 0,
    "num_correct": 40,
    "num_with_boxes": 0,
    "classifier": {"labels": {}, "mean": {"value": 0.8, "ci95": [0.7, 0.9], "num_images": 50}},
    "reference": "CAWE",
    "floors": ["Random map"],
    "systems": {
        "CAWE": {
            "aopc": entry(0.4),
            "deletion": entry(0.2),
            "iou": entry(None),
            "roi_size": entry(0.1),
            "num_empty": 0,
        },
        "Random map": {
            "aopc": entry(0.3),
            "deletion": entry(0.3),
            "iou": entry(None),
            "roi_size": entry(0.9),
            "num_empty": 0,
        },
    },
}


def notes(left_out=None, **changes):
    return report_notes(deepcopy(SUMMARY) | changes, left_out or {})


def test_where_all_is_well_there_is_nothing_to_say():
    assert notes() == []


def test_a_floor_that_is_best_is_named_with_its_measures():
    systems = deepcopy(SUMMARY["systems"])
    systems["Random map"] |= {"aopc": entry(0.5), "deletion": entry(0.1)}
    (note,) = notes(systems=systems)
    assert note.startswith("Random map, which knows nothing of the image, is the best by: AOPC, MoRF, Deletion.")
    assert MEASURES["iou"].title not in note


def test_what_was_left_out_or_few_or_unknown_is_named():
    assert notes({"CAM": "no linear layer"}) == ["CAM is left out: no linear layer."]
    (note,) = notes(failed={"a.png": "a.png: damaged", "b.png": "b.png: gone"})
    assert note == "2 images could not be read, the first: a.png: damaged."
    (note,) = notes(num_unknown=25)
    assert note.startswith("The person is not known for 25 of 50 images")
    systems = deepcopy(SUMMARY["systems"])
    systems["CAWE"]["num_empty"] = 7
    assert notes(systems=systems) == ["CAWE draws nothing on 7 of 50 images."]
    (note,) = notes(num_with_boxes=29)
    assert note.startswith("Only 29 images are with a lesion box")
    assert notes(num_with_boxes=30) == []


def test_a_classifier_that_may_know_nothing_is_named():
    mean = {"value": 0.55, "ci95": [0.48, 0.62], "num_images": 50}
    (note,) = notes(classifier={"labels": {}, "mean": mean})
    assert "no more than chance" in note
    assert notes(classifier={"labels": {}, "mean": None}) == []
