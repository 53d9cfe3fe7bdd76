"""Networks of paper 004: its parameter counts, its head by hand, and features that no training moves."""

import pytest
import timm
import torch

from enhance.classifier.model import AttentionClassifier
from enhance.classifier.networks.frozen import frozen_network


def build(name: str, labels: int = 4, **options) -> AttentionClassifier:
    small = dict(mlp_ratio=0.01) if name.startswith("vgg") else {}
    return AttentionClassifier(dict(model_name=name, **small, **options), [str(i) for i in range(labels)])


@pytest.mark.parametrize(
    ("name", "channels", "total", "trained"),
    [("vgg16_frozen", 512, 14_846_084, 131_396), ("densenet201_frozen", 1920, 18_813_828, 491_844)],
)
def test_the_papers_parameters_and_cells(name, channels, total, trained):
    """Keras counts the statistics of batch norm among the parameters. Grad-CAM's blocks are 9 x 9 (§3.3)."""
    network = build(name).network
    statistics = [value for key, value in network.named_buffers() if "running" in key]
    assert sum(value.numel() for value in [*network.parameters(), *statistics]) == total
    assert sum(value.numel() for value in network.parameters() if value.requires_grad) == trained
    with torch.no_grad():
        features = network.forward_features(torch.rand(1, 3, 299, 299))
        assert features.shape == (1, channels, 9, 9)
        assert features.min() >= 0
        assert network.forward_head(features).shape == (1, 4)


@pytest.mark.parametrize(("name", "timm_name"), [("vgg16_frozen", "vgg16"), ("densenet201_frozen", "densenet201")])
def test_features_are_timms(name, timm_name):
    small = dict(mlp_ratio=0.01) if timm_name == "vgg16" else {}
    whole = timm.create_model(timm_name, **small).eval()
    net = timm.create_model(name, cells=1, **small).eval()
    net.features.load_state_dict(whole.features.state_dict())
    images = torch.rand(2, 3, 128, 130)
    with torch.no_grad():
        torch.testing.assert_close(net.forward_features(images), whole.forward_features(images))


def test_head_equals_the_loop():
    """9 x 9 cells: windows of 4 x 4, the ninth row and column are left out."""
    net = frozen_network(torch.nn.Identity(), channels=3, num_classes=2, hidden=5).double().eval()
    features = torch.randn(1, 3, 9, 9, dtype=torch.float64)
    pooled = []
    for k in range(3):
        for i in (0, 4):
            for j in (0, 4):
                pooled.append(max(features[0, k, i + a, j + b].item() for a in range(4) for b in range(4)))
    hidden, fc = net.head.hidden, net.head.fc
    middle = [
        max(0.0, sum(w * x for w, x in zip(row.tolist(), pooled, strict=True)) + b.item())
        for row, b in zip(hidden.weight, hidden.bias, strict=True)
    ]
    expected = [
        sum(w * x for w, x in zip(row.tolist(), middle, strict=True)) + b.item()
        for row, b in zip(fc.weight, fc.bias, strict=True)
    ]
    assert net.forward_head(features)[0].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["vgg16_frozen", "densenet201_frozen"])
def test_training_moves_the_head_alone(name):
    model = build(name, labels=2, cells=1).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=0.1)
    loss = model(torch.rand(2, 1, 128, 128), torch.eye(2), torch.ones(2, 2), mode="loss")["loss"]
    loss.backward()
    optimizer.step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {f"network.head.{layer}.{part}" for layer in ("hidden", "fc") for part in ("weight", "bias")}


def test_the_head_has_no_closed_form():
    model = build("vgg16_frozen")
    assert model.linear_weight() is None
    assert model.training
    assert not model.network.features.training
