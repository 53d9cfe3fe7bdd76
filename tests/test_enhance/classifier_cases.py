"""Summaries of tested classifiers that the tests of the report share."""

import numpy as np

from enhance.classifier.predictions import Groups, Predictions
from enhance.classifier.report.summary import ClassificationSettings
from enhance.classifier.report.summary import summarize_classifier as summarize

NAMES = ["a_b", "No $x|y$", "never"]


def multi_label(names=NAMES):
    rng = np.random.default_rng(0)
    scores = rng.random((40, len(names)))
    labels = (rng.random(scores.shape) < 0.5).astype(float)
    scores[:, -1] = 0.1  # never predicted
    tested = Predictions(list(names), scores, labels)
    return summarize(tested, Groups([str(i // 2) for i in range(40)], "patient"), ClassificationSettings(bootstrap=30))


def multi_class():
    truth = np.repeat(np.eye(3), [3, 2, 1], 0)
    scores = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
    tested = Predictions(NAMES, scores, truth)
    return summarize(tested, Groups(list("abcdef"), "image"), ClassificationSettings(bootstrap=30))


def rows(text):
    return [[c.strip() for c in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]
