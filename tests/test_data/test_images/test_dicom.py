import io

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels import apply_windowing, get_decoder
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from data.images.dicom import apply_window, dicom_to_uint8
from data.images.errors import ImageReadError
from data.images.image_io import read_color, read_grayscale

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def make(pixels=RAMP, bits=12, **elements):
    """A DICOM file's dataset with these stored pixels; an element given as None is left out."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3"
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = pixels.dtype.itemsize * 8, bits, bits - 1
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def to_bytes(dataset):
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(dataset):
    return dicom_to_uint8(to_bytes(dataset), "scan.dcm")


def gray(fraction):
    return np.round(np.clip(fraction, 0, 1) * 255).astype(np.uint8)


def test_white_is_the_maximum_of_bits_stored():
    pixels = np.array([[0, 100, 1000]], np.uint16)
    np.testing.assert_array_equal(read(make(pixels)), gray(pixels / 4095))
    np.testing.assert_array_equal(read(make(RAMP)), gray(RAMP / 4095))


def test_8_bits_come_back_as_they_are():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(read(make(pixels, bits=8)), pixels)


def test_monochrome1_is_inverted():
    np.testing.assert_array_equal(read(make(PhotometricInterpretation="MONOCHROME1")), 255 - read(make()))


@pytest.mark.parametrize("kind", ["RGB", "PALETTE COLOR", "YBR_FULL"])
def test_other_photometric_interpretations_are_refused(kind):
    with pytest.raises(ImageReadError, match=f"scan.dcm.*PhotometricInterpretation is {kind}"):
        read(make(PhotometricInterpretation=kind))


def test_no_photometric_interpretation():
    with pytest.raises(ImageReadError, match="is missing"):
        read(make(PhotometricInterpretation=None))


def test_several_frames_are_refused():
    with pytest.raises(ImageReadError, match="3 frames"):
        read(make(np.stack([RAMP] * 3), NumberOfFrames=3))
    assert read(make(NumberOfFrames=1)).shape == (64, 64)


@pytest.mark.parametrize("rows", [1, 8, 32])
def test_pixels_of_more_rows_than_the_header_says_are_refused(rows):
    with pytest.raises(ImageReadError, match=f"scan.dcm: its pixels are several times the {rows} x 64 of its header"):
        read(make(Rows=rows))


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "1e38"},
        {"RescaleSlope": "1e38", "RescaleIntercept": "-1e38"},
        {"RescaleSlope": "1e-44", "RescaleIntercept": "5"},
        {"RescaleSlope": "nan"},
    ],
)
def test_values_that_are_not_finite_are_refused(elements):
    with pytest.raises(ImageReadError, match="gives no finite gray values"):
        read(make(**elements))


def test_too_many_pixels_are_refused_by_the_header():
    with pytest.raises(ImageReadError, match="it has 60000 x 60000 pixels, too many"):
        read(make(Rows=60000, Columns=60000))


def test_a_deflated_bomb_is_refused(monkeypatch):
    dataset = make()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_array_equal(read(dataset), read(make()))
    monkeypatch.setattr("data.images.dicom.MAX_BYTES", 5000)
    with pytest.raises(ImageReadError, match="its deflated data are more than 5000 bytes"):
        read(dataset)


def test_no_pixels():
    dataset = make()
    del dataset.PixelData
    with pytest.raises(ImageReadError, match="no PixelData"):
        read(dataset)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(2000, 1500), (-300.5, 900), (100, 1), (0, 5000)])
def test_window_agrees_with_pydicom(function, center, width):
    values = np.linspace(-1500, 5000, 997)
    dataset = make(WindowCenter=center, WindowWidth=width, VOILUTFunction=function)
    expected = apply_windowing(values, dataset) / 4095
    np.testing.assert_allclose(apply_window(values, center, width, function), expected, atol=1e-6)


def test_window_is_applied_after_rescale():
    dataset = make(RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=500, WindowWidth=2000)
    expected = ((RAMP * 2.0 - 1000) - 499.5) / 1999 + 0.5
    np.testing.assert_array_equal(read(dataset), gray(expected))


def test_the_only_frame_of_an_enhanced_object_has_its_rescale_and_window_in_groups():
    rescale, window, shared, own = Dataset(), Dataset(), Dataset(), Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = "2", "-1000"
    window.WindowCenter, window.WindowWidth = "500", "2000"
    shared.PixelValueTransformationSequence, own.FrameVOILUTSequence = [rescale], [window]
    groups = dict(SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=[own], NumberOfFrames=1)
    plain = make(RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=500, WindowWidth=2000)
    np.testing.assert_array_equal(read(make(**groups)), read(plain))


@pytest.mark.parametrize("function", ["sigmoid", "Sigmoid", "SIGMOID "])
def test_functions_of_the_window_in_any_case(function):
    window = dict(WindowCenter=1000, WindowWidth=500)
    expected = read(make(**window, VOILUTFunction="SIGMOID"))
    np.testing.assert_array_equal(read(make(**window, VOILUTFunction=function)), expected)


def test_first_of_several_windows_counts():
    many = make(WindowCenter=[1000, 3000], WindowWidth=[500, 10])
    np.testing.assert_array_equal(read(many), read(make(WindowCenter=1000, WindowWidth=500)))


@pytest.mark.parametrize("slope", ["absent", None])
def test_missing_or_empty_rescale_slope_is_one(slope):
    dataset = make(RescaleIntercept=-1000, WindowCenter=500, WindowWidth=1001)
    if slope is None:
        dataset.RescaleSlope = None
    np.testing.assert_array_equal(read(dataset), gray((RAMP - 1000.0 - 499.5) / 1000 + 0.5))


def test_negative_slope_inverts():
    np.testing.assert_array_equal(read(make(RescaleSlope=-1, RescaleIntercept=4095)), gray((4095 - RAMP) / 4095))


def test_empty_voi_sequence_or_window_is_none():
    for empty in ({"VOILUTSequence": []}, {"VOILUTSequence": [Dataset()]}, {"WindowCenter": None, "WindowWidth": None}):
        np.testing.assert_array_equal(read(make(**empty)), read(make()))
    np.testing.assert_array_equal(
        read(make(VOILUTSequence=[], WindowCenter=1000, WindowWidth=500)),
        read(make(WindowCenter=1000, WindowWidth=500)),
    )


@pytest.mark.parametrize("depth", [8, 12])
def test_voi_lut(depth):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2**depth, 2000)
    item = Dataset()
    item.LUTDescriptor = [2000, 1000, depth]
    item.add_new("LUTData", "US", [int(value) for value in table])
    expected = table[np.clip(RAMP.astype(int) - 1000, 0, 1999)] / (2**depth - 1)
    np.testing.assert_array_equal(read(make(VOILUTSequence=[item])), gray(expected))


@pytest.mark.parametrize(("described", "used"), [(16, 12), (16, 14), (16, 8), (12, 8)])
def test_a_voi_lut_narrower_than_described_reaches_white(described, used):
    """Agfa CR writes tables of 12 bits and describes them as of 16."""
    table = np.linspace(0, 2**used - 1, 4096).astype(int)
    item = Dataset()
    item.LUTDescriptor = [4096, 0, described]
    item.add_new("LUTData", "US", [int(value) for value in table])
    np.testing.assert_array_equal(read(make(VOILUTSequence=[item])), gray(table[RAMP] / (2**used - 1)))


@pytest.mark.parametrize("least", [0.5, 0.75])
def test_a_voi_lut_that_uses_its_bits_ends_where_they_end(least):
    table = np.linspace(0, 65535 * least, 4096).round().astype(int)
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 16]
    item.add_new("LUTData", "US", [int(value) for value in table])
    np.testing.assert_array_equal(read(make(VOILUTSequence=[item])), gray(table[RAMP] / 65535))


def test_a_voi_lut_of_negative_values_begins_below_zero():
    """The descriptor's first value is unsigned in the file; after a negative intercept it means a negative one."""
    table = RAMP.reshape(-1)[::-1]
    item = Dataset()
    item.LUTDescriptor = [4096, 65536 - 1024, 12]
    item.add_new("LUTData", "US", [int(value) for value in table])
    shown = read(make(RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=[item]))
    np.testing.assert_array_equal(shown, gray(table[RAMP] / 4095))


