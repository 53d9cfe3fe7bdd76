"""Folds by patient: every image is tested once, and nobody is on both sides."""

import random

import pytest

from data.splits.folds import merge_coco, patient_folds, without

CATEGORIES = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


def coco(patients, lesions, prefix="x", suffix="png"):
    """One image for each entry of `patients`; `lesions` are (image id, category id)."""
    images = [
        {"id": i, "file_name": f"{prefix}{i}.{suffix}", "width": 9, "height": 9, "patient_id": patient}
        for i, patient in enumerate(patients, start=1)
    ]
    annotations = [
        {"id": i, "image_id": image, "category_id": category, "bbox": [0, 0, 1, 1]}
        for i, (image, category) in enumerate(lesions, start=1)
    ]
    return {"images": images, "annotations": annotations, "categories": CATEGORIES}


def random_coco(rng, suffix="png"):
    patients = [f"p{rng.randrange(12)}" for _ in range(40)]
    return coco(patients, [(rng.randint(1, 40), rng.randint(1, 2)) for _ in range(30)], suffix=suffix)


@pytest.mark.parametrize("seed", range(5))
def test_every_image_is_in_one_fold_and_every_patient_on_one_side(seed):
    whole = random_coco(random.Random(seed))
    folds = patient_folds(whole, 4, seed)
    tested = [image["id"] for fold in folds for image in fold["images"]]
    assert sorted(tested) == [image["id"] for image in whole["images"]]
    assert sorted(a["id"] for fold in folds for a in fold["annotations"]) == [a["id"] for a in whole["annotations"]]
    for fold in folds:
        train = without(whole, fold)
        assert not {i["patient_id"] for i in fold["images"]} & {i["patient_id"] for i in train["images"]}
        assert len(fold["images"]) + len(train["images"]) == 40
        assert {a["image_id"] for a in train["annotations"]} <= {i["id"] for i in train["images"]}


def test_the_folds_share_the_lesions():
    whole = coco([f"p{i}" for i in range(60)], [(i, 1) for i in range(1, 31)] + [(i, 2) for i in range(31, 41)])
    for fold in patient_folds(whole, 5):
        counts = [sum(a["category_id"] == c for a in fold["annotations"]) for c in (1, 2)]
        assert counts == [6, 2] and len(fold["images"]) == 12


def test_raw_and_enhanced_images_have_the_same_folds():
    folds = [patient_folds(random_coco(random.Random(1), suffix), 3, 7) for suffix in ("jpg", "png")]
    ids = [[[image["id"] for image in fold["images"]] for fold in split] for split in folds]
    assert ids[0] == ids[1]
    assert ids[0] != [[i["id"] for i in f["images"]] for f in patient_folds(random_coco(random.Random(1)), 3, 8)]


def test_joined_files_are_numbered_anew():
    merged = merge_coco([coco(["p1", "p2"], [(2, 1)], "a"), coco(["p3"], [(1, 2), (1, 1)], "b")])
    assert [(i["id"], i["file_name"]) for i in merged["images"]] == [(1, "a1.png"), (2, "a2.png"), (3, "b1.png")]
    assert [(a["id"], a["image_id"], a["category_id"]) for a in merged["annotations"]] == [
        (1, 2, 1),
        (2, 3, 2),
        (3, 3, 1),
    ]


def test_what_does_not_fit_is_refused():
    one = coco(["p1", "p2"], [])
    with pytest.raises(ValueError, match="2 images are in more than one"):
        merge_coco([one, one])
    with pytest.raises(ValueError, match="other categories"):
        merge_coco([one, coco([], []) | {"categories": CATEGORIES[:1]}])
    for count in (1, 3):
        with pytest.raises(ValueError, match=f"2 patients cannot be split into {count} folds"):
            patient_folds(one, count)
