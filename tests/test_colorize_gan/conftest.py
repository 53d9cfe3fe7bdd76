"""Models are built from configs here, so their parts have to be in the registries."""

import colorize_gan.register  # noqa: F401
