"""What every attention method shares: the call, the up-sampling and the normalization."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from data.errors import UserError
from data.images.resize import resize
from training.eval_mode import evaluating

Normalization = Literal["max", "minmax", "none"]

NO_LESION = ("No Finding", "Support Devices")
"""Labels of CheXpert that name no lesion, so that no map is drawn for them unless asked for."""


def normalize(maps: Tensor, mode: Normalization = "max") -> Tensor:
    """Scale each map on its own.

    Args:
        maps: (B, H, W), float.
        mode: "max" cuts what is negative and divides by the map's maximum, "minmax" maps its range to [0, 1], "none"
            leaves it.

    Returns:
        (B, H, W), in [0, 1] unless "none". A map without a positive value ("max") or without a range ("minmax") comes
        back as zeros.
    """
    if mode == "none":
        return maps
    if mode not in ("max", "minmax"):
        raise UserError(f"normalization must be 'max', 'minmax' or 'none', got {mode!r}")
    maps = maps - maps.amin((1, 2), keepdim=True) if mode == "minmax" else maps.relu()
    top = maps.amax((1, 2), keepdim=True)
    return torch.where(top > 0, maps / top.where(top > 0, 1.0), 0.0)


def up_sample(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (B, h, w) to (B, H, W), bilinear with `align_corners=False` (paper 002 §3.1)."""
    return nnf.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[:, 0]


def counted_labels(label_names: Sequence[str], ignore_labels: Sequence[str]) -> Tensor:
    """Mask (L,), bool, of the labels that are not ignored. Names that are no label are skipped.

    Raises:
        UserError: No label is left.
    """
    counted = torch.tensor([name not in ignore_labels for name in label_names])
    if not counted.any():
        raise UserError(f"every class of the classifier is ignored: {list(label_names)}")
    return counted


def most_probable(logits: Tensor, counted: Tensor) -> Tensor:
    """Index (B,) of the highest of logits (B, L) among the `counted` labels (L,)."""
    return logits.masked_fill(~counted.to(logits.device), -torch.inf).argmax(1)


def check_has(classifier: Any, *names: str) -> None:
    """Make sure that a classifier has these attributes.

    Raises:
        UserError: It lacks one.
    """
    lacking = [name for name in names if not hasattr(classifier, name)]
    if lacking:
        raise UserError(
            f"{type(classifier).__name__} has no {', '.join(lacking)}: a classifier for attention has extract_feat, "
            "head, label_names and input_size (CONTRIBUTING.md, contracts)"
        )


def is_softmax(classifier: Any) -> bool:
    """Whether its probabilities sum to 1; a classifier that does not say so has a sigmoid."""
    return getattr(classifier, "activation", "sigmoid") == "softmax"


def class_probabilities(classifier: Any, logits: Tensor) -> Tensor:
    """Probabilities (B, L) of logits (B, L): the classifier's own, else the softmax or sigmoid that it names."""
    if hasattr(classifier, "probabilities"):
        return classifier.probabilities(logits)
    return logits.softmax(1) if is_softmax(classifier) else logits.sigmoid()


def classifier_inputs(classifier: Any, images: Sequence[np.ndarray]) -> Tensor:
    """Gray images (H, W) uint8 as the classifier takes them: (B, 1, S, S) in [0, 1] on its device, squeezed as in
    training."""
    side, device = classifier.input_size, next(classifier.parameters()).device
    return torch.from_numpy(np.stack([resize(image, side, side) for image in images])).to(device)[:, None].float() / 255


