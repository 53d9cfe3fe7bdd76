"""What all attention methods share: the call, the targets, the up-sampling and the normalization."""

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from data.errors import UserError
from enhance.attention import CAM, CAWE, normalize
from enhance.attention.base import class_probabilities
from tests.test_enhance.toy import (
    BY_CLASS,
    METHODS,
    NETWORKS,
    SIGNED,
    TARGETS,
    TOYS,
    ToyClassifier,
    images,
    maps_of,
    network,
    network_case,
    pairs,
    toy,
)


def undecided(classifier, batch):
    """Give the labels biases so that the images of the batch do not all choose the same one."""
    classifier.eval()
    with torch.no_grad():
        classifier.fc.bias -= classifier.head(classifier.extract_feat(batch)).mean(0)
    return classifier.head(classifier.extract_feat(batch)).detach()


@pytest.mark.parametrize("size", [(16, 16), (20, 20), (24, 16), (17, 30)])
@pairs(METHODS)
def test_contract_of_the_call(method, options, size):
    batch = torch.rand(3, 1, *size)
    maps = maps_of(method, toy(options), batch)
    assert maps.shape == (3, *size)
    assert maps.dtype == torch.float32
    assert not maps.requires_grad
    assert maps.isfinite().all()
    assert maps.abs().max() > 0
    assert method in SIGNED or maps.min() >= 0


@pairs(METHODS)
def test_up_sampled_from_the_cells(method, options):
    classifier = toy(options)
    attention = method(classifier)
    coarse = attention.coarse_maps(images(3, 20))
    assert coarse.shape == (3, 5, 5)
    assert coarse.dtype == torch.float32
    expected = torch.nn.functional.interpolate(coarse[:, None], (20, 20), mode="bilinear", align_corners=False)[:, 0]
    assert torch.equal(attention(images(3, 20)), expected)


@pairs(METHODS)
def test_batch_equals_single_images(method, options):
    classifier, batch = toy(options), images(5)
    targets = torch.tensor([2, 0, 3, 3, 1])
    single = [maps_of(method, classifier, batch[i : i + 1], targets[i : i + 1]) for i in range(5)]
    scale = torch.cat(single).abs().max()
    torch.testing.assert_close(maps_of(method, classifier, batch, targets) / scale, torch.cat(single) / scale)


@pairs(BY_CLASS)
def test_every_image_has_the_map_of_its_target(method, options):
    classifier, batch = toy(options), images()
    attention = method(classifier)
    by_label = torch.stack([attention(batch, [label] * 3) for label in range(4)])
    assert not torch.equal(by_label[0], by_label[1])
    for targets in ([2, 0, 3], [1, 1, 0], [3, 2, 1]):
        expected = by_label[targets, range(3)]
        assert torch.equal(attention(batch, targets), expected)
        assert torch.equal(attention(batch, torch.tensor(targets)), expected)
        assert torch.equal(attention(batch, np.array(targets)), expected)


@pairs(BY_CLASS)
def test_default_target_is_the_most_probable_one(method, options):
    classifier, batch = toy(options), images(8)
    best = undecided(classifier, batch).argmax(1)
    assert len(set(best.tolist())) > 1
    assert torch.equal(method(classifier)(batch), method(classifier)(batch, best))


@pairs(BY_CLASS)
def test_labels_without_a_lesion_are_not_chosen_but_drawn_on_request(method, options):
    classifier, batch = toy(options), images(8)
    classifier.label_names = ["No Finding", "Edema", "Support Devices", "Mass"]
    logits = undecided(classifier, batch)
    with torch.no_grad():
        classifier.fc.bias[[0, 2]] += 5
    best = [1 if z[1] > z[3] else 3 for z in logits]
    assert set(best) == {1, 3}
    assert torch.equal(method(classifier)(batch), method(classifier)(batch, best))
    asked = method(classifier)(batch, [0] * 8)
    assert torch.equal(asked, method(classifier, ignore_labels=[])(batch, [0] * 8))
    assert not torch.equal(asked, method(classifier)(batch))


@pytest.mark.parametrize("method", BY_CLASS)
def test_labels_to_ignore_can_be_named(method):
    classifier = toy(TOYS[0])
    undecided(classifier, images())
    attention = method(classifier, ignore_labels=["label 0", "label 1", "label 3", "no label"])
    assert torch.equal(attention(images()), method(classifier)(images(), [2, 2, 2]))
    with pytest.raises(ValueError, match="every class of the classifier is ignored"):
        method(classifier, ignore_labels=classifier.label_names)


