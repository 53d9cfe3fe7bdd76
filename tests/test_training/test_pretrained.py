"""Where an encoder's weights come from."""

import pytest
import timm
import torch

from colorize_gan.networks.encoder import build_features, normalize_imagenet
from data.errors import UserError


def test_weights_from_a_local_checkpoint(tmp_path):
    torch.manual_seed(0)
    whole = timm.create_model("resnet18")
    torch.save(whole.state_dict(), tmp_path / "resnet18.pth")
    features = build_features("resnet18", str(tmp_path / "resnet18.pth"))
    for name, weight in features.state_dict().items():
        assert torch.equal(weight, whole.state_dict()[name]), name


def test_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.pth"):
        build_features("resnet18", str(tmp_path / "nowhere.pth"))


def test_unreachable_published_weights_name_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="resnet18.*give its path as `weights`"):
        build_features("resnet18", "imagenet")


def test_out_indices_choose_the_stages():
    maps = build_features("resnet18", None, (0, 2))(torch.rand(1, 3, 64, 64))
    assert [tuple(m.shape) for m in maps] == [(1, 64, 32, 32), (1, 128, 8, 8)]


def test_normalize_imagenet_by_hand():
    white = normalize_imagenet(torch.ones(1, 3, 1, 1)).flatten().tolist()
    assert white == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])
