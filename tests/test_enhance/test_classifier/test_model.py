"""The classifier: losses against loops, the split into F and head, the linear head found out, training."""

import copy
import math

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch.utils._python_dispatch import TorchDispatchMode

from data.errors import UserError
from enhance.classifier.model import AttentionClassifier, check_targets, masked_bce, masked_three_state_loss
from enhance.classifier.pooling import pcam_gradients, pcam_logits


def small(**options) -> AttentionClassifier:
    backbone = dict(model_name="resnet10t", in_chans=1)
    return AttentionClassifier(backbone, ["a", "b", "c"], mean=[0.5], std=[0.25], **options)


def test_masked_bce_equals_the_loop():
    logits, targets, mask = torch.randn(5, 3), torch.rand(5, 3), (torch.rand(5, 3) > 0.4).float()
    terms = []
    for z, t, m in zip(logits.flatten().tolist(), targets.flatten().tolist(), mask.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-z))
        if m:
            terms.append(-t * math.log(p) - (1 - t) * math.log(1 - p))
    assert masked_bce(logits, targets, mask).item() == pytest.approx(sum(terms) / len(terms), rel=1e-5)


def test_masked_terms_do_not_move_the_weights():
    logits = torch.zeros(2, 2, requires_grad=True)
    mask = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    masked_bce(logits, torch.ones(2, 2), mask).backward()
    assert logits.grad.tolist() == [[-0.5, 0.0], [0.0, 0.0]]
    assert masked_bce(logits, torch.ones(2, 2), torch.zeros(2, 2)).item() == 0


def test_three_state_loss_equals_the_loop():
    states, targets, mask = torch.randn(4, 2, 3), torch.randint(0, 3, (4, 2)).float(), torch.tensor([[1.0, 0.0]] * 4)
    expected = [-math.log(states[i, 0].exp()[int(targets[i, 0])] / states[i, 0].exp().sum()) for i in range(4)]
    assert masked_three_state_loss(states, targets, mask).item() == pytest.approx(sum(expected) / 4, rel=1e-5)


def test_three_state_probability_is_the_softmax_over_positive_and_negative():
    model = small(three_state=True).eval()
    features = torch.rand(2, 512, 2, 2)
    states = model.network.forward_head(features).reshape(2, 3, 3)
    expected = states[:, :, :2].softmax(2)[:, :, 1]
    torch.testing.assert_close(model.probabilities(model.head(features)), expected)


@pytest.mark.parametrize("gray", [True, False])
def test_split_equals_the_whole_network(gray):
    model = AttentionClassifier(dict(model_name="resnet10t"), ["a", "b"]).eval()
    images = torch.rand(2, 1 if gray else 3, 64, 64)
    normalized = (images.expand(-1, 3, -1, -1) - model.mean) / model.std
    torch.testing.assert_close(model.head(model.extract_feat(images)), model.network(normalized))
    assert model.extract_feat(images).min() >= 0


@pytest.mark.parametrize("name", ["resnet10t", "densenet121", "mobilenetv3_small_050", "convnext_atto", "vgg11"])
def test_linear_weight_is_right_or_absent(name):
    """What is claimed linear must equal W mean(F) + b; a head with more to it must not be claimed."""
    model = AttentionClassifier(dict(model_name=name), ["a", "b"])
    weight = model.linear_weight()
    assert (weight is not None) == (name in ("resnet10t", "densenet121"))
    assert model.training
    if weight is not None:
        model.eval()
        features = torch.rand(2, weight.shape[1], 4, 3)
        bias = model.network.get_classifier().bias
        torch.testing.assert_close(model.head(features), features.mean((2, 3)) @ weight.T + bias)


def test_pcam_pools_what_the_last_layer_says_of_each_cell():
    model = small(pooling="pcam").eval()
    features, last = torch.rand(2, 512, 3, 4), model.network.get_classifier()
    torch.testing.assert_close(model.head(features), pcam_logits(features, last.weight, last.bias))
    assert model.linear_weight() is None
    weight, cells = model.cell_gradients(features)
    assert weight is last.weight
    torch.testing.assert_close(cells, pcam_gradients(features, last.weight, last.bias))
    assert small().cell_gradients(features) is None
    states = small(pooling="pcam", three_state=True).eval()
    assert states.cell_gradients(features) is None
    assert states.head(features).shape == (2, 3)
    assert states.loss(features, torch.ones(2, 3), torch.ones(2, 3)).item() > 0


def test_wrong_poolings_are_named():
    with pytest.raises(UserError, match="pooling must be 'network' or 'pcam', got 'max'"):
        small(pooling="max")
    for name in ("resnetv2_18", "mobilenetv3_small_050"):
        with pytest.raises(UserError, match=f"needs features and one linear layer, not {name}"):
            AttentionClassifier(dict(model_name=name), ["a"], pooling="pcam")