PADDED = np.where(RAMP < 100, 0, RAMP).astype(np.uint16)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("value", "padding", "limit"), [(0, 0, None), (4095, 4095, None), (4000, 4000, None), (50, 10, 60), (50, 60, 10)]
)
def test_padding_is_black_whatever_the_polarity(kind, value, padding, limit):
    pixels = np.where(PADDED == 0, value, PADDED).astype(np.uint16)
    more = {} if limit is None else {"PixelPaddingRangeLimit": limit}
    shown = read(make(pixels, PhotometricInterpretation=kind, PixelPaddingValue=padding, **more))
    plain = read(make(pixels, PhotometricInterpretation=kind))
    low, high = sorted((padding, padding if limit is None else limit))
    hidden = (pixels >= low) & (pixels <= high)
    assert hidden.any() and not shown[hidden].any()
    np.testing.assert_array_equal(shown[~hidden], plain[~hidden])


def test_padding_outside_of_the_bits_does_not_darken_the_image():
    pixels = PADDED.copy()
    pixels[PADDED == 0] = 65535  # 12 bits, and padding of 16
    expected = np.where(PADDED == 0, 0, gray(PADDED / 4095))
    np.testing.assert_array_equal(read(make(pixels, PixelPaddingValue=65535)), expected)


def test_padding_of_signed_pixels_may_be_written_unsigned():
    pixels = np.where(RAMP < 100, -2000, RAMP.astype(int) - 1024).astype(np.int16)
    dataset = make(pixels, bits=16, WindowCenter=1000, WindowWidth=4000)
    plain = read(dataset)
    for padding, vr in ((-2000, "SS"), (65536 - 2000, "US")):
        dataset.add_new("PixelPaddingValue", vr, padding)
        np.testing.assert_array_equal(read(dataset), np.where(RAMP < 100, 0, plain))


