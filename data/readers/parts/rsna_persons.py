"""Who is on an image of the RSNA challenge: the person table, which links each image to its file of NIH ChestX-ray14.

It is made from the matching table of torchxrayvision (Cohen et al., MIDL 2022; scripts/CrossReferenceWithNIH), which
compared the pixels.
"""

import os
import warnings
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.readers.parts.tables import read_table

_COLUMNS = ["patientId", "nih_image", "class", "match"]
_FILES = ("stage_2_class_and_nih_image.csv", "stage_2_class_and_nih_image.csv.gz")

PERSON_TABLE = (
    f"CSV {','.join(_COLUMNS)}, made from the matching of RSNA and NIH images in "
    "https://github.com/mlmed/torchxrayvision, scripts/CrossReferenceWithNIH"
)
"""What the table is and where it comes from, for messages."""


def read_persons(
    src: Path, person_table: str | os.PathLike[str] | None
) -> dict[str, tuple[str, dict[str, Any]]] | None:
    """Image id to (person, extra): the NIH patient ("00011587") and {"rsna_class": ...}.

    An image whose `match` is not "exact" (101 of 26,684) counts as a person of its own, "image-<id>": its NIH file is
    not known for sure.

    Args:
        person_table: by default the one in `src`, if it is there.

    Returns:
        None without a person table, with a warning.

    Raises:
        UserError: the table cannot be read or lacks a column.
    """
    if person_table is None:
        person_table = next((src / name for name in _FILES if (src / name).is_file()), None)
    if person_table is None:
        warnings.warn(
            f"{src}: no person table. In the RSNA data `patientId` names an image, not a person, so a split will put "
            f"images of one person on both sides. Give a person table (--person-table): {PERSON_TABLE}",
            stacklevel=3,
        )
        return None
    rows = read_table(Path(person_table), _COLUMNS, dtype=str, keep_default_na=False)[_COLUMNS]
    persons: dict[str, tuple[str, dict[str, Any]]] = {}
    for cells in rows.itertuples(index=False):
        image_id, nih_image, rsna_class, match = (str(cell).strip() for cell in cells)
        person = nih_image[:8] if match.lower() == "exact" and nih_image else f"image-{image_id}"
        if persons.setdefault(image_id, (person, {"rsna_class": rsna_class}))[0] != person:
            raise UserError(
                f"{person_table}: image {image_id} is of {persons[image_id][0]} and of {person}; remove one row"
            )
    return persons
