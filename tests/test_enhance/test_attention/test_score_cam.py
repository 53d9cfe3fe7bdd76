"""Score-CAM against eq. (3)-(4) of paper 000: one forward pass of one masked image after the other, in float64."""

import math

import pytest
import torch

from enhance.attention import ScoreCAM
from tests.test_enhance.toy import (
    NETWORKS,
    TARGETS,
    TOYS,
    ToyClassifier,
    assert_equal_maps,
    images,
    network_case,
    toy_case,
)


def slow_score(classifier, image, target, score):
    """f of one image (C, H, W): the class's logit or probability."""
    z = classifier.head(classifier.extract_feat(image[None]))[0].tolist()
    if score == "logit":
        return z[target]
    if classifier.activation == "softmax":
        return math.exp(z[target]) / sum(math.exp(v) for v in z)
    return 1 / (1 + math.exp(-z[target]))


def slow_mask(channel, size):
    """V = S(Up(T)) of T (h, w), in [0, 1]; zeros if T is constant."""
    if channel.min() == channel.max():
        return torch.zeros(size, dtype=channel.dtype)
    large = torch.nn.functional.interpolate(channel[None, None], size, mode="bilinear", align_corners=False)[0, 0]
    return (large - large.min()) / (large.max() - large.min())


def slow_contributions(classifier, image, features, target, score="probability", baseline=0.0):
    """C (K,) of one image (C, H, W) with F (K, h, w)."""
    reference = slow_score(classifier, torch.full_like(image, baseline), target, score)
    masks = [slow_mask(channel, image.shape[1:]) for channel in features]
    return [slow_score(classifier, image * mask, target, score) - reference for mask in masks]


def slow_score_cam(classifier, batch, features, targets, softmax=False, **options):
    maps = []
    for image, one, target in zip(batch, features, targets.tolist(), strict=True):
        weights = slow_contributions(classifier, image, one, target, **options)
        if softmax:
            powers = [math.exp(c) for c in weights]
            weights = [power / sum(powers) for power in powers]
        maps.append(sum(weight * channel for weight, channel in zip(weights, one, strict=True)).clamp(min=0))
    return torch.stack(maps)


def coarse(method, features, batch, targets=TARGETS):
    with torch.no_grad():
        return method.class_maps(features, targets, batch.double())


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("score", ["probability", "logit"])
@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("baseline", [0.0, 0.6])
def test_equals_separate_forward_passes(options, score, softmax, baseline):
    settings = dict(score=score, softmax=softmax, baseline=baseline)
    maps, expected = [], []
    for seed in range(2):
        classifier, features = toy_case(options, seed)
        for targets in (TARGETS, TARGETS.roll(1)):
            maps.append(coarse(ScoreCAM(classifier, **settings), features, images(), targets))
            expected.append(slow_score_cam(classifier, images().double(), features, targets, **settings))
    assert_equal_maps(torch.cat(maps), torch.cat(expected), rtol=1e-10)


def test_probability_of_a_softmax_classifier():
    classifier, features = toy_case(TOYS[1], 0)
    classifier.activation = "softmax"
    expected = slow_score_cam(classifier, images().double(), features, TARGETS)
    assert_equal_maps(coarse(ScoreCAM(classifier), features, images()), expected, rtol=1e-10)


def test_probability_without_softmax_is_the_default():
    classifier, features = toy_case(TOYS[1], 0)
    method = ScoreCAM(classifier)
    assert (method.score, method.softmax, method.baseline) == ("probability", False, 0.0)


@pytest.mark.parametrize("name", [NETWORKS[0], NETWORKS[2]])
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    batch = images(2, 64).double()
    expected = slow_score_cam(classifier, batch, features, TARGETS[:2])
    assert_equal_maps(coarse(ScoreCAM(classifier), features, batch, TARGETS[:2]), expected, rtol=1e-8)


@pytest.mark.parametrize("batch_size", [1, 4, 5, 1000])
def test_batch_size_changes_only_how_many_run_at_once(batch_size):
    classifier, features = toy_case(TOYS[1], 0)
    expected = coarse(ScoreCAM(classifier), features, images())
    sizes = count_images(classifier)
    maps = coarse(ScoreCAM(classifier, batch_size=batch_size), features, images())
    torch.testing.assert_close(maps, expected, atol=1e-13, rtol=1e-9)
    assert max(sizes) == min(batch_size, sum(masked(features)))


