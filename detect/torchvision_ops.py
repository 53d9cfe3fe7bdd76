"""mmcv's compiled operators served from torchvision, for an mmcv that was installed without them.

`detect.mmcv_extension` gives `TorchvisionExtension` to whoever imports `mmcv._ext` when no compiled one exists. NMS,
RoIAlign and the sigmoid focal loss then run on CPU and CUDA from torchvision's kernels and closed forms. Every other
operator exists by name and raises when it is called. The functions have the signatures of the compiled extension:
results are written into the tensors passed in.
"""

from collections.abc import Callable
from types import ModuleType

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor

HOW_TO_BUILD = "MMCV_WITH_OPS=1 pip install --no-cache-dir --no-build-isolation --no-binary onedl-mmcv onedl-mmcv"


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Return the indices of the boxes kept, int64 (M,), highest score first.

    Args:
        boxes: (N, 4), x1, y1, x2, y2.
        scores: (N,).
        iou_threshold: a box whose IoU with a better one is above this is dropped.
        offset: 0, or 1 where width is x2 - x1 + 1. Adding it to x2 and y2 gives the same IoU.
    """
    corners = _at_least_float32(boxes)
    if offset:
        corners = corners + corners.new_tensor([0, 0, offset, offset])
    return torchvision.ops.nms(corners, scores.to(corners.dtype), iou_threshold)


def sigmoid_focal_loss_forward(
    input: Tensor, target: Tensor, weight: Tensor, output: Tensor, gamma: float, alpha: float
) -> None:
    """Write the focal loss of each logit into `output` (N, C).

    `-alpha (1-p)^gamma log p` for a row's own class and `-(1-alpha) p^gamma log(1-p)` for the others (Lin et al. 2017).

    Args:
        input: logits (N, C).
        target: class of each row, int64 (N,); C is background.
        weight: a factor for each class (C,), or empty for none. It multiplies the whole row of its class; background
            rows keep the factor 1 (the compiled kernel reads past the end for them).
        output: (N, C), filled.
        gamma: focusing exponent.
        alpha: share of the positive term.
    """
    own, p, log_p, log_q = _focal_parts(input, target)
    loss = torch.where(own, -alpha * (1 - p) ** gamma * log_p, -(1 - alpha) * p**gamma * log_q)
    output.copy_(loss * _row_weights(target, weight, input.shape[1]))


def sigmoid_focal_loss_backward(
    input: Tensor, target: Tensor, weight: Tensor, grad_input: Tensor, gamma: float, alpha: float
) -> None:
    """Write the derivative of `sigmoid_focal_loss_forward` by its logits into `grad_input` (N, C); same arguments."""
    own, p, log_p, log_q = _focal_parts(input, target)
    positive = -alpha * (1 - p) ** gamma * (1 - p - gamma * p * log_p)
    negative = -(1 - alpha) * p**gamma * (gamma * (1 - p) * log_q - p)
    grad_input.copy_(torch.where(own, positive, negative) * _row_weights(target, weight, input.shape[1]))


def _focal_parts(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the mask of each row's own class, p, log p and log(1-p), all (N, C), at least in float32."""
    x = _at_least_float32(logits)
    own = target[:, None] == torch.arange(x.shape[1], device=x.device)
    return own, x.sigmoid(), F.logsigmoid(x), F.logsigmoid(-x)


