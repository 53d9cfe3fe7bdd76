"""The call, the up-sampling and the normalization that all attention methods share."""

import pytest
import torch
from toy import ToyClassifier, images

from enhance.attention import CAWE, normalize


def test_contract_of_the_call():
    maps = CAWE(ToyClassifier())(images(3, 20))
    assert maps.shape == (3, 20, 20)
    assert maps.dtype == torch.float32
    assert maps.min() >= 0
    assert not maps.requires_grad


def test_batch_equals_single_images():
    classifier, batch = ToyClassifier(linear=False), images(4)
    single = torch.cat([CAWE(classifier)(image[None]) for image in batch])
    torch.testing.assert_close(CAWE(classifier)(batch), single)


def test_leaves_the_classifier_as_it_was():
    classifier = ToyClassifier(linear=False).train()
    classifier.body.eval()
    modes = [m.training for m in classifier.modules()]
    CAWE(classifier)(images())
    assert [m.training for m in classifier.modules()] == modes
    assert all(p.grad is None for p in classifier.parameters())


def test_dropout_is_off():
    classifier = ToyClassifier(linear=False).train()
    torch.testing.assert_close(CAWE(classifier)(images()), CAWE(classifier)(images()))


def test_up_sampling_by_hand():
    """Row (0, 4) to four pixels, centers aligned: 0, 1, 3, 4."""
    classifier = ToyClassifier()
    method = CAWE(classifier)
    method.raw_maps = lambda features: torch.tensor([[[0.0, 4.0]]])
    assert method(torch.zeros(1, 1, 1, 4))[0, 0].tolist() == [0, 1, 3, 4]


def test_normalize_by_hand():
    maps = torch.tensor([[[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, 0.0]]])
    assert normalize(maps, "max")[0].flatten().tolist() == pytest.approx([0.2, 0.4, 0.6, 1.0])
    assert normalize(maps, "minmax")[0].flatten().tolist() == pytest.approx([0, 0.25, 0.5, 1.0])
    assert torch.equal(normalize(maps, "none"), maps)
    for mode in ("max", "minmax"):
        assert normalize(maps, mode)[1].abs().max() == 0
    with pytest.raises(ValueError, match="normalization"):
        normalize(maps, "sum")
