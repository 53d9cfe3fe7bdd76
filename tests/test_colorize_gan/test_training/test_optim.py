"""Two optimizers from one config."""

import copy

import pytest
import torch
from mmengine.optim import AmpOptimWrapper, build_optim_wrapper
from torch import nn

from colorize_gan.training.optim import GANOptimWrapperConstructor

CONFIG = {
    "type": "OptimWrapper",
    "constructor": "GANOptimWrapperConstructor",
    "generator": {"optimizer": {"type": "Adam", "lr": 1e-4, "betas": (0.0, 0.999)}},
    "discriminator": {"optimizer": {"type": "Adam", "lr": 5e-4, "betas": (0.0, 0.999)}},
}


class Pair(nn.Module):
    def __init__(self, critic: bool = True) -> None:
        super().__init__()
        self.generator = nn.Linear(2, 3)
        self.discriminator = nn.Linear(3, 1) if critic else None


def test_each_optimizer_has_its_own_parameters_and_rate():
    model = Pair()
    wrappers = build_optim_wrapper(model, copy.deepcopy(CONFIG))
    for part, rate in (("generator", 1e-4), ("discriminator", 5e-4)):
        (group,) = wrappers[part].optimizer.param_groups
        assert group["lr"] == rate and group["betas"] == (0.0, 0.999)
        assert [id(p) for p in group["params"]] == [id(p) for p in getattr(model, part).parameters()]


def test_shared_entries_reach_both():
    wrappers = build_optim_wrapper(Pair(), copy.deepcopy(CONFIG) | {"clip_grad": {"max_norm": 2.0}})
    assert [wrapper.clip_grad_kwargs for wrapper in wrappers.values()] == [{"max_norm": 2.0}] * 2


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="mmengine's mixed precision needs a GPU")
def test_mixed_precision_reaches_both():
    wrappers = build_optim_wrapper(Pair().cuda(), copy.deepcopy(CONFIG) | {"type": "AmpOptimWrapper"})
    assert all(isinstance(wrapper, AmpOptimWrapper) for wrapper in wrappers.values())


def test_a_generator_alone():
    config = copy.deepcopy(CONFIG)
    del config["discriminator"]
    assert list(build_optim_wrapper(Pair(critic=False), config).keys()) == ["generator"]


@pytest.mark.parametrize("still", ["generator", "discriminator"])
def test_a_part_without_optimizer_is_not_trained(still):
    wrappers = build_optim_wrapper(Pair(), copy.deepcopy(CONFIG) | {still: None})
    assert list(wrappers.keys()) == [part for part in ("generator", "discriminator") if part != still]


def test_a_missing_part_may_be_left_untrained():
    config = copy.deepcopy(CONFIG) | {"discriminator": None}
    assert list(build_optim_wrapper(Pair(critic=False), config).keys()) == ["generator"]


def test_parts_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"trains \['discriminator', 'generator'\] .* model has \['generator'\]"):
        build_optim_wrapper(Pair(critic=False), copy.deepcopy(CONFIG))
    forgotten = {key: value for key, value in copy.deepcopy(CONFIG).items() if key != "discriminator"}
    with pytest.raises(ValueError, match="give one entry for each part"):
        build_optim_wrapper(Pair(), forgotten)
    with pytest.raises(ValueError, match=r"trains \[\]"):
        build_optim_wrapper(Pair(), copy.deepcopy(CONFIG) | {"generator": None, "discriminator": None})
    with pytest.raises(ValueError, match="paramwise_cfg belongs inside"):
        GANOptimWrapperConstructor(CONFIG, {"norm_decay_mult": 0.0})
