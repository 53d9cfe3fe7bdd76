"""Equations (3)-(6) against hand-worked numbers, loops and float64 autograd."""

import math

import pytest
import torch

from colorize_gan.training.losses import (
    adversarial_loss,
    content_loss,
    discriminator_loss,
    feature_loss,
    generator_loss,
    pixel_loss,
)


def random_maps(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = [(2, 3, 4, 5), (2, 6, 2, 3)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def slow_feature_loss(real_maps, fake_maps) -> float:
    batch = len(real_maps[0])
    total = 0.0
    for real, fake in zip(real_maps, fake_maps, strict=True):
        _, channels, height, width = real.shape
        for b in range(batch):
            for k in range(channels):
                norm = sum(
                    abs(float(real[b, k, i, j]) - float(fake[b, k, i, j])) for i in range(height) for j in range(width)
                )
                total += norm / (width * height)
    return total / batch


def test_feature_loss_by_loops():
    real, fake = random_maps(0), random_maps(1)
    assert feature_loss(real, fake).item() == pytest.approx(slow_feature_loss(real, fake), rel=1e-12)


def test_feature_loss_by_hand():
    # Layer 1: two channels of 1x2 cells that differ by (1, 3) and (0, 2): 4/2 + 2/2 = 3. Layer 2: one cell, by 5.
    real = [torch.tensor([[[[1.0, 3.0]], [[0.0, 2.0]]]]), torch.tensor([[[[5.0]]]])]
    fake = [torch.zeros(1, 2, 1, 2), torch.zeros(1, 1, 1, 1)]
    assert feature_loss(real, fake).item() == 8.0


def test_feature_loss_is_l1():
    real, fake = random_maps(2), random_maps(3)
    far = [r + 3 * (f - r) for r, f in zip(real, fake, strict=True)]
    assert feature_loss(real, far).item() == pytest.approx(3 * feature_loss(real, fake).item())


def test_content_loss_by_hand():
    real, fake = torch.zeros(1, 3, 1, 2), torch.full((1, 3, 1, 2), 0.25)
    maps, other = [torch.zeros(1, 1, 2, 2)], [torch.ones(1, 1, 2, 2)]
    assert pixel_loss(real, fake).item() == 0.25
    assert content_loss(real, fake).item() == 0.25
    assert content_loss(real, fake, maps, other).item() == 1.25
    assert content_loss(real, fake, maps, other, feature_weight=0.1).item() == pytest.approx(0.35)
    assert content_loss(real, fake, maps, other, feature_weight=0.1, pixel_weight=4).item() == pytest.approx(1.1)


def test_adversarial_losses_by_hand():
    # D(y) = 3/4, D(G(x)) = 1/5: L_A = log 5; L_D = -log(3/4) - log(4/5) = log(5/3).
    real, fake = torch.tensor([math.log(3.0)]), torch.tensor([math.log(0.25)])
    assert adversarial_loss(fake).item() == pytest.approx(math.log(5))
    assert discriminator_loss(real, fake).item() == pytest.approx(math.log(5 / 3))
    assert generator_loss(torch.tensor(0.3), adversarial_loss(fake)).item() == pytest.approx(0.3 + math.log(5) / 2)


def test_gradients_are_those_of_the_equations():
    real = torch.randn(7, dtype=torch.float64, requires_grad=True)
    fake = torch.randn(7, dtype=torch.float64, requires_grad=True)
    literal_d = (-real.sigmoid().log() - (1 - fake.sigmoid()).log()).mean()
    for ours, theirs in zip(
        torch.autograd.grad(discriminator_loss(real, fake), (real, fake)),
        torch.autograd.grad(literal_d, (real, fake)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)
    (ours,) = torch.autograd.grad(adversarial_loss(fake), fake)
    (theirs,) = torch.autograd.grad(-fake.sigmoid().log().mean(), fake)
    torch.testing.assert_close(ours, theirs)


def test_a_certain_discriminator_still_teaches_the_generator():
    logit = torch.tensor([-200.0], requires_grad=True)
    loss = adversarial_loss(logit)
    loss.backward()
    assert loss.item() == pytest.approx(200.0) and logit.grad.item() == pytest.approx(-1.0)
