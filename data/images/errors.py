"""The one error that reading an image raises, and the number of pixels at which it does."""

import os

from data.errors import UserError

MAX_PIXELS = 2**30 // 12
"""What Pillow takes for a decompression bomb, 89 million: a GiB at 12 bytes a pixel. A digital film has 60 million."""
MAX_BYTES = 2**30
"""Of a file that is read, and of what it expands to."""


class ImageReadError(UserError):
    """An image file that cannot be read. The text names the file, the reason and the remedy.

    Attributes:
        reason: the reason alone, for manifests.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str, remedy: str) -> None:
        super().__init__(f"{os.fspath(path)}: {reason}; {remedy}")
        self.reason = reason


def check_pixels(path: str | os.PathLike[str], width: int, height: int) -> None:
    """Refuse an image by the size in its header, before memory is asked for.

    Raises:
        ImageReadError: it has more than `MAX_PIXELS`.
    """
    if width * height > MAX_PIXELS:
        raise ImageReadError(path, f"it has {width} x {height} pixels, too many to read", "save a smaller image")
