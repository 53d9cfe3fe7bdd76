"""Score-CAM (Wang et al. 2020), as in paper 000, eq. 3-4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import NO_LESION, ClassAttention, class_probabilities, normalize, up_sample


@MODELS.register_module()
class ScoreCAM(ClassAttention):
    """Weights every feature map by what the image scores when only the map's region is left: no gradients.

    Eq. (3)-(4): `C_k = f(I * V^k) - f(I_b)`, `V^k = S(Up(T^k))`, S to [0, 1] for each map; a constant map gives V = 0.
    The map is `ReLU(sum_k C_k T^k)`. A channel without activation contributes nothing and is not run.

    Args:
        classifier: See `ClassAttention`.
        score: f, the "probability" or the "logit" of the class.
        baseline: Gray value of the image I_b, in [0, 1]. Paper 000 states none; 0 is black.
        softmax: Weights `softmax_k(C_k)` of the original instead of C_k.
        batch_size: Masked images that are run at once.
    """

    def __init__(
        self,
        classifier: Any,
        score: Literal["probability", "logit"] = "probability",
        baseline: float = 0.0,
        softmax: bool = False,
        batch_size: int = 32,
        ignore_labels: Sequence[str] = NO_LESION,
    ) -> None:
        super().__init__(classifier, ignore_labels)
        if score not in ("probability", "logit"):
            raise UserError(f"score must be 'probability' or 'logit', got {score!r}")
        self.score = score
        self.baseline = baseline
        self.softmax = softmax
        self.batch_size = batch_size

    def class_maps(self, features: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        """Maps (B, h, w) of images (B, C, H, W) with F (B, K, h, w) for the classes (B,)."""
        contributions = self.contributions(images, features, targets)
        weights = contributions.softmax(1) if self.softmax else contributions
        return torch.einsum("bk,bkhw->bhw", weights, features).relu()

    def contributions(self, images: Tensor, features: Tensor, targets: Tensor) -> Tensor:
        """C (B, K), eq. (3), of images (B, C, H, W) with F (B, K, h, w) for the classes (B,)."""
        plain = torch.full_like(images[:1], self.baseline)
        of_baseline = self._scores(plain)[0, targets]
        black = of_baseline if self.baseline == 0 else self._scores(plain * 0)[0, targets]
        contributions = (black - of_baseline)[:, None].repeat(1, features.shape[1])  # of constant maps: V = 0
        rows, channels = (features.amax((2, 3)) > features.amin((2, 3))).nonzero(as_tuple=True)
        for row, channel in zip(rows.split(self.batch_size), channels.split(self.batch_size), strict=True):
            masks = normalize(up_sample(features[row, channel], (images.shape[2], images.shape[3])), "minmax")[:, None]
            scores = self._scores(images[row] * masks).gather(1, targets[row, None])[:, 0]
            contributions[row, channel] = scores - of_baseline[row]
        return contributions

    def _scores(self, images: Tensor) -> Tensor:
        """f (B, L) of images (B, C, H, W)."""
        logits = self.classifier.head(self.classifier.extract_feat(images))
        return logits if self.score == "logit" else class_probabilities(self.classifier, logits)
