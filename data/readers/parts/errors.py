"""The one error that a missing or wrongly shaped source data set raises."""

import os

from data.errors import MissingFileError


class DatasetNotFound(MissingFileError):
    """A data set is not at the given place, or its folder has another shape.

    The text names the data set, the place, what is wrong, where to get the data, and the folder shape that is expected.
    """

    def __init__(self, name: str, path: str | os.PathLike[str], problem: str, where: str, shape: str) -> None:
        super().__init__(
            f"{name} not found at {os.fspath(path)}: {problem}.\n"
            f"Where to get it: {where}\n"
            f"Expected shape of the folder:\n{shape}"
        )
