"""The training step and `colorize`."""

import copy
import logging

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from mmengine.logging import MMLogger
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS
from mmengine.runner import load_checkpoint, save_checkpoint
from mmengine.runner.checkpoint import get_state_dict
from torch import Tensor, nn

from colorize_gan.color import luminance
from colorize_gan.model import ColorizationGAN


@MODELS.register_module(force=True)
class ToyGenerator(nn.Module):
    """sigmoid(a·gray + b), a and b one number per channel."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor([1.0, 2.0, 3.0])), nn.Parameter(torch.tensor([0.1, -0.2, 0.3]))

    def forward(self, gray: Tensor) -> Tensor:
        return torch.sigmoid(self.a.view(3, 1, 1) * gray + self.b.view(3, 1, 1))


@MODELS.register_module(force=True)
class ToyDiscriminator(nn.Module):
    """w · (mean color)."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))

    def forward(self, rgb: Tensor) -> Tensor:
        return rgb.mean((2, 3)) @ self.w


@MODELS.register_module(force=True)
class ToyFeatures(nn.Module):
    """Two maps: red minus blue, and green squared."""

    def forward(self, rgb: Tensor) -> list[Tensor]:
        return [rgb[:, :1] - rgb[:, 2:], rgb[:, 1:2] ** 2]


TOY = {
    "type": "ColorizationGAN",
    "generator": {"type": "ToyGenerator"},
    "discriminator": {"type": "ToyDiscriminator"},
    "feature_extractor": {"type": "ToyFeatures"},
    "feature_weight": 0.7,
    "pixel_weight": 1.5,
}
SMALL = {
    "type": "ColorizationGAN",
    "generator": {"type": "UNetGenerator", "encoder": "resnet18", "decoder_channels": (32, 16, 16, 8, 8)},
    "discriminator": {"type": "SelfAttentionDiscriminator", "channels": (16, 16, 32)},
    "feature_extractor": {"type": "FeatureExtractor", "name": "resnet18", "weights": "random", "out_indices": (0, 1)},
    "feature_weight": 0.1,
}


def build(config: dict, seed: int = 0) -> ColorizationGAN:
    torch.manual_seed(seed)
    return MODELS.build(copy.deepcopy(config))


def optimizers(
    model: ColorizationGAN, optimizer: str = "SGD", lr_g: float | None = 0.1, lr_d: float | None = 0.5, **shared
):
    config = {"constructor": "GANOptimWrapperConstructor", **shared}
    for part, rate in (("generator", lr_g), ("discriminator", lr_d)):
        if getattr(model, part) is not None:
            config[part] = None if rate is None else {"optimizer": {"type": optimizer, "lr": rate}}
    return build_optim_wrapper(model, config)


def batch(size: int = 8, seed: int = 0) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"inputs": torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8, generator=generator)}


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in module.named_parameters()}


def slow_step(model: ColorizationGAN, y: Tensor, lr_g: float, lr_d: float) -> dict[str, Tensor]:
    """Eq. (6), a step of D, then eq. (3)-(5) with the new D, a step of G; float64, probabilities instead of logits."""
    a, b = (p.detach().double().requires_grad_() for p in (model.generator.a, model.generator.b))
    w = model.discriminator.w.detach().double().requires_grad_()

    def probability(image: Tensor, weights: Tensor) -> Tensor:
        return 1 / (1 + torch.exp(-(image.mean((2, 3)) @ weights)))

    x = 0.299 * y[:, :1] + 0.587 * y[:, 1:2] + 0.114 * y[:, 2:]
    fake = torch.sigmoid(a.view(3, 1, 1) * x + b.view(3, 1, 1))
    loss_d = (-probability(y, w).log() - (1 - probability(fake.detach(), w)).log()).mean()
    new_w = (w - lr_d * torch.autograd.grad(loss_d, w)[0]).detach()

    cells = y.shape[0] * y.shape[2] * y.shape[3]
    feature = sum((r - f).abs().sum() / cells for r, f in zip(ToyFeatures()(y), ToyFeatures()(fake), strict=True))
    content = 1.5 * (y - fake).abs().mean() + 0.7 * feature
    loss_g = content + 0.5 * -probability(fake, new_w).log().mean()
    grad_a, grad_b = torch.autograd.grad(loss_g, (a, b))
    losses = {"loss_d": loss_d, "loss_content": content, "loss_g": loss_g}
    return losses | {"w": new_w, "a": a - lr_g * grad_a, "b": b - lr_g * grad_b}


