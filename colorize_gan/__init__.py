"""The colorization GAN of paper 002, section 3.2. Importing it registers its classes in mmengine's root registries."""

from colorize_gan.discriminator import SelfAttentionDiscriminator
from colorize_gan.features import FeatureExtractor
from colorize_gan.generator import UNetGenerator
from colorize_gan.generator_ema import GeneratorEMAHook
from colorize_gan.hand_over import HandOverHook
from colorize_gan.metrics import ColorizationMetric
from colorize_gan.model import ColorizationGAN
from colorize_gan.optim import GANOptimWrapperConstructor
from colorize_gan.picture_grid import PictureGridHook
from colorize_gan.pretrained_metrics import PretrainedMetric
from colorize_gan.pseudo_color import PseudoColor

__all__ = [
    "ColorizationGAN",
    "ColorizationMetric",
    "FeatureExtractor",
    "GANOptimWrapperConstructor",
    "GeneratorEMAHook",
    "HandOverHook",
    "PictureGridHook",
    "PretrainedMetric",
    "PseudoColor",
    "SelfAttentionDiscriminator",
    "UNetGenerator",
]
