"""mmcv's public functions, served by detect.torchvision_ops, against loops, autograd and torchvision."""

import math

import mmcv._ext
import mmcv.ops
import numpy as np
import pytest
import torch
import torchvision

import detect.torchvision_ops as torchvision_ops

served = isinstance(mmcv._ext, torchvision_ops.TorchvisionExtension)
pytestmark = pytest.mark.skipif(not served, reason="mmcv has its compiled extension; nothing is served")


def random_boxes(count: int, seed: int, side: float = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * side
    size = torch.rand(count, 2, generator=generator) * side / 2
    return torch.cat([corner, corner + size], 1), torch.rand(count, generator=generator)


def slow_nms(boxes: list[list[float]], scores: list[float], threshold: float, offset: int) -> list[int]:
    """The definition: go down the scores, keep a box unless a kept one overlaps it too much."""
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        ax, ay, bx, by = boxes[i]
        area = (bx - ax + offset) * (by - ay + offset)
        for j in kept:
            cx, cy, dx, dy = boxes[j]
            other = (dx - cx + offset) * (dy - cy + offset)
            width = max(0.0, min(bx, dx) - max(ax, cx) + offset)
            height = max(0.0, min(by, dy) - max(ay, cy) + offset)
            if width * height / (area + other - width * height) > threshold:
                break
        else:
            kept.append(i)
    return kept


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6])
def test_nms_is_the_loop(offset: int, threshold: float) -> None:
    boxes, scores = random_boxes(200, seed=int(threshold * 10) + offset)
    dets, kept = mmcv.ops.nms(boxes, scores, threshold, offset=offset)
    expected = slow_nms(boxes.double().tolist(), scores.double().tolist(), threshold, offset)
    assert kept.tolist() == expected
    assert 1 < len(expected) < 200
    torch.testing.assert_close(dets, torch.cat([boxes, scores[:, None]], 1)[expected])


def test_offset_changes_the_overlap() -> None:
    # 10x10 against 10x20 pixels: 100 / 200 = 0.5 with offset 1; 81 / 171 = 0.474 without.
    boxes = np.array([[0, 0, 9, 19], [0, 0, 9, 9]], np.float32)
    scores = np.array([0.9, 0.8], np.float32)
    assert mmcv.ops.nms(boxes, scores, 0.49, offset=0)[1].tolist() == [0, 1]
    assert mmcv.ops.nms(boxes, scores, 0.49, offset=1)[1].tolist() == [0]


def test_nms_of_nothing_and_of_half_precision() -> None:
    dets, kept = mmcv.ops.nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert dets.shape == (0, 5) and kept.shape == (0,)
    boxes, scores = random_boxes(30, seed=3)
    expected = slow_nms(boxes.half().tolist(), scores.half().tolist(), 0.5, 0)
    assert mmcv.ops.nms(boxes.half(), scores.half(), 0.5)[1].tolist() == expected


def test_batched_nms_keeps_classes_apart() -> None:
    boxes, scores = random_boxes(60, seed=5)
    classes = torch.arange(60) % 3
    _, kept = mmcv.ops.batched_nms(boxes, scores, classes, dict(type="nms", iou_threshold=0.3))
    expected = []
    for c in range(3):
        members = (classes == c).nonzero().flatten()
        local = slow_nms(boxes[members].tolist(), scores[members].tolist(), 0.3, 0)
        expected += [int(members[i]) for i in local]
    assert kept.tolist() == sorted(expected, key=lambda i: -float(scores[i]))


