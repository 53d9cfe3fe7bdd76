"""The running mean of the generator through a training, its checkpoints and a resume."""

import copy
from types import SimpleNamespace

import torch
from mmengine.registry import HOOKS
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from colorize_gan.training.generator_ema import GeneratorAverage, GeneratorEMAHook

MOMENTUM = 0.25


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
        self.discriminator = nn.Linear(1, 1)

    @property
    def weight(self) -> nn.Parameter:
        return self.generator[0].weight


def start(weight: float, resume: bool = False) -> tuple[GeneratorEMAHook, SimpleNamespace]:
    model = Pair()
    model.weight.data.fill_(weight)
    runner = SimpleNamespace(model=model, iter=0, _resume=resume)
    hook = HOOKS.build({"type": "GeneratorEMAHook", "momentum": MOMENTUM})
    hook.before_run(runner)
    return hook, runner


def train(hook: GeneratorEMAHook, runner: SimpleNamespace, weights: list[float]) -> None:
    for weight in weights:
        runner.model.weight.data.fill_(weight)
        runner.model.generator[1].running_mean.fill_(weight)
        runner.model.discriminator.weight.data.fill_(weight)
        hook.after_train_iter(runner, 0)
        runner.iter += 1


def saved(hook: GeneratorEMAHook, runner: SimpleNamespace) -> dict:
    checkpoint = {"state_dict": copy.deepcopy(runner.model.state_dict())}
    hook.before_save_checkpoint(runner, checkpoint)
    return copy.deepcopy(checkpoint)


def test_mean_by_hand():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    # 8, then .75·8 + .25·4 = 7, then .75·7 + .25·0 = 5.25.
    assert hook.ema_model.module[0].weight.item() == 5.25
    assert runner.model.weight.item() == 0


def test_statistics_are_those_of_the_mean():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    assert hook.ema_model.module[1].running_mean.item() == 5.25
    assert runner.model.generator[1].running_mean.item() == 0
    assert saved(hook, runner)["state_dict"]["generator.1.running_mean"].item() == 5.25


def test_the_mean_of_a_spectral_norm_divides_by_its_largest_singular_value():
    """A weight that turns slowly: what its mean computes is what a spectral norm of the mean weight would."""
    torch.manual_seed(0)
    linear = spectral_norm(nn.Linear(6, 6, bias=False))
    mean = GeneratorAverage(linear, momentum=0.1)
    turn = torch.randn(6, 6)
    for _ in range(40):
        linear.parametrizations.weight.original.data += 0.005 * turn
        linear(torch.ones(1, 6))  # one step of the power iteration
        mean.update_parameters(linear)
    parts = mean.module.parametrizations.weight
    assert (parts[0]._u.norm() - 1).abs() < 1e-6 and (parts[0]._v.norm() - 1).abs() < 1e-6
    largest = torch.linalg.matrix_norm(parts.original, 2)
    torch.testing.assert_close(mean.module.eval().weight, parts.original / largest, rtol=0.02, atol=0)


def test_validation_sees_the_mean_and_the_current_critic():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    hook.before_val_epoch(runner)
    assert runner.model.weight.item() == 5.25 and runner.model.discriminator.weight.item() == 0
    hook.after_val_epoch(runner)
    assert runner.model.weight.item() == 0


def test_a_checkpoint_colorizes_with_the_mean():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    checkpoint = saved(hook, runner)
    assert checkpoint["state_dict"]["generator.0.weight"].item() == 5.25
    assert checkpoint["state_dict"]["discriminator.weight"].item() == 0
    assert set(checkpoint["state_dict"]) == set(runner.model.state_dict())


def test_a_resumed_run_goes_on_as_if_nothing_had_happened():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    checkpoint = saved(hook, runner)
    train(hook, runner, [2])

    resumed, other = start(99, resume=True)
    resumed.after_load_checkpoint(other, checkpoint)
    other.model.load_state_dict(checkpoint["state_dict"])
    assert other.model.weight.item() == 0 and other.model.discriminator.weight.item() == 0
    other.iter = 3
    train(resumed, other, [2])
    assert resumed.ema_model.module[0].weight.item() == hook.ema_model.module[0].weight.item() == 4.4375
    assert torch.equal(resumed.ema_model.steps, hook.ema_model.steps)


def test_a_later_phase_starts_from_the_mean():
    hook, runner = start(8)
    train(hook, runner, [8, 4, 0])
    later, other = start(99)
    checkpoint = saved(hook, runner)
    later.after_load_checkpoint(other, checkpoint)
    other.model.load_state_dict(checkpoint["state_dict"])
    assert other.model.weight.item() == later.ema_model.module[0].weight.item() == 5.25


def test_wrappers_of_distributed_training_are_looked_through():
    model = Pair()
    wrapped = SimpleNamespace(module=SimpleNamespace(generator=SimpleNamespace(module=model.generator)))
    hook = GeneratorEMAHook(momentum=MOMENTUM)
    hook.before_run(SimpleNamespace(model=wrapped))
    assert hook.src_model is model.generator
