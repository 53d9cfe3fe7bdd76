"""What makes the networks of the demo configs tiny: a test of what surrounds them is over sooner."""

from typing import Any

COLORIZER = {"model.generator.encoder": "test_resnet", "model.feature_extractor.name": "test_resnet"}
DETECTOR = {
    "model.backbone.model_name": "test_efficientnet",
    "model.backbone.weights": None,
    "model.neck.model_name": "test_efficientnet",
}


def options(values: dict[str, Any]) -> list[str]:
    """The values for `--cfg-options`."""
    return [f"{key}={value}" for key, value in values.items()]