def test_train_step_agrees_with_hand_computation():
    model, data = build(TOY), batch()
    wanted = slow_step(model, data["inputs"].double() / 255, lr_g=0.1, lr_d=0.5)
    logs = model.train_step(data, optimizers(model))
    for name in ("loss_d", "loss_content", "loss_g"):
        torch.testing.assert_close(logs[name].double(), wanted[name].detach(), rtol=1e-5, atol=1e-6)
    found = {"w": model.discriminator.w, "a": model.generator.a, "b": model.generator.b}
    for name, parameter in found.items():
        torch.testing.assert_close(parameter.detach().double(), wanted[name].detach(), rtol=1e-5, atol=1e-6)


def test_the_log_has_every_loss_and_probability():
    model = build(TOY)
    logs = model.train_step(batch(), optimizers(model))
    assert set(logs) == {"loss_d", "loss_g", "loss_content", "loss_adv", "d_real", "d_fake"}
    assert not any(value.requires_grad for value in logs.values())
    assert 0 < logs["d_real"] < 1 and 0 < logs["d_fake"] < 1


@pytest.mark.parametrize("rate", [None, 0.0])
@pytest.mark.parametrize(("still", "moves"), [("generator", "discriminator"), ("discriminator", "generator")])
def test_a_step_leaves_the_other_part_untouched(still, moves, rate):
    model = build(SMALL)
    model.feature_extractor.init_weights()
    wrappers = optimizers(model, **{f"lr_{still[0]}": rate, f"lr_{moves[0]}": 0.1})
    before = {part: snapshot(getattr(model, part)) for part in (still, moves)}
    model.train_step(batch(64), wrappers)
    for part in (still, moves):
        after = snapshot(getattr(model, part))
        same = [torch.equal(after[name], value) for name, value in before[part].items()]
        assert all(same) if part == still else not all(same)


def test_the_critic_alone_leaves_the_generator_as_it_is():
    model, data = build(TOY), batch()
    wanted = slow_step(model, data["inputs"].double() / 255, lr_g=0.1, lr_d=0.5)
    before = snapshot(model.generator)
    logs = model.train_step(data, optimizers(model, lr_g=None))
    assert set(logs) == {"loss_d", "d_real", "d_fake"}
    torch.testing.assert_close(model.discriminator.w.detach().double(), wanted["w"], rtol=1e-5, atol=1e-6)
    assert all(torch.equal(p, before[name]) and p.grad is None for name, p in model.generator.named_parameters())


def test_the_critic_alone_leaves_running_statistics_too():
    model = build(SMALL).train()
    before = copy.deepcopy(model.generator.state_dict())
    model.train_step(batch(64), optimizers(model, lr_g=None))
    assert model.generator.training
    assert all(torch.equal(value, before[name]) for name, value in model.generator.state_dict().items())


@pytest.mark.parametrize("part", ["generator", "discriminator"])
def test_accumulated_gradients_are_those_of_the_whole_batch(part):
    first, second = batch(seed=1), batch(seed=2)
    whole = {"inputs": torch.cat([first["inputs"], second["inputs"]])}
    rates = {"lr_g": 0.1, "lr_d": None} if part == "generator" else {"lr_g": None, "lr_d": 0.5}
    once, twice = build(TOY), build(TOY)
    once.train_step(whole, optimizers(once, **rates))
    wrappers = optimizers(twice, **rates, accumulative_counts=2)
    wrappers[part].initialize_count_status(twice, 0, 2)
    before = snapshot(getattr(twice, part))
    twice.train_step(first, wrappers)
    assert all(torch.equal(p, before[name]) for name, p in getattr(twice, part).named_parameters())
    twice.train_step(second, wrappers)
    for name, parameter in getattr(twice, part).named_parameters():
        torch.testing.assert_close(parameter, dict(getattr(once, part).named_parameters())[name])


def test_no_gradient_stays_behind():
    model = build(SMALL)
    model.feature_extractor.init_weights()
    model.train_step(batch(64), optimizers(model))
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())
    assert all(p.requires_grad for p in model.discriminator.parameters())


def test_the_generators_loss_puts_no_gradient_into_the_discriminator():
    model = build(TOY)
    wrappers = optimizers(model)
    real = batch()["inputs"].float() / 255
    model._step_generator(real, model.generator(luminance(real)), wrappers["generator"])
    assert model.discriminator.w.grad is None


