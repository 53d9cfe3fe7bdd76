"""Attention maps and their cost, beside torch-cam and pytorch-grad-cam on the same network and images.

    pip install --no-deps --target peers grad-cam torchcam ttach scikit-learn joblib threadpoolctl narwhals cloudpickle
    OMP_NUM_THREADS=1 PYTHONPATH=.:peers python benchmarks/attention_peers.py

(`--no-deps --target`, so that nothing of this environment changes.) A package that is missing is named and left out.
The network is a ResNet-18 with random weights, 4 labels; a row is the median over rounds of the processor time divided
by that of one forward pass in the same round. The last column compares maps of the last layer's cells with ours, each
scaled to its own maximum. Score-CAM is run as torch-cam has it: logits and a softmax.
"""

import argparse
import contextlib
import io
import time
from collections.abc import Callable

import torch
from torch import Tensor

from enhance.attention import CAM, CAWE, CRM, GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM, StrongestChannel
from enhance.classifier import AttentionClassifier

Maps = Callable[[Tensor, list[int]], Tensor]
METHODS = {
    "CAWE": CAWE,
    "CAM": CAM,
    "CRM": CRM,
    "strongest channel": StrongestChannel,
    "Grad-CAM": GradCAM,
    "Grad-CAM++": GradCAMPlusPlus,
    "LayerCAM": LayerCAM,
}


def build(side: int) -> AttentionClassifier:
    torch.manual_seed(0)
    backbone = dict(model_name="resnet18", pretrained=False, in_chans=1)
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


def grad_cam_maps(classifier: AttentionClassifier, name: str) -> Maps:
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def maps(images: Tensor, targets: list[int]) -> Tensor:
        chosen = [ClassifierOutputTarget(target) for target in targets]
        with getattr(pytorch_grad_cam, name)(classifier, [classifier.network.layer4]) as extractor:
            extractor.batch_size = 32
            extractor(images, chosen)  # maps of the image's size
            layer = extractor.activations_and_grads
            return torch.from_numpy(
                extractor.get_cam_image(
                    images,
                    classifier.network.layer4,
                    chosen,
                    layer.activations[0].numpy(),
                    layer.gradients[0].numpy() if layer.gradients else None,
                    False,
                )
            )

    return maps


def peers(classifier: AttentionClassifier) -> dict[str, dict[str, Maps]]:
    names = {"Grad-CAM": ("GradCAM", "GradCAM"), "Grad-CAM++": ("GradCAMpp", "GradCAMPlusPlus")}
    names |= {"LayerCAM": ("LayerCAM", "LayerCAM"), "Score-CAM": ("ScoreCAM", "ScoreCAM"), "CAM": ("CAM", "")}
    found: dict[str, dict[str, Maps]] = {name: {} for name in names}
    for package, make, column in (("torchcam", torchcam_maps, 0), ("pytorch_grad_cam", grad_cam_maps, 1)):
        try:
            __import__(package)
        except ImportError as error:
            print(f"{package} is not there ({error}); see this file's first lines")
            continue
        for method, both in names.items():
            if both[column]:
                found[method][package] = make(classifier, both[column])
    return found


def seconds(maps: Maps, images: Tensor, targets: list[int]) -> float:
    start = time.process_time()
    with contextlib.redirect_stderr(io.StringIO()):
        maps(images, targets)
    return time.process_time() - start


def difference(a: Tensor, b: Tensor) -> float:
    a, b = (m.detach().relu() / m.detach().relu().amax((1, 2), keepdim=True).clamp(min=1e-12) for m in (a, b))
    return float((a - b).abs().max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    classifier = build(args.side)
    images = torch.rand(args.batch, 1, args.side, args.side)
    targets = [i % 4 for i in range(args.batch)]

    def forward(images: Tensor, targets: list[int]) -> Tensor:
        with torch.no_grad():
            return classifier(images)

    rows = {(name, "ours"): ours(classifier, method) for name, method in METHODS.items()}
    rows["Score-CAM", "ours"] = ours(classifier, ScoreCAM, score="logit", softmax=True)
    rows |= {(m, package): maps for m, packages in peers(classifier).items() for package, maps in packages.items()}
    print("| method | package | times one forward pass | largest difference from ours |\n|---|---|---|---|")
    for (method, package), maps in sorted(rows.items(), key=lambda row: (row[0][0], row[0][1] != "ours")):
        rounds = 1 if method == "Score-CAM" else args.rounds
        seconds(maps, images, targets)
        ratios = [seconds(maps, images, targets) / seconds(forward, images, targets) for _ in range(rounds)]
        with contextlib.redirect_stderr(io.StringIO()):
            apart = difference(maps(images, targets), rows[method, "ours"](images, targets)) if package != "ours" else 0
        print(f"| {method} | {package} | {sorted(ratios)[len(ratios) // 2]:.2f} | {apart:.1e} |", flush=True)


if __name__ == "__main__":
    main()
