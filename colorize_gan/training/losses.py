"""Equations (3)-(6) of paper 002. Every loss is a mean over the batch of the paper's value for one image."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def feature_loss(real_maps: Sequence[Tensor], fake_maps: Sequence[Tensor]) -> Tensor:
    """The feature term of eq. (4): `Σ_i 1/(w_i h_i) ‖φ_i(y) - φ_i(G(x))‖₁`, L1 as written, never L2.

    φ_i is one channel of one layer, as F^k is "the k-th feature map" in the paper's eq. (1): the absolute difference
    is averaged over a map's w_i·h_i cells and summed over channels and layers. (Read as a whole layer, the L1 norm
    gives the same number.)

    Args:
        real_maps, fake_maps: one tensor (B, K, h, w) per layer, of y and of G(x).

    Returns:
        Scalar; the mean over the batch.
    """
    return feature_distances(real_maps, fake_maps).mean()


def feature_distances(real_maps: Sequence[Tensor], fake_maps: Sequence[Tensor]) -> Tensor:
    """The same for each image: (B,)."""
    distances = [(real - fake).abs().mean((2, 3)).sum(1) for real, fake in zip(real_maps, fake_maps, strict=True)]
    return torch.stack(distances).sum(0)


def pixel_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The first term of eq. (4), `|y - G(x)|`: the mean absolute difference of (B, 3, H, W) over pixels and channels.

    The paper does not say mean or sum. The mean does not grow with the image.
    """
    return (real - fake).abs().mean()


def content_loss(
    real: Tensor,
    fake: Tensor,
    real_maps: Sequence[Tensor] = (),
    fake_maps: Sequence[Tensor] = (),
    feature_weight: float = 1.0,
    pixel_weight: float = 1.0,
) -> Tensor:
    """Eq. (4): L_C = pixel_weight · |y - G(x)| + feature_weight · Σ_i 1/(w_i h_i) ‖φ_i(y) - φ_i(G(x))‖₁.

    Departure: eq. (4) has no weights; at 1 it is the paper's, with |·| read as a mean (see `pixel_loss`), which is
    about .05 where the feature term is 1 to 10. A φ that was trained to name objects hardly sees their colors: then
    only a `pixel_weight` that makes the first term as large as the second asks for the right ones. The literal sum
    grows with the number of channels, against L_A which does not: hundreds of channels drown L_A, and with a feature
    term below about 1 L_A wins and paints blobs. A config may bring it back to the value of about a hundred channels.

    Args:
        real, fake: y and G(x), RGB (B, 3, H, W) in [0, 1].
        real_maps, fake_maps: φ(y) and φ(G(x)), see `feature_loss`; without them the feature term is 0.
    """
    loss = pixel_weight * pixel_loss(real, fake)
    if len(real_maps):
        loss = loss + feature_weight * feature_loss(real_maps, fake_maps)
    return loss


def adversarial_loss(fake_logit: Tensor) -> Tensor:
    """Eq. (5): L_A = -log D(G(x)), non-saturating, from logits (B,): -log sigmoid(z) = softplus(-z)."""
    return F.softplus(-fake_logit).mean()


def generator_loss(content: Tensor, adversarial: Tensor) -> Tensor:
    """Eq. (3): L_G = L_C + ½ L_A."""
    return content + 0.5 * adversarial


def discriminator_loss(real_logit: Tensor, fake_logit: Tensor) -> Tensor:
    """Eq. (6): L_D = -log D(y) - log(1 - D(G(x))), a sum of the two, from logits (B,); G(x) must come detached."""
    return F.softplus(-real_logit).mean() + F.softplus(fake_logit).mean()
