"""The predictions of a classifier: what is written is read again, and wrong files are named."""

import json
from pathlib import Path

import numpy as np
import pytest

from enhance.classifier.predictions import Predictions, read_groups, read_predictions, write_predictions

GOOD = {"label_names": ["a", "b"], "scores": [[0.5, 0.25], [0.1, 0.2]], "labels": [[1, None], [0, 1]]}


def predictions(scores, labels):
    return Predictions(["a", "b", "c"][: len(scores[0])], np.array(scores, float), np.array(labels, float))


def test_what_is_written_is_read_again_bit_for_bit(tmp_path):
    rng = np.random.default_rng(0)
    scores = rng.random((5, 3), np.float32)
    labels, mask = rng.integers(0, 2, (5, 3)).astype(np.float32), rng.integers(0, 2, (5, 3)).astype(np.float32)
    write_predictions(tmp_path / "p.json", ["a", "b", "c"], scores, labels, mask, [4, 0, 2, 1, 7])
    got = read_predictions(tmp_path / "p.json")
    assert got.label_names == ["a", "b", "c"] and got.places == [4, 0, 2, 1, 7]
    np.testing.assert_array_equal(got.scores, scores.astype(float))
    np.testing.assert_array_equal(got.labels, np.where(mask > 0, labels, np.nan))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [[0.5, 0.25]]}, r"labels of \(2, 2\)"),
        ({"label_names": ["a"]}, "1 label names"),
        ({"scores": [], "labels": []}, "scores of shape"),
        ({"scores": [[0.5, None], [0.1, 0.2]]}, "1 scores are no numbers"),
        ({"scores": [[0.5, "0.25"], [0.1, 0.2]]}, "a score is text"),
        ({"scores": [[0.5, 1.25], [-0.1, 0.2]]}, "2 scores are no probabilities from 0 to 1; are they logits?"),
        ({"labels": [[1, -1], [0, 0.5]]}, "2 labels are neither 0, 1 nor null, the first is -1"),
        ({"labels": [[1, "x"], [0, 1]]}, "not the predictions"),
        ({"scores": [[1], [0.1, 0.2]]}, "not the predictions"),
        ({"places": [0, 0]}, "1 different places for 2 images"),
        ({"places": [0, 0.5]}, "places are whole numbers"),
    ],
)
def test_wrong_files_are_named(tmp_path, change, message):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(GOOD))
    assert read_predictions(path).scores.shape == (2, 2)
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(ValueError, match=message) as error:
        read_predictions(path)
    assert str(path) in str(error.value)


def test_no_file_and_no_predictions(tmp_path):
    with pytest.raises(FileNotFoundError, match="tools/test.py"):
        read_predictions(tmp_path / "gone.json")
    for text in ("[1]", "{}", "x"):
        (tmp_path / "p.json").write_text(text)
        with pytest.raises(ValueError, match=r"p.json: not the predictions"):
            read_predictions(tmp_path / "p.json")


def test_softmax_or_sigmoid():
    assert predictions([[0.5, 0.5], [0.2, 0.8]], [[1, 0], [0, 1]]).from_softmax
    assert not predictions([[0.5, 0.5], [0.2, 0.7]], [[1, 0], [0, 1]]).from_softmax


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([[1, 0], [0, 1]], True),
        ([[1, 0], [np.nan, np.nan]], True),
        ([[1, 0], [1, 1]], False),
        ([[1, 0], [0, 0]], False),
        ([[1, np.nan], [np.nan, 1]], False),
        ([[1], [1]], False),
    ],
)
def test_one_class_each(labels, expected):
    assert predictions(np.full((2, len(labels[0])), 0.5), labels).one_class_each is expected


def annotations(folder: Path, patients, labels, names=("b", "a")) -> Path:
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 9, "height": 9, "labels": row}
        | ({"patient_id": patient} if patient else {})
        for i, (patient, row) in enumerate(zip(patients, labels, strict=True), 1)
    ]
    path = folder / "test.json"
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": [], "label_names": list(names)}))
    return path


def test_patients_where_they_are_known_else_images(tmp_path):
    tested = predictions([[0.5, 0.5], [0.1, 0.2]], [[1, np.nan], [0, 1]])
    # In another order of labels; an uncertain or unknown label may count as anything.
    labels = [[-1, 1], [None, 0]]
    groups = read_groups(annotations(tmp_path, ["p", "p"], labels), tested)
    assert (groups.of_image, groups.unit, groups.unknown) == (["p", "p"], "patient", 0)
    groups = read_groups(annotations(tmp_path, ["p", None], labels), tested)
    assert (groups.of_image, groups.unit, groups.unknown) == (["p", "image 2"], "patient", 1)
    groups = read_groups(annotations(tmp_path, [None, ""], labels), tested)
    assert (groups.of_image, groups.unit, groups.unknown) == (["image 1", "image 2"], "image", 2)


def test_another_set_is_refused(tmp_path):
    tested = predictions([[0.5, 0.5], [0.1, 0.2]], [[1, np.nan], [0, 1]])
    for labels, names, message in [
        ([[1, 1]], "ba", "1 images, but predictions of 2"),
        ([[1, 1], [0, 0]], "ba", "2.png has b = 0, the predictions say 1"),
        ([[1, 1], [1, 0]], "xa", r"no label \['b'\]"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_groups(annotations(tmp_path, ["p"] * len(labels), labels, names), tested)


def test_a_part_of_the_images_was_tested(tmp_path):
    """As with balanced classes: two of three images, in another order."""
    path = annotations(tmp_path, ["p", "q", "r"], [[0, 0], [1, 1], [0, 1]])
    scores, labels = np.full((2, 2), 0.5), np.array([[1.0, 0], [0, 0]])
    assert read_groups(path, Predictions(["a", "b"], scores, labels, [2, 0])).of_image == ["r", "p"]
    with pytest.raises(ValueError, match="1.png has a = 0, the predictions say 1"):
        read_groups(path, Predictions(["a", "b"], scores, labels, [0, 2]))
    for places in ([2, 3], [-1, 0]):
        with pytest.raises(ValueError, match="3 images, but predictions of up to the"):
            read_groups(path, Predictions(["a", "b"], scores, labels, places))
