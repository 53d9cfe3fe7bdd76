"""Replacement of pixels against a loop that makes and predicts one version after the other."""

import pytest
import torch
from torch import nn

from enhance.evaluation.measures.replacement import correctly_predicted, descending_ranks, predictor, replacement_curves


class SmallClassifier(nn.Module):
    """A random network with a dropout, so that its mode shows."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.ReLU(), nn.Dropout(0.5))
        self.fc = nn.Linear(4, 3)

    def extract_feat(self, images):
        return self.body(images)

    def head(self, features):
        return self.fc(features.mean((2, 3)))

    def probabilities(self, logits):
        return logits.softmax(1)


@pytest.fixture
def predict():
    torch.manual_seed(0)
    return predictor(SmallClassifier().double())


def test_predictor_is_the_classifier_in_eval_mode_without_gradient():
    torch.manual_seed(0)
    classifier = SmallClassifier().train()
    classifier.fc.eval()
    images = torch.rand(2, 1, 9, 9)
    probabilities = predictor(classifier)(images)
    assert classifier.training and classifier.body.training and not classifier.fc.training
    assert not probabilities.requires_grad
    torch.testing.assert_close(probabilities, _by_hand(classifier, images))


def _by_hand(classifier, images):
    with torch.no_grad():
        features = classifier.body[1](classifier.body[0](images))
        return (features.mean((2, 3)) @ classifier.fc.weight.T + classifier.fc.bias).softmax(1)


PROBABILITIES = torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.1, 0.4, 0.3], [0.6, 0.9, 0.1]])
LABELS = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 1, 0], [1, 1, 0]])


def test_correct_is_an_image_with_a_target_that_is_predicted():
    top = PROBABILITIES.argmax(1)
    assert correctly_predicted(PROBABILITIES, LABELS, top, None).tolist() == [True, False, True, True]
    assert correctly_predicted(PROBABILITIES, LABELS, top, 0.5).tolist() == [True, False, False, True]
    first = torch.zeros(4, dtype=torch.long)
    assert correctly_predicted(PROBABILITIES, LABELS, first, None).tolist() == [True, False, False, False]
    assert correctly_predicted(PROBABILITIES, LABELS, first, 0.6).tolist() == [True, False, False, True]


@pytest.mark.parametrize("label", [0.55, float("nan")])
def test_a_label_that_is_uncertain_is_not_correct(label):
    assert correctly_predicted(torch.tensor([[0.9]]), torch.tensor([[label]]), torch.tensor([0]), 0.5).tolist() == [
        False
    ]


def test_ranks_are_places_and_ties_go_by_index():
    assert descending_ranks(torch.tensor([[1.0, 3.0, 3.0, 2.0, 3.0]])).tolist() == [[4, 0, 1, 3, 2]]
    assert descending_ranks(torch.tensor([[0.0, -0.0, 0.0]])).tolist() == [[0, 1, 2]]
    many = torch.zeros(2, 5000)
    assert torch.equal(descending_ranks(many), torch.arange(5000).expand(2, -1))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_without_a_place_are_refused(value):
    with pytest.raises(ValueError, match="not finite"):
        descending_ranks(torch.tensor([[0.0, value]]))


def curve_by_hand(predict, image, replacement, ranks, counts, target):
    """Pixel after pixel, one version at a time."""
    values = []
    for count in counts:
        version = image.clone()
        for row in range(image.shape[1]):
            for column in range(image.shape[2]):
                if ranks[row, column] < count:
                    version[:, row, column] = replacement[:, row, column]
        values.append(float(predict(version[None])[0, target]))
    return values


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_equals_one_version_after_the_other(predict, batch_size):
    generator = torch.Generator().manual_seed(1)
    images, replacements = torch.rand(2, 3, 1, 7, 9, generator=generator, dtype=torch.float64)
    ranks = torch.stack([torch.randperm(63, generator=generator).reshape(7, 9) for _ in images])
    counts, targets = torch.tensor([0, 5, 20, 62, 63]), torch.tensor([2, 0, 1])
    curves = replacement_curves(predict, images, replacements, ranks, counts, targets, batch_size)
    assert curves.dtype == torch.float64
    for i, curve in enumerate(curves.tolist()):
        expected = curve_by_hand(predict, images[i], replacements[i], ranks[i], counts.tolist(), targets[i])
        assert curve == pytest.approx(expected, abs=1e-12)
        assert len({round(value, 9) for value in expected}) == 5, "nothing changes with the steps"


def test_no_more_than_a_batch_is_predicted_at_once_and_nothing_twice():
    seen = []

    def predict(images):
        seen.append(len(images))
        return images.mean((1, 2, 3))[:, None]

    images = torch.zeros(3, 1, 2, 2)
    ranks = torch.arange(4).reshape(1, 2, 2).expand(3, -1, -1)
    zero = torch.tensor([0, 0, 0])
    curves = replacement_curves(predict, images, images + 1, ranks, torch.arange(5), zero, batch_size=6)
    assert seen == [6, 6, 3]
    assert torch.equal(curves, torch.tensor([[0, 0.25, 0.5, 0.75, 1]] * 3).double())


def test_no_image_gives_no_curve(predict):
    empty, none = torch.zeros(0, 1, 7, 7).double(), torch.zeros(0, dtype=torch.int64)
    curves = replacement_curves(predict, empty, empty, torch.zeros(0, 7, 7), torch.arange(3), none)
    assert curves.shape == (0, 3) and curves.dtype == torch.float64


def test_curves_of_a_float32_network_are_float64():
    images, ranks = torch.rand(1, 1, 2, 2), torch.zeros(1, 2, 2)
    curves = replacement_curves(lambda x: x[:, 0, 0], images, images, ranks, torch.arange(2), torch.tensor([1]))
    assert curves.dtype == torch.float64
