"""AUROC against counting pairs."""

import numpy as np
import pytest
import torch

from enhance.classifier.auroc_metric import AUROCMetric, auroc_per_label
from enhance.classifier.predictions import read_predictions


def test_equals_pair_counting():
    scores, labels, mask = (
        torch.rand(40, 3).round(decimals=1),
        (torch.rand(40, 3) > 0.5).float(),
        (torch.rand(40, 3) > 0.2).float(),
    )
    for label, value in enumerate(auroc_per_label(scores, labels, mask)):
        keep = mask[:, label] > 0
        s, y = scores[keep, label].tolist(), labels[keep, label].tolist()
        pairs = [(p, n) for p, a in zip(s, y, strict=True) for n, b in zip(s, y, strict=True) if a == 1 and b == 0]
        assert value == pytest.approx(sum((p > n) + 0.5 * (p == n) for p, n in pairs) / len(pairs), abs=1e-6)


def run(outfile=None):
    metric = AUROCMetric(outfile=outfile)
    metric.dataset_meta = dict(label_names=["a", "b"])
    for score, label in ((0.9, 1.0), (0.1, 0.0)):
        sample = dict(scores=torch.tensor([score, score]), labels=torch.tensor([label, 1.0]), mask=torch.ones(2))
        metric.process({}, [sample])
    return metric.evaluate(2)


def test_reports_the_labels_that_have_both_classes(tmp_path):
    assert run(str(tmp_path / "p.npy")) == {"auroc/a": 1.0, "auroc/mean": 1.0}
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), [[0.9, 0.9], [0.1, 0.1]])


def test_writes_what_the_classification_report_reads(tmp_path):
    run(str(tmp_path / "p.json"))
    got = read_predictions(tmp_path / "p.json")
    assert got.label_names == ["a", "b"]
    np.testing.assert_allclose(got.scores, [[0.9, 0.9], [0.1, 0.1]])
    np.testing.assert_array_equal(got.labels, [[1, 1], [0, 1]])


def test_writes_the_places_of_the_images(tmp_path):
    metric = AUROCMetric(outfile=str(tmp_path / "p.json"))
    metric.dataset_meta = dict(label_names=["a"])
    samples = [dict(scores=torch.rand(1), labels=torch.tensor([y]), mask=torch.ones(1)) for y in (0.0, 1.0)]
    metric.process({"index": torch.tensor([5, 3])}, samples)
    metric.evaluate(2)
    assert read_predictions(tmp_path / "p.json").places == [5, 3]


def test_says_whether_the_images_chose_the_epoch(tmp_path):
    for chose in (False, True):
        metric = AUROCMetric(outfile=str(tmp_path / "p.json"), chose_the_epoch=chose)
        metric.dataset_meta = dict(label_names=["a"])
        samples = [dict(scores=torch.rand(1), labels=torch.tensor([y]), mask=torch.ones(1)) for y in (0.0, 1.0)]
        metric.process({}, samples)
        metric.evaluate(2)
        assert read_predictions(tmp_path / "p.json").chose_the_epoch == chose


def test_other_files_are_refused():
    with pytest.raises(ValueError, match="p.csv: give it the suffix"):
        AUROCMetric(outfile="p.csv")


def test_undefined_everywhere_is_an_error():
    metric = AUROCMetric()
    metric.dataset_meta = dict(label_names=["a"])
    metric.process({}, [dict(scores=torch.tensor([0.3]), labels=torch.ones(1), mask=torch.ones(1))])
    with pytest.raises(ValueError, match="undefined"):
        metric.evaluate(1)
