"""Graphs in files, run by onnxruntime at sizes that they were not traced at."""

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import nn

import colorize_gan.register  # noqa: F401  registers the colorizer
from data.errors import UserError
from enhance.inference import lay_out
from tools.graphs.graph_file import write_graph

onnxruntime = pytest.importorskip("onnxruntime")
GAN = dict(
    type="ColorizationGAN",
    generator=dict(type="UNetGenerator", encoder="resnet10t", decoder_channels=(8, 8, 8, 8, 8)),
    render_size=64,
)


class Colorize(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.colorizer = MODELS.build(GAN).eval()
        lay_out(self.colorizer)  # as recipes do; ONNX has no spectral norm

    def forward(self, gray: torch.Tensor) -> torch.Tensor:
        return self.colorizer.colorize(gray)


class Shrink(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        sides = (torch.stack([torch.as_tensor(side) for side in image.shape[2:]]) * 0.37).long()
        return F.interpolate(image, list(sides.unbind()), mode="bilinear", antialias=True)


class Fresh(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.linalg.svd(image)[1]


AXES = {0: "images", 2: "height", 3: "width"}


@pytest.mark.parametrize("module", [Shrink(), Colorize()])
def test_sizes_follow_the_input(tmp_path, module):
    """Shrinking without aliasing, also at borders; a colorizer that renders large images smaller, small ones not."""
    inputs = {"gray": (torch.rand(1, 1, 90, 120), AXES)}
    write_graph(module, inputs, {"rgb": AXES}, tmp_path / "g.onnx")
    run = onnxruntime.InferenceSession(tmp_path / "g.onnx", providers=["CPUExecutionProvider"]).run
    for shape in ((2, 1, 90, 120), (1, 1, 130, 71), (3, 1, 40, 60), (1, 1, 64, 33)):
        gray = torch.rand(shape)
        with torch.no_grad():
            expected = module(gray)
        (found,) = run(None, {"gray": gray.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), expected, rtol=0, atol=1e-5)


def test_an_operator_that_onnx_lacks(tmp_path):
    with pytest.raises(UserError, match=r"ONNX: .*linalg_svd.*lesion-enhance\[onnx\]"):
        write_graph(Fresh(), {"image": (torch.rand(4, 4), {})}, {"out": {}}, tmp_path / "g.onnx")
    assert not list(tmp_path.iterdir())