def test_an_image_of_padding_only_is_black():
    assert not read(make(np.full((4, 4), 7, np.uint16), PixelPaddingValue=7)).any()


def test_signed_pixels_of_16_bits_without_a_window_use_the_range_that_they_fill():
    pixels = (RAMP.astype(int) - 1024).astype(np.int16)
    np.testing.assert_array_equal(read(make(pixels, bits=16)), gray((pixels + 1024.0) / 4095))
    assert read(make(pixels, bits=16)).std() > 50


@pytest.mark.parametrize("implicit", [True, False])
def test_files_without_preamble_and_transfer_syntax(implicit):
    """As some archives and VinDr-CXR's first release have them."""
    dataset = make()
    bare = Dataset()
    for element in dataset:
        bare.add(element)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, bare, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    assert b"DICM" not in buffer.getvalue()[:200]
    np.testing.assert_array_equal(dicom_to_uint8(buffer.getvalue(), "scan.dcm"), read(make()))


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\0" * 400, b"\x89PNG\r\n\x1a\n" + b"\1" * 300, b"II*\0" + b"\2" * 300]
)
def test_what_is_no_dicom_file_is_refused(content):
    with pytest.raises(ImageReadError, match="scan.dcm"):
        dicom_to_uint8(content, "scan.dcm")


def test_big_endian_and_odd_lengths():
    odd = np.arange(15, dtype=np.uint8).reshape(3, 5)
    dataset = make(odd, bits=8)
    dataset["PixelData"].VR = "OB"
    np.testing.assert_array_equal(read(dataset), odd)
    dataset.PixelData += b"\0"  # padded to an even length, as the standard asks
    np.testing.assert_array_equal(read(dataset), odd)
    big = make()
    big.PixelData = RAMP.astype(">u2").tobytes()
    big.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, big, implicit_vr=False, little_endian=False, enforce_file_format=True)
    np.testing.assert_array_equal(dicom_to_uint8(buffer.getvalue(), "scan.dcm"), read(make()))


