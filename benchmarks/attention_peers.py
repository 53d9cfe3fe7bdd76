"""Attention maps and their cost, beside torch-cam and pytorch-grad-cam on the same network and images.

    make peers
    OMP_NUM_THREADS=1 PYTHONPATH=.peers python -m benchmarks.attention_peers

A package that is missing is named and left out.
The network is a ResNet-18 with random weights, 4 labels; a row is the median over rounds of the processor time divided
by that of one forward pass in the same round. The last column compares maps of the last layer's cells with ours, each
scaled to its own maximum. Score-CAM is run as torch-cam has it: logits and a softmax. It takes K forward passes an
image: `--only Score-CAM --side 96 --batch 1` is done in a minute.

Why some maps differ (torch-cam 0.5.0, pytorch-grad-cam 1.5.7):
- Grad-CAM++, pytorch-grad-cam: it adds 1e-6 to the denominator of eq. 19, more than g^2 itself in this network (median
  2e-7). The row "epsilon out" calls its code with F / s and s g, which divides the 1e-6 by s^2 and scales the map.
- Grad-CAM++, torch-cam: `alpha[idx][mask].div_(...)` divides a copy, so its a^k_ij is g^2 without the denominator. The
  rows "Grad-CAM++, undivided" have this weight on both sides.
- Score-CAM, pytorch-grad-cam: it up-samples the masks with align_corners=True; its row "align_corners=False" does not.
- Score-CAM, torch-cam: it scales a mask to [0, 1] before it is up-sampled, we (and the paper) after.
"""

import argparse
import contextlib
import importlib.util
import io
import time
import unittest.mock
from collections.abc import Callable, Sequence
from statistics import median

import torch
from torch import Tensor

from benchmarks.record import Row, add_json, report
from enhance.attention import CAM, CAWE, CRM, GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM, StrongestChannel
from enhance.classifier.model import AttentionClassifier

Maps = Callable[[Tensor, list[int]], Tensor]


class Undivided(GradCAMPlusPlus):
    """Grad-CAM++ with the numerator of eq. 19 alone, as torch-cam computes it."""

    def gradient_maps(self, features: Tensor, gradients: Tensor) -> Tensor:
        weights = (gradients**2 * gradients.relu()).sum((2, 3))
        return torch.einsum("bk,bkhw->bhw", weights, features).relu()


METHODS = {
    "CAWE": CAWE,
    "CAM": CAM,
    "CRM": CRM,
    "strongest channel": StrongestChannel,
    "Grad-CAM": GradCAM,
    "Grad-CAM++": GradCAMPlusPlus,
    "Grad-CAM++, undivided": Undivided,
    "LayerCAM": LayerCAM,
}


def build(side: int) -> AttentionClassifier:
    torch.manual_seed(0)
    backbone = dict(model_name="resnet18", in_chans=1)
    return AttentionClassifier(backbone, list("abcd"), input_size=side, mean=[0.5], std=[0.25]).eval()


def ours(classifier: AttentionClassifier, method: type, **options: object) -> Maps:
    attention = method(classifier, **options)
    by_class = hasattr(attention, "class_maps")
    return lambda images, targets: attention.coarse_maps(images, *([targets] if by_class else []))


def torchcam_maps(classifier: AttentionClassifier, name: str) -> Maps:
    import torchcam.methods

    def maps(images: Tensor, targets: list[int]) -> Tensor:
        options = {"fc_layer": "network.fc"} if name == "CAM" else {}
        shape = tuple(images.shape[1:])
        with getattr(torchcam.methods, name)(classifier, "network.layer4", input_shape=shape, **options) as extractor:
            scores = classifier(images)
            return extractor(targets, scores, normalized=False)[0]

    return maps


def grad_cam_maps(classifier: AttentionClassifier, name: str, scale: float = 1.0) -> Maps:
    """Maps of the layer's cells; the weights are computed from F / scale and scale times the gradient."""
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    class Extractor(getattr(pytorch_grad_cam, name)):
        def get_cam_weights(self, inputs, layer, targets, activations, grads):
            if scale != 1:
                activations, grads = activations / scale, grads * scale
            return super().get_cam_weights(inputs, layer, targets, activations, grads)

        def get_cam_image(self, *arguments):
            self.coarse = super().get_cam_image(*arguments)
            return self.coarse

    def maps(images: Tensor, targets: list[int]) -> Tensor:
        with Extractor(classifier, [classifier.network.layer4]) as extractor:
            extractor.batch_size = 32
            extractor(images, [ClassifierOutputTarget(target) for target in targets])
            return torch.from_numpy(extractor.coarse)

    return maps


