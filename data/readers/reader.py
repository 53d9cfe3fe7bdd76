"""What a reader is: how one public data set, as it is downloaded, becomes image records."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data.coco import ImageRecord

ALL = "all"
"""The one side of a source that does not say what is trained on and what is tested."""


@dataclass(frozen=True)
class SourceData:
    """What was found in a source. Image files are found, not opened.

    Attributes:
        sides: the records of each side that the source has, such as {"train": [...], "test": [...]}, or {"all": [...]}
            to be split by patient.
        categories: the names of the lesion boxes, in the order of their ids; empty without boxes.
        label_names: the order of `ImageRecord.labels`; None without image labels.
        color: whether the images are photographs, whose color is kept, not radiographs.
        min_chroma: leave out color images below this `data.images.chroma.mean_chroma`; None keeps all.
    """

    sides: dict[str, list[ImageRecord]]
    categories: Sequence[str] = ()
    label_names: Sequence[str] | None = None
    color: bool = False
    min_chroma: float | None = None


def no_options(parser: ArgumentParser) -> None:
    """For a data set without options of its own."""


@dataclass(frozen=True)
class Reader:
    """The reader of one data set. `data.readers.catalog` lists them all.

    Attributes:
        name: the sub-command of `tools/prepare_dataset.py` and the `reader` of a workflow.
        about: the docstring of its module: what the set is, how many images, where it comes from.
        check_source: called with the folder, and perhaps the options that name a file in it. Returns nothing.
            Raises `DatasetNotFound`, whose text says where to get the set and which shape the folder has.
        read: called with the folder and the options by name; gives the records. Raises `DatasetNotFound` as
            `check_source` does, and `UserError` for what is wrong within the source.
        add_options: adds the options of this data set, and of no other, to the parser of its sub-command.
        has_own_sides: whether the source itself says what is trained on and what is tested, so that it cannot be asked
            for other shares.
    """

    name: str
    about: str
    check_source: Callable[..., None]
    read: Callable[..., SourceData]
    add_options: Callable[[ArgumentParser], None] = no_options
    has_own_sides: bool = False

    @property
    def description(self) -> str:
        """The first line of `about`."""
        return self.about.splitlines()[0].rstrip(".")

    @property
    def option_names(self) -> list[str]:
        """What `read` takes beside the folder: the options that `add_options` adds."""
        parser = ArgumentParser(add_help=False)
        self.add_options(parser)
        return list(vars(parser.parse_args([])))
