"""The colorization GAN: training step, validation and `colorize`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import MODELS
from torch import Tensor, nn

from colorize_gan.color import luminance, replace_luminance
from colorize_gan.training.losses import (
    adversarial_loss,
    content_loss,
    discriminator_loss,
    feature_distances,
    generator_loss,
)
from data.errors import UserError
from training.eval_mode import evaluating


@MODELS.register_module()
class ColorizationGAN(BaseModel):
    """Generator, discriminator and φ of paper 002, section 3.2, trained on color images whose luma is the input.

    What the optimizer wrapper has an entry for is trained: the generator alone, the discriminator alone (against a G
    that stands still), or both. Channels lie innermost in memory: the same values up to rounding, sooner.

    Args:
        generator: config of G: gray (B, 1, H, W) to RGB (B, 3, H, W), all in [0, 1].
        discriminator: config of D: RGB to logits, (B,) or one per patch (B, h, w). None for inference, or to train G
            alone on L_C.
        feature_extractor: config of φ in eq. (4); None leaves the feature term out.
        feature_weight, pixel_weight: of the two terms of L_C, see `content_loss`.
        keep_luminance: `colorize` keeps the luma of its input and takes only the chroma from G.
            Departure: the paper shows G's own luminance, hence the default False.
        render_size: longer side of the image that G sees in `colorize`; None is full size.
    """

    def __init__(
        self,
        generator: dict,
        discriminator: dict | None = None,
        feature_extractor: dict | None = None,
        feature_weight: float = 1.0,
        pixel_weight: float = 1.0,
        keep_luminance: bool = False,
        render_size: int | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.generator = MODELS.build(generator)
        self.discriminator: Any = None if discriminator is None else MODELS.build(discriminator)
        self.feature_extractor: Any = None if feature_extractor is None else MODELS.build(feature_extractor)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch stubs lack it
        self.content_loss = partial(content_loss, feature_weight=feature_weight, pixel_weight=pixel_weight)
        self.keep_luminance = keep_luminance
        self.render_size = render_size
        self._register_state_dict_hook(_tidy)
        self._register_load_state_dict_pre_hook(_fit_checkpoint, with_module=True)

    @staticmethod
    def for_inference(config: dict[str, Any]) -> dict[str, Any]:
        """The config of this model without discriminator, φ and the weights that only a training starts from."""
        clean = {key: value for key, value in config.items() if key not in ("discriminator", "feature_extractor")}
        generator = config["generator"]
        return clean | {"generator": {**generator, "weights": None} if "weights" in generator else generator}

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict[str, Tensor]:
        """One step of D on eq. (6), then one step of G on eq. (3), on the same G(x); each if it has an optimizer.

        Args:
            data: `inputs`, uint8 RGB (B, 3, H, W).
            optim_wrapper: with `generator`, `discriminator`, or both.

        Returns:
            Scalars for the log: the losses, and the mean probabilities D(y), D(G(x)) before D's step.
        """
        real = _to_unit(self.data_preprocessor(data, True)["inputs"])
        fake = self._fake(luminance(real), optim_wrapper)
        logs: dict[str, Tensor] = {}
        if "discriminator" in optim_wrapper:
            logs |= self._step_discriminator(real, fake.detach(), optim_wrapper["discriminator"])
        if "generator" in optim_wrapper:
            logs |= self._step_generator(real, fake, optim_wrapper["generator"])
        return logs

    def _fake(self, gray: Tensor, optim_wrapper: OptimWrapperDict) -> Tensor:
        """G(x); from a G that is not trained without gradients, and in eval mode, so that its buffers stay too."""
        if "generator" in optim_wrapper:
            with optim_wrapper["generator"].optim_context(self.generator):
                return self.generator(gray)
        with optim_wrapper["discriminator"].optim_context(self.generator), evaluating(self.generator), torch.no_grad():
            return self.generator(gray)

    def _step_discriminator(self, real: Tensor, fake: Tensor, wrapper: OptimWrapper) -> dict[str, Tensor]:
        with wrapper.optim_context(self.discriminator):
            real_logit, fake_logit = self.discriminator(torch.cat([real, fake])).float().chunk(2)
            loss = discriminator_loss(real_logit, fake_logit)
        wrapper.update_params(loss)
        return {
            "loss_d": loss.detach(),
            "d_real": real_logit.detach().sigmoid().mean(),
            "d_fake": fake_logit.detach().sigmoid().mean(),
        }

    def _step_generator(self, real: Tensor, fake: Tensor, wrapper: OptimWrapper) -> dict[str, Tensor]:
        logs: dict[str, Tensor] = {}
        with wrapper.optim_context(self.generator):
            loss = content = self._content(real, fake)
            if self.discriminator is not None:
                # Without the wrapper of distributed training, which would wait for gradients of D.
                with _frozen(getattr(self.discriminator, "module", self.discriminator)) as discriminator:
                    adversarial = adversarial_loss(discriminator(fake).float())
                loss = generator_loss(content, adversarial)
                logs["loss_adv"] = adversarial.detach()
        wrapper.update_params(loss)
        return logs | {"loss_content": content.detach(), "loss_g": loss.detach()}

    def _content(self, real: Tensor, fake: Tensor) -> Tensor:
        if self.feature_extractor is None:
            return self.content_loss(real, fake)
        with torch.no_grad():
            real_maps = self.feature_extractor(real)
        return self.content_loss(real, fake, real_maps, self.feature_extractor(fake))

    def forward(self, inputs: Tensor, mode: str = "predict") -> list[dict[str, Tensor]]:
        """Colorize the luma of uint8 RGB (B, 3, H, W) by G at full size.

        Returns:
            One dict per image: `gray` (1, H, W), `colorized` and `truth` (3, H, W), float in [0, 1]; with φ the
            spatial means (K,) of its maps, `colorized_features` and `truth_features`, and `feature_distance`, the
            feature term of eq. (4); with D the logits `colorized_logit` and `truth_logit`, the mean over its patches.
        """
        if mode != "predict":
            raise UserError(f"ColorizationGAN has mode 'predict' only, got '{mode}': training goes through train_step.")
        truth = _to_unit(inputs)
        gray = luminance(truth)
        colorized = self.generator(gray)
        columns = {"gray": gray, "colorized": colorized, "truth": truth}
        columns |= self._features(truth, colorized) | self._logits(truth, colorized)
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _features(self, truth: Tensor, colorized: Tensor) -> dict[str, Tensor]:
        """What φ says of each image."""
        if self.feature_extractor is None:
            return {}
        real_maps, fake_maps = self.feature_extractor(truth), self.feature_extractor(colorized)
        return {
            "truth_features": torch.cat([maps.mean((2, 3)) for maps in real_maps], 1),
            "colorized_features": torch.cat([maps.mean((2, 3)) for maps in fake_maps], 1),
            "feature_distance": feature_distances(real_maps, fake_maps),
        }

    def _logits(self, truth: Tensor, colorized: Tensor) -> dict[str, Tensor]:
        """What D says of each image."""
        if self.discriminator is None:
            return {}
        images = {"truth_logit": truth, "colorized_logit": colorized}
        return {name: self.discriminator(rgb).reshape(len(rgb), -1).mean(1) for name, rgb in images.items()}

    @torch.no_grad()
    def colorize(self, gray: Tensor, render_size: int | None = None, keep_luminance: bool | None = None) -> Tensor:
        """Color gray images: (B, 1, H, W) in [0, 1] to RGB (B, 3, H, W) in [0, 1].

        Runs in eval mode and leaves the mode as it was.

        Args:
            render_size: longer side of the image that G sees. Only the *change* G(x) - x is scaled back up and added
                to the full-size gray image, so the detail of the input stays. Images that are not larger go through G
                as they are. 0 is full size; None takes the constructor's value.
            keep_luminance: see the class; None takes the constructor's value.
        """
        render_size = self.render_size if render_size is None else render_size
        keep_luminance = self.keep_luminance if keep_luminance is None else keep_luminance
        with evaluating(self):
            if render_size and max(gray.shape[-2:]) > render_size:
                rgb = self._colorize_small(gray, render_size)
            else:
                rgb = self.generator(gray)
        return replace_luminance(rgb, gray) if keep_luminance else rgb

    def _colorize_small(self, gray: Tensor, render_size: int) -> Tensor:
        size = gray.shape[-2:]
        sides = torch.stack([torch.as_tensor(side) for side in size]).double()  # a traced graph follows them
        small_size: Any = torch.minimum(sides * render_size / sides.max(), sides).round().clamp(min=1).long().unbind()
        small = F.interpolate(gray, small_size, mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)
        change = F.interpolate(self.generator(small) - small, size, mode="bilinear", align_corners=False)
        return (gray + change).clamp(0, 1)


def _to_unit(images: Tensor) -> Tensor:
    return images.float() / 255


@contextmanager
def _frozen(module: nn.Module) -> Iterator[nn.Module]:
    """Let gradients pass through `module` but none gather in it."""
    module.requires_grad_(False)
    try:
        yield module
    finally:
        module.requires_grad_(True)


def _tidy(model: ColorizationGAN, state_dict: dict, prefix: str, local_metadata: dict) -> None:
    """Leave φ out of checkpoints, since its config rebuilds it, and drop the wrappers of distributed training."""
    for key in [key for key in state_dict if key.startswith(f"{prefix}feature_extractor.")]:
        del state_dict[key]
    for part in ("generator", "discriminator"):
        wrapped = f"{prefix}{part}.module."
        for key in [key for key in state_dict if key.startswith(wrapped)]:
            state_dict[f"{prefix}{part}.{key.removeprefix(wrapped)}"] = state_dict.pop(key)


def _fit_checkpoint(model: ColorizationGAN, state_dict: dict, prefix: str, *_: object) -> None:
    """Load without complaint: skip D's weights where there is no D, and keep φ's own."""
    if model.discriminator is None:
        for key in [key for key in state_dict if key.startswith(f"{prefix}discriminator.")]:
            del state_dict[key]
    if model.feature_extractor is not None:
        own = model.feature_extractor.state_dict(prefix=f"{prefix}feature_extractor.")
        state_dict.update(own)
