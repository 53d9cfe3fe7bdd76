"""The first images of a data set in an order drawn by person: nested training sets of a learning curve."""

from typing import Any

import numpy as np

from data.coco import groups_of, part_of
from data.errors import UserError


def first_images(coco: dict[str, Any], number: int, seed: int = 0) -> dict[str, Any]:
    """Take exactly `number` images, person after person; images without lesions count like the others.

    The persons (an image whose person is not known is one of its own) come in an order drawn with `seed`, the images
    of a person in that of their ids, so what is taken depends on persons, ids and `seed` only, not on file names or on
    the order of the file: raw and enhanced images give the same. With one seed the first 50 are among the first 100.
    Only of the last person perhaps not all images are taken.

    Returns:
        The same COCO dictionary with these images, in the order of the file, and their annotations.

    Raises:
        UserError: `number` is below 1, or there are fewer images.
    """
    images = coco["images"]
    if not 1 <= number <= len(images):
        raise UserError(f"{number} of {len(images)} images cannot be taken; give a number from 1 to {len(images)}")
    groups = groups_of(images)
    drawn = np.random.default_rng(seed).permutation(sorted(set(groups)))
    place = {str(person): index for index, person in enumerate(drawn)}
    ordered = sorted(zip(groups, images, strict=True), key=lambda pair: (place[pair[0]], str(pair[1]["id"])))
    return part_of(coco, {image["id"] for _, image in ordered[:number]})