def slow_roi_align(feature, roi, bins, scale, sampling, mode, aligned):
    """The definition, one sample at a time, for one image (C, H, W) and one region x1, y1, x2, y2."""
    channels, height, width = feature.shape
    shift = 0.5 if aligned else 0.0
    x1, y1, x2, y2 = (v * scale - shift for v in roi)
    w, h = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1.0), max(y2 - y1, 1.0))
    bin_h, bin_w = h / bins[0], w / bins[1]
    rows = sampling or math.ceil(h / bins[0])
    columns = sampling or math.ceil(w / bins[1])

    def sample(y, x):
        if y < -1 or y > height or x < -1 or x > width:
            return feature.new_zeros(channels)
        y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
        y0, x0 = int(y), int(x)
        y1_, x1_ = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
        ly, lx = y - y0, x - x0
        top = feature[:, y0, x0] * (1 - lx) + feature[:, y0, x1_] * lx
        bottom = feature[:, y1_, x0] * (1 - lx) + feature[:, y1_, x1_] * lx
        return top * (1 - ly) + bottom * ly

    out = []
    for by in range(bins[0]):
        for bx in range(bins[1]):
            values = [
                sample(y1 + by * bin_h + (iy + 0.5) * bin_h / rows, x1 + bx * bin_w + (ix + 0.5) * bin_w / columns)
                for iy in range(rows)
                for ix in range(columns)
            ]
            stacked = torch.stack(values) if values else feature.new_zeros(1, channels)
            out.append(stacked.mean(0) if mode == "avg" else stacked.max(0).values)
    return torch.stack(out, 1).reshape(channels, *bins)