class AttentionMethod(ABC):
    """A map of where the classifier looks.

    Args:
        classifier: A module with `extract_feat(images) -> F (B, K, h, w)`, `head(F) -> logits (B, L)` and
            `label_names` (L). It may have `linear_weight()`, W (L, K) of a head of average pooling and a linear layer,
            `cell_gradients(F)` of another pooling (see CAWE), `activation`, "sigmoid" (default) or "softmax", and
            `probabilities(logits)`, which follows from it.

    Raises:
        UserError: It lacks one of the three.
    """

    def __init__(self, classifier: Any) -> None:
        check_has(classifier, "extract_feat", "head", "label_names")
        self.classifier = classifier

    def __call__(self, images: Tensor) -> Tensor:
        """The attention maps of a batch.

        Args:
            images: (B, C, H, W), float.

        Returns:
            (B, H, W) float32, the raw map up-sampled bilinearly, not normalized.
        """
        return up_sample(self.coarse_maps(images), (images.shape[2], images.shape[3]))

    def linear_weight(self) -> Tensor | None:
        """W (L, K) if the classifier says that its head is average pooling and one linear layer, else None."""
        return self.classifier.linear_weight() if hasattr(self.classifier, "linear_weight") else None

    def feature_gradient(self, features: Tensor, score: Callable[[Tensor], Tensor]) -> Tensor:
        """d score / dF (B, K, h, w), from the head down to F; `score` makes a scalar of the logits (B, L)."""
        with torch.inference_mode(False), torch.enable_grad():
            leaf = features.detach().clone().requires_grad_()
            return torch.autograd.grad(score(self.classifier.head(leaf.clone())), leaf)[0]  # a head may work in place

    @abstractmethod
    def coarse_maps(self, images: Tensor) -> Tensor:
        """Maps (B, h, w), float32, in the cells of the last convolutional layer, of images (B, C, H, W)."""


class FeatureAttention(AttentionMethod):
    """A map of the feature maps and the head alone, for no class in particular."""

    def coarse_maps(self, images: Tensor) -> Tensor:
        """Maps (B, h, w), float32, of images (B, C, H, W)."""
        with evaluating(self.classifier), torch.autocast(images.device.type, enabled=False):
            with torch.no_grad():
                features = self.classifier.extract_feat(images.float())
            return self.raw_maps(features)

    @abstractmethod
    def raw_maps(self, features: Tensor) -> Tensor:
        """Maps (B, h, w) of feature maps F (B, K, h, w)."""


class ClassAttention(AttentionMethod):
    """A map of where the classifier looks for one class.

    Args:
        classifier: See `AttentionMethod`.
        ignore_labels: Classes that are never chosen; they are drawn when asked for.
    """

    def __init__(self, classifier: Any, ignore_labels: Sequence[str] = NO_LESION) -> None:
        super().__init__(classifier)
        self.counted = counted_labels(classifier.label_names, ignore_labels)

    def __call__(self, images: Tensor, targets: Sequence[int] | Tensor | None = None) -> Tensor:
        """The maps of a batch, see `AttentionMethod`.

        Args:
            targets: (B,) the class of each image's map; default its most probable one.
        """
        return up_sample(self.coarse_maps(images, targets), (images.shape[2], images.shape[3]))

    def coarse_maps(self, images: Tensor, targets: Sequence[int] | Tensor | None = None) -> Tensor:
        """Maps (B, h, w), float32, of images (B, C, H, W) for their `targets` (B,)."""
        images = images.float()
        with evaluating(self.classifier), torch.autocast(images.device.type, enabled=False), torch.no_grad():
            features = self.classifier.extract_feat(images)
            if targets is None:
                targets = most_probable(self.classifier.head(features.clone()), self.counted)
            else:
                targets = self.checked(targets, len(images)).to(images.device)
            return self.class_maps(features, targets, images)

    def checked(self, targets: Sequence[int] | Tensor, number: int) -> Tensor:
        """`targets` as a tensor (B,).

        Raises:
            UserError: They are not one class index per image.
        """
        tensor, labels = torch.as_tensor(targets), len(self.counted)
        whole = not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)
        if tensor.shape != (number,) or not whole or bool(((tensor < 0) | (tensor >= labels)).any()):
            raise UserError(
                f"targets are {targets}; give one class index, 0 to {labels - 1}, for each of {number} images"
            )
        return tensor.long()

    @abstractmethod
    def class_maps(self, features: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w) for the classes (B,); `images` (B, C, H, W) are what F was made from."""


class GradientAttention(ClassAttention):
    """A map from the gradient of the class's score before the activation, from the head down to F."""

    def class_maps(self, features: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w) for the classes (B,)."""
        return self.gradient_maps(features, self.gradients(features, targets))

    def gradients(self, features: Tensor, targets: Tensor) -> Tensor:
        """dS_c / dF (B, K, h, w), S_c the logit of each image's class c."""
        return self.feature_gradient(features, lambda logits: logits.gather(1, targets.clone()[:, None]).sum())

    @abstractmethod
    def gradient_maps(self, features: Tensor, gradients: Tensor) -> Tensor:
        """Maps (B, h, w) of F and dS_c / dF, both (B, K, h, w)."""
