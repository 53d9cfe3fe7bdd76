"""The hook changes the layout of a model and of its feature maps, and no value."""

from types import SimpleNamespace

import torch
from torch import nn

from detect.channels_last import ChannelsLastHook


def test_the_maps_follow_the_weights():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    images = torch.rand(2, 3, 8, 8)
    before = model(images)
    assert before.is_contiguous()
    ChannelsLastHook().before_train(SimpleNamespace(model=model))
    after = model(images)
    assert after.is_contiguous(memory_format=torch.channels_last) and not after.is_contiguous()
    assert torch.allclose(before, after, atol=1e-6)
