"""The enhancer as a graph does what the enhancer does, for images of one size."""

import numpy as np
import pytest
import torch

from data.errors import UserError
from data.images.resize import resize
from enhance.attention import CAM, CAWE, GradCAM
from enhance.classical import Gamma
from enhance.fusion import Enhancer
from enhance.graphs.enhancer_graph import EnhancerGraph
from tests.test_enhance.test_fusion import Reddener
from tests.test_enhance.toy import ToyClassifier


def enhancer(attention=CAWE, linear=True, **options):
    one = Enhancer(**options)
    one.classifier = ToyClassifier(linear=linear).eval()
    one.attention = attention(one.classifier)
    return one.eval()


@pytest.mark.parametrize("fusion", ["product", "channel"])
@pytest.mark.parametrize("attention", [CAWE, CAM])
def test_as_the_enhancer(attention, fusion):
    one = enhancer(attention, colorizer=Reddener(), fusion=fusion, alpha=0.3)
    graph = EnhancerGraph(one)
    assert graph.side == 16
    images = np.random.default_rng(0).integers(0, 256, (3, 40, 28), np.uint8)
    small = np.stack([resize(image, 16, 16) for image in images])
    enhanced, color, maps = graph(torch.from_numpy(images), torch.from_numpy(small))
    assert np.array_equal(enhanced.numpy(), np.stack(one(list(images)))) and enhanced.dtype == torch.uint8
    torch.testing.assert_close(color * 255, torch.stack(one.colorize(list(images))))
    torch.testing.assert_close(maps, torch.stack(one.attention_maps(list(images))))


def test_without_attention_and_color():
    graph = EnhancerGraph(Enhancer().eval())
    image = torch.randint(0, 256, (1, 5, 4), dtype=torch.uint8)
    enhanced, color = graph(image)
    assert graph.side is None and torch.equal(enhanced, image[..., None].expand(-1, -1, -1, 3))
    torch.testing.assert_close(color, enhanced / 255)


def test_what_no_graph_can_do():
    for attention, linear in ((GradCAM, True), (CAWE, False)):
        with pytest.raises(UserError, match=f"{attention.__name__} takes a gradient of this classifier"):
            EnhancerGraph(enhancer(attention, linear))
    with pytest.raises(UserError, match="Gamma is no network that could be exported"):
        EnhancerGraph(Gamma(0.5))
