"""Fusion of an image with its attention map (paper 002, eq. 7), and the enhancer that composes the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from data.errors import UserError
from enhance.attention.base import Normalization, check_has, classifier_inputs, normalize, up_sample

Image = TypeVar("Image", np.ndarray, Tensor)
MAX_PIXELS = {"cpu": 2**17, "cuda": 2**21}
"""Pixels that a network is given at once, by device: two images of 256 x 256 on a CPU, whose cache does not hold more
(of eight at once each takes a third to two thirds longer), 32 on a GPU, whose memory it bounds."""


def fuse(image: Image, attention: Image, alpha: float = 0.5) -> Image:
    """Eq. (7): `I_en = alpha I + (1 - alpha) L * I`, computed in float and rounded once.

    With L in [0, 1] the result lies in [alpha I, I]: fusion darkens what the map does not point at.

    Args:
        image: I, (H, W) or (H, W, 3), gray levels in [0, 255], uint8 or float; an array or a tensor.
        attention: L, (H, W), float, at least 0; of the same kind as the image.
        alpha: Share of the unweighted image, in [0, 1]; 1 gives the image back bit for bit.

    Returns:
        uint8 of the image's shape; above 255 (L > 1) it is cut.

    Raises:
        UserError: `alpha` out of range, a map of another size, or numbers that are not finite.
    """
    if isinstance(image, np.ndarray):
        return fuse(torch.from_numpy(image), torch.from_numpy(np.asarray(attention)), alpha).numpy()
    if not 0 <= alpha <= 1:
        raise UserError(f"alpha must be in [0, 1], got {alpha}")
    if attention.shape != image.shape[:2]:
        raise UserError(f"the map is {tuple(attention.shape)} but the image is {tuple(image.shape[:2])}")
    gain = alpha + (1 - alpha) * attention.float()
    fused = image.float() * (gain if image.ndim == 2 else gain[..., None])
    if not bool(fused.sum().isfinite()):  # a sum of pixels, each of which counts
        raise UserError("the colorizer or the map gives numbers that are not finite; did a training diverge?")
    levels = fused.round_().clamp_(0, 255)
    return levels.to(torch.int16).to(torch.uint8)  # a CPU takes four times as long to the bytes at once


def fuse_last_channel(image: Tensor, attention: Tensor, alpha: float = 0.5) -> Tensor:
    """Eq. (7) in the last of three channels only: the map becomes a color, and the other two keep all contrast.

    Departure: paper 002 multiplies all channels, see `fuse`, whose arguments these are; image (H, W, 3).
    """
    kept = fuse(image[..., :2], torch.ones_like(attention))
    return torch.cat([kept, fuse(image[..., 2:], attention, alpha)], 2)


FUSIONS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {"product": fuse, "channel": fuse_last_channel}


@MODELS.register_module()
class Enhancer(nn.Module):
    """Gray images in, enhanced RGB images of the same sizes out: attention, color, or both.

    The attention comes from the gray image and multiplies the colorized one (paper 002 §3.3, "Color+CAWE").

    Args:
        attention: Config of an attention method without its classifier, e.g. `dict(type="CAWE")`, or None.
        classifier: Config of the classifier, or the module. Needed with `attention`.
        colorizer: Config of a module with `colorize`, or the module; None keeps the image gray.
        alpha: Eq. (7); 0.5 in the paper.
        normalization: Of each map before eq. (7). Departure: paper 002 states none; "max" makes alpha mean the same on
            every image.
        fusion: "product" is eq. (7), "channel" `fuse_last_channel`.
    """

    def __init__(
        self,
        attention: dict | None = None,
        classifier: dict | nn.Module | None = None,
        colorizer: dict | nn.Module | None = None,
        alpha: float = 0.5,
        normalization: Normalization = "max",
        fusion: Literal["product", "channel"] = "product",
    ) -> None:
        super().__init__()
        if fusion not in FUSIONS:
            raise UserError(f"fusion must be one of {', '.join(FUSIONS)}, got {fusion!r}")
        if (attention is None) != (classifier is None):
            raise UserError("an enhancer needs attention and classifier together, or neither")
        self.classifier: Any = MODELS.build(classifier) if isinstance(classifier, dict) else classifier
        if self.classifier is not None:
            check_has(self.classifier, "input_size")
        self.colorizer: Any = MODELS.build(colorizer) if isinstance(colorizer, dict) else colorizer
        if self.colorizer is not None and not hasattr(self.colorizer, "colorize"):
            raise UserError(f"{type(self.colorizer).__name__} is no colorizer: it has no method `colorize`")
        self.attention = MODELS.build({**attention, "classifier": self.classifier}) if attention is not None else None
        self.alpha = alpha
        self.normalization: Normalization = normalization
        self.fuse = FUSIONS[fusion]
        self._device: Tensor
        self.register_buffer("_device", torch.empty(0), persistent=False)

    def attention_maps(self, images: Sequence[np.ndarray]) -> list[Tensor]:
        """Normalized maps, each float32 of its image's (H, W), of gray images (H, W) uint8."""
        return [self.full_map(one, image.shape) for one, image in zip(self._coarse_maps(images), images, strict=True)]

    def _coarse_maps(self, images: Sequence[np.ndarray]) -> Tensor:
        """Maps (B, h, w) in the cells of the classifier."""
        assert self.attention is not None
        inputs = classifier_inputs(self.classifier, images)
        at_once = max(1, self._max_pixels() // inputs[0].numel())
        return torch.cat([self.attention.coarse_maps(group) for group in inputs.split(at_once)])

    def _max_pixels(self) -> int:
        return MAX_PIXELS.get(self._device.device.type, MAX_PIXELS["cuda"])

    def full_map(self, coarse: Tensor, size: tuple[int, int]) -> Tensor:
        """A map (h, w) in cells, up-sampled to `size` (H, W) and normalized."""
        return normalize(up_sample(coarse[None], size), self.normalization)[0]

    def colorize(self, images: Sequence[np.ndarray]) -> list[Tensor]:
        """RGB images (H, W, 3), float in [0, 255], of gray images (H, W) uint8; gray ones without a colorizer."""
        colored = dict(self._colored(images))
        return [colored[index] for index in range(len(images))]

    def _colored(self, images: Sequence[np.ndarray]) -> Iterator[tuple[int, Tensor]]:
        """The RGB images of `colorize` with their indices, in groups of equal size, so that few are there at once."""
        for indices in _by_size(images, self._max_pixels()):
            gray = self._batch(np.stack([images[i] for i in indices]))
            rgb = gray.expand(-1, 3, -1, -1) if self.colorizer is None else self.colorizer.colorize(gray)
            yield from ((index, image.permute(1, 2, 0) * 255) for index, image in zip(indices, rgb, strict=True))

    @torch.no_grad()
    def forward(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Enhance gray images (H, W) uint8 to RGB images (H, W, 3) uint8."""
        coarse = None if self.attention is None else self._coarse_maps(images)
        enhanced: dict[int, np.ndarray] = {}
        for index, rgb in self._colored(images):
            if coarse is None:
                fused = fuse(rgb, rgb.new_ones(rgb.shape[:2]))
            else:
                fused = self.fuse(rgb, self.full_map(coarse[index], images[index].shape), self.alpha)
            enhanced[index] = fused.contiguous().cpu().numpy()
        return [enhanced[index] for index in range(len(images))]

    def _batch(self, images: np.ndarray) -> Tensor:
        """(B, H, W) uint8 to (B, 1, H, W) float in [0, 1] on the enhancer's device."""
        return torch.from_numpy(images).to(self._device.device)[:, None].float() / 255


def _by_size(images: Sequence[np.ndarray], max_pixels: int) -> Iterator[list[int]]:
    """Indices of images of equal size, in groups of at most `max_pixels` (or of one image)."""
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        sizes.setdefault(image.shape, []).append(index)
    for (height, width), indices in sizes.items():
        step = max(1, max_pixels // (height * width))
        yield from (indices[start : start + step] for start in range(0, len(indices), step))