def test_uint8_and_float_inputs_mean_the_same():
    model = small().eval()
    images = torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(model(images), model(images.float() / 255))


def test_modes():
    model = small()
    labels, mask = torch.tensor([[1.0, 0.0, 1.0]] * 2), torch.ones(2, 3)
    images = torch.rand(2, 1, 64, 64)
    assert model(images).shape == (2, 3)
    assert model(images, labels, mask, mode="loss")["loss"].ndim == 0
    samples = model(images, labels, mask, mode="predict")
    assert len(samples) == 2
    assert all(0 <= p <= 1 for p in samples[0]["scores"].tolist())


def test_loss_falls_when_it_learns():
    model, labels, mask = small(), torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), torch.ones(2, 3)
    images = torch.rand(2, 1, 32, 32)
    optimizer = torch.optim.Adam(model.parameters())
    losses = []
    for _ in range(15):
        loss = model(images, labels, mask, mode="loss")["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_channels_innermost_in_memory_change_no_result():
    model = small()
    plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    images, labels, mask = torch.rand(4, 1, 64, 64), torch.randint(0, 2, (4, 3)).float(), torch.ones(4, 3)
    losses = [each(images, labels, mask, mode="loss")["loss"] for each in (model, plain)]
    torch.testing.assert_close(*losses, rtol=1e-4, atol=1e-4)
    for loss in losses:
        loss.backward()
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4)
    model.load_state_dict(plain.state_dict())  # as a checkpoint of before has them
    maps = model.eval().extract_feat(images)
    assert maps.is_contiguous(memory_format=torch.channels_last) and not maps.is_contiguous()
    torch.testing.assert_close(maps, plain.eval().extract_feat(images), rtol=1e-4, atol=1e-4)
    normalizing = AttentionClassifier(dict(model_name="lrn_cnn", hidden=8), ["a", "b"])  # slower, since across channels
    assert normalizing.network.features.conv2.weight.is_contiguous()


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="activation"):
        small(activation="tanh")
    with pytest.raises(ValueError, match="three_state"):
        small(activation="softmax", three_state=True)


@pytest.mark.parametrize(
    ("three_state", "state", "message"), [(False, 2.0, "they need three_state=True"), (True, 0.7, "multiclass")]
)
def test_policies_that_do_not_fit_the_head_are_refused(three_state, state, message):
    model = small(three_state=three_state)
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    data = dict(inputs=torch.rand(2, 1, 32, 32), labels=torch.tensor([[0.0, 1.0, state]] * 2), mask=torch.ones(2, 3))
    with pytest.raises(UserError, match=message):
        model.train_step(data, optimizer)
    with pytest.raises(UserError, match=message):
        model.data_preprocessor(data, training=True)  # as distributed training calls it
    assert len(model.val_step(data)) == 2  # no loss is made of them
    data["mask"][:, 2] = 0
    assert model.train_step(data, optimizer)["loss"].item() > 0
    data["mask"][:, 2], data["labels"][:, 2] = 1, 2.0 if three_state else 0.7
    assert model.train_step(data, optimizer)["loss"].item() > 0


class Waits(TorchDispatchMode):
    """Notes operations that would wait for a GPU: those that read a number or a number of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function)
        self.names += [name] if name.startswith(("aten._local_scalar_dense", "aten.nonzero", "aten.index.")) else []
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("three_state", [False, True])
def test_the_loss_waits_for_no_number(three_state):
    model = small(three_state=three_state)
    features = model.extract_feat(torch.rand(2, 1, 64, 64))
    labels, mask = torch.ones(2, 3), torch.tensor([[1.0, 0.0, 1.0]] * 2)
    with Waits() as waits:
        model.loss(features, labels, mask)
    assert waits.names == []
    with Waits() as waits:
        check_targets(three_state, labels, mask)
    assert len(waits.names) == 2


@pytest.mark.parametrize(
    "backbone, shape",
    [
        (dict(model_name="test_vit", img_size=32), r"\(1, 5, 64\)"),
        (dict(model_name="swin_tiny_patch4_window7_224", img_size=32), r"\(1, 1, 1, 768\)"),
    ],
)
def test_a_network_without_feature_maps_is_refused(backbone, shape):
    classifier = AttentionClassifier(dict(in_chans=1, **backbone), ["a"], mean=[0.5], std=[0.5])
    with pytest.raises(ValueError, match=f"features of shape {shape}.*take a convolutional network"):
        classifier.extract_feat(torch.zeros(1, 1, 32, 32))
