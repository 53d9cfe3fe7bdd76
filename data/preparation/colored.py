"""Whether images that are prepared as gray ones are colored."""

from collections.abc import Sequence

from data.coco import ImageRecord
from data.images.chroma import mean_chroma
from data.images.errors import ImageReadError
from data.images.image_io import read_color

LOOKED_AT = 20
COLORED = 6.0
"""From this `mean_chroma` on; a colored mark or caption on a radiograph stays below."""


def color_note(records: Sequence[ImageRecord]) -> str | None:
    """What to say of a set whose images are read as gray; None where hardly any of some, evenly drawn, has color."""
    drawn = records[:: max(1, len(records) // LOOKED_AT)]
    colored = [record.source for record in drawn if _is_colored(record)]
    if len(colored) <= len(drawn) // 10:
        return None
    return (
        f"{len(colored)} of {len(drawn)} images looked at are colored, and are read as gray: the first is "
        f"{colored[0]}; photographs for the colorizer are prepared by `imagenet`"
    )


def _is_colored(record: ImageRecord) -> bool:
    try:
        return mean_chroma(read_color(record.source)) >= COLORED
    except ImageReadError:
        return False
