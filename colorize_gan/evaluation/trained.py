"""A trained colorizer from its checkpoint alone, to be measured."""

from pathlib import Path

from mmengine.registry import MODELS

from colorize_gan.model import ColorizationGAN
from data.errors import UserError
from training.checkpoints import read_checkpoint, stored_config
from training.config_data import check_types


def load_trained(file: Path, feature_extractor: dict) -> ColorizationGAN:
    """Build the model whose config lies in a checkpoint of `tools/train.py`, with its weights.

    Args:
        feature_extractor: config of φ, the same for all that are compared.

    Raises:
        UserError: no checkpoint, no config inside, or the weights do not fit it; the text names the file.
    """
    checkpoint = read_checkpoint(file)
    try:
        config = stored_config(checkpoint).model
        check_types(config, "its config")
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
    model = MODELS.build({**config, "feature_extractor": feature_extractor})
    try:
        model.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        raise UserError(f"{file} does not fit the config inside it: {error}") from error
    return model
