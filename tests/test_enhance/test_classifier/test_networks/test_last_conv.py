"""AlexNet and VGG: networks of torchvision and timm, split at the last convolution, not behind its pooling."""

import pytest
import timm
import torch
from torchvision.models import AlexNet, AlexNet_Weights

from enhance.classifier.model import AttentionClassifier

SMALL = dict(mlp_ratio=0.01)


@pytest.mark.parametrize(("name", "convolutions"), [("vgg16", 13), ("vgg19", 16)])
def test_vgg_is_timms(name, convolutions):
    whole = timm.create_model(name, num_classes=3, **SMALL).eval()
    net = timm.create_model(f"{name}_last_conv", num_classes=3, **SMALL).eval()
    net.features.load_state_dict(whole.features[:-1].state_dict())
    net.head.pre_logits.load_state_dict(whole.pre_logits.state_dict())
    net.head.head.load_state_dict(whole.head.state_dict())
    images = torch.rand(1, 3, 227, 227)
    with torch.no_grad():
        features = net.forward_features(images)
        assert features.shape == (1, 512, 14, 14)
        assert features.min() == 0
        torch.testing.assert_close(torch.max_pool2d(features, 2), whole.forward_features(images))
        torch.testing.assert_close(net(images), whole(images))
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in net.features) == convolutions
    assert net.get_classifier() is net.head.head.fc


def test_dropout_of_vgg():
    net = timm.create_model("vgg16_last_conv", drop_rate=0.5, **SMALL)
    assert [m.p for m in net.head.modules() if isinstance(m, torch.nn.Dropout)] == [0.5, 0.5]


def test_alexnet_is_torchvisions_and_comes_from_a_local_file(tmp_path):
    whole = AlexNet().eval()
    torch.save(whole.state_dict(), tmp_path / "alexnet.pth")
    local = dict(pretrained=True, pretrained_cfg_overlay=dict(file=str(tmp_path / "alexnet.pth")))
    net = timm.create_model("alexnet_last_conv", **local).eval()
    images = torch.rand(1, 3, 227, 227)
    with torch.no_grad():
        features = net.forward_features(images)
        assert features.shape == (1, 256, 13, 13)
        torch.testing.assert_close(torch.max_pool2d(features, 3, 2), whole.features(images))
        torch.testing.assert_close(net(images), whole(images))
    gray = timm.create_model("alexnet_last_conv", num_classes=2, in_chans=1, **local)
    torch.testing.assert_close(gray.features[0].weight, whole.features[0].weight.sum(1, keepdim=True))
    assert torch.equal(gray.head.classifier[4].weight, whole.classifier[4].weight)
    assert gray.get_classifier().out_features == 2


def test_alexnets_weights_are_found_by_name():
    cfg = timm.get_pretrained_cfg("alexnet_last_conv.tv_in1k")
    assert cfg.url == AlexNet_Weights.IMAGENET1K_V1.url
    assert timm.is_model_pretrained("alexnet_last_conv")


@pytest.mark.parametrize("name", ["alexnet_last_conv", "vgg16_last_conv"])
def test_heads_have_no_closed_form_and_every_part_learns(name):
    small = SMALL if name.startswith("vgg") else {}
    model = AttentionClassifier(dict(model_name=name, **small), ["normal", "tuberculosis"], activation="softmax")
    assert model.linear_weight() is None
    model(torch.rand(1, 1, 96, 96)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
