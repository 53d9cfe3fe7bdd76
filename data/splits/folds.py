"""k-fold cross-validation by patient: every image of a data set is tested once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.coco import groups_of, lesions_of, part_of
from data.errors import UserError


def merge_coco(cocos: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Join COCO dictionaries of one data set; images and annotations are numbered anew, from 1.

    Raises:
        UserError: the categories differ, or two images have one file name.
    """
    merged: dict[str, Any] = {"images": [], "annotations": [], "categories": cocos[0]["categories"]}
    for coco in cocos:
        if coco["categories"] != merged["categories"]:
            raise UserError(f"the files have other categories: {merged['categories']} and {coco['categories']}")
        new_ids = {image["id"]: len(merged["images"]) + place for place, image in enumerate(coco["images"], start=1)}
        merged["images"] += [image | {"id": new_ids[image["id"]]} for image in coco["images"]]
        for annotation in coco["annotations"]:
            changed = {"id": len(merged["annotations"]) + 1, "image_id": new_ids[annotation["image_id"]]}
            merged["annotations"].append(annotation | changed)
    names = [image["file_name"] for image in merged["images"]]
    if len(set(names)) < len(names):
        raise UserError(f"{len(names) - len(set(names))} images are in more than one of the files")
    return merged


def patient_folds(coco: dict[str, Any], count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Split a COCO dictionary into `count` folds; each keeps all images of a patient and the order of the images.

    Patients with the same categories of lesions are drawn at random and dealt out one by one, so that the folds have
    about the same share of each. The result depends on the patients, their lesions and `seed`, not on the names of the
    files; an image whose person is not known is a patient of its own.

    Raises:
        UserError: fewer than 2 folds, or fewer patients than folds.
    """
    patients = dict(zip((image["id"] for image in coco["images"]), groups_of(coco["images"]), strict=True))
    if not 2 <= count <= len(set(patients.values())):
        raise UserError(f"{len(set(patients.values()))} patients cannot be split into {count} folds")
    findings: dict[str, set[int]] = defaultdict(set)
    for annotation in lesions_of(coco):
        findings[patients[annotation["image_id"]]].add(annotation["category_id"])
    strata: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for patient in sorted(set(patients.values())):
        strata[tuple(sorted(findings[patient]))].append(patient)
    rng = np.random.default_rng(seed)
    drawn = [str(patient) for key in sorted(strata) for patient in rng.permutation(strata[key])]
    fold_of = {patient: place % count for place, patient in enumerate(drawn)}
    return [
        part_of(coco, {image for image, patient in patients.items() if fold_of[patient] == f}) for f in range(count)
    ]


def without(coco: dict[str, Any], fold: dict[str, Any]) -> dict[str, Any]:
    """The data set without the images of a fold."""
    return part_of(coco, {image["id"] for image in coco["images"]} - {image["id"] for image in fold["images"]})
