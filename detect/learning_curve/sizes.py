"""The numbers of training images that the groups of a learning curve stand for."""

from collections.abc import Mapping, Sequence
from typing import Any

from data.errors import UserError
from detect.table1.row_names import short_name, split_key

ALL = "all"
"""The group that was trained on the whole training file."""


def group_sizes(rows: Sequence[str], num_images: int) -> dict[str, int]:
    """Read the number of training images of each group from the rows "SIZE/VARIANT", rising.

    Args:
        num_images: of the whole training file, which is "all".

    Raises:
        UserError: a group is neither a number nor "all", or has as many images as another or more than there are;
            there is one size only; or a size has other variants than the first, or in another order.
    """
    variants: dict[str, list[str]] = {}
    for key in rows:
        group, variant = split_key(key)
        variants.setdefault(group, []).append(variant)
    sizes = {group: _size(group, num_images) for group in variants}
    first = next(iter(variants))
    for group, size in sizes.items():
        if size > num_images or list(sizes.values()).count(size) > 1:
            raise UserError(f"--pred {group}/...: give each number once, and below the {num_images} images of all")
        if variants[group] != variants[first]:
            raise UserError(f"--pred {group}/...: {variants[group]}, but {first} has {variants[first]}; give the same")
    if len(sizes) < 2:
        raise UserError(f"--pred {first}/...: one size is no curve; give at least two numbers of images")
    return dict(sorted(sizes.items(), key=lambda item: item[1]))


def _size(group: str, num_images: int) -> int:
    if group == ALL:
        return num_images
    if not group.isdecimal() or int(group) == 0:
        raise UserError(f"--pred {group}/...: write SIZE/VARIANT=PRED.json, SIZE a number of images above 0 or {ALL}")
    return int(group)


def by_size(rows: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    """Sort what belongs to rows "SIZE/VARIANT" by size; the variants of a size stay in their order."""
    return {key: rows[key] for size in sizes for key in rows if split_key(key)[0] == size}


def size_titles(rows: Sequence[str], sizes: Mapping[str, int]) -> dict[str, str]:
    """Name groups and rows for readers: "50" is "50 images", "50/color_cawe" is "50 images, Color+CAWE"."""
    groups = {group: f"{size} images" for group, size in sizes.items()}
    return groups | {key: f"{groups[split_key(key)[0]]}, {variant_name(key)}" for key in rows}


def variant_name(key: str) -> str:
    """Name the variant of a row: that of "50/color_cawe" is "Color+CAWE", of "50/raw" "raw"."""
    variant = split_key(key)[1]
    return short_name(variant) or variant
