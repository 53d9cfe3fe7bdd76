"""The images of a folder, found by what an export calls them."""

import os
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from data.errors import UserError
from data.images.find import find_images


class ImageIndex:
    """The images below a folder.

    Args:
        src: the folder of the export.
    """

    def __init__(self, src: str | os.PathLike[str]) -> None:
        self.src = Path(src)

    @cached_property
    def files(self) -> list[Path]:
        """All images, relative to the folder, sorted."""
        return find_images(self.src)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        stems: dict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            stems[file.stem].append(file)
        return stems

    def find(self, name: str, roots: Sequence[Path] = ()) -> Path | None:
        """The file that an export means, relative to the folder; None where it has none.

        First the name as it is, below one of the `roots` or the folder; else the one image whose path ends like it:
        exports keep paths of the machine or the server that made them, Windows paths and URLs among them.

        Raises:
            UserError: several images could be meant.
        """
        name = unquote(name) if "%" in name and not (self.src / name).is_file() else name
        path = PureWindowsPath(name).as_posix() if "\\" in name else name
        for root in (*roots, self.src):
            file = root / path
            if file.is_file() and file.resolve().is_relative_to(self.src.resolve()):
                return Path(os.path.relpath(file.resolve(), self.src.resolve()))
        return self._unique(name, self._ending_like(PurePosixPath(path)))

    def of_stem(self, stem: str, beside: Path | None = None) -> Path | None:
        """The image of this name without its suffix; one in the folder `beside` (relative) before others.

        Raises:
            UserError: several images could be meant.
        """
        found = self._by_stem.get(stem, [])
        near = [file for file in found if file.parent == beside]
        return self._unique(stem, near or found)

    def _ending_like(self, path: PurePosixPath) -> list[Path]:
        """Of the images of this name those that share most of the folders before it."""
        found = [file for file in self._by_stem.get(path.stem, []) if file.name == path.name]
        for count in range(len(path.parts), 1, -1):
            like = [file for file in found if file.parts[-count:] == path.parts[-count:]]
            if like:
                return like
        return found

    def _unique(self, name: str, found: Sequence[Path]) -> Path | None:
        if len(found) > 1:
            raise UserError(
                f"{self.src}: {name} could be {found[0]} or {found[1]}; give images names of their own, or their paths"
            )
        return found[0] if found else None


def prepared_name(file: Path) -> str:
    """The path in a prepared data set of an image with this path in its export."""
    return f"images/{file.as_posix().removeprefix('images/')}"
