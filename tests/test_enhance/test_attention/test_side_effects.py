"""No attention method leaves anything behind in the classifier, and none depends on the mode it is called in."""

import pytest
import torch

from enhance.attention import StrongestChannel
from tests.test_enhance.toy import BY_CLASS, METHODS, images, maps_of, pairs, toy


@pytest.mark.parametrize("train", [True, False])
@pairs(METHODS)
def test_leaves_the_classifier_as_it_was(method, options, train):
    classifier = toy(options).train(train)
    classifier.body.train(not train)
    classifier.fc.bias.requires_grad_(False)
    classifier.fc.weight.grad = torch.ones_like(classifier.fc.weight)
    before = state_of(classifier)
    maps_of(method, classifier, images())
    method(classifier)(images())
    assert state_of(classifier) == before
    assert torch.is_grad_enabled()


def state_of(classifier):
    """All that a method could leave behind: modes, hooks, gradients, what needs them, weights."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    modules = [(m.training, *(len(getattr(m, hook)) for hook in hooks)) for m in classifier.modules()]
    parameters = [
        (p.requires_grad, p._backward_hooks, None if p.grad is None else p.grad.tolist(), p.tolist())
        for p in classifier.parameters()
    ]
    return modules, parameters, sorted(vars(classifier))


@pytest.mark.parametrize("part", ["extract_feat", "head"])
@pairs(METHODS)
def test_leaves_the_classifier_as_it_was_after_an_error(method, options, part):
    classifier = toy(options).train()
    classifier.body.eval()

    def broken(_):
        raise RuntimeError("broken")

    setattr(classifier, part, broken)
    before = state_of(classifier)
    if part == "extract_feat" or method in BY_CLASS:
        with pytest.raises(RuntimeError, match="broken"):
            method(classifier)(images())
    elif method is StrongestChannel:
        method(classifier)(images())  # has no use for the head
    assert state_of(classifier) == before
    assert torch.is_grad_enabled()


@pairs(METHODS)
def test_dropout_is_off(method, options):
    classifier = toy(options).train()
    assert torch.equal(maps_of(method, classifier, images()), maps_of(method, classifier, images()))
    assert torch.equal(maps_of(method, classifier, images()), maps_of(method, classifier.eval(), images()))


@pairs(METHODS)
def test_works_without_gradients(method, options):
    """Inside `no_grad`, and on a frozen classifier."""
    classifier = toy(options)
    expected = maps_of(method, classifier, images())
    with torch.no_grad():
        assert torch.equal(maps_of(method, classifier, images()), expected)
    assert torch.equal(maps_of(method, classifier.requires_grad_(False), images()), expected)


@pairs(METHODS)
def test_works_in_inference_mode(method, options):
    classifier = toy(options)
    expected = maps_of(method, classifier, images())
    with torch.inference_mode():
        assert torch.equal(maps_of(method, classifier, images()), expected)


@pairs(METHODS)
def test_autocast_is_off(method, options):
    classifier = toy(options)
    expected = maps_of(method, classifier, images())
    with torch.autocast("cpu", torch.bfloat16):
        assert classifier.head(classifier.extract_feat(images())).dtype == torch.bfloat16
        maps = maps_of(method, classifier, images())
    assert maps.dtype == torch.float32
    assert torch.equal(maps, expected)


@pairs(METHODS)
def test_images_of_other_floats_are_read_as_float32(method, options):
    classifier = toy(options)
    batch = images().bfloat16()
    expected = maps_of(method, classifier, batch.float())
    for other in (batch, batch.double(), batch.float().requires_grad_()):
        maps = maps_of(method, classifier, other)
        assert maps.dtype == torch.float32
        assert torch.equal(maps, expected)
        assert not maps.requires_grad