def test_the_generator_alone_learns_content_only():
    model = build(TOY | {"discriminator": None})
    logs = model.train_step(batch(), optimizers(model))
    assert set(logs) == {"loss_content", "loss_g"}
    assert logs["loss_g"] == logs["loss_content"]


@pytest.fixture
def process_group():
    dist.init_process_group("gloo", rank=0, world_size=1, store=dist.HashStore())
    yield
    dist.destroy_process_group()


def test_distributed_training_is_the_same(process_group, tmp_path):
    # One process: what counts is that each part's wrapper sees a forward pass for every backward pass.
    plain, data = build(SMALL), [batch(64, seed) for seed in range(3)]
    wrapped = MMSeparateDistributedDataParallel(copy.deepcopy(plain))
    assert all(hasattr(getattr(wrapped.module, part), "module") for part in ("generator", "discriminator"))
    for model in (plain, wrapped):
        torch.manual_seed(0)
        wrappers = optimizers(getattr(model, "module", model))
        for inputs in data:
            model.train_step(inputs, wrappers)
    for part in ("generator", "discriminator"):
        found = snapshot(getattr(wrapped.module, part).module)
        for name, parameter in getattr(plain, part).named_parameters():
            torch.testing.assert_close(parameter, found[name])
    assert len(wrapped.val_step(data[0])) == 2
    # Checkpoints know nothing of the wrappers.
    saved = wrapped.module.state_dict()
    assert saved.keys() == plain.state_dict().keys()
    save_checkpoint({"state_dict": get_state_dict(wrapped)}, str(tmp_path / "distributed.pth"))
    for other in (build(SMALL, seed=3), MMSeparateDistributedDataParallel(build(SMALL, seed=4))):
        load_checkpoint(other, str(tmp_path / "distributed.pth"), strict=True)
        loaded = getattr(other, "module", other).state_dict()
        assert all(torch.equal(value, saved[name]) for name, value in loaded.items())


def test_two_images_are_learned():
    # An orange and a blue picture of different texture: from gray alone their colors can be told.
    model = build(SMALL)
    model.feature_extractor.init_weights()
    stripes = torch.linspace(0, 20, 32).sin() * 0.15 + 0.5
    grays = torch.stack([stripes.expand(32, 32), torch.full((32, 32), 0.4)])
    colors = torch.tensor([[1.3, 1.0, 0.6], [0.6, 0.9, 1.5]])
    data = {"inputs": (grays[:, None] * colors[:, :, None, None] * 255).byte()}
    wrappers = optimizers(model, "Adam", 1e-2, 5e-2)
    losses = [model.train_step(data, wrappers)["loss_content"].item() for _ in range(24)]
    assert sum(losses[-3:]) / 3 < losses[0] / 2


def test_prediction_for_validation():
    model = build(TOY).eval()
    data = batch()
    samples = model.val_step(data)
    assert len(samples) == 2
    truth = data["inputs"].float() / 255
    torch.testing.assert_close(samples[1]["truth"], truth[1])
    torch.testing.assert_close(samples[1]["gray"], luminance(truth)[1])
    fake = model.generator(luminance(truth))
    torch.testing.assert_close(samples[1]["colorized"], fake[1])
    torch.testing.assert_close(samples[1]["truth_logit"], model.discriminator(truth)[1])
    torch.testing.assert_close(samples[1]["colorized_logit"], model.discriminator(fake)[1])
    maps = [ToyFeatures()(image) for image in (truth, fake)]
    for name, found in zip(("truth", "colorized"), maps, strict=True):
        means = torch.stack([layer[1].mean() for layer in found])
        torch.testing.assert_close(samples[1][f"{name}_features"], means)
    distance = sum((a[1] - b[1]).abs().mean() for a, b in zip(*maps, strict=True))
    torch.testing.assert_close(samples[1]["feature_distance"], distance)
    with pytest.raises(ValueError, match="train_step"):
        model(data["inputs"], mode="loss")


def test_prediction_by_a_generator_alone_and_by_patches():
    plain = build(TOY | {"discriminator": None, "feature_extractor": None}).eval()
    assert set(plain.val_step(batch())[0]) == {"gray", "colorized", "truth"}
    patches = build(SMALL | {"discriminator": {**SMALL["discriminator"], "patch": True}}).eval()
    sample = patches.val_step(batch(64))[0]
    assert sample["truth_logit"].shape == sample["colorized_logit"].shape == ()


