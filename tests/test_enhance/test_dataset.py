"""The loop over files: the data set contract, resume, failures."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.claim import LOCK
from data.coco import part_of
from data.errors import UserError
from enhance.dataset import MANIFEST, enhance_dataset, plan_outputs

FINGERPRINT = dict(enhancer=dict(type="Invert"), weights_sha256={})


class Inverter:
    """An enhancer one can check by eye, which counts its images."""

    def __init__(self):
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        return [np.stack([255 - image, image, image], axis=2) for image in images]


@pytest.fixture
def source(tmp_path):
    """Seven gray images of different sizes in two folders, two JSON files and a text file."""
    src = tmp_path / "src"
    rng = np.random.default_rng(0)
    names = [f"images/{i}.png" for i in range(5)] + ["images/deep/5.jpg", "6.tif"]
    entries = []
    for index, name in enumerate(names):
        (src / name).parent.mkdir(parents=True, exist_ok=True)
        image = rng.integers(0, 256, (10 + index, 20 - index), dtype=np.uint8)
        cv2.imwrite(str(src / name), image)
        entries.append(dict(id=index, file_name=name, height=10 + index, width=20 - index, patient_id=f"p{index}"))
    boxes = [dict(id=1, image_id=0, bbox=[1.5, 2, 3, 4], category_id=1, area=12, iscrowd=0)]
    for name in ("train.json", "annotations/test.json"):
        (src / name).parent.mkdir(exist_ok=True)
        (src / name).write_text(
            json.dumps(dict(images=entries, annotations=boxes, categories=[dict(id=1, name="x")], info={"a": 1}))
        )
    (src / "notes.json").write_text("[1]")
    (src / "other.json").write_text(json.dumps(dict(images={"a.png": "linked"})))
    (src / "readme.txt").write_text("not an image")
    return src


def run(source, enhancer=None, **options):
    return enhance_dataset(enhancer or Inverter(), source, source.parent / "dst", FINGERPRINT, **options)


def test_contract(source):
    manifest = run(source, batch_size=3)
    dst = source.parent / "dst"
    for image in plan_outputs(source, dst):
        before = cv2.imread(str(source / image), cv2.IMREAD_GRAYSCALE)
        after = cv2.imread(str(dst / image.with_suffix(".png")), cv2.IMREAD_UNCHANGED)[..., ::-1]
        assert after.dtype == np.uint8
        assert np.array_equal(after, np.stack([255 - before, before, before], axis=2))
    for name in ("train.json", "annotations/test.json"):
        before, after = (json.loads((root / name).read_text()) for root in (source, dst))
        assert [i["file_name"] for i in after["images"]] == [
            Path(i["file_name"]).with_suffix(".png").as_posix() for i in before["images"]
        ]
        for coco in (before, after):
            for image in coco["images"]:
                del image["file_name"]
        assert before == after
    assert not (dst / "notes.json").exists()
    assert not (dst / "other.json").exists()
    assert manifest == json.loads((dst / MANIFEST).read_text())
    assert manifest["counts"] == dict(enhanced=7, failed=0, not_asked_for=0)
    assert manifest["complete"]
    assert manifest["annotations"]["train.json"] == dict(images=7, without_image=[])
    assert [path.name for path in dst.rglob(".*")] == [LOCK]


def test_second_run_does_nothing(source):
    run(source)
    before = {p: p.stat().st_mtime_ns for p in (source.parent / "dst").rglob("*.png")}
    again = Inverter()
    run(source, again)
    assert again.seen == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_the_manifest_says_how_long_an_image_takes(source, monkeypatch):
    clock = iter(range(0, 1000, 6))  # every call of the enhancer takes 6 seconds
    monkeypatch.setattr("enhance.dataset.perf_counter", lambda: next(clock))
    first = run(source, batch_size=3)["seconds_per_image"]
    assert first == pytest.approx(3 * 6 / 7)  # seven images in three calls
    assert run(source)["seconds_per_image"] == first  # nothing was left to do
    written = json.loads((source.parent / "dst" / MANIFEST).read_text())
    assert written["seconds_per_image"] == first


def test_a_changed_source_is_done_again(source):
    run(source)
    stamp = (source / "6.tif").stat().st_mtime_ns
    cv2.imwrite(str(source / "6.tif"), np.zeros((16, 14), np.uint8))
    os.utime(source / "6.tif", ns=(stamp, stamp))  # as after unzipping another version, or on a coarse clock
    again = Inverter()
    run(source, again)
    assert again.seen == 1
    assert cv2.imread(str(source.parent / "dst/6.png"))[0, 0].tolist() == [0, 0, 255]


def test_copies_of_both_folders_are_known_again(source, tmp_path):
    run(source)
    for folder in ("src", "dst"):
        shutil.copytree(tmp_path / folder, tmp_path / "copy" / folder, copy_function=shutil.copyfile)
    again = Inverter()
    assert run(tmp_path / "copy/src", again)["counts"]["enhanced"] == 7
    assert again.seen == 0


def test_a_second_run_is_content_with_a_look(source, monkeypatch):
    for path in source.rglob("*"):
        os.utime(path, (10**9, 10**9))  # older than a coarse clock's tick
    manifest = run(source)
    read = []
    monkeypatch.setattr("enhance.stamp.read_bytes", lambda path: read.append(path.name) or path.read_bytes())
    assert run(source, again := Inverter())["files"] == manifest["files"]
    assert read == [] and again.seen == 0
    os.utime(source / "images/2.png", (10**9 + 1, 10**9 + 1))
    run(source, again)
    assert read == ["2.png"] and again.seen == 0
    run(source, again)
    assert read == ["2.png"]
    (source.parent / "dst/images/3.png").write_bytes(b"half")
    run(source, again)
    assert read == ["2.png", "3.png"] and again.seen == 1


def test_an_image_that_may_change_within_a_tick_of_the_clock_is_read(source, monkeypatch):
    image, status = source / "images/2.png", (source / "images/2.png").stat()
    run(source)
    pixels = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    content = cv2.imencode(".png", pixels[::-1])[1].tobytes()
    image.write_bytes(content)
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    run(source, again := Inverter())
    assert again.seen == 1 and np.array_equal(cv2.imread(str(source.parent / "dst/images/2.png"))[..., 0], pixels[::-1])


def test_sizes_count_for_images_that_are_done(source):
    run(source)
    coco = json.loads((source / "annotations/test.json").read_text())
    coco["images"][2]["width"] += 1
    (source / "annotations/test.json").write_text(json.dumps(coco))
    files = run(source)["files"]
    assert [name for name, entry in files.items() if entry["status"] == "failed"] == ["images/2.png"]
    assert "its annotation file says 19 x 12" in files["images/2.png"]["reason"]
    assert not (source.parent / "dst/images/2.png").exists()


@pytest.mark.parametrize("name", ["train.json", "annotations/test.json"])
def test_sizes_of_every_annotation_file_count(source, name):
    coco = json.loads((source / name).read_text())
    coco["images"][2]["width"] += 1
    (source / name).write_text(json.dumps(coco))
    assert run(source)["files"]["images/2.png"]["status"] == "failed"


def test_a_broken_off_run_continues(source):
    class Dies(Inverter):
        def __call__(self, images):
            if self.seen >= 4:
                raise KeyboardInterrupt
            return super().__call__(images)

    with pytest.raises(KeyboardInterrupt):
        run(source, Dies(), batch_size=2)
    done = len(list((source.parent / "dst").rglob("*.png")))
    assert done == 4
    (source.parent / "dst/.half.0123456789ab.png").write_bytes(b"half")
    assert not json.loads((source.parent / "dst" / MANIFEST).read_text())["complete"]
    again = Inverter()
    assert run(source, again)["counts"]["enhanced"] == 7
    assert again.seen == 3
    assert [path.name for path in (source.parent / "dst").rglob(".*")] == [LOCK]


def test_a_run_that_was_killed_before_its_manifest_leaves_nothing(source):
    (source.parent / "dst").mkdir()
    (source.parent / "dst/.enhance_manifest.0123456789ab.json").write_text("{")
    run(source)
    assert [path.name for path in (source.parent / "dst").rglob(".*")] == [LOCK]


def test_limit(source):
    manifest = run(source, limit=2)
    assert manifest["counts"] == dict(enhanced=2, failed=0, not_asked_for=5)
    assert not manifest["complete"]
    assert run(source)["complete"]


def test_a_broken_image_goes_into_the_manifest(source):
    (source / "images/1.png").write_bytes((source / "images/1.png").read_bytes()[:60])
    manifest = run(source)
    assert manifest["counts"] == dict(enhanced=6, failed=1, not_asked_for=0)
    assert manifest["files"]["images/1.png"]["status"] == "failed"
    assert "truncated" in manifest["files"]["images/1.png"]["reason"]
    assert manifest["annotations"]["train.json"]["without_image"] == ["images/1.png"]


def test_names_that_would_collide_are_refused_before_anything_is_written(source):
    cv2.imwrite(str(source / "6.png"), np.zeros((3, 3), np.uint8))
    with pytest.raises(ValueError, match="6.png and 6.tif"):
        run(source)
    assert not (source.parent / "dst").exists()


def test_other_peoples_images_and_other_recipes_are_refused(source):
    run(source)
    with pytest.raises(ValueError, match="another recipe"):
        enhance_dataset(Inverter(), source, source.parent / "dst", dict(enhancer=dict(type="Other")))
    other = Inverter()
    enhance_dataset(other, source, source.parent / "dst", dict(enhancer=dict(type="Other")), overwrite=True)
    assert other.seen == 7
    (source.parent / "dst" / MANIFEST).unlink()
    with pytest.raises(ValueError, match="empty folder"):
        run(source)


@pytest.mark.parametrize("dst", ["src", "src/inside", "."])
def test_folders_inside_one_another_are_refused(source, dst):
    with pytest.raises(ValueError, match="in one another"):
        plan_outputs(source, source.parent / dst)


def test_no_image_is_an_error(tmp_path):
    (tmp_path / "src").mkdir()
    with pytest.raises(ValueError, match="no image"):
        plan_outputs(tmp_path / "src", tmp_path / "dst")


def test_a_broken_json_is_an_error_before_anything_is_written(source):
    (source / "broken.json").write_text("{")
    with pytest.raises(ValueError, match="broken.json"):
        run(source)
    assert not (source.parent / "dst").exists()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (dict(bbox=[1, 2, float("nan"), 4]), "has the box"),
        (dict(bbox=[900, 900, 3, 4]), "outside"),
        (dict(image_id=99), "no image or category"),
    ],
)
def test_annotations_that_no_detector_would_take_are_refused_before_anything_is_written(source, change, problem):
    coco = json.loads((source / "train.json").read_text())
    coco["annotations"][0] |= change
    (source / "train.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match=f"train.json.*{problem}"):
        run(source)
    assert not (source.parent / "dst").exists()


def test_what_is_mended_is_mended_in_the_enhanced_set_too(source):
    coco = json.loads((source / "train.json").read_text())
    del coco["annotations"][0]["area"]
    (source / "train.json").write_text(json.dumps(coco))
    run(source)
    first = json.loads((source.parent / "dst/train.json").read_text())["annotations"][0]
    assert first["area"] == first["bbox"][2] * first["bbox"][3]


def rename(source, change, name="train.json"):
    coco = json.loads((source / name).read_text())
    for image in coco["images"]:
        image["file_name"] = change(image["file_name"])
    (source / name).write_text(json.dumps(coco))


@pytest.mark.parametrize(("old", "new"), [("", "./"), ("", "images/../"), ("/", "\\")])
def test_enhanced_files_name_enhanced_images_however_the_source_names_them(source, old, new):
    rename(source, lambda name: name.replace(old, new, 1))
    run(source)
    for image in json.loads((source.parent / "dst/train.json").read_text())["images"]:
        assert (source.parent / "dst" / image["file_name"]).is_file() and ".." not in image["file_name"]


def test_absolute_names_do_not_lead_back_to_the_raw_images(source):
    rename(source, lambda name: str(source / name))
    run(source)
    names = [image["file_name"] for image in json.loads((source.parent / "dst/train.json").read_text())["images"]]
    assert names[0] == "images/0.png" and "images/deep/5.png" in names


@pytest.mark.parametrize("lead", ["/elsewhere/", "../pool/", "images/../../pool/"])
def test_names_that_lead_out_are_refused_before_anything_is_written(source, lead):
    rename(source, lambda name: lead + name, "annotations/test.json")
    with pytest.raises(ValueError, match=r"annotations/test.json: the file name .* leads out of .*src"):
        run(source)
    assert not (source.parent / "dst").exists()


@pytest.mark.parametrize("target", ["src", "pool"])
def test_nothing_is_written_through_a_link(source, target):
    pool, dst = source.parent / "pool", source.parent / "dst"
    pool.mkdir()
    dst.mkdir()
    (dst / "images").symlink_to(source / "images" if target == "src" else pool)
    before = {path: path.read_bytes() for path in source.rglob("*.*") if path.is_file()}
    with pytest.raises(ValueError, match="images.* is a link to .* nothing is written outside of"):
        run(source)
    assert not list(pool.iterdir()) and all(path.read_bytes() == content for path, content in before.items())


def test_no_annotation_file_is_written_through_a_link(source):
    (source.parent / "dst").mkdir()
    (source.parent / "dst/annotations").symlink_to(source / "annotations")
    before = (source / "annotations/test.json").read_bytes()
    with pytest.raises(UserError, match="annotations is a link to .* nothing is written outside of"):
        run(source)
    assert (source / "annotations/test.json").read_bytes() == before


def test_an_image_of_another_size_than_its_boxes_were_drawn_on_fails(source):
    cv2.imwrite(str(source / "images/0.png"), np.zeros((20, 40), np.uint8))
    images = json.loads((source / "train.json").read_text())["images"]
    images[2] |= {"width": None}  # not known
    for name in ("train.json", "annotations/test.json"):
        (source / name).write_text(json.dumps({"images": images}))
    files = run(source)["files"]
    assert [name for name, entry in files.items() if entry["status"] == "failed"] == ["images/0.png"]
    assert "has 40 x 20 pixels, its annotation file says 20 x 10" in files["images/0.png"]["reason"]


def test_images_of_sources_that_are_gone_go_too(source):
    run(source)
    dst = source.parent / "dst"
    (source / "images/1.png").unlink()
    (dst / "mine.png").write_bytes(b"kept")
    run(source)
    assert not (dst / "images/1.png").exists() and (dst / "images/2.png").exists() and (dst / "mine.png").exists()
    (source / "images/2.png").unlink()
    other = dict(enhancer=dict(type="Other"), weights_sha256={})
    enhance_dataset(Inverter(), source, dst, other, overwrite=True)
    assert not (dst / "images/2.png").exists() and (dst / "images/3.png").exists() and (dst / "mine.png").exists()


def test_images_of_sources_that_are_gone_go_after_a_partial_run_too(source):
    run(source)
    run(source, limit=1)
    (source / "images/3.png").unlink()
    run(source, limit=1)
    dst = source.parent / "dst"
    assert not (dst / "images/3.png").exists() and (dst / "images/4.png").exists()


def test_what_others_enhanced_below_the_folder_stays(source):
    run(source)
    dst = source.parent / "dst"
    (dst / "figures").mkdir()
    shutil.copyfile(dst / "6.png", dst / "figures/mine.png")
    enhance_dataset(Inverter(), source, dst / "other", dict(enhancer=dict(type="Other")))
    run(source)
    assert (dst / "figures/mine.png").exists() and len(list((dst / "other").rglob("*.png"))) == 7


def test_annotation_files_that_are_gone_go_too(source):
    run(source)
    dst = source.parent / "dst"
    (dst / "mine.json").write_text("{}")
    (source / "train.json").unlink()
    manifest = run(source, ann_files=["annotations/test.json"])
    assert list(manifest["annotations"]) == ["annotations/test.json"]
    assert not (dst / "train.json").exists() and (dst / "mine.json").exists()


def test_annotation_files_of_earlier_runs_stay_with_their_images(source):
    run(source, ann_files=["train.json"])
    manifest = run(source, ann_files=["annotations/test.json"])
    assert sorted(manifest["annotations"]) == ["annotations/test.json", "train.json"]
    assert (source.parent / "dst/train.json").is_file()
    other = dict(enhancer=dict(type="Other"), weights_sha256={})
    manifest = enhance_dataset(
        Inverter(), source, source.parent / "dst", other, ann_files=["annotations/test.json"], overwrite=True
    )
    assert (
        list(manifest["annotations"]) == ["annotations/test.json"] and not (source.parent / "dst/train.json").exists()
    )


def test_another_enhancer_takes_the_recipe_away_before_its_first_image(source):
    class Dies(Inverter):
        def __call__(self, images):
            raise KeyboardInterrupt

    run(source)
    (source.parent / "dst/recipe.py").write_text("enhancer = dict(type='Invert')")
    with pytest.raises(KeyboardInterrupt):
        enhance_dataset(Dies(), source, source.parent / "dst", dict(enhancer={}), overwrite=True)
    assert not (source.parent / "dst/recipe.py").exists()


def test_the_image_of_a_source_that_became_unreadable_goes_too(source):
    run(source)
    (source / "images/1.png").write_bytes(b"damaged")
    manifest = run(source)
    assert manifest["files"]["images/1.png"]["status"] == "failed"
    assert not (source.parent / "dst/images/1.png").exists()


def test_sources_that_vanish_during_a_run_lose_nothing(source, monkeypatch):
    run(source)
    before = {path.name: path.read_bytes() for path in (source.parent / "dst").rglob("*.png")}
    listed = plan_outputs(source, source.parent / "dst")
    monkeypatch.setattr("enhance.dataset.plan_outputs", lambda src, dst: listed)
    (source / "images").rename(source / "unmounted")
    with pytest.raises(UserError, match="6 images vanished from .*src during the run, the first is .*0.png"):
        run(source)
    assert {path.name: path.read_bytes() for path in (source.parent / "dst").rglob("*.png")} == before
    (source / "unmounted").rename(source / "images")
    again = Inverter()
    assert run(source, again)["complete"] and again.seen == 0


def test_only_the_images_of_chosen_files(source):
    coco = json.loads((source / "train.json").read_text())
    coco = part_of(coco, {1, 5})
    (source / "some.json").write_text(json.dumps(coco))
    manifest = run(source, ann_files=["some.json"])
    dst = source.parent / "dst"
    assert list(manifest["files"]) == ["images/1.png", "images/deep/5.jpg"]
    assert manifest["complete"] and manifest["counts"] == dict(enhanced=2, failed=0, not_asked_for=0)
    assert list(manifest["annotations"]) == ["some.json"] and not (dst / "train.json").exists()
    manifest = run(source, ann_files=["some.json", "annotations/test.json"], limit=3)
    assert not manifest["complete"] and manifest["counts"]["not_asked_for"] == 4
    for name in ("nothing.json", "notes.json", "6.tif"):
        with pytest.raises(ValueError, match=f"src/{name} is no COCO file"):
            run(source, ann_files=["some.json", name])
