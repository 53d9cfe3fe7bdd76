"""Import this to have the data sets for training in mmengine's root registries."""

from data import color_images, image_labels

__all__ = ["color_images", "image_labels"]
