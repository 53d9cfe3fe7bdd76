"""CAWE against eq. (1)-(2) of paper 002 written as loops over float64 autograd."""

import pytest
import torch

from enhance.attention import CAWE
from enhance.classifier.model import AttentionClassifier
from tests.test_enhance.toy import ToyClassifier, images


def slow_cawe(classifier, batch, threshold=0.5, logit=False, top1=True, ignored=()):
    """Eq. (1)-(2), image by image, channel by channel, cell by cell, in float64."""
    maps = []
    for image in batch.double():
        features = classifier.extract_feat(image[None]).detach().requires_grad_()
        z = classifier.head(features)[0]
        p = torch.sigmoid(z)
        labels = [i for i in range(len(p)) if i not in ignored]
        active = [i for i in labels if p[i] >= threshold]
        if not active and top1:
            active = [max(labels, key=lambda i: p[i].item())]
        total = sum((z if logit else p)[i] for i in active) if active else (features * 0).sum()
        (gradient,) = torch.autograd.grad(total, features)
        _, channels, h, w = features.shape
        out = torch.zeros(h, w, dtype=torch.float64)
        for k in range(channels):
            weight = sum(max(float(gradient[0, k, i, j]), 0.0) for i in range(h) for j in range(w)) / (h * w)
            out += weight * features[0, k].detach()
        maps.append(out.clamp(min=0))
    return torch.stack(maps)


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("logit", [True, False])
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_equations(linear, logit, threshold, seed):
    torch.manual_seed(seed)
    classifier = ToyClassifier(linear=linear).double().eval()
    method = CAWE(classifier, score="logit" if logit else "probability", threshold=threshold)
    features = classifier.extract_feat(images().double())
    torch.testing.assert_close(
        method.raw_maps(features), slow_cawe(classifier, images(), threshold, logit), atol=1e-12, rtol=1e-9
    )


@pytest.mark.parametrize("seed", range(5))
def test_closed_form_and_autograd_agree(seed):
    torch.manual_seed(seed)
    classifier = ToyClassifier().double()
    method = CAWE(classifier)
    features = classifier.extract_feat(images().double()).detach()
    closed = method.closed_form_weights(features, *method.head_gradient(features))
    torch.testing.assert_close(closed, method.autograd_weights(features), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("three_state", [True, False])
def test_closed_form_equals_float64_autograd_on_a_timm_network(three_state):
    backbone = dict(model_name="resnet10t", in_chans=1)
    classifier = AttentionClassifier(backbone, ["a", "b", "c"], three_state=three_state, mean=[0.5], std=[0.25]).eval()
    assert classifier.linear_weight() is not None  # so the map comes from the closed form
    single = CAWE(classifier)(images(2, 64))
    method = CAWE(classifier.double())
    features = classifier.extract_feat(images(2, 64).double())
    coarse = slow_cawe(classifier, images(2, 64))
    torch.testing.assert_close(method.raw_maps(features), coarse, atol=1e-6, rtol=0)
    expected = torch.nn.functional.interpolate(coarse[:, None], (64, 64), mode="bilinear", align_corners=False)[:, 0]
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), expected, atol=1e-6, rtol=1e-4)


def test_worked_by_hand():
    """One cell, two channels, one label: F = (2, 3), W = (ln 3 / 2, -1), b = 3: z = ln 3, p = 3/4."""
    classifier = ToyClassifier(labels=1, channels=2).double()
    with torch.no_grad():
        classifier.fc.weight.copy_(torch.tensor([[torch.log(torch.tensor(3.0)) / 2, -1.0]]))
        classifier.fc.bias.fill_(3.0)
    features = torch.tensor([2.0, 3.0], dtype=torch.float64).reshape(1, 2, 1, 1)
    # g = p (1 - p) W = 3/16 (0.549306, -1); ReLU keeps the first; map = 2 * 3/16 * 0.549306 = 0.205990.
    assert CAWE(classifier).raw_maps(features).item() == pytest.approx(0.2059898, abs=1e-6)


def test_fallback_and_ignored_labels():
    classifier = ToyClassifier().double().eval()
    features = classifier.extract_feat(images().double())
    torch.testing.assert_close(
        CAWE(classifier, threshold=1.0, ignore_labels=["label 0", "label 2"]).raw_maps(features),
        slow_cawe(classifier, images(), threshold=1.0, ignored=(0, 2)),
    )
    assert CAWE(classifier, threshold=1.0, fallback="empty").raw_maps(features).abs().max() == 0
    with pytest.raises(ValueError, match="every class"):
        CAWE(classifier, ignore_labels=classifier.label_names)


def test_threshold_includes_its_value():
    classifier = ToyClassifier().eval()
    active = CAWE(classifier, threshold=0.5).activated(torch.tensor([[0.5, 0.4999, 0.9, 0.1]]))
    assert active.tolist() == [[1, 0, 1, 0]]


def test_softmax_classifier_is_refused():
    classifier = ToyClassifier()
    classifier.activation = "softmax"
    with pytest.raises(ValueError, match="softmax"):
        CAWE(classifier)


@pytest.mark.parametrize("option", [dict(score="odds"), dict(fallback="all")])
def test_unknown_option_is_refused(option):
    with pytest.raises(ValueError, match="must be"):
        CAWE(ToyClassifier(), **option)


def test_with_flip_the_map_is_the_mean_with_that_of_the_mirror_image():
    classifier, batch = ToyClassifier(linear=False).eval(), images(3, 16)
    expected = (CAWE(classifier).coarse_maps(batch) + CAWE(classifier).coarse_maps(batch.flip(3)).flip(2)) / 2
    maps = CAWE(classifier, flip=True).coarse_maps(batch)
    torch.testing.assert_close(maps, expected)
    mirrored = CAWE(classifier, flip=True).coarse_maps(batch.flip(3))
    torch.testing.assert_close(mirrored, maps.flip(2))
    assert not torch.allclose(maps, CAWE(classifier).coarse_maps(batch))


@pytest.mark.parametrize("logit", [True, False])
def test_the_gradient_of_probabilistic_cam_pooling_is_known(logit):
    backbone = dict(model_name="resnet10t", in_chans=1)
    model = AttentionClassifier(backbone, ["a", "b", "c"], mean=[0.5], std=[0.25], pooling="pcam").double()
    batch = torch.rand(2, 1, 64, 64, dtype=torch.float64)
    model.eval()
    features = model.extract_feat(batch).detach()
    method = CAWE(model, score="logit" if logit else "probability", threshold=0.4)
    closed = method.closed_form_weights(features, *method.head_gradient(features))
    torch.testing.assert_close(closed, method.autograd_weights(features), rtol=1e-4, atol=1e-9)
    expected = slow_cawe(model, batch, 0.4, logit)
    torch.testing.assert_close(method.raw_maps(features).double(), expected, rtol=1e-4, atol=1e-7)
