"""Models are built from configs here, so their parts have to be in the registries."""

import enhance.register  # noqa: F401