ROIS = torch.tensor(
    [[0, 3.0, 4.0, 40.0, 50.0], [1, 10.3, 0.0, 30.9, 61.0], [1, -8.0, 20.0, 12.0, 70.0], [0, 5.0, 5.0, 6.0, 5.5]],
    dtype=torch.float64,
)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("sampling", [0, 2])
@pytest.mark.parametrize("mode", ["avg", "max"])
def test_roi_align_is_the_loop_forward_and_backward(mode: str, sampling: int, aligned: bool) -> None:
    features = torch.randn(2, 3, 16, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    fast, slow = features.clone().requires_grad_(), features.clone().requires_grad_()
    layer = mmcv.ops.RoIAlign((3, 2), 0.25, sampling, pool_mode=mode, aligned=aligned)
    pooled = layer(fast, ROIS)
    expected = torch.stack(
        [slow_roi_align(slow[int(r[0])], r[1:].tolist(), (3, 2), 0.25, sampling, mode, aligned) for r in ROIS]
    )
    torch.testing.assert_close(pooled, expected)
    upstream = torch.randn(pooled.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    pooled.backward(upstream)
    expected.backward(upstream)
    torch.testing.assert_close(fast.grad, slow.grad)


def test_roi_align_mean_is_torchvisions() -> None:
    features = torch.randn(2, 4, 20, 20, generator=torch.Generator().manual_seed(2))
    ours = mmcv.ops.roi_align(features, ROIS.float(), (7, 7), 0.25, 0, "avg", True)
    assert torch.equal(ours, torchvision.ops.roi_align(features, ROIS.float(), (7, 7), 0.25, 0, True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("mode", ["avg", "max"])
def test_roi_align_of_half_precision_is_that_of_its_values(mode: str, dtype: torch.dtype) -> None:
    half = torch.randn(2, 3, 16, 15, generator=torch.Generator().manual_seed(3)).to(dtype).requires_grad_()
    full = half.detach().float().requires_grad_()
    rois = ROIS.to(dtype)
    pooled = mmcv.ops.roi_align(half, rois, (3, 2), 0.25, 0, mode, True)
    expected = mmcv.ops.roi_align(full, rois.float(), (3, 2), 0.25, 0, mode, True)
    torch.testing.assert_close(pooled, expected.to(dtype))
    pooled.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(half.grad, full.grad.to(dtype))


@pytest.mark.parametrize("mode", ["avg", "max"])
def test_roi_align_without_regions_and_with_an_empty_one(mode: str) -> None:
    features = torch.randn(1, 2, 8, 8, requires_grad=True)
    none = mmcv.ops.roi_align(features, torch.zeros(0, 5), (2, 2), 1.0, 0, mode, True)
    assert none.shape == (0, 2, 2, 2)
    flat = mmcv.ops.roi_align(features, torch.tensor([[0.0, 3, 3, 3, 3]]), (2, 2), 1.0, 0, mode, True)
    assert torch.equal(flat, torch.zeros(1, 2, 2, 2))
    (none.sum() + flat.sum()).backward()
    assert torch.equal(features.grad, torch.zeros_like(features))


def slow_focal(
    logits: torch.Tensor, target: list[int], weight: list[float], gamma: float, alpha: float
) -> torch.Tensor:
    rows = []
    for row, own in zip(logits, target, strict=True):
        factor = weight[own] if own < len(weight) else 1.0
        cells = []
        for c, x in enumerate(row):
            p = 1 / (1 + torch.exp(-x))
            if c == own:
                cells.append(-alpha * (1 - p) ** gamma * torch.log(p) * factor)
            else:
                cells.append(-(1 - alpha) * p**gamma * torch.log(1 - p) * factor)
        rows.append(torch.stack(cells))
    return torch.stack(rows)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
def test_focal_loss_is_the_loop_and_its_autograd(weighted: bool, reduction: str) -> None:
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(9, 3, dtype=torch.float64, generator=generator) * 3
    target = [0, 1, 2, 3, 3, 1, 0, 3, 2]  # 3 is background
    weight = [0.5, 2.0, 1.5] if weighted else []
    fast, slow = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    tensor = torch.tensor(weight, dtype=torch.float64) if weighted else None
    loss = mmcv.ops.sigmoid_focal_loss(fast, torch.tensor(target), 2.0, 0.25, tensor, reduction)
    expected = slow_focal(slow, target, weight, 2.0, 0.25)
    expected = {"none": expected, "mean": expected.sum() / 9, "sum": expected.sum()}[reduction]
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(fast.grad, slow.grad)


def test_focal_loss_without_weights_is_torchvisions() -> None:
    logits = torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    target = torch.tensor([0, 1, 2, 2, 0, 1])
    one_hot = torch.nn.functional.one_hot(target, 3)[:, :2].double()
    ours = mmcv.ops.sigmoid_focal_loss(logits, target, 1.5, 0.3, None, "none")
    torch.testing.assert_close(ours, torchvision.ops.sigmoid_focal_loss(logits, one_hot, 0.3, 1.5))


def test_focal_loss_by_hand() -> None:
    # x = 0: p = 1/2. Own class: 0.25 * 0.5^2 * ln 2 = 0.0433; other: 0.75 * 0.5^2 * ln 2 = 0.1300.
    loss = mmcv.ops.sigmoid_focal_loss(torch.zeros(1, 2), torch.tensor([0]), 2.0, 0.25, None, "none")
    torch.testing.assert_close(loss, torch.tensor([[0.0433217, 0.1299651]]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_focal_loss_stays_finite_at_large_logits(dtype: torch.dtype) -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], dtype=dtype, requires_grad=True)
    loss = mmcv.ops.sigmoid_focal_loss(logits, torch.tensor([0, 0]), 2.0, 0.25, None, "none")
    # Right and sure costs nothing; wrong and sure costs alpha * 200 = 50, or (1 - alpha) * 200 = 150.
    torch.testing.assert_close(loss, torch.tensor([[0.0, 0.0], [50.0, 150.0]], dtype=dtype))
    loss.sum().backward()
    torch.testing.assert_close(logits.grad, torch.tensor([[0.0, 0.0], [-0.25, 0.75]], dtype=dtype))


def test_focal_loss_of_nothing() -> None:
    logits = torch.zeros(0, 3, requires_grad=True)
    loss = mmcv.ops.sigmoid_focal_loss(logits, torch.zeros(0, dtype=torch.long), 2.0, 0.25, None, "sum")
    loss.backward()
    assert loss == 0 and logits.grad.shape == (0, 3)


def test_another_operator_raises_by_name_and_says_how_to_build_it() -> None:
    boxes, scores = random_boxes(4, seed=0)
    with pytest.raises(NotImplementedError, match=r"'softnms'.*MMCV_WITH_OPS=1 pip install"):
        mmcv.ops.soft_nms(boxes, scores)