def half_pixel_maps(classifier: AttentionClassifier) -> Maps:
    """Score-CAM of pytorch-grad-cam with masks that are up-sampled as torch-cam and we do."""
    maps = grad_cam_maps(classifier, "ScoreCAM")

    def up_sample(size: tuple[int, int]) -> torch.nn.Module:
        return torch.nn.Upsample(size, mode="bilinear", align_corners=False)

    def patched(images: Tensor, targets: list[int]) -> Tensor:
        with unittest.mock.patch("torch.nn.UpsamplingBilinear2d", up_sample):
            return maps(images, targets)

    return patched


def peers(classifier: AttentionClassifier) -> dict[tuple[str, str], Maps]:
    """The maps of the packages that are there, by method and package."""
    found: dict[tuple[str, str], Maps] = {}
    for package in ("torchcam", "pytorch_grad_cam"):
        if importlib.util.find_spec(package) is None:
            print(f"{package} is not there; see this file's first lines")
        elif package == "torchcam":
            names = {
                "CAM": "CAM",
                "Grad-CAM": "GradCAM",
                "Grad-CAM++": "GradCAMpp",
                "Grad-CAM++, undivided": "GradCAMpp",
            }
            names |= {"LayerCAM": "LayerCAM", "Score-CAM": "ScoreCAM"}
            found |= {(method, package): torchcam_maps(classifier, name) for method, name in names.items()}
        else:
            names = {"Grad-CAM": "GradCAM", "Grad-CAM++": "GradCAMPlusPlus"}
            names |= {"LayerCAM": "LayerCAM", "Score-CAM": "ScoreCAM"}
            found |= {(method, package): grad_cam_maps(classifier, name) for method, name in names.items()}
            found["Grad-CAM++", f"{package}, epsilon out"] = grad_cam_maps(classifier, "GradCAMPlusPlus", scale=1e4)
            found["Score-CAM", f"{package}, align_corners=False"] = half_pixel_maps(classifier)
    return found


def timed(maps: Maps, images: Tensor, targets: list[int]) -> tuple[Tensor, float]:
    """The maps and the processor time they took, in seconds."""
    start = time.process_time()
    with contextlib.redirect_stderr(io.StringIO()):
        result = maps(images, targets)
    return result, time.process_time() - start


def difference(a: Tensor, b: Tensor) -> float:
    a, b = (m.detach().relu() / m.detach().relu().amax((1, 2), keepdim=True).clamp(min=1e-12) for m in (a, b))
    return float((a - b).abs().max())


def entries(ratios: dict[tuple[str, str], float], limit: float) -> list[Row]:
    """Methods whose maps are those of peers, beside each peer.

    Args:
        ratios: times one forward pass, by method and package.
        limit: images/s of the forward pass.
    """
    return [
        Row(f"{method} of a ResNet-18", "images/s", limit / ratios[method, "ours"], limit / ratio, package, limit)
        for (method, package), ratio in ratios.items()
        if method in ("CAM", "Grad-CAM", "LayerCAM") and package != "ours"
    ]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", nargs="+", metavar="METHOD", help="the methods as the table names them; default all")
    add_json(parser)
    args = parser.parse_args(argv)
    classifier = build(args.side)
    images = torch.rand(args.batch, 1, args.side, args.side)
    targets = [i % 4 for i in range(args.batch)]

    def forward(images: Tensor, targets: list[int]) -> Tensor:
        with torch.no_grad():
            return classifier(images)

    rows = {(name, "ours"): ours(classifier, method) for name, method in METHODS.items()}
    rows["Score-CAM", "ours"] = ours(classifier, ScoreCAM, score="logit", softmax=True)
    rows |= peers(classifier)
    print("| method | package | times one forward pass | largest difference from ours |\n|---|---|---|---|")
    reference: dict[str, Tensor] = {}
    ratios: dict[tuple[str, str], float] = {}
    forwards: list[float] = []
    for (method, package), maps in sorted(rows.items(), key=lambda row: (row[0][0], row[0][1] != "ours")):
        if args.only and method not in args.only:
            continue
        if method != "Score-CAM":
            timed(maps, images, targets)
        taken, bare = [], []
        for _ in range(1 if method == "Score-CAM" else args.rounds):
            result, spent = timed(maps, images, targets)
            taken.append(spent)
            bare.append(timed(forward, images, targets)[1])
        apart = difference(result, reference.setdefault(method, result))
        ratio = median(spent / least for spent, least in zip(taken, bare, strict=True))
        print(f"| {method} | {package} | {ratio:.2f} | {apart:.1e} |", flush=True)
        ratios[method, package] = ratio
        forwards += bare
    print()
    report(entries(ratios, args.batch / median(forwards)), args.json)


if __name__ == "__main__":
    main()
