"""Import this to have the colorizers, their networks, hooks and metrics in mmengine's root registries."""

from colorize_gan import model, pseudo_color
from colorize_gan.evaluation import color_metric, pretrained_metric
from colorize_gan.networks import discriminator, features, generator
from colorize_gan.training import generator_ema, hand_over, optim, picture_grid

__all__ = [
    "color_metric",
    "discriminator",
    "features",
    "generator",
    "generator_ema",
    "hand_over",
    "model",
    "optim",
    "picture_grid",
    "pretrained_metric",
    "pseudo_color",
]
