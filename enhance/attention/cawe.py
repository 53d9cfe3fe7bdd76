"""CAWE, class-aware attention weight extraction (paper 002, eq. 1-2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import NO_LESION, FeatureAttention, counted_labels, most_probable


@MODELS.register_module()
class CAWE(FeatureAttention):
    """Weights every feature map by the gradient of the summed probabilities of the activated classes.

    Eq. (1): `w_k = mean_ij ReLU(d sum_l p_l / d F^k_ij)`, l over the activated classes. Eq. (2):
    `L = ReLU(sum_k w_k F^k)`. The choice of the activated classes carries no gradient. With global average pooling, one
    linear layer W and sigmoid the gradient is the same in every cell, `g_k = sum_l p_l (1 - p_l) W_lk / (h w)`, and no
    backward pass is needed; nor is it where the classifier knows the derivatives of its pooling (`cell_gradients`). Any
    other head is differentiated by autograd, from the head down to F. Which of these holds is found out by itself.

    Args:
        classifier: See `AttentionMethod`; with a sigmoid output.
        score: What is differentiated: the "probability" of the paper, or the "logit". The factor p (1 - p) of the
            probability makes a class at .999 weigh 1/240 of one at .6; the logit weighs all alike.
        threshold: A class is activated if its probability is at least this.
        fallback: For an image without an activated class: "top1" takes its most probable one, "empty" gives a zero map.
        ignore_labels: Classes that never count, since they name no lesion. Names the classifier does not have
            are skipped.
        flip: Take the mean of the maps of the image and of its mirror image. Departure: as CAM is applied in weakly
            supervised segmentation (Ahn et al. 2019, IRN); a network may rest on one side of a symmetric body.

    Raises:
        UserError: For a softmax classifier (its probabilities sum to 1, so the gradient of eq. 1 tends to zero), an
            unknown option, or if no class is left.

    Example:
        >>> maps = normalize(CAWE(classifier)(images), "max")  # doctest: +SKIP
    """

    def __init__(
        self,
        classifier: Any,
        score: Literal["probability", "logit"] = "probability",
        threshold: float = 0.5,
        fallback: Literal["top1", "empty"] = "top1",
        ignore_labels: Sequence[str] = NO_LESION,
        flip: bool = False,
    ) -> None:
        super().__init__(classifier)
        if getattr(classifier, "activation", "sigmoid") != "sigmoid":
            raise UserError(
                "CAWE needs a sigmoid (multi-label) classifier: softmax probabilities sum to 1, eq. (1) gives 0"
            )
        if score not in ("probability", "logit"):
            raise UserError(f"score must be 'probability' or 'logit', got {score!r}")
        if fallback not in ("top1", "empty"):
            raise UserError(f"fallback must be 'top1' or 'empty', got {fallback!r}")
        self.score = score
        self.threshold = threshold
        self.fallback = fallback
        self.counted = counted_labels(classifier.label_names, ignore_labels)
        self.flip = flip

    def coarse_maps(self, images: Tensor) -> Tensor:
        """Maps (B, h, w), float32, of images (B, C, H, W)."""
        maps = super().coarse_maps(images)
        return (maps + super().coarse_maps(images.flip(3)).flip(2)) / 2 if self.flip else maps

    def activated(self, probabilities: Tensor) -> Tensor:
        """Mask (B, L), float 0 or 1, of the activated classes of probabilities (B, L)."""
        counted = self.counted.to(probabilities.device)
        active = (probabilities >= self.threshold) & counted
        if self.fallback == "top1":
            top = most_probable(probabilities, counted)[:, None] == torch.arange(len(counted), device=counted.device)
            active = active | (top & ~active.any(1, keepdim=True))
        return active.to(probabilities.dtype)

    def head_gradient(self, features: Tensor) -> tuple[Tensor, Tensor] | None:
        """W (L, K) and g (B, L, h, w) with `dz_l / dF^k_ij = W_lk g_lij`, z the logits of F; None if unknown.

        Where g is the same for all images, labels and cells it is (1, 1, 1, 1).
        """
        weight = self.linear_weight()
        if weight is not None:
            return weight, features.new_full((1, 1, 1, 1), 1 / features[0, 0].numel())
        return self.classifier.cell_gradients(features) if hasattr(self.classifier, "cell_gradients") else None

    def closed_form_weights(self, features: Tensor, weight: Tensor, cells: Tensor) -> Tensor:
        """w (B, K) of F (B, K, h, w) from `head_gradient`, W (L, K) and g (B, L, h, w)."""
        probabilities = self.classifier.head(features).sigmoid()
        factors = self.activated(probabilities)
        if self.score == "probability":
            factors = factors * probabilities * (1 - probabilities)
        return (weight.T @ (factors[:, :, None] * cells.flatten(2))).relu().mean(2)

    def autograd_weights(self, features: Tensor) -> Tensor:
        """w (B, K) of F (B, K, h, w) for any head."""

        def activated_score(logits: Tensor) -> Tensor:
            probabilities = logits.sigmoid()
            scores = probabilities if self.score == "probability" else logits
            return (scores * self.activated(probabilities.detach())).sum()

        return self.feature_gradient(features, activated_score).relu().mean((2, 3))

    def raw_maps(self, features: Tensor) -> Tensor:
        """Eq. (2), maps (B, h, w) of F (B, K, h, w)."""
        with torch.no_grad():
            known = self.head_gradient(features)
            w = self.autograd_weights(features) if known is None else self.closed_form_weights(features, *known)
            return torch.einsum("bk,bkhw->bhw", w, features).relu()
