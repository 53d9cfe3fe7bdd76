"""What the rows of a table are called: GROUP/ROW in commands and files, names as in paper 002 for readers.

Titles that a user gives stand before these names: of a group by GROUP, of one row by GROUP/ROW.
"""

from collections.abc import Mapping, Sequence

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


def group_name(group: str, titles: Mapping[str, str] | None = None) -> str:
    """Return the title of a group, else the name of a detector as in the paper, else the group as it is."""
    return {**GROUPS, **(titles or {})}.get(group, group)


def row_name(key: str, titles: Mapping[str, str] | None = None) -> str:
    """Name a row: "faster_rcnn/afda" is "Faster R-CNN + AFDA", "alpha/0.5" is "alpha: 0.5" where alpha has no title."""
    group, row = split_key(key)
    known = {**GROUPS, **(titles or {})}
    if key in known:
        return known[key]
    if group not in known:
        return f"{group}: {row}"
    return " + ".join(filter(None, [known[group], short_name(row)]))


def short_name(row: str) -> str:
    """Name a row where its group is known: "color_cawe" is "Color+CAWE", "raw" is nothing."""
    return ROWS.get(row, row)


def read_titles(items: Sequence[str], rows: Sequence[str]) -> dict[str, str]:
    """Read KEY=TITLE items; KEY is the GROUP or the GROUP/ROW of a row.

    Raises:
        UserError: an item of another form, or a key that no row has or that is given twice.
    """
    known = {name for key in rows for name in (key, split_key(key)[0])}
    titles: dict[str, str] = {}
    for item in items:
        key, _, title = item.partition("=")
        if not key or not title.strip():
            raise UserError(f"--titles {item}: write GROUP=TITLE or GROUP/ROW=TITLE")
        if key not in known or key in titles:
            why = "is given twice" if key in titles else f"is none of {', '.join(sorted(known))}"
            raise UserError(f"--titles {item}: {key} {why}")
        titles[key] = title.strip()
    return titles