def test_modality_lut_as_bytes():
    table = np.arange(4096, dtype="<u2")[::-1] * 3
    item = Dataset()
    item.LUTDescriptor = [4096, 0, 16]
    item.add_new("LUTData", "OW", table.tobytes())
    np.testing.assert_array_equal(read(make(ModalityLUTSequence=[item])), gray(table[RAMP] / 65535))


def test_bits_stored_too_small_does_not_wrap():
    pixels = np.array([[0, 1000, 5000, 16383]], np.uint16)  # 14 bits declared as 12
    np.testing.assert_array_equal(read(make(pixels, bits=12)), gray(pixels / 16383))


def test_bits_stored_far_too_large_is_not_black():
    np.testing.assert_array_equal(read(make(RAMP, bits=16)), gray(RAMP / 4095))  # 12 bits declared as 16
    dark = np.array([[0, 5000]], np.uint16)
    np.testing.assert_array_equal(read(make(dark, bits=16)), gray(dark / 65535))  # may well be 16 bits


@pytest.mark.parametrize("used", [18, 21, 25, 30])
def test_32_bits_of_which_few_are_used_are_not_black(used):
    pixels = RAMP.astype(np.uint32) << (used - 12)
    image = read(make(pixels, bits=32))
    assert image.max() > 60 and len(np.unique(image)) > 60


@pytest.mark.parametrize("elements", [{}, {"WindowCenter": 2000, "WindowWidth": 3000}, {"RescaleSlope": 2}])
@pytest.mark.parametrize("kind", [np.uint16, np.int16])
def test_pixels_in_the_high_bits_are_those_in_the_low_ones(elements, kind):
    low = make(RAMP.astype(kind) - (2048 if kind is np.int16 else 0), **elements)
    high = make((RAMP.astype(kind) - (2048 if kind is np.int16 else 0)) << 4, HighBit=15, **elements)
    np.testing.assert_array_equal(read(high), read(low))


def test_a_wrong_high_bit_does_not_shift_pixels_that_use_the_low_bits():
    np.testing.assert_array_equal(read(make(HighBit=15)), read(make()))


@pytest.mark.parametrize("entries", [255, 256, 257, 4095, 65536])
def test_voi_lut_packed_into_bytes(entries):
    item, table = Dataset(), np.arange(entries, dtype=np.uint32) * 255 // (entries - 1)
    item.add_new("LUTDescriptor", "US", [entries % 65536, 0, 8])
    item.add_new("LUTData", "OW", table.astype(np.uint8).tobytes() + b"\0" * (entries % 2))
    np.testing.assert_array_equal(read(make(VOILUTSequence=[item])), table[np.minimum(RAMP, entries - 1)])


def test_signed_pixels():
    pixels = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
    expected = gray((pixels + 2048) / 4095)
    np.testing.assert_array_equal(read(make(pixels)), expected)
    not_extended = (pixels & 0x0FFF).astype(np.int16)  # 12-bit two's complement with zero high bits
    np.testing.assert_array_equal(read(make(not_extended)), expected)


def test_signed_pixels_above_a_wrong_bits_stored_do_not_wrap():
    pixels = np.arange(-1024, 3072, dtype=np.int16).reshape(64, 64)  # 13 bits declared as 12
    np.testing.assert_array_equal(read(make(pixels, bits=12)), gray((pixels + 8192) / 16383))


def test_overlay_in_the_unused_bits_is_ignored():
    pixels = RAMP | ((RAMP % 7 == 0).astype(np.uint16) << 12)
    dataset = make(pixels)
    dataset.add_new((0x6000, 0x0010), "US", 64)
    dataset.add_new((0x6000, 0x0011), "US", 64)
    dataset.add_new((0x6000, 0x0100), "US", 16)
    dataset.add_new((0x6000, 0x0102), "US", 12)
    np.testing.assert_array_equal(read(dataset), read(make()))


