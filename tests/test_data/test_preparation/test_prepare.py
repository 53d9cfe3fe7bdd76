import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

import data.preparation.prepare
from data.coco import ImageRecord
from data.images.image_io import read_color, read_grayscale, write_image
from data.preparation.prepare import ImageOptions, prepare_images


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def record(path, boxes=()):
    return ImageRecord(path, f"images/{path.name}", 0, 0, path.stem, list(boxes))


def write_dicom(path, **spacing):
    """pydicom's test image, 128 x 128, with these tags for a pixel spacing only."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    del dataset.PixelSpacing
    for keyword, value in spacing.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def prepare(records, dst, workers=0, **options):
    return prepare_images(records, dst, ImageOptions(**options), workers)


def test_plain_files_are_linked_and_others_written(tmp_path, rng):
    gray = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    src, dst = tmp_path / "src", tmp_path / "dst"
    write_image(src / "plain.png", gray)
    Image.fromarray(gray).save(src / "plain2.jpg")
    Image.fromarray(gray).convert("RGB").save(src / "rgb.png")
    (src / "deep.png").write_bytes(cv2.imencode(".png", gray.astype(np.uint16) * 16)[1].tobytes())
    Image.fromarray(gray).save(src / "scan.tif")
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(gray).save(src / "turned.jpg", exif=exif)
    records = [record(path) for path in sorted(src.iterdir())]
    prepared = prepare(records, dst)
    assert prepared.status == {
        "images/deep.png": "written",
        "images/plain.png": "linked",
        "images/plain2.jpg": "linked",
        "images/rgb.png": "written",
        "images/scan.png": "written",
        "images/turned.png": "written",
    }
    for source, done in zip(records, prepared.records, strict=True):
        image = read_grayscale(dst / done.file_name)
        np.testing.assert_array_equal(image, read_grayscale(source.source))
        assert (done.height, done.width) == image.shape
    assert (dst / "images/plain.png").samefile(src / "plain.png")
    assert (prepared.records[5].width, prepared.records[5].height) == (30, 40)
    assert prepare(records, dst).status == prepared.status  # a second run over the first


def test_files_are_copied_where_links_fail(tmp_path, rng, monkeypatch):
    write_image(tmp_path / "a.png", rng.integers(0, 256, (5, 5), dtype=np.uint8))

    def refuse(*_):
        raise OSError("cross-device link")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    assert prepare([record(tmp_path / "a.png")], tmp_path / "dst").status == {"images/a.png": "copied"}
    assert (tmp_path / "dst/images/a.png").read_bytes() == (tmp_path / "a.png").read_bytes()


def test_size_scales_boxes(tmp_path):
    image = np.zeros((100, 200), np.uint8)
    image[20:60, 40:120] = 255
    write_image(tmp_path / "a.png", image)
    write_image(tmp_path / "small.png", image[:40, :50])
    records = [record(tmp_path / "a.png", [(40, 20, 80, 40, "mass")]), record(tmp_path / "small.png")]
    done, small = prepare(records, tmp_path / "dst", size=50).records
    assert (done.width, done.height) == (50, 25)
    assert done.boxes == [(10, 5, 20, 10, "mass")]
    shrunk = read_grayscale(tmp_path / "dst" / done.file_name)
    assert (shrunk[5:15, 10:30] == 255).all()
    assert int(shrunk.sum()) == 255 * 200
    assert (small.width, small.height) == (50, 40)


def test_boxes_are_cut_at_the_edge_and_counted(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((50, 60), np.uint8))
    boxes = [(-5, 10, 20, 10, "m"), (10, 10, 50, 40, "m"), (50, 40, 10.5, 30, "m")]
    prepared = prepare([record(tmp_path / "a.png", boxes)], tmp_path / "dst")
    assert prepared.clipped_boxes == 2
    assert prepared.records[0].boxes == [(0, 10, 15, 10, "m"), (10, 10, 50, 40, "m"), (50, 40, 10, 10, "m")]


def test_boxes_wholly_outside_are_refused(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((50, 60), np.uint8))
    boxes = [(60, 0, 5, 5, "m"), (0, 80, 5, 5, "m"), (1, 1, 5, 5, "m")]
    with pytest.raises(ValueError, match=r"2 boxes lie wholly outside.*a\.png \(60x50\)"):
        prepare([record(tmp_path / "a.png", boxes)], tmp_path / "dst")


def test_unreadable_images_are_left_out_with_the_reason(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((5, 5), np.uint8))
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:-20])
    prepared = prepare([record(tmp_path / "a.png"), record(tmp_path / "b.png")], tmp_path / "dst")
    assert [r.file_name for r in prepared.records] == ["images/a.png"]
    assert list(prepared.left_out) == [str(tmp_path / "b.png")]
    assert "truncated" in prepared.left_out[str(tmp_path / "b.png")]
    assert not (tmp_path / "dst/images/b.png").exists()


def test_two_sources_for_one_name_are_refused_before_writing(tmp_path):
    for name in ("a.png", "a.bmp"):
        Image.fromarray(np.zeros((5, 5), np.uint8)).save(tmp_path / name)
    with pytest.raises(ValueError, match=r"a\.png and .*a\.bmp would both"):
        prepare([record(tmp_path / "a.png"), record(tmp_path / "a.bmp")], tmp_path / "dst")
    assert not (tmp_path / "dst").exists()


def test_the_sources_are_never_written(tmp_path):
    """Absolute names, names that go up, and links from the target to the sources: refused, and every byte stays."""
    path = tmp_path / "src/images/a.png"
    write_image(path, np.zeros((40, 40), np.uint8))
    before = path.read_bytes()
    for name in (str(path), "../src/images/a.png", "images/../../src/images/a.png"):
        with pytest.raises(ValueError, match="leads out of the data set"):
            prepare([ImageRecord(path, name, 0, 0, "p")], tmp_path / "dst", size=20)
    (tmp_path / "dst").mkdir()
    (tmp_path / "dst/images").symlink_to(tmp_path / "src/images")
    with pytest.raises(ValueError, match=r"images is a link to|where the images are written"):
        prepare([record(path)], tmp_path / "dst", size=20)
    with pytest.raises(ValueError, match=r"where the images are written"):
        prepare([record(path)], tmp_path / "src", size=20)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["a.png"]


def test_names_that_are_uids_stay_apart(tmp_path):
    for name in ("1.2.840.5", "1.2.840.6"):
        write_image(tmp_path / "a.png", np.zeros((5, 5), np.uint8))
        (tmp_path / "a.png").rename(tmp_path / name)
    prepared = prepare([record(tmp_path / "1.2.840.5"), record(tmp_path / "1.2.840.6")], tmp_path / "dst")
    assert prepared.status == {"images/1.2.840.5.png": "written", "images/1.2.840.6.png": "written"}


def test_color_and_chroma(tmp_path, rng):
    write_image(tmp_path / "color.png", rng.integers(0, 256, (90, 90, 3), dtype=np.uint8))
    write_image(tmp_path / "gray.png", rng.integers(0, 256, (90, 90), dtype=np.uint8))
    records = [record(tmp_path / "color.png"), record(tmp_path / "gray.png")]
    assert len(prepare(records, tmp_path / "all", color=True).records) == 2
    prepared = prepare(records, tmp_path / "dst", color=True, min_chroma=6)
    assert prepared.status == {"images/color.png": "linked"}
    assert "nearly gray" in prepared.left_out[str(tmp_path / "gray.png")]
    np.testing.assert_array_equal(read_color(tmp_path / "dst/images/color.png"), read_color(tmp_path / "color.png"))


def test_workers_do_the_same(tmp_path, rng):
    for i in range(6):
        write_image(tmp_path / "src" / f"{i}.png", rng.integers(0, 256, (20 + i, 30), dtype=np.uint8))
    records = [record(path) for path in sorted((tmp_path / "src").iterdir())]
    assert prepare(records, tmp_path / "a", size=20) == prepare(records, tmp_path / "b", workers=2, size=20)
    for i in range(6):
        assert (tmp_path / f"a/images/{i}.png").read_bytes() == (tmp_path / f"b/images/{i}.png").read_bytes()


def test_a_dicom_file_named_png_is_written_as_png(tmp_path):
    source = tmp_path / "scan.png"
    source.write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes())
    prepared = prepare([record(source)], tmp_path / "dst")
    assert prepared.status == {"images/scan.png": "written"}
    assert np.array_equal(read_grayscale(tmp_path / "dst/images/scan.png"), read_grayscale(source))


def test_pixel_spacing_is_that_of_the_stored_image(tmp_path):
    tags = {"a": {"PixelSpacing": [0.2, 0.1]}, "b": {"ImagerPixelSpacing": [0.4, 0.3]}, "c": {"PixelSpacing": [0, 0]}}
    records = [record(write_dicom(tmp_path / f"{name}.dcm", **tag)) for name, tag in tags.items()]
    extras = {
        size: [done.extra for done in prepare(records, tmp_path / "dst", size=size).records] for size in (64, 999)
    }
    assert extras[999] == [{"pixel_spacing": [0.2, 0.1]}, {"pixel_spacing": [0.4, 0.3]}, {}]
    assert extras[64] == [{"pixel_spacing": [0.4, 0.2]}, {"pixel_spacing": [0.8, 0.6]}, {}]
    assert not records[0].extra


@pytest.mark.parametrize("damage", [b"abc\\def ", b"0.2     ", b"        "])
def test_a_damaged_pixel_spacing_stops_nothing(tmp_path, damage):
    source = write_dicom(tmp_path / "a.dcm", PixelSpacing=[1.25, 3.5])
    content = source.read_bytes()
    assert content.count(b"1.25\\3.5") == 1
    source.write_bytes(content.replace(b"1.25\\3.5", damage))
    prepared = prepare([record(source)], tmp_path / "dst")
    assert prepared.status == {"images/a.png": "written"}
    assert prepared.records[0].extra == {}


def test_a_reader_s_pixel_spacing_is_scaled_and_goes_before_the_header(tmp_path):
    """The image of 101 x 40 becomes 50 x 20: 40 rows of 0.2 mm are 20 of 0.4 mm, 101 columns of 0.1 mm 50 of 0.202."""
    write_image(tmp_path / "a.png", np.zeros((40, 101), np.uint8))
    png, dicom = record(tmp_path / "a.png"), record(write_dicom(tmp_path / "b.dcm", PixelSpacing=[9, 9]))
    for given in (png, dicom):
        given.extra.update(pixel_spacing=[0.2, 0.1], view="PA")
    first, second = prepare([png, dicom], tmp_path / "dst", size=50).records
    assert first.extra == {"view": "PA", "pixel_spacing": pytest.approx([0.4, 0.202])}
    assert second.extra == {"view": "PA", "pixel_spacing": pytest.approx([0.512, 0.256])}
    dicom.extra["pixel_spacing"] = None
    assert prepare([dicom], tmp_path / "dst").records[0].extra == {"view": "PA"}


def test_png_and_jpeg_have_no_pixel_spacing_whatever_their_dpi(tmp_path):
    for name in ("a.png", "b.jpg"):
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / name, dpi=(254, 254))
    records = [record(tmp_path / name) for name in ("a.png", "b.jpg")]
    for size, status in ((None, {"linked"}), (10, {"written"})):
        prepared = prepare(records, tmp_path / "dst", size=size)
        assert set(prepared.status.values()) == status
        assert [done.extra for done in prepared.records] == [{}, {}]


def test_images_are_cut_to_their_masks(tmp_path, rng):
    image = rng.integers(0, 256, (40, 60), dtype=np.uint8)
    left, right = np.zeros((2, 20, 30), np.uint8)  # half the size of the image
    left[5:10, 3:8], right[6:15, 20:25] = 255, 255
    for name, pixels in (("image", image), ("left", left), ("right", right)):
        write_image(tmp_path / f"{name}.png", pixels)
    masked = record(tmp_path / "image.png", [(10, 12, 8, 6, "nodule"), (40, 20, 15, 30, "nodule")])
    masked.masks, masked.extra = [tmp_path / "left.png", tmp_path / "right.png"], {"pixel_spacing": [0.5, 0.25]}
    prepared = prepare([masked], tmp_path / "whole")
    (done,) = prepared.records
    assert done.extra == {"pixel_spacing": [0.5, 0.25], "crop": [6, 10, 44, 20]}
    assert (done.width, done.height) == (44, 20)
    np.testing.assert_array_equal(read_grayscale(tmp_path / "whole/images/image.png"), image[10:30, 6:50])
    assert prepared.status == {"images/image.png": "written"}
    assert done.boxes == [(4, 2, 8, 6, "nodule"), (34, 10, 10, 10, "nodule")]
    assert prepared.clipped_boxes == 1
    (small,) = prepare([masked], tmp_path / "small", size=22).records
    assert (small.width, small.height) == (22, 10)
    assert small.boxes == [(2, 1, 4, 3, "nodule"), (17, 5, 5, 5, "nodule")]
    assert small.extra == {"pixel_spacing": [1.0, 0.5], "crop": [6, 10, 44, 20]}


def test_a_bad_mask_leaves_its_image_out(tmp_path):
    for name, value in (("image", 9), ("empty", 0)):
        write_image(tmp_path / f"{name}.png", np.full((5, 5), value, np.uint8))
    (tmp_path / "damaged.png").write_bytes(b"no image")
    for name, reason in (("empty", "the mask is empty"), ("damaged", "not an image")):
        masked = record(tmp_path / "image.png")
        masked.masks = [tmp_path / f"{name}.png"]
        prepared = prepare([masked], tmp_path / "dst")
        assert prepared.records == []
        assert f"{name}.png" in prepared.left_out[str(tmp_path / "image.png")]
        assert reason in prepared.left_out[str(tmp_path / "image.png")]
        assert not (tmp_path / "dst").exists()


def age(*paths):
    for path in paths:
        os.utime(path, ns=(10**18, 10**18))


@pytest.fixture
def read(monkeypatch):
    """The names of the sources that are read."""
    names = []

    def noted(path):
        names.append(Path(path).name)
        return read_grayscale(path)

    monkeypatch.setattr("data.preparation.prepare.read_grayscale", noted)
    return names


@pytest.fixture
def sources(tmp_path, rng):
    paths = [tmp_path / "src" / name for name in ("a.png", "b.png", "c.png", "d.png")]
    for path in paths:
        write_image(path, rng.integers(0, 256, (30, 40), dtype=np.uint8))
    paths[3] = write_dicom(tmp_path / "src/d.dcm", PixelSpacing=[0.2, 0.1])
    age(*paths)
    return [record(path) for path in paths]


def test_what_is_prepared_is_not_read_again(tmp_path, sources, read):
    dst = tmp_path / "dst"
    first = prepare(sources, dst, size=20)
    read.clear()
    assert prepare(sources, dst, size=20) == first and read == []
    (dst / first.records[1].file_name).unlink()
    assert prepare(sources, dst, size=20) == first and read == ["b.png"]
    read.clear()
    prepare(sources, dst, size=10)
    assert len(read) == 4


@pytest.mark.parametrize("options", [{}, {"size": 20}])
def test_a_source_that_changed_is_read_again(tmp_path, sources, read, options):
    prepare(sources, tmp_path / "dst", **options)
    read.clear()
    write_image(sources[2].source, np.zeros((30, 40), np.uint8))
    prepared = prepare(sources, tmp_path / "dst", **options)
    assert read == ["c.png"] and not read_grayscale(tmp_path / "dst" / prepared.records[2].file_name).any()


def test_a_damaged_source_is_asked_again(tmp_path, sources, read):
    content = sources[0].source.read_bytes()
    sources[0].source.write_bytes(content[:50])
    age(sources[0].source)
    assert len(prepare(sources, tmp_path / "dst").left_out) == 1
    sources[0].source.write_bytes(content)
    age(sources[0].source)
    read.clear()
    assert not prepare(sources, tmp_path / "dst").left_out and read == ["a.png"]


def test_masks_and_spacing_count_too(tmp_path, sources, read, rng):
    mask = np.zeros((30, 40), np.uint8)
    mask[5:20, 6:30] = 255
    write_image(tmp_path / "masks/a.png", mask)
    age(tmp_path / "masks/a.png")
    masked = replace(sources[0], masks=[tmp_path / "masks/a.png"])
    first = prepare([masked], tmp_path / "dst")
    read.clear()
    assert prepare([masked], tmp_path / "dst") == first and read == []
    prepare([replace(masked, extra={"pixel_spacing": [0.1, 0.1]})], tmp_path / "dst")
    assert read == ["a.png"]
    read.clear()
    prepare([masked], tmp_path / "dst")
    age(tmp_path / "masks/a.png")
    mask[:] = 255
    write_image(tmp_path / "masks/a.png", mask)  # just now: the next change might show the same time
    read.clear()
    assert prepare([masked], tmp_path / "dst").records[0].extra["crop"] == [0, 0, 40, 30]
    prepare([masked], tmp_path / "dst")
    assert read == ["a.png", "a.png"]


def test_a_run_that_was_cut_short_keeps_what_it_did(tmp_path, sources, read, monkeypatch):
    plain = data.preparation.prepare._place

    def stop(which, *rest):
        if which is sources[2]:
            raise KeyboardInterrupt
        return plain(which, *rest)

    monkeypatch.setattr("data.preparation.prepare._place", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare(sources, tmp_path / "dst", size=20)
    monkeypatch.setattr("data.preparation.prepare._place", plain)
    read.clear()
    prepared = prepare(sources, tmp_path / "dst", size=20)
    assert read == ["c.png", "d.dcm"]
    assert prepared == prepare(sources, tmp_path / "unbroken", size=20)
