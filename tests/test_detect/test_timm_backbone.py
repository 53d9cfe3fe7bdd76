"""Networks of timm under mmdet's detectors: the same maps as timm's, and a detector that learns."""

import pytest
import timm
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.structures import InstanceData
from torch import nn

from data.errors import UserError
from detect.timm_backbone import TimmBackbone, TimmFPN
from tests.paths import ROOT

IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
FAMILIES = ["resnet10t", "tf_efficientnet_lite0", "convnext_atto", "regnetx_002", "mobilenetv3_small_050"]


@pytest.mark.parametrize("name", FAMILIES)
def test_maps_are_timms_at_the_strides(name: str) -> None:
    backbone = TimmBackbone(name).eval()
    with torch.no_grad():
        maps, whole = backbone(IMAGES), backbone.network(IMAGES)
    assert [tuple(each.shape[2:]) for each in maps] == [(side, side) for side in (16, 8, 4, 2)]
    for each in maps:
        assert any(each.shape == other.shape and torch.equal(each, other) for other in whole)
    fpn = TimmFPN(name, out_channels=8, num_outs=5)
    assert fpn.in_channels == [each.shape[1] for each in maps]
    assert [tuple(out.shape[1:]) for out in fpn(maps)] == [(8, s, s) for s in (16, 8, 4, 2, 1)]


def test_channels_last_maps_of_transformers_are_turned() -> None:
    options = dict(img_size=64, window_size=2, embed_dim=12, depths=(1, 1, 1, 1), num_heads=(1, 1, 1, 1))
    backbone = TimmBackbone("swin_tiny_patch4_window7_224", **options).eval()
    with torch.no_grad():
        maps, whole = backbone(IMAGES), backbone.network(IMAGES)
    assert [tuple(each.shape[1:]) for each in maps] == [(12, 16, 16), (24, 8, 8), (48, 4, 4), (96, 2, 2)]
    assert torch.equal(maps[0][1, 3], whole[0][1, ..., 3])


def test_the_memory_format_changes_no_map() -> None:
    plain, turned = TimmBackbone("resnet10t").eval(), TimmBackbone("resnet10t", channels_last=True).eval()
    turned.load_state_dict(plain.state_dict())
    assert turned.network.conv1[0].weight.is_contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        for one, other in zip(plain(IMAGES), turned(IMAGES), strict=True):
            assert other.is_contiguous()
            torch.testing.assert_close(one, other)


def test_the_last_stage_of_a_stride_is_taken() -> None:
    backbone = TimmBackbone("densenet121", strides=(8, 32)).eval()
    reductions = backbone.network.feature_info.reduction()
    assert backbone.stages == [2, 4] and reductions == [2, 4, 8, 16, 32]
    assert TimmBackbone("vgg11_bn", strides=(16, 32)).stages == [4, 5]


def test_weights_are_loaded_only_for_a_training(tmp_path) -> None:
    whole = timm.create_model("resnet10t").state_dict()
    torch.save(whole, tmp_path / "net.pth")
    backbone = TimmBackbone("resnet10t", str(tmp_path / "net.pth"))
    own = backbone.network.state_dict()
    first = next(iter(own))
    assert not torch.equal(own[first], whole[first])
    backbone.init_weights()
    for name, weight in backbone.network.state_dict().items():
        assert torch.equal(weight, whole[name]), name
    TimmBackbone("resnet10t", "nowhere.pth")  # a checkpoint of our own needs no other file


@pytest.mark.parametrize(
    "name, stage, frozen", [("resnet10t", 1, ("conv1", "bn1", "layer1")), ("convnext_atto", 0, ("stem", "stages_0"))]
)
def test_frozen_stages_stay_as_they_are(name: str, stage: int, frozen: tuple[str, ...]) -> None:
    backbone = TimmBackbone(name, frozen_stages=stage).train()
    learning = {key for key, parameter in backbone.network.named_parameters() if parameter.requires_grad}
    assert {key for key, _ in backbone.network.named_parameters() if not key.startswith(frozen)} == learning
    before = {key: value.clone() for key, value in backbone.network.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1)
    sum(each.square().mean() for each in backbone(IMAGES)).backward()
    optimizer.step()
    changed = {key for key, value in backbone.network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed and not any(key.startswith(frozen) for key in changed)


def test_norm_eval_keeps_the_statistics_and_trains_the_rest() -> None:
    for norm_eval in (False, True):
        backbone = TimmBackbone("resnet10t", norm_eval=norm_eval).train()
        norms = [m for m in backbone.modules() if isinstance(m, nn.BatchNorm2d)]
        assert norms and {norm.training for norm in norms} == {not norm_eval}
        assert all(parameter.requires_grad for parameter in backbone.parameters())
        assert backbone.network.training


def test_wrong_choices_are_named() -> None:
    with pytest.raises(UserError, match="no network 'resnet_50'"):
        TimmBackbone("resnet_50")
    with pytest.raises(UserError, match=r"strides \[2, 4, 8, 16, 32\], none of \[64\]"):
        TimmBackbone("resnet10t", strides=(4, 64))
    with pytest.raises(UserError, match="frozen_stages is 5, but the network has the stages 0 to 4"):
        TimmBackbone("resnet10t", frozen_stages=5)


def test_a_detector_learns_on_it() -> None:
    cfg = Config.fromfile(ROOT / "configs/detect/faster_rcnn_small.py")
    model = cfg.model
    model.backbone = dict(type="TimmBackbone", model_name="tf_efficientnet_lite0")
    model.neck = dict(type="TimmFPN", model_name="tf_efficientnet_lite0", out_channels=64, num_outs=5)
    detector = MODELS.build(model)
    sides = dict.fromkeys(("img_shape", "pad_shape", "batch_input_shape", "ori_shape"), (64, 64))
    sample = DetDataSample(metainfo={**sides, "scale_factor": (1, 1)})
    sample.gt_instances = InstanceData(bboxes=torch.tensor([[8.0, 8.0, 40.0, 40.0]]), labels=torch.tensor([0]))
    losses, _ = detector.parse_losses(detector.loss(IMAGES[:1], [sample]))
    losses.backward()
    gradients = [p.grad for p in detector.backbone.network.conv_stem.parameters()]
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)
