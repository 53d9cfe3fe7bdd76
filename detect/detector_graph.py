"""A detector as one graph that ONNX can hold: an image in, boxes out."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

from typing import Any

import torch
import torch.nn.functional as F
import torchvision
from mmdet.models import FasterRCNN, RetinaNet
from mmdet.models.task_modules.coders.delta_xywh_bbox_coder import delta2bbox
from torch import Tensor, nn

Found = tuple[Tensor, Tensor, Tensor]
"""Boxes (N, 4), scores (N,) and labels (N,), best first."""


class DetectorGraph(nn.Module):
    """What mmdet's `predict` does for one image, in operations whose shapes follow the input's.

    mmdet's own code asks Python for the number of candidates, which a traced graph would keep for all images.

    Args:
        model: Faster R-CNN or RetinaNet of mmdet, in eval mode.

    Raises:
        UserError: it is another detector, suppresses boxes in another way than by NMS, or by size.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        if type(model) not in (FasterRCNN, RetinaNet):
            raise UserError(
                f"ONNX: the detector is a {type(model).__name__}; Faster R-CNN and RetinaNet can be exported"
            )
        self.model = model
        self.two_stages = isinstance(model, FasterRCNN)
        for cfg in (model.test_cfg.rpn, model.test_cfg.rcnn) if self.two_stages else (model.test_cfg,):
            if cfg.nms.get("type", "nms") != "nms":
                raise UserError(f"ONNX: the detector suppresses boxes by {cfg.nms.type}; only nms can be exported")
        if not self.two_stages and model.test_cfg.get("min_bbox_size", 0) > 0:
            raise UserError("ONNX: min_bbox_size is in pixels of the source, whose size the graph does not know; set 0")

    def forward(self, image: Tensor) -> Found:
        """The lesions of an RGB image (1, 3, H, W), float in [0, 255], as the pipeline's `Resize` gives it.

        Returns:
            Corners x1, y1, x2, y2 in its pixels, scores, labels.
        """
        size = torch.stack([torch.as_tensor(side) for side in image.shape[2:]]).to(image)
        features = self.model.extract_feat(self._normalized(image))
        if not self.two_stages:
            return _dense(self.model.bbox_head, features, size, self.model.test_cfg)
        proposals, _, _ = _dense(self.model.rpn_head, features, size, self.model.test_cfg.rpn, across_levels=False)
        return self._regions(features, proposals, size)

    def _normalized(self, image: Tensor) -> Tensor:
        """As `data_preprocessor` does: normalized, then padded with 0 to a multiple of its divisor."""
        preprocessor = self.model.data_preprocessor
        image = image if preprocessor._channel_conversion else image.flip(1)
        image = (image - preprocessor.mean) / preprocessor.std
        divisor = preprocessor.pad_size_divisor
        return F.pad(image, (0, -image.shape[3] % divisor, 0, -image.shape[2] % divisor))

    def _regions(self, features: tuple[Tensor, ...], proposals: Tensor, size: Tensor) -> Found:
        """The second stage: what is in the proposals (N, 4)."""
        head, cfg = self.model.roi_head.bbox_head, self.model.test_cfg.rcnn
        proposals, regions = _cut_out(self.model.roi_head.bbox_roi_extractor, features, proposals)
        logits, deltas = head(regions)
        logits = head.corrected(logits) if hasattr(head, "corrected") else logits
        scores = logits.softmax(1)[:, :-1]
        classes = scores.shape[1]
        repeats = 1 if head.reg_class_agnostic else classes
        boxes = _decoded(head.bbox_coder, proposals.repeat_interleave(repeats, 0), deltas.reshape(-1, 4))
        boxes = _clipped(boxes, size).reshape(-1, repeats, 4).expand(-1, classes, 4).reshape(-1, 4)
        above = (scores.flatten() > cfg.score_thr).nonzero()[:, 0]
        return _suppressed(boxes[above], scores.flatten()[above], above % classes, above % classes, size, cfg)


def _dense(head: Any, features: tuple[Tensor, ...], size: Tensor, cfg: Any, across_levels: bool = True) -> Found:
    """The boxes of a head that looks at every cell.

    Args:
        size: height and width of the image (2,), as boxes are cut at its edges.
        across_levels: suppress boxes of a label over all levels, else within each level.
    """
    logits, deltas = head(features)
    anchors = head.prior_generator.grid_priors([level.shape[-2:] for level in logits], device=features[0].device)
    columns: list[list[Tensor]] = []
    for number, level in enumerate(zip(logits, deltas, anchors, strict=True)):
        boxes, scores, labels = _level(head, *level, cfg)
        groups = labels if across_levels else torch.full_like(labels, number)
        columns.append([boxes, scores, labels, groups])
    boxes, scores, labels, groups = (torch.cat(column) for column in zip(*columns, strict=True))
    boxes = _clipped(boxes, size)
    if cfg.get("min_bbox_size", -1) >= 0:
        kept = ((boxes[:, 2:] - boxes[:, :2]) > cfg.min_bbox_size).all(1).nonzero()[:, 0]
        boxes, scores, labels, groups = (column[kept] for column in (boxes, scores, labels, groups))
    return _suppressed(boxes, scores, labels, groups, size, cfg)


