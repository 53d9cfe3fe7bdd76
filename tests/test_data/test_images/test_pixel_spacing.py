import io
import struct

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from data.images.image_io import write_image
from data.images.pixel_spacing import read_pixel_spacing, scale_pixel_spacing

IMAGER, PIXEL = 0x1164_0018, 0x0030_0028  # element, group: as the file has them, read as little endian
FOLLOWER = {IMAGER: b"\x28\0\x02\0US", PIXEL: b"\x28\0\x00\x01US"}  # SamplesPerPixel, BitsAllocated


def plain_dicom():
    """The bytes of an image of 6 rows and 8 columns."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 6, 8, 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = bytes(range(48))
    dataset["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def write_dicom(path, tags):
    """Put elements, tag to (VR, value), into the bytes, since pydicom writes no unsound ones."""
    content = plain_dicom()
    for tag, (vr, value) in tags.items():
        length = struct.pack("<HI", 0, len(value)) if vr == "OB" else struct.pack("<H", len(value))
        at = content.index(FOLLOWER[tag])
        content = content[:at] + struct.pack("<I", tag) + vr.encode() + length + value + content[at:]
    path.write_bytes(content)
    return path


def read(tmp_path, tags):
    return read_pixel_spacing(write_dicom(tmp_path / "a.dcm", tags))


def test_the_first_value_is_that_of_the_rows(tmp_path):
    assert read(tmp_path, {PIXEL: ("DS", b"0.2\\0.1 ")}) == (0.2, 0.1)


def test_more_digits_than_the_16_that_dicom_allows(tmp_path):
    """Files of the RSNA challenge have them."""
    value = b"0.14300000000000002\\0.14300000000000002 "
    assert read(tmp_path, {PIXEL: ("DS", value)}) == (0.14300000000000002, 0.14300000000000002)


def test_pixel_spacing_goes_before_imager_pixel_spacing(tmp_path):
    imager, pixel = {IMAGER: ("DS", b"0.4\\0.3 ")}, {PIXEL: ("DS", b"0.2\\0.1 ")}
    assert read(tmp_path, imager) == (0.4, 0.3)
    assert read(tmp_path, imager | pixel) == (0.2, 0.1)


UNSOUND = [
    ("DS", b""),
    ("DS", b"0.2 "),
    ("DS", b"0.2\\"),
    ("DS", b"\\0.1"),
    ("DS", b"0.2\\0.1\\0.3 "),
    ("DS", b"0\\0 "),
    ("DS", b"0.2\\0 "),
    ("DS", b"-1\\1"),
    ("DS", b"nan\\0.1 "),
    ("DS", b"inf\\0.1 "),
    ("DS", b"1e999\\1 "),
    ("DS", b"abcd"),
    ("DS", b"0,2\\0,1 "),
    ("DS", b"0.2mm\\0.1mm "),
    ("DS", b"\xff\xfe\\0.1 "),
    ("LO", b"12"),
    ("OB", b"\x02\x01"),
    ("FL", b"\x00\x00\x80"),
]


@pytest.mark.parametrize("unsound", UNSOUND)
def test_an_unsound_tag_gives_nothing_or_leaves_it_to_the_other(tmp_path, unsound):
    assert read(tmp_path, {PIXEL: unsound}) is None
    assert read(tmp_path, {IMAGER: unsound}) is None
    assert read(tmp_path, {PIXEL: unsound, IMAGER: ("DS", b"0.4\\0.3 ")}) == (0.4, 0.3)


def test_no_tag(tmp_path):
    assert read(tmp_path, {}) is None


def test_damaged_and_missing_files_give_nothing(tmp_path):
    content = write_dicom(tmp_path / "a.dcm", {PIXEL: ("DS", b"0.2\\0.1 ")}).read_bytes()
    cut = tmp_path / "cut.dcm"
    for length in range(0, content.index(b"0.2\\0.1"), 7):
        cut.write_bytes(content[:length])
        assert read_pixel_spacing(cut) is None
    assert read_pixel_spacing(tmp_path / "nowhere.dcm") is None


def test_the_pixels_are_not_needed(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", {PIXEL: ("DS", b"0.2\\0.1 ")})
    path.write_bytes(path.read_bytes()[:-40])
    assert read_pixel_spacing(path) == (0.2, 0.1)


def test_a_real_ct_slice():
    assert read_pixel_spacing(get_testdata_file("CT_small.dcm")) == (0.661468, 0.661468)


def test_png_and_jpeg_have_none_whatever_their_dpi(tmp_path):
    pixels = np.zeros((6, 8), np.uint8)
    write_image(tmp_path / "a.png", pixels)
    Image.fromarray(pixels).save(tmp_path / "b.png", dpi=(254, 254))
    Image.fromarray(pixels).save(tmp_path / "c.jpg", dpi=(254, 254))
    assert [read_pixel_spacing(tmp_path / name) for name in ("a.png", "b.png", "c.jpg")] == [None] * 3


def test_scaling_goes_by_axis():
    """Rows: 100 of 0.2 mm are 20 mm, which 25 rows share. Columns: 200 of 0.1 mm are 20 mm, which 100 share."""
    assert scale_pixel_spacing((0.2, 0.1), (200, 100), (100, 25)) == pytest.approx((0.8, 0.2))
    assert scale_pixel_spacing([0.2, 0.1], (200, 100), (200, 100)) == (0.2, 0.1)


@pytest.mark.parametrize(
    "given", [None, 0.2, "12", b"12", [], [0.2], [0.2, 0.1, 0.3], [0.2, None], [0, 1], [10**400, 1]]
)
def test_scaling_of_what_is_no_spacing(given):
    assert scale_pixel_spacing(given, (10, 10), (5, 5)) is None


def test_scaling_beyond_all_numbers():
    assert scale_pixel_spacing((1e308, 1.0), (10, 10), (5, 1)) is None


def test_of_an_enhanced_object_that_of_its_frame_counts(tmp_path):
    dataset = dcmread(io.BytesIO(plain_dicom()))
    measures, groups = Dataset(), Dataset()
    measures.PixelSpacing = ["0.3", "0.4"]
    groups.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [groups]
    dataset.save_as(tmp_path / "a.dcm")
    assert read_pixel_spacing(tmp_path / "a.dcm") == (0.3, 0.4)
