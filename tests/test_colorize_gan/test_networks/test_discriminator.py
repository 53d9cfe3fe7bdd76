"""The discriminator: one logit per image, bounded slopes."""

import pytest
import torch

from colorize_gan.networks.discriminator import SelfAttentionDiscriminator


@pytest.mark.parametrize("size", [(64, 64), (97, 131)])
def test_one_logit_an_image(size):
    torch.manual_seed(0)
    assert SelfAttentionDiscriminator((16, 16, 32))(torch.rand(3, 3, *size)).shape == (3,)


@torch.no_grad()
def test_a_logit_does_not_depend_on_the_batch():
    torch.manual_seed(0)
    discriminator = SelfAttentionDiscriminator((16, 16, 32)).eval()
    images = torch.rand(3, 3, 32, 32)
    alone = torch.cat([discriminator(image[None]) for image in images])
    torch.testing.assert_close(discriminator(images), alone)


@torch.no_grad()
def test_dropout_only_in_training():
    torch.manual_seed(0)
    discriminator = SelfAttentionDiscriminator((16, 16), dropout=0.5)
    images = torch.rand(1, 3, 32, 32)
    assert discriminator(images) != discriminator(images)
    discriminator.eval()
    assert discriminator(images) == discriminator(images)


def test_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    discriminator = SelfAttentionDiscriminator((16, 16, 32), dropout=0.0)
    discriminator.layers[6].gamma.data.fill_(0.5)
    discriminator(torch.rand(2, 3, 32, 32)).sum().backward()
    assert [name for name, p in discriminator.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_patches_have_logits_of_their_own():
    torch.manual_seed(0)
    plain = SelfAttentionDiscriminator((16, 16, 32)).eval()
    patch = SelfAttentionDiscriminator((16, 16, 32), patch=True).eval()
    patch.load_state_dict(plain.state_dict())
    images = torch.rand(2, 3, 64, 48)
    logits = patch(images)
    assert logits.shape == (2, 8, 6) and logits.std() > 0
    # The head is linear: the mean of the patches' logits is the logit of the mean.
    torch.testing.assert_close(logits.mean((1, 2)), plain(images))


def test_one_layer_is_refused():
    with pytest.raises(ValueError, match="at least two layers"):
        SelfAttentionDiscriminator((16,))
