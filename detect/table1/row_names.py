"""What the rows of a table are called: GROUP/ROW in commands and files, names as in paper 002 for readers."""

from data.errors import UserError

GROUPS = {"faster_rcnn": "Faster R-CNN", "retinanet": "RetinaNet"}
ROWS = {
    "raw": "",
    "afda": "AFDA",
    "medga": "MedGA",
    "clahe": "CLAHE",
    "color": "Color",
    "cawe": "CAWE",
    "color_cawe": "Color+CAWE",
}


def split_key(key: str) -> tuple[str, str]:
    """Split "group/row".

    Raises:
        UserError: not two names with one slash between them.
    """
    group, _, row = key.partition("/")
    if not group or not row or "/" in row:
        raise UserError(f"the row {key!r} has to be GROUP/ROW, for example faster_rcnn/raw")
    return group, row


def group_name(group: str) -> str:
    """Return the name of a detector as in the paper; that of any other group as it is."""
    return GROUPS.get(group, group)


def row_name(key: str) -> str:
    """Name a row: "faster_rcnn/afda" is "Faster R-CNN + AFDA", "alpha/0.5" is "alpha: 0.5"."""
    group, row = split_key(key)
    if group not in GROUPS:
        return f"{group}: {row}"
    return " + ".join(filter(None, [GROUPS[group], short_name(row)]))


def short_name(row: str) -> str:
    """Name a row where its group is known: "color_cawe" is "Color+CAWE", "raw" is nothing."""
    return ROWS.get(row, row)