def masked(features):
    """For each image and channel of F (B, K, h, w): does it need a masked image?"""
    return [bool((channel != channel[0, 0]).any()) for one in features for channel in one]


def count_images(classifier):
    """A list to which the number of images of each later call of `extract_feat` is appended."""
    sizes, extract_feat = [], classifier.extract_feat

    def counting(batch):
        sizes.append(len(batch))
        return extract_feat(batch)

    classifier.extract_feat = counting
    return sizes


@pytest.mark.parametrize("dead", [1, 20])
def test_dead_channels_are_not_run(dead):
    """The images once, one masked image for every channel that is alive, and at most two for f(0) and f(I_b)."""
    torch.manual_seed(0)
    classifier = ToyClassifier(channels=24, relu=True)
    for channel in range(1, dead):
        classifier.make_constant(channel, -1.0)
    alive = sum(masked(classifier.extract_feat(images())))
    assert 0 < alive <= 3 * (24 - dead)
    sizes = count_images(classifier)
    ScoreCAM(classifier, baseline=0.3)(images(), TARGETS)
    assert 3 + alive < sum(sizes) <= 3 + alive + 2


def test_dead_channels_count_in_the_softmax():
    """Their weight does nothing to their own zeros but takes from the other channels'."""
    classifier, features = toy_case(TOYS[0], 0)
    weighted = coarse(ScoreCAM(classifier, softmax=True), features, images())
    more = torch.cat([features, torch.zeros(3, 1, 4, 4)], 1)
    with torch.no_grad():
        contributions = ScoreCAM(classifier).contributions(images().double(), features, TARGETS)
        share = contributions.exp().sum(1) / (contributions.exp().sum(1) + 1)  # C = f(0) - f(0) = 0
        spread = ScoreCAM(classifier, softmax=True).class_maps(more, TARGETS, images().double())
    assert_equal_maps(spread, weighted * share[:, None, None], rtol=1e-12)


@pytest.mark.parametrize("baseline", [0.0, 0.6])
def test_constant_channel_masks_the_whole_image(baseline):
    """A channel of 0.7 everywhere has V = 0, so its C is f(0) - f(I_b)."""
    classifier, features = toy_case(dict(linear=False, relu=True), 0)
    with torch.no_grad():
        contributions = ScoreCAM(classifier, baseline=baseline).contributions(images().double(), features, TARGETS)
    assert features[:, 1].min() == features[:, 1].max() == pytest.approx(0.7)
    for row, target in enumerate(TARGETS.tolist()):
        plain = [torch.full((1, 16, 16), value, dtype=torch.float64) for value in (0.0, baseline)]
        black, reference = (slow_score(classifier, image, target, "probability") for image in plain)
        assert float(contributions[row, 1]) == pytest.approx(black - reference, abs=1e-12)
        assert float(contributions[row, 0]) == float(contributions[row, 1])
        assert (black == reference) == (baseline == 0)


def test_image_of_constant_channels_only():
    classifier = ToyClassifier(channels=2, relu=True)
    sizes = count_images(classifier)
    maps = ScoreCAM(classifier, baseline=0.4)(images(), TARGETS)
    assert sum(sizes) <= 3 + 2
    assert maps.shape == (3, 16, 16)
    assert torch.equal(maps, maps[:, :1, :1].expand_as(maps))


def test_worked_by_hand():
    """One channel that is the image, so V = I / 4; F of an image is its 4 pixels, S their mean; map = C T."""
    classifier = ToyClassifier(labels=1, channels=1)
    classifier.extract_feat = lambda batch: batch
    with torch.no_grad():
        classifier.fc.weight.fill_(1.0)
        classifier.fc.bias.fill_(9.0)
    image = torch.tensor([[[[0.0, 1.0], [2.0, 4.0]]]])
    # I * V = (0, 1, 4, 16) / 4, mean 21/16; the baseline of 0.25 scores 4/16: C = 17/16.
    maps = ScoreCAM(classifier, score="logit", baseline=0.25)(image)
    assert maps[0].tolist() == [[0.0, 17 / 16], [34 / 16, 68 / 16]]


def test_unknown_score_is_refused():
    with pytest.raises(ValueError, match="must be 'probability' or 'logit', got 'odds'"):
        ScoreCAM(ToyClassifier(), score="odds")
