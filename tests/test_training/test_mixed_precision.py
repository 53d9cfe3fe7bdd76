"""Mixed precision: bfloat16 on a CPU, mmengine's own on a GPU, for one optimizer or two."""

import copy

import pytest
import timm
import torch
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper

from training.mixed_precision import autocast, use_mixed_precision


def test_on_a_cpu_it_is_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = ConfigDict(type="OptimWrapper", optimizer=dict(type="SGD", lr=0.1), accumulative_counts=2)
    use_mixed_precision(config)
    line = torch.nn.Linear(3, 1)
    wrapper = build_optim_wrapper(line, config)
    with wrapper.optim_context(line):
        output = line(torch.ones(2, 3))
    assert output.dtype == torch.bfloat16
    assert line(torch.ones(2, 3)).dtype == torch.float32 == line.weight.dtype
    before = line.weight.clone()
    wrapper.update_params(output.float().mean())
    wrapper.update_params(line(torch.ones(2, 3)).mean())
    assert not torch.equal(line.weight, before)


def test_depthwise_convolutions_stay_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    torch.manual_seed(0)
    network = timm.create_model("tf_efficientnet_lite0", num_classes=2).eval()
    names = {name for name, module in network.named_modules() if name.endswith("conv_dw")}
    assert len(names) == 16
    seen: dict[str, torch.dtype] = {}
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda _, inputs, output, name=name: seen.update({name: output.dtype}))
    photos = torch.rand(1, 3, 64, 64)
    print_before, expected = str(network), network(photos)
    config = ConfigDict(type="OptimWrapper", optimizer=dict(type="SGD", lr=0.1))
    use_mixed_precision(config)
    wrapper = build_optim_wrapper(network, config)
    for _ in range(2):
        with wrapper.optim_context(network):
            answer = network(photos)
        assert {name for name, dtype in seen.items() if dtype == torch.float32} == names
    assert str(network) == print_before
    torch.testing.assert_close(answer.float(), expected, rtol=0.1, atol=0.1)
    assert torch.equal(network(photos), expected)  # no autocast, no difference
    assert torch.equal(
        copy.deepcopy(network).double()(photos.double()).float().round(decimals=3), expected.round(decimals=3)
    )


def test_it_reaches_each_optimizer_of_a_gan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    wrapper = ConfigDict(
        constructor="Two",
        generator=dict(type="OptimWrapper", optimizer=dict(lr=1)),
        discriminator=dict(optimizer=dict(lr=5)),
    )
    use_mixed_precision(wrapper)
    assert wrapper.generator.type == wrapper.discriminator.type == "AmpOptimWrapper"
    assert "type" not in wrapper and wrapper.constructor == "Two"


def test_without_a_training_it_has_the_same_types() -> None:
    line, images = torch.nn.Linear(3, 1), torch.ones(2, 3)
    with autocast(images.device):
        assert line(images).dtype == torch.bfloat16
        with autocast(images.device, enabled=False):
            assert line(images).dtype == torch.float32
    if torch.cuda.is_available():
        with autocast(torch.device("cuda")):
            assert line.cuda()(images.cuda()).dtype == torch.float16