def test_a_patch_critic_trains():
    model = build(SMALL | {"discriminator": {**SMALL["discriminator"], "patch": True}})
    before = snapshot(model.discriminator)
    logs = model.train_step(batch(64), optimizers(model))
    assert all(value.shape == () for value in logs.values())
    assert not all(torch.equal(p, before[name]) for name, p in model.discriminator.named_parameters())


def test_colorize_runs_in_eval_mode_and_restores_the_mode():
    model = build(SMALL)
    gray = torch.rand(1, 1, 40, 30)
    model.train()
    first = model.colorize(gray)
    assert model.training and model.generator.training and not first.requires_grad
    assert torch.equal(first, model.colorize(gray))
    model.eval()
    assert torch.equal(first, model.colorize(gray)) and not model.training


@pytest.mark.parametrize("render_size", [None, 0, 48, 500])
@pytest.mark.parametrize("keep_luminance", [False, True])
def test_colorize_keeps_size_and_range(render_size, keep_luminance):
    model = build(SMALL | {"render_size": render_size, "keep_luminance": keep_luminance})
    model.generator.to_change.weight.data.mul_(3000)
    gray = torch.rand(2, 1, 97, 131)
    rgb = model.colorize(gray)
    assert rgb.shape == (2, 3, 97, 131) and rgb.min() >= 0 and rgb.max() <= 1
    assert (rgb.amax(1) - rgb.amin(1)).mean() > 0.02
    if keep_luminance:
        torch.testing.assert_close(luminance(rgb), gray)


def test_colorize_options_of_a_call_win():
    model = build(TOY | {"render_size": 8, "keep_luminance": True})
    plain = build(TOY)
    gray = torch.rand(1, 1, 16, 16)
    assert torch.equal(model.colorize(gray, render_size=0, keep_luminance=False), plain.colorize(gray))
    assert torch.equal(model.colorize(gray), plain.colorize(gray, render_size=8, keep_luminance=True))
    assert not torch.equal(model.colorize(gray), plain.colorize(gray))


def test_render_size_adds_the_small_change_to_the_full_image():
    model = build(TOY)
    gray = torch.rand(1, 1, 32, 16)
    small = F.interpolate(gray, (8, 4), mode="bilinear", antialias=True)
    change = F.interpolate(model.generator(small) - small, (32, 16), mode="bilinear")
    torch.testing.assert_close(model.colorize(gray, render_size=8), (gray + change).clamp(0, 1).detach())


def test_a_training_checkpoint_colorizes_without_the_rest(tmp_path):
    model = build(SMALL)
    model.feature_extractor.init_weights()
    model.train_step(batch(64), optimizers(model))
    path = tmp_path / "epoch_1.pth"
    save_checkpoint({"state_dict": model.state_dict()}, str(path))
    records = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    try:
        lean = build(SMALL | {"discriminator": None, "feature_extractor": None}, seed=1)
        full = build(SMALL, seed=2)
        for loaded in (lean, full):
            load_checkpoint(loaded, str(path), map_location="cpu", strict=True, logger=logger)
    finally:
        logger.removeHandler(handler)
    assert [text for text in records if "match" in text] == []
    gray = torch.rand(1, 1, 50, 40)
    assert torch.equal(lean.colorize(gray), model.colorize(gray))
    assert torch.equal(full.colorize(gray), model.colorize(gray))
    assert not any("feature_extractor" in name for name in model.state_dict())


def test_channels_innermost_in_memory_change_no_result():
    still = {**SMALL["discriminator"], "dropout": 0.0}  # which drops by the order in memory
    model = build({**SMALL, "discriminator": still})
    plain = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    data = {"inputs": torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)}
    logs = [each.train_step(copy.deepcopy(data), optimizers(each)) for each in (model, plain)]
    assert logs[0].keys() == logs[1].keys() and len(logs[0]) == 6
    for name, value in logs[0].items():
        torch.testing.assert_close(value, logs[1][name], rtol=1e-4, atol=1e-4)
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    model.load_state_dict(plain.state_dict())  # as a checkpoint of before has them
    gray = torch.rand(2, 1, 64, 64)
    maps = [each.generator.encoder(gray.expand(-1, 3, -1, -1))[0] for each in (model, plain)]
    assert maps[0].is_contiguous(memory_format=torch.channels_last) and not maps[0].is_contiguous()
    torch.testing.assert_close(*maps, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.colorize(gray), plain.colorize(gray), rtol=1e-4, atol=1e-4)
