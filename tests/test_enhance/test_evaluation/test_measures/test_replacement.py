"""Replacement of pixels against a loop that makes and predicts one version after the other."""

import pytest
import torch
from torch import nn

from enhance.evaluation.measures.replacement import (
    correctly_predicted,
    descending_ranks,
    first_alike,
    predictor,
    replacement_curves,
)


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


def test_mixed_precision_is_of_the_network_alone_and_near_the_full_one(predict):
    torch.manual_seed(0)
    classifier, images = SmallClassifier(), torch.rand(5, 1, 9, 9)
    seen = []
    classifier.fc.register_forward_hook(lambda module, given, made: seen.append(made.dtype))
    full, mixed = (predictor(classifier, amp)(images) for amp in (False, True))
    assert seen == [torch.float32, torch.bfloat16]
    assert mixed.dtype == torch.float32
    assert not torch.equal(mixed, full)
    torch.testing.assert_close(mixed, full, atol=4e-3, rtol=0)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(predictor(classifier)(images), full), "a caller's mixed precision is not ours"


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


def random_orders():
    """Three images, replacements, and three orders, of which the last two begin with the same 20 pixels."""
    generator = torch.Generator().manual_seed(1)
    images, replacements = torch.rand(2, 3, 1, 7, 9, generator=generator, dtype=torch.float64)
    ranks = torch.stack([torch.stack([torch.randperm(63, generator=generator) for _ in range(3)]) for _ in images])
    ranks[:, 2] = torch.where(ranks[:, 1] < 20, 19 - ranks[:, 1], 82 - ranks[:, 1])
    return images, replacements, ranks.reshape(3, 3, 7, 9)


COUNTS, TARGETS = torch.tensor([0, 5, 20, 62, 63]), torch.tensor([2, 0, 1])


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_equals_one_version_after_the_other(predict, batch_size):
    images, replacements, ranks = random_orders()
    curves = replacement_curves(predict, images, replacements, ranks, COUNTS, TARGETS, batch_size)
    assert curves.dtype == torch.float64
    for i, of_image in enumerate(curves.tolist()):
        for own, curve in zip(ranks[i], of_image, strict=True):
            expected = curve_by_hand(predict, images[i], replacements[i], own, COUNTS.tolist(), TARGETS[i])
            assert curve == pytest.approx(expected, abs=1e-12)
            assert len({round(value, 9) for value in expected}) == 5, "nothing changes with the steps"


def counting(seen):
    """A classifier of one class that notes how many images it is shown."""

    def predict(images):
        seen.append(len(images))
        return images.mean((1, 2, 3))[:, None]

    return predict


def test_no_more_than_a_batch_is_predicted_at_once_and_nothing_twice():
    seen = []
    images = torch.zeros(3, 1, 2, 2)
    ranks = torch.arange(4).reshape(1, 1, 2, 2).expand(3, 2, -1, -1)
    zero = torch.tensor([0, 0, 0])
    curves = replacement_curves(counting(seen), images, images + 1, ranks, torch.arange(5), zero, batch_size=6)
    assert seen == [6, 6, 3]
    assert torch.equal(curves, torch.tensor([[[0, 0.25, 0.5, 0.75, 1]] * 2] * 3).double())


def test_what_orders_share_and_what_is_known_is_predicted_once():
    images, replacements, ranks = random_orders()
    zero, seen = torch.zeros(3, dtype=torch.long), []
    whole = replacement_curves(counting(seen), images, replacements, ranks, COUNTS, zero)
    # Of 3 orders at 5 counts: the first and the last alike for all, that of 20 pixels alike for two.
    assert sum(seen) == 3 * (1 + 3 + 2 + 3 + 1)
    known = whole[:, 0, 0] + 1, whole[:, 0, -1] + 2
    seen.clear()
    rest = replacement_curves(counting(seen), images, replacements, ranks, COUNTS, zero, 64, *known)
    assert sum(seen) == 3 * (3 + 2 + 3)
    assert torch.equal(rest[..., 1:-1], whole[..., 1:-1])
    assert torch.equal(rest[..., 0], whole[..., 0] + 1) and torch.equal(rest[..., -1], whole[..., -1] + 2)


def test_first_alike_equals_the_comparison_of_all_sets():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randperm(12, generator=generator)
    ranks = torch.stack([pixels, pixels.flip(0), pixels // 3, pixels, 11 - pixels, (pixels // 3).flip(0)])
    ranks[4, ranks[3] >= 6] = ranks[3, ranks[3] >= 6]
    counts = torch.tensor([0, 1, 2, 3, 4, 6, 7, 12, 30])
    sets = [[frozenset((own < count).nonzero()[:, 0].tolist()) for count in counts] for own in ranks]
    expected = [
        [next(other for other in range(6) if sets[other][k] == sets[own][k]) for k in range(9)] for own in range(6)
    ]
    assert first_alike(ranks.reshape(6, 3, 4), counts).tolist() == expected
    assert len({number for row in expected for number in row}) == 5, "no two alike, or all"


def test_no_image_gives_no_curve(predict):
    empty, none = torch.zeros(0, 1, 7, 7).double(), torch.zeros(0, dtype=torch.int64)
    curves = replacement_curves(predict, empty, empty, torch.zeros(0, 2, 7, 7), torch.arange(3), none)
    assert curves.shape == (0, 2, 3) and curves.dtype == torch.float64


def test_curves_of_a_float32_network_are_float64():
    images, ranks = torch.rand(1, 1, 2, 2), torch.zeros(1, 1, 2, 2)
    curves = replacement_curves(lambda x: x[:, 0, 0], images, images, ranks, torch.arange(2), torch.tensor([1]))
    assert curves.dtype == torch.float64