def compressed(syntax, **options):
    dataset = make()
    dataset.compress(syntax, generate_instance_uid=False, **options)
    return dataset


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_compressed_pixels(syntax):
    np.testing.assert_array_equal(read(compressed(syntax)), read(make()))


def jpeg_coded(syntax, bits=8):
    """8-bit JPEG pixels, declared to be of `syntax` and `bits`; and what Pillow reads from them."""
    buffer = io.BytesIO()
    Image.fromarray(np.arange(64 * 64).reshape(64, 64).astype(np.uint8)).save(buffer, "JPEG", quality=95)
    dataset = make(np.zeros((64, 64), np.uint8 if bits == 8 else np.uint16), bits)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = pydicom.encaps.encapsulate([buffer.getvalue()])
    dataset["PixelData"].VR = "OB"
    return dataset, np.asarray(Image.open(buffer))


def leave_only(monkeypatch, syntax, plugin):
    decoder = get_decoder(syntax)
    kept = {name: decode for name, decode in decoder._available.items() if name == plugin}
    monkeypatch.setattr(decoder, "_available", kept)


def test_baseline_jpeg_needs_pillow_only(monkeypatch):
    leave_only(monkeypatch, JPEGBaseline8Bit, "pillow")
    dataset, expected = jpeg_coded(JPEGBaseline8Bit)
    np.testing.assert_array_equal(read(dataset), expected)


@pytest.mark.parametrize("syntax", [JPEGExtended12Bit, JPEGLosslessSV1, JPEGLSLossless])
def test_a_missing_decoder_names_the_extra(monkeypatch, syntax):
    leave_only(monkeypatch, syntax, "pillow")
    with pytest.raises(
        ImageReadError, match=r"scan.dcm: no installed decoder .*JPEG.*lesion-enhance\[jpeg\].*\[gdcm\]"
    ):
        read(jpeg_coded(syntax, bits=12)[0])


def test_jpeg_ls_with_the_extra():
    pytest.importorskip("libjpeg", reason="needs the extra jpeg")
    coded, plain = (get_testdata_file(f"MR_small{kind}.dcm", download=False) for kind in ("_jpeg_ls_lossless", ""))
    np.testing.assert_array_equal(read_grayscale(coded), read_grayscale(plain))


def test_truncated_jpeg2000_is_refused():
    dataset = compressed(JPEG2000Lossless)
    frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    for kept in (0.5, 0.9):
        dataset.PixelData = pydicom.encaps.encapsulate([frame[: int(kept * len(frame))]])
        with pytest.raises(ImageReadError, match="scan.dcm"):
            read(dataset)


def test_compressed_pixels_of_zeros_only_are_refused():
    dataset = make(np.zeros((64, 64), np.uint16))
    assert not read(dataset).any()  # a black image that was stored plainly is a black image
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    with pytest.raises(ImageReadError, match="zeros only"):
        read(dataset)


def test_truncated_plain_pixels_are_refused():
    dataset = make()
    dataset.PixelData = dataset.PixelData[:4000]
    with pytest.raises(ImageReadError, match="scan.dcm.*cannot be decoded"):
        read(dataset)


def test_cut_file_is_refused():
    content = to_bytes(make())
    for kept in (140, 300, len(content) - 2000):
        with pytest.raises(ImageReadError, match="scan.dcm"):
            dicom_to_uint8(content[:kept], "scan.dcm")


def test_implicit_vr_and_reading_by_path(tmp_path):
    dataset = make()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    (tmp_path / "without_suffix.png").write_bytes((tmp_path / "a.dcm").read_bytes())
    np.testing.assert_array_equal(read_grayscale(tmp_path / "a.dcm"), read(make()))
    np.testing.assert_array_equal(read_grayscale(tmp_path / "without_suffix.png"), read(make()))
    np.testing.assert_array_equal(read_color(tmp_path / "a.dcm")[..., 2], read(make()))