@pytest.mark.parametrize(
    "method, name", [(m, n) for m in METHODS for n in NETWORKS if m is not CAM or n == NETWORKS[0]]
)
def test_is_built_for_a_timm_network(method, name):
    """From the registry; the maps in float32 are those of the same network in float64."""
    classifier = network(name)
    attention = MODELS.build(dict(type=method.__name__, classifier=classifier))
    assert type(attention) is method
    batch = images(2, 64)
    targets = (TARGETS[:2],) if method in BY_CLASS else ()
    maps = attention(batch, *targets)
    assert maps.shape == (2, 64, 64)
    double, features = network_case(name)
    if method in BY_CLASS:
        with torch.no_grad():
            coarse = method(double).class_maps(features, *targets, batch.double())
    else:
        coarse = method(double).raw_maps(features)
    expected = torch.nn.functional.interpolate(coarse[:, None], (64, 64), mode="bilinear", align_corners=False)[:, 0]
    assert expected.abs().max() > 0
    torch.testing.assert_close(maps.double() / expected.abs().max(), expected / expected.abs().max(), atol=5e-3, rtol=0)


def test_up_sampling_by_hand():
    """Row (0, 4) to four pixels, centers aligned: 0, 1, 3, 4."""
    classifier = ToyClassifier()
    method = CAWE(classifier)
    method.raw_maps = lambda features: torch.tensor([[[0.0, 4.0]]])
    assert method(torch.zeros(1, 1, 1, 4))[0, 0].tolist() == [0, 1, 3, 4]


def test_normalize_by_hand():
    maps = torch.tensor([[[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert normalize(maps, "max")[0].flatten().tolist() == pytest.approx([0.2, 0.4, 0.6, 1.0])
    assert normalize(maps, "minmax")[0].flatten().tolist() == pytest.approx([0, 0.25, 0.5, 1.0])
    assert torch.equal(normalize(maps, "none"), maps)
    for mode in ("max", "minmax"):
        assert normalize(maps, mode)[1].abs().max() == 0
    with pytest.raises(ValueError, match="normalization"):
        normalize(maps, "sum")


@pytest.mark.parametrize(
    "targets", [[1, 2], [1], 1, [0, 1, -1], [0, 1, 9], [0.0, 1.0, 2.0], [True, False, True], [[0], [1], [2]], []]
)
@pytest.mark.parametrize("method", BY_CLASS)
def test_wrong_targets_are_refused(method, targets):
    with pytest.raises(ValueError, match="give one class index, 0 to 3, for each of 3 images"):
        method(ToyClassifier())(images(3), targets)


def test_max_cuts_what_is_negative():
    maps = torch.tensor([[[-4.0, 1.0], [2.0, 0.0]], [[-1.0, -2.0], [-3.0, -1.0]]])
    assert normalize(maps, "max").tolist() == [[[0, 0.5], [1, 0]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize("method", METHODS)
def test_a_head_may_work_in_place(method):
    class InPlace(ToyClassifier):
        def head(self, features):
            return super().head(features.relu_())

    torch.manual_seed(0)
    in_place = InPlace(linear=True)
    torch.manual_seed(0)
    plain = ToyClassifier(linear=True)
    for classifier in (plain, in_place):  # F is positive, so that the first operation changes nothing
        classifier.body.append(torch.nn.Softplus())
    torch.testing.assert_close(maps_of(method, in_place, images()), maps_of(method, plain, images()))


class Bare(torch.nn.Module):
    """A classifier of somebody else: no more than the contract asks for."""

    def __init__(self, toy: ToyClassifier) -> None:
        super().__init__()
        self.extract_feat, self.head, self.label_names = toy.extract_feat, toy.head, toy.label_names
        self.activation = toy.activation


@pytest.mark.parametrize("method", [method for method in METHODS if method is not CAM])
def test_what_a_classifier_need_not_say_has_a_default(method):
    toy = ToyClassifier(linear=False).eval()
    bare = Bare(toy)
    torch.testing.assert_close(method(bare)(images()), method(toy)(images()))
    del bare.activation
    torch.testing.assert_close(method(bare)(images()), method(toy)(images()))


def test_probabilities_follow_from_the_activation():
    logits, toy = torch.randn(3, 4), ToyClassifier()
    torch.testing.assert_close(class_probabilities(Bare(toy), logits), logits.sigmoid())
    toy.activation = "softmax"
    torch.testing.assert_close(class_probabilities(Bare(toy), logits), logits.softmax(1))


@pytest.mark.parametrize("name", ["extract_feat", "head", "label_names"])
@pytest.mark.parametrize("method", METHODS)
def test_what_a_classifier_lacks_is_named(method, name):
    bare = Bare(ToyClassifier())
    delattr(bare, name)
    with pytest.raises(UserError, match=f"Bare has no {name}: a classifier for attention has extract_feat, head"):
        method(bare)
