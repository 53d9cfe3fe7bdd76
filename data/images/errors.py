"""The one error that reading an image raises."""

import os

from data.errors import UserError


class ImageReadError(UserError):
    """An image file that cannot be read. The text names the file, the reason and the remedy.

    Attributes:
        reason: the reason alone, for manifests.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str, remedy: str) -> None:
        super().__init__(f"{os.fspath(path)}: {reason}; {remedy}")
        self.reason = reason
