"""φ: frozen, in eval mode, never random without being asked for."""

import logging

import pytest
import timm
import torch
from mmengine.logging import MMLogger

from colorize_gan.networks.features import FeatureExtractor


@pytest.fixture
def phi() -> FeatureExtractor:
    extractor = FeatureExtractor("resnet18", weights="random", out_indices=(0, 1))
    extractor.init_weights()
    return extractor


def test_no_weights_is_an_error():
    with pytest.raises(ValueError, match="'random'"):
        FeatureExtractor("resnet18")


def test_the_first_call_gets_the_weights(phi, tmp_path):
    image = torch.rand(1, 3, 32, 32)
    late = FeatureExtractor("resnet18", weights="random", out_indices=(0, 1))
    assert torch.equal(late(image)[1], phi(image)[1])
    with pytest.raises(FileNotFoundError, match="nowhere"):
        FeatureExtractor("resnet18", weights=str(tmp_path / "nowhere.pth"))(image)


def test_random_weights_follow_the_seed_and_leave_the_global_state(phi):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    other = FeatureExtractor("resnet18", weights="random", out_indices=(0, 1), seed=1)
    torch.manual_seed(5)
    other.init_weights()
    assert torch.equal(torch.rand(3), expected)
    again = FeatureExtractor("resnet18", weights="random", out_indices=(0, 1))
    again.init_weights()
    image = torch.rand(1, 3, 32, 32)
    assert torch.equal(phi(image)[1], again(image)[1])
    assert not torch.equal(phi(image)[1], other(image)[1])


def test_random_weights_are_said_in_the_log():
    records = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    try:
        FeatureExtractor("resnet18", weights="random").init_weights()
    finally:
        logger.removeHandler(handler)
    assert any("untrained resnet18" in text for text in records)


def test_local_weights_are_loaded(tmp_path):
    torch.manual_seed(0)
    whole = timm.create_model("resnet18").eval()
    torch.save(whole.state_dict(), tmp_path / "phi.pth")
    phi = FeatureExtractor("resnet18", weights=str(tmp_path / "phi.pth"), out_indices=(4,))
    phi.init_weights()
    image = torch.rand(1, 3, 64, 64)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    torch.testing.assert_close(phi(image)[0], whole.forward_features((image - mean) / std))


def test_stays_frozen_in_training_mode(phi):
    phi.train()
    before = {name: value.clone() for name, value in phi.state_dict().items()}
    image = torch.rand(2, 3, 32, 32, requires_grad=True)
    sum(m.sum() for m in phi(image)).backward()
    assert image.grad.abs().sum() > 0
    assert all(torch.equal(value, before[name]) for name, value in phi.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in phi.parameters())
