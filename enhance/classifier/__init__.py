"""The image-label classifier that the attention methods look into, its metrics and its report."""
