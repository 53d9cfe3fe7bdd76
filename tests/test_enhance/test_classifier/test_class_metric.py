"""Accuracy and recall: against a count, by hand, and as mmengine calls them."""

import pytest
import torch
from mmengine.registry import METRICS

from enhance.classifier.class_metric import ClassMetric, accuracy, recall_per_class


@pytest.mark.parametrize("seed", range(5))
def test_equal_the_counts(seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(40, 4, generator=generator)
    truth = torch.randint(0, 3, (40,), generator=generator)
    predicted = [max(range(4), key=row.__getitem__) for row in scores.tolist()]
    pairs = list(zip(predicted, truth.tolist(), strict=True))
    labels = torch.eye(4)[truth]
    assert accuracy(scores, labels) == pytest.approx(sum(p == t for p, t in pairs) / 40)
    recalls = recall_per_class(scores, labels)
    for c in range(3):
        assert recalls[c] == pytest.approx(sum(p == t == c for p, t in pairs) / sum(t == c for _, t in pairs))
    assert recalls[3] is None


def evaluate(metric, scores, labels, names=("COVID", "Normal", "Viral Pneumonia")):
    metric.dataset_meta = {"label_names": list(names)}
    half = len(scores) // 2
    for part in (slice(None, half), slice(half, None)):
        rows = zip(torch.tensor(scores[part]), torch.tensor(labels[part]), strict=True)
        metric.process({}, [dict(scores=s, labels=t, mask=torch.ones(3)) for s, t in rows])
    return metric.evaluate(len(scores))


SCORES = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1]]
LABELS = [[1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 1.0, 0]]


def test_by_hand():
    """COVID: one of two; Normal: two of two; no viral pneumonia, so that class is left out."""
    expected = {"class/recall/COVID": 0.5, "class/recall/Normal": 1.0, "class/accuracy": 0.75}
    assert evaluate(METRICS.build(dict(type="ClassMetric")), SCORES, LABELS) == expected | {"class/recall/mean": 0.75}
    chosen = evaluate(ClassMetric(mean_of=["COVID", "Viral Pneumonia"]), SCORES, LABELS)
    assert chosen == expected | {"class/recall/mean": 0.5}


def test_errors():
    with pytest.raises(ValueError, match="exactly one class per image"):
        evaluate(ClassMetric(), SCORES, [[1.0, 1, 0], *LABELS[1:]])
    with pytest.raises(ValueError, match="no image of \\['Viral Pneumonia'\\]"):
        evaluate(ClassMetric(mean_of=["Viral Pneumonia"]), SCORES, LABELS)
