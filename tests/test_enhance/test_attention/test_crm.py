"""CRM against eq. (6)-(7) of paper 001: the whole head again for every cell that is removed, in float64."""

import pytest
import torch

from enhance.attention import CAM, CRM, crm
from tests.test_enhance.toy import NETWORKS, TOYS, ToyClassifier, assert_equal_maps, images, network_case, toy_case


def slow_crm(classifier, features):
    """Image by image and cell by cell, the cell set to zero in every channel; all output nodes."""
    batch, _, h, w = features.shape
    maps = torch.zeros(batch, h, w, dtype=torch.float64)
    for b in range(batch):
        scores = classifier.head(features[b : b + 1])[0].tolist()
        for i in range(h):
            for j in range(w):
                without = features[b : b + 1].clone()
                without[:, :, i, j] = 0
                others = classifier.head(without)[0].tolist()
                maps[b, i, j] = sum((s - o) ** 2 for s, o in zip(scores, others, strict=True))
    return maps


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_masked_loop(options, seed):
    """A linear head takes the closed form, the other one the masked re-run."""
    classifier, features = toy_case(options, seed)
    assert_equal_maps(CRM(classifier).raw_maps(features), slow_crm(classifier, features), rtol=1e-12)


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_closed_form_and_masked_run_agree(relu, seed):
    classifier, features = toy_case(dict(linear=True, relu=relu), seed)
    closed = CRM.closed_form(features, classifier.linear_weight())
    assert_equal_maps(CRM(classifier).masked_maps(features).detach(), closed.detach(), rtol=1e-12)


def test_linear_head_is_not_run_again():
    classifier, features = toy_case(TOYS[0], 0)
    classifier.head = None
    assert torch.equal(CRM(classifier).raw_maps(features), CRM.closed_form(features, classifier.linear_weight()))


@pytest.mark.parametrize("seed", range(3))
def test_is_the_sum_of_the_squared_class_maps(seed):
    classifier, features = toy_case(TOYS[1], seed)
    cams = [CAM(classifier).class_maps(features, torch.full((3,), label), images()).detach() for label in range(4)]
    assert_equal_maps(CRM(classifier).raw_maps(features), sum(cam**2 for cam in cams), rtol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    assert_equal_maps(CRM(classifier).raw_maps(features), slow_crm(classifier, features))


@pytest.mark.parametrize("at_once", [1, 3, 5, 16, 1000])
def test_chunks_change_nothing(at_once, monkeypatch):
    classifier, features = toy_case(TOYS[2], 0)
    expected = slow_crm(classifier, features)
    sizes, head = [], classifier.head
    classifier.head = lambda batch: sizes.append(len(batch)) or head(batch)
    monkeypatch.setattr(crm, "CELLS_AT_ONCE", at_once)
    assert_equal_maps(CRM(classifier).raw_maps(features), expected, rtol=1e-12)
    assert max(sizes) == max(min(at_once, 16), 3)  # the batch itself has 3


def test_maps_that_are_not_square():
    classifier, _ = toy_case(TOYS[3], 0)
    features = torch.randn(2, 6, 2, 3, dtype=torch.float64)
    assert_equal_maps(CRM(classifier).raw_maps(features), slow_crm(classifier, features), rtol=1e-12)


def test_all_output_nodes_count():
    """Those that name no lesion too."""
    classifier = ToyClassifier(labels=2)
    before = CRM(classifier)(images())
    classifier.label_names = ["No Finding", "Support Devices"]
    assert torch.equal(CRM(classifier)(images()), before)


def test_worked_by_hand():
    """F = (1, 2), (0, 4) in two cells, W = (1, 1), (2, -1): M_1 = (1, 6) / 2, M_2 = (2, 0) / 2, squares summed."""
    classifier = ToyClassifier(labels=2, channels=2)
    with torch.no_grad():
        classifier.fc.weight.copy_(torch.tensor([[1.0, 1.0], [2.0, -1.0]]))
    features = torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]])
    assert CRM(classifier).raw_maps(features).tolist() == [[[0.25 + 1, 9.0]]]