def _row_weights(target: Tensor, weight: Tensor, num_classes: int) -> Tensor:
    """Return the factor of each row, (N, 1)."""
    if weight.numel() == 0:
        return torch.ones(1, 1, device=target.device)
    background = weight.new_ones(1)
    return torch.cat([weight, background])[target.clamp(max=num_classes)][:, None]


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Write the pooled features of each region into `output` (R, C, aligned_height, aligned_width).

    Args:
        input: features (B, C, H, W).
        rois: (R, 5), image index, x1, y1, x2, y2 in image pixels.
        output: filled.
        argmax_y, argmax_x: for the maximum, filled with the row and the column, within its bin, of the sample chosen
            (the compiled kernel stores coordinates; only `roi_align_backward` reads them).
        aligned_height, aligned_width: bins of a region.
        spatial_scale: features per image pixel.
        sampling_ratio: samples along each side of a bin; 0 takes one per feature cell.
        pool_mode: 0 takes the maximum of a bin's samples, 1 their mean.
        aligned: shift by half a cell, as detectron2 does.
    """
    bins = (aligned_height, aligned_width)
    input = _at_least_float32(input)
    rois = rois.to(input.dtype)
    if pool_mode == 1:
        pooled = torch.ops.torchvision.roi_align(input, rois, spatial_scale, *bins, sampling_ratio, aligned)
        output.copy_(pooled)
        return
    for members, (rows, columns) in _sample_grids(rois, bins, spatial_scale, sampling_ratio, aligned):
        fine = (bins[0] * rows, bins[1] * columns)
        samples = torch.ops.torchvision.roi_align(input, rois[members], spatial_scale, *fine, 1, aligned)
        best, index = _bins_last(samples, rows, columns).max(-1)
        output[members] = best.to(output.dtype)
        argmax_y[members] = (index // columns).to(argmax_y.dtype)
        argmax_x[members] = (index % columns).to(argmax_x.dtype)


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Add the derivative of `roi_align_forward` by its features to `grad_input` (B, C, H, W); same arguments."""
    bins = (aligned_height, aligned_width)
    grad_output = _at_least_float32(grad_output)
    rois = rois.to(grad_output.dtype)
    backward = torch.ops.torchvision._roi_align_backward
    if pool_mode == 1:
        size = grad_input.shape
        grad_input += backward(grad_output, rois, spatial_scale, *bins, *size, sampling_ratio, aligned)
        return
    for members, (rows, columns) in _sample_grids(rois, bins, spatial_scale, sampling_ratio, aligned):
        index = (argmax_y[members] * columns + argmax_x[members]).long()
        chosen = F.one_hot(index, rows * columns) * grad_output[members][..., None]
        fine_grad = _bins_first(chosen, rows, columns).contiguous()
        fine = (bins[0] * rows, bins[1] * columns)
        grad_input += backward(fine_grad, rois[members], spatial_scale, *fine, *grad_input.shape, 1, aligned)


def _sample_grids(
    rois: Tensor, bins: tuple[int, int], spatial_scale: float, sampling_ratio: int, aligned: bool
) -> list[tuple[Tensor, tuple[int, int]]]:
    """Group the regions by the samples of a bin: [(indices of regions, (rows, columns) of samples), ...].

    A region without samples (no height or no width) is in no group: its features are 0.
    """
    if sampling_ratio > 0:
        return [(torch.arange(len(rois), device=rois.device), (sampling_ratio, sampling_ratio))] if len(rois) else []
    shift = 0.5 if aligned else 0.0
    corners = rois[:, 1:] * spatial_scale - shift
    sides = corners[:, 2:] - corners[:, :2]
    if not aligned:
        sides = sides.clamp(min=1)
    width, height = (sides / sides.new_tensor([bins[1], bins[0]])).ceil().long().unbind(1)
    grids = torch.stack([height, width], 1)
    groups = []
    for grid in grids.unique(dim=0):
        rows, columns = grid.tolist()
        if rows > 0 and columns > 0:
            groups.append(((grids == grid).all(1).nonzero().squeeze(1), (rows, columns)))
    return groups


def _bins_last(samples: Tensor, rows: int, columns: int) -> Tensor:
    """(R, C, h*rows, w*columns) -> (R, C, h, w, rows*columns): the samples of each bin in one axis."""
    return samples.unflatten(3, (-1, columns)).unflatten(2, (-1, rows)).transpose(3, 4).flatten(4)


def _bins_first(samples: Tensor, rows: int, columns: int) -> Tensor:
    """Undo `_bins_last`."""
    return samples.unflatten(4, (rows, columns)).transpose(3, 4).flatten(4).flatten(2, 3)


def _at_least_float32(x: Tensor) -> Tensor:
    """Half precision is computed in float32: torchvision's CPU kernels need it, and coordinates too."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


SERVED: tuple[Callable, ...] = (
    nms,
    sigmoid_focal_loss_forward,
    sigmoid_focal_loss_backward,
    roi_align_forward,
    roi_align_backward,
)


class TorchvisionExtension(ModuleType):
    """A stand-in for `mmcv._ext`. An operator that is not served raises `NotImplementedError` when it is called.

    Args:
        name: of the module that it stands in for.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, __doc__)
        for operator in SERVED:
            setattr(self, operator.__name__, operator)

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*args: object, **kwargs: object) -> None:
            raise NotImplementedError(
                f"mmcv's operator '{name}' needs mmcv's compiled extension, and this mmcv was installed without it. "
                f"Build it with: {HOW_TO_BUILD}"
            )

        return missing