def _level(head: Any, logits: Tensor, deltas: Tensor, anchors: Tensor, cfg: Any) -> Found:
    """The best candidates of a level: of logits (1, A C, h, w) and deltas (1, 4 A, h, w)."""
    flat = logits[0].permute(1, 2, 0).reshape(-1, head.cls_out_channels)
    scores = (flat.sigmoid() if head.use_sigmoid_cls else flat.softmax(1)[:, :-1]).contiguous()
    classes, scores = scores.shape[1], scores.flatten()
    above = (scores > cfg.get("score_thr", -1)).nonzero()[:, 0]
    order = scores[above].argsort(descending=True)
    best = above[order[: cfg.nms_pre] if cfg.nms_pre > 0 else order]
    rows = best // classes
    boxes = _decoded(head.bbox_coder, anchors[rows], deltas[0].permute(1, 2, 0).reshape(-1, 4)[rows])
    return boxes, scores[best], best % classes


def _decoded(coder: Any, boxes: Tensor, deltas: Tensor) -> Tensor:
    return delta2bbox(
        boxes, deltas, coder.means, coder.stds, add_ctr_clamp=coder.add_ctr_clamp, ctr_clamp=coder.ctr_clamp
    )


def _clipped(boxes: Tensor, size: Tensor) -> Tensor:
    return torch.minimum(boxes.clamp(min=0), size.flip(0).repeat(2))


def _suppressed(boxes: Tensor, scores: Tensor, labels: Tensor, groups: Tensor, size: Tensor, cfg: Any) -> Found:
    """NMS within each group of boxes (N, 4), which groups (N,) names: those of others lie beyond the image."""
    apart = boxes + (groups.to(boxes) * (size.max() + 1))[:, None]
    kept = _NonMaxSuppression.apply(apart, scores, float(cfg.nms.iou_threshold), int(cfg.max_per_img))
    return boxes[kept], scores[kept], labels[kept]


def _cut_out(extractor: Any, features: tuple[Tensor, ...], boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes (N, 4), sorted by the level that they are cut out of, and what is in them (N, C, h, w)."""
    rois = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)
    levels = extractor.map_roi_levels(rois, extractor.num_inputs)
    sorted_boxes, regions = [], []
    for number, layer in enumerate(extractor.roi_layers):
        chosen = boxes[(levels == number).nonzero()[:, 0]]
        images = torch.zeros_like(chosen[:, 0], dtype=torch.int64)
        bins = (int(layer.output_size[0]), int(layer.output_size[1]))
        options = (bins, float(layer.spatial_scale), int(layer.sampling_ratio), bool(layer.aligned))
        regions.append(_RoIAlign.apply(features[number], chosen, images, *options))
        sorted_boxes.append(chosen)
    return torch.cat(sorted_boxes), torch.cat(regions)


class _NonMaxSuppression(torch.autograd.Function):
    """torchvision's NMS, and the operator of ONNX; torchvision's own translation is of an older operator set."""

    @staticmethod
    def forward(ctx: Any, boxes: Tensor, scores: Tensor, threshold: float, most: int) -> Tensor:
        return torchvision.ops.nms(boxes, scores, threshold)[:most]

    @staticmethod
    def symbolic(g: Any, boxes: Any, scores: Any, threshold: float, most: int) -> Any:
        boxes = g.op("Unsqueeze", boxes, _constant(g, [0]))
        scores = g.op("Unsqueeze", scores, _constant(g, [0, 1]))
        found = g.op("NonMaxSuppression", boxes, scores, _constant(g, [most]), _constant(g, [threshold]))
        return g.op("Gather", found, _constant(g, 2), axis_i=1)  # rows of image, class, box


class _RoIAlign(torch.autograd.Function):
    """torchvision's RoIAlign of boxes (N, 4) in one image, and the operator of ONNX."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        boxes: Tensor,
        images: Tensor,
        bins: tuple[int, int],
        scale: float,
        samples: int,
        aligned: bool,
    ) -> Tensor:
        return torchvision.ops.roi_align(features, [boxes], bins, scale, samples, aligned)

    @staticmethod
    def symbolic(
        g: Any, features: Any, boxes: Any, images: Any, bins: tuple[int, int], scale: float, samples: int, aligned: bool
    ) -> Any:
        return g.op(
            "RoiAlign",
            features,
            boxes,
            images,
            coordinate_transformation_mode_s="half_pixel" if aligned else "output_half_pixel",
            output_height_i=bins[0],
            output_width_i=bins[1],
            sampling_ratio_i=samples,
            spatial_scale_f=scale,
        )


def _constant(g: Any, values: Any) -> Any:
    return g.op("Constant", value_t=torch.tensor(values))
