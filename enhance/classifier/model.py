"""The image-label classifier whose feature maps the attention methods read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import torch
import torch.nn.functional as nnf
from mmengine.model import BaseModel
from mmengine.registry import MODELS
from torch import Tensor, nn

from data.errors import UserError
from enhance.classifier.pooling import pcam_gradients, pcam_logits
from training.eval_mode import evaluating
from training.pretrained import build_network

NEGATIVE, POSITIVE = 0, 1


def masked_bce(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Binary cross-entropy averaged over the terms whose mask is 1.

    Args:
        logits: (B, L), before the sigmoid.
        targets: (B, L) in [0, 1]; soft targets are allowed. Ignored where the mask is 0.
        mask: (B, L), 1 where the label counts, else 0.

    Returns:
        A scalar; 0 (with a gradient of 0) when nothing counts.
    """
    terms = nnf.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (terms * mask).sum() / mask.sum().clamp(min=1)


def masked_three_state_loss(states: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy over negative, positive and uncertain, averaged as in `masked_bce` (CheXpert's U-MultiClass).

    Args:
        states: (B, L, 3) logits in the order negative, positive, uncertain.
        targets: (B, L) with values 0, 1 or 2.
        mask: (B, L).
    """
    terms = nnf.cross_entropy(states.flatten(0, 1), targets.flatten().long(), reduction="none")
    return (terms * mask.flatten()).sum() / mask.sum().clamp(min=1)


@MODELS.register_module()
class AttentionClassifier(BaseModel):
    """A timm network split into feature maps F and a head, trained on image-level labels.

    Paper 002 §3.1 and §3.5: ResNet-50, global average pooling, one fully connected layer, sigmoid. Every timm network
    that splits into `forward_features` and `forward_head` and yields (B, K, h, w) works. Channels lie innermost in
    memory: the same values up to rounding, on a CPU in 0.7 (EfficientNet-Lite0) to 0.9 of the time.

    Args:
        backbone: Arguments of `training.pretrained.build_network`: `model_name`, `weights` ("imagenet", a local file,
            "package:NAME", or none) and options of timm (`in_chans`, `output_stride`, ...).
        label_names: The L labels, in the order of the targets.
        input_size: Side in pixels of the square to which images are resized, in training and for attention.
        activation: `"sigmoid"` for multi-label targets; `"softmax"` for exactly one class per image.
        three_state: Learn negative, positive and uncertain apart (policy "multiclass" of `data.uncertain_labels`).
            Needs sigmoid. The logit of a label is then positive minus negative, so that its sigmoid is CheXpert's
            test-time probability: the softmax over these two alone.
        mean, std: Normalization of gray values in [0, 1], one number per channel of the network (or one for all).
        pooling: "network" for the head as timm has it, mostly average pooling and one linear layer; "pcam" puts
            `pcam_logits` in the place of average pooling.

    Raises:
        UserError: An unknown option, or "pcam" for a network that has more after F than one linear layer.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        label_names: Sequence[str],
        input_size: int = 224,
        activation: Literal["sigmoid", "softmax"] = "sigmoid",
        three_state: bool = False,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
        pooling: Literal["network", "pcam"] = "network",
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        if activation not in ("sigmoid", "softmax"):
            raise UserError(f"activation must be 'sigmoid' or 'softmax', got {activation!r}")
        if three_state and activation == "softmax":
            raise UserError("three_state needs activation='sigmoid': a softmax over classes has no uncertain state")
        self.label_names = list(label_names)
        self.input_size = input_size
        self.activation = activation
        self.three_state = three_state
        self.in_channels = backbone.get("in_chans", 3)
        self.network: Any = build_network(**backbone, num_classes=len(self.label_names) * (3 if three_state else 1))
        self.pooling = pooling
        if not any(isinstance(layer, nn.LocalResponseNorm) for layer in self.modules()):  # else 1.1 of the time
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch stubs lack it
        self.data_preprocessor.register_forward_pre_hook(partial(_check_targets, self.three_state), with_kwargs=True)
        self._check_pooling(backbone["model_name"])
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(
                name, torch.tensor(list(values)).expand(self.in_channels)[:, None, None], persistent=False
            )

    def _check_pooling(self, model_name: str) -> None:
        if self.pooling not in ("network", "pcam"):
            raise UserError(f"pooling must be 'network' or 'pcam', got {self.pooling!r}")
        last = self.network.get_classifier()
        fits = isinstance(last, nn.Linear) and last.in_features == getattr(self.network, "num_features", None)
        if self.pooling == "pcam" and not fits:
            raise UserError(f"pooling='pcam' needs features and one linear layer, not {model_name}")

    @staticmethod
    def for_inference(config: dict[str, Any]) -> dict[str, Any]:
        """The config of this model without the weights that only a training starts from."""
        return {**config, "backbone": {key: value for key, value in config["backbone"].items() if key != "weights"}}

    def extract_feat(self, images: Tensor) -> Tensor:
        """Feature maps of the last convolutional layer, after its activation.

        Args:
            images: (B, 1, H, W) gray or (B, 3, H, W), float in [0, 1].

        Returns:
            F of shape (B, K, h, w).

        Raises:
            UserError: The network yields features of another shape, as transformers do.
        """
        images = images.expand(-1, self.in_channels, -1, -1) if images.shape[1] == 1 else images
        features = self.network.forward_features((images - self.mean) / self.std)
        channels = getattr(self.network, "num_features", None)
        if features.ndim != 4 or channels not in (None, features.shape[1]):
            raise UserError(
                f"{type(self.network).__name__} has features of shape {tuple(features.shape)} (batch first), not "
                "(batch, channels, height, width): take a convolutional network"
            )
        return features

    def head(self, features: Tensor) -> Tensor:
        """Logits (B, L) of feature maps (B, K, h, w)."""
        outputs = self._outputs(features)
        return _positive_minus_negative(outputs, 1) if self.three_state else outputs

    def _outputs(self, features: Tensor) -> Tensor:
        """What the last layer gives of F (B, K, h, w): (B, L), or (B, 3 L) with `three_state`."""
        if self.pooling == "pcam":
            last: nn.Linear = self.network.get_classifier()
            return pcam_logits(features, last.weight, last.bias)
        return self.network.forward_head(features)

    def cell_gradients(self, features: Tensor) -> tuple[Tensor, Tensor] | None:
        """W (L, K) and g (B, L, h, w) of F (B, K, h, w) with `dz_l / dF^k_ij = W_lk g_lij`; None if unknown."""
        if self.pooling != "pcam" or self.three_state:
            return None
        last: nn.Linear = self.network.get_classifier()
        return last.weight, pcam_gradients(features, last.weight, last.bias).to(features.dtype)

    def linear_weight(self) -> Tensor | None:
        """The matrix W (L, K) if the head is global average pooling and one linear layer, else None.

        The head is asked, not looked up by type: it qualifies if on random feature maps it equals W mean(F) + b.
        """
        layer = self.network.get_classifier()
        if not isinstance(layer, nn.Linear):
            return None
        weight: Tensor = layer.weight
        bias: Tensor = layer.bias if layer.bias is not None else weight.new_zeros(len(weight))
        if self.three_state:
            weight, bias = _positive_minus_negative(weight, 0), _positive_minus_negative(bias, 0)
        generator = torch.Generator().manual_seed(0)
        probe = torch.rand(2, weight.shape[1], 3, 5, generator=generator).to(weight)
        try:
            with torch.no_grad(), evaluating(self):
                is_linear = torch.allclose(self.head(probe), probe.mean((2, 3)) @ weight.T + bias, rtol=1e-4, atol=1e-5)
        except RuntimeError:  # a head that takes another number of channels or another size is not this one
            return None
        return weight if is_linear else None

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities (B, L) of logits (B, L)."""
        return logits.softmax(1) if self.activation == "softmax" else logits.sigmoid()

    def loss(self, features: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
        """The training loss of F (B, K, h, w) against labels (B, L) and mask (B, L); a GPU is not waited for."""
        if self.three_state:
            return masked_three_state_loss(self._outputs(features).unflatten(1, (-1, 3)), labels, mask)
        logits = self.head(features)
        return nnf.cross_entropy(logits, labels) if self.activation == "softmax" else masked_bce(logits, labels, mask)

    def forward(
        self, inputs: Tensor, labels: Tensor | None = None, mask: Tensor | None = None, mode: str = "tensor", **_: Any
    ) -> Any:
        """Run the network as mmengine asks.

        Args:
            inputs: (B, 1, S, S) uint8, or float in [0, 1].
            labels, mask: (B, L), needed by the modes "loss" and "predict".
            mode: "tensor" gives logits (B, L); "loss" gives `{"loss": scalar}`; "predict" gives one dict per image with
                `scores`, `labels` and `mask`, each (L,).
        """
        features = self.extract_feat(inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs)
        if mode == "tensor":
            return self.head(features)
        assert labels is not None and mask is not None, "labels and mask are needed"
        if mode == "loss":
            return {"loss": self.loss(features, labels, mask)}
        scores = self.probabilities(self.head(features))
        return [dict(scores=s, labels=t, mask=m) for s, t, m in zip(scores, labels, mask, strict=True)]


def check_targets(three_state: bool, labels: Tensor, mask: Tensor) -> None:
    """Make sure that targets fit the head.

    Args:
        three_state: of the model.
        labels, mask: (B, L) as the data set gives them.

    Raises:
        UserError: they are of a policy for uncertain labels that does not.
    """
    counted = labels[mask > 0]
    if three_state and bool((counted != counted.round()).any()):
        raise UserError("three_state learns the states 0, 1 and 2: it goes with policy 'multiclass', not a soft one")
    if not three_state and bool((counted > 1).any()):
        raise UserError("targets above 1 are uncertain states (policy 'multiclass'): they need three_state=True")


def _check_targets(three_state: bool, preprocessor: nn.Module, args: tuple, options: dict[str, Any]) -> None:
    """Check what a training step begins with, before it goes to a GPU, which would have to be waited for."""
    data, training = (*args, options.get("training", False))[:2]
    if training and "labels" in data and data["labels"].is_cpu:
        check_targets(three_state, data["labels"], data["mask"])


def _positive_minus_negative(outputs: Tensor, dim: int) -> Tensor:
    """The 3 L states along `dim` (negative, positive, uncertain of each label) to L logits."""
    states = outputs.unflatten(dim, (-1, 3))
    return states.select(dim + 1, POSITIVE) - states.select(dim + 1, NEGATIVE)
