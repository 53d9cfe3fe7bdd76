"""DICOM radiographs to 8-bit gray, with the faults that files in the field have.

The order is that of DICOM PS3.3 C.11 and C.7.6.3: stored values, modality (LUT or rescale), VOI (LUT or window), then
inversion of MONOCHROME1 or by PresentationLUTShape. pydicom decodes; the three small transforms are ours, because
pydicom 3.0 ignores a lone intercept, wraps at an 8-bit VOI LUT and cuts off what a wrong BitsStored does not cover.

Plain, RLE, 8-bit JPEG and JPEG 2000 pixels need nothing more. Lossless JPEG, 12-bit JPEG and JPEG-LS need the extra
`jpeg` (pylibjpeg-libjpeg, under GPL-3, therefore not required) or `gdcm`.
"""

import io
import os
import zlib
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGExtended12Bit,
)

from data.errors import UserError
from data.images.errors import MAX_BYTES, ImageReadError, check_pixels
from data.images.functional_groups import lift

_ENCAPSULATED = b"\xfe\xff\x00\xe0"
_ASK_SOURCE = "export the image again from its source"
_INSTALL_DECODER = 'install one: pip install "lesion-enhance[jpeg]" (GPL-3) or pip install "lesion-enhance[gdcm]"'


def dicom_to_uint8(content: bytes, path: str | os.PathLike[str] = "DICOM") -> np.ndarray:
    """Decode one gray DICOM image as it is meant to be shown.

    White is the end of the VOI LUT or window; without one, of the range that BitsStored gives. BitsStored is corrected
    when the pixels do not fit it, and when they use less than a sixteenth of it (12-bit pixels declared as 16; of
    signed pixels the range that they use is taken then). A LUT whose values use less than half of its bits ends at its
    largest value. Pixel padding is black. A missing or empty RescaleSlope is 1, RescaleIntercept 0; an empty VOI
    sequence or window is none. The first window counts. Files without preamble or transfer syntax are read as pydicom
    finds them.

    Args:
        content: the file's bytes.
        path: named in the error.

    Returns:
        uint8 (H, W), 0 is black.

    Raises:
        ImageReadError: not DICOM, no pixels, color, several frames, truncated, not decodable, or the decoder for it is
            not installed.
    """
    dataset = _read(content, path)
    try:
        _check_is_one_gray_frame(dataset, path)
        lift(dataset, "PixelValueTransformationSequence", "FrameVOILUTSequence")
        _check_decoder(dataset, path)
        stored, padding, low, high = _stored_values(dataset)
        _check_complete(dataset, stored, path)
        with np.errstate(all="ignore"):  # what is not finite is refused
            values, low, high = _apply_modality(dataset, stored, low, high)
            _check_finite(values, path)
            if dataset.PixelRepresentation:
                low, high = _used_range(values[~padding], low, high)
            fraction = _apply_voi(dataset, values, low, high)
            _check_finite(fraction, path)
    except ImageReadError:
        raise
    except Exception as error:
        raise ImageReadError(path, f"its pixels cannot be decoded ({error})", _ASK_SOURCE) from error
    if _is_inverted(dataset):
        fraction = 1.0 - fraction
    return np.where(padding, 0, np.round(fraction * 255.0)).astype(np.uint8)


def _read(content: bytes, path: str | os.PathLike[str]) -> Dataset:
    try:
        _check_deflated(content, path)
        dataset = pydicom.dcmread(io.BytesIO(content), force=True)
        if content[128:132] != b"DICM" and not {"PixelData", "Rows", "Columns"} <= set(dataset.dir()):
            raise ImageReadError(path, "not a DICOM file: it has no DICOM header", _ASK_SOURCE)
        if "TransferSyntaxUID" not in dataset.file_meta:
            _guess_transfer_syntax(dataset, path)
    except ImageReadError:
        raise
    except Exception as error:  # pydicom raises many kinds on damaged files
        raise ImageReadError(path, f"a damaged DICOM file ({error})", _ASK_SOURCE) from error
    return dataset


def _check_deflated(content: bytes, path: str | os.PathLike[str]) -> None:
    """Refuse a deflated data set that grows beyond `MAX_BYTES`; pydicom would ask for all of the memory."""
    head, length = content[132:140], int.from_bytes(content[140:144], "little")
    start = 144 + length
    if head != b"\2\0\0\0UL\4\0" or DeflatedExplicitVRLittleEndian.encode() not in content[144:start]:
        return
    inflate, rest, size = zlib.decompressobj(-zlib.MAX_WBITS), content[start:], 0
    while rest and size <= MAX_BYTES:
        size += len(inflate.decompress(rest, 2**24))
        rest = inflate.unconsumed_tail
    if size > MAX_BYTES:
        raise ImageReadError(path, f"its deflated data are more than {MAX_BYTES} bytes", _ASK_SOURCE)


def _guess_transfer_syntax(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Without one, the encoding is that in which pydicom could read the file; compressed pixels cannot be told."""
    if isinstance(dataset.get("PixelData"), bytes) and dataset.PixelData.startswith(_ENCAPSULATED):
        raise ImageReadError(path, "its pixels are compressed, and it does not say how", _ASK_SOURCE)
    implicit, little = dataset.original_encoding
    plain = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = plain if little else ExplicitVRBigEndian


def _check_is_one_gray_frame(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    photometric = dataset.get("PhotometricInterpretation")
    if "PixelData" not in dataset:
        raise ImageReadError(path, "it holds no integer pixels (no PixelData)", "give an image, not a report or a list")
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        reason = f"its PhotometricInterpretation is {photometric or 'missing'}, not MONOCHROME1 or MONOCHROME2"
        raise ImageReadError(path, reason, "convert it to gray, or export it as PNG")
    check_pixels(path, int(dataset.get("Columns") or 0), int(dataset.get("Rows") or 0))
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise ImageReadError(path, f"it holds {frames} frames", "export each frame as a file of its own")


def _is_inverted(dataset: Dataset) -> bool:
    """Where PresentationLUTShape contradicts PhotometricInterpretation, it counts, as in dcmtk."""
    shape = str(dataset.get("PresentationLUTShape")).upper()
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return dataset.PhotometricInterpretation == "MONOCHROME1"


def _check_decoder(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return
    plugins = set(get_decoder(syntax).available_plugins)
    if syntax == JPEGExtended12Bit and dataset.BitsStored != 8:
        plugins.discard("pillow")  # it decodes 8 bits only
    if not plugins:
        raise ImageReadError(path, f"no installed decoder reads its pixels ({syntax.name})", _INSTALL_DECODER)


def _check_complete(dataset: Dataset, stored: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Refuse more pixels than the header's, which pydicom takes for frames, and truncated compressed ones.

    Decoders fill what is missing with zeros or gray and say nothing.
    """
    if stored.ndim != 2:
        size = f"{dataset.Rows} x {dataset.Columns}"
        raise ImageReadError(path, f"its pixels are several times the {size} of its header", _ASK_SOURCE)
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return  # pydicom checks the length of uncompressed pixels
    if not stored.any():
        raise ImageReadError(path, "its compressed pixels decode to zeros only, as truncated ones do", _ASK_SOURCE)
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    if frame.startswith((b"\xff\xd8", b"\xff\x4f")) and b"\xff\xd9" not in frame[-16:]:
        raise ImageReadError(path, "its compressed pixels are truncated: the end marker is missing", _ASK_SOURCE)


def _check_finite(values: np.ndarray, path: str | os.PathLike[str]) -> None:
    if not np.isfinite(values).all():
        raise ImageReadError(path, "its rescale, look-up table or window gives no finite gray values", _ASK_SOURCE)


def _stored_values(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Stored values as integers (H, W), where they are padding, and the lowest and highest value that bits allow."""
    # Compressed pixels may need fewer bytes than BitsAllocated; pydicom settles that, but it also wraps values that do
    # not fit BitsStored, so it is asked not to.
    pixels = pixel_array(dataset, correct_unused_bits=False)
    bits, signed = int(dataset.BitsStored), bool(dataset.PixelRepresentation)
    above = int(dataset.get("HighBit") or bits - 1) + 1 - bits
    if 0 < above < 8 * pixels.dtype.itemsize and not (pixels & ((1 << above) - 1)).any():
        pixels = pixels >> above  # the old way of filling the high bits; where the low ones are used, HighBit is wrong
    padding = _padding(dataset, pixels)
    shown = pixels[~padding] if not padding.all() else pixels
    smallest, largest = int(shown.min()), int(shown.max())
    # Negative values prove that the sign is extended; without any, the high bits may be zero instead.
    lowest, above = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed and smallest < 0 else (0, 2**bits)
    fits = smallest >= lowest and largest < above
    if _has_embedded_overlay(dataset) or (signed and fits):
        shift = 8 * pixels.dtype.itemsize - bits
        pixels = (pixels << shift) >> shift  # drops the unused high bits; extends the sign
    else:
        needed = max(largest.bit_length(), (-smallest - 1).bit_length() if smallest < 0 else 0) + signed
        plausible = next(b for b in range(8, 33, 2) if b >= needed)
        if not fits or plausible <= bits - 4:
            bits = plausible
    if signed:
        return pixels, padding, -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return pixels, padding, 0.0, 2.0**bits - 1


def _padding(dataset: Dataset, pixels: np.ndarray) -> np.ndarray:
    """Where stored values are PixelPaddingValue, or between it and PixelPaddingRangeLimit (PS3.3 C.7.5.1.1.2)."""
    ends = [dataset.get(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    given = [int(value) for value in ends if value is not None and value != ""]
    if not given:
        return np.zeros(pixels.shape, bool)
    # A value that is written unsigned, of pixels that are signed, is the same bits.
    wrapped = np.array(given).astype(f"u{pixels.dtype.itemsize}").astype(pixels.dtype)
    return (pixels >= wrapped.min()) & (pixels <= wrapped.max())


def _used_range(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The range that values use where that is less than a sixteenth of what they may have; else that."""
    smallest, largest = (float(values.min()), float(values.max())) if values.size else (low, high)
    return (smallest, largest) if 0 < 16 * (largest - smallest) < high - low else (low, high)


def _has_embedded_overlay(dataset: Dataset) -> bool:
    """Whether an overlay (retired style) lives in the unused bits of the pixels: OverlayBitPosition above 0."""
    return any(dataset.get((group, 0x0102)) and dataset[group, 0x0102].value for group in range(0x6000, 0x6020, 2))


def _apply_modality(dataset: Dataset, stored: np.ndarray, low: float, high: float) -> tuple[np.ndarray, float, float]:
    """Modality LUT, or rescale slope and intercept: values float32 (H, W) and their range."""
    lut = _first_lut(dataset, "ModalityLUTSequence", bool(dataset.PixelRepresentation))
    if lut is not None:
        return _apply_lut(lut, stored)
    slope, intercept = (_number(dataset.get(name)) for name in ("RescaleSlope", "RescaleIntercept"))
    slope, intercept = slope or 1.0, intercept or 0.0
    ends = low * slope + intercept, high * slope + intercept
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept), min(ends), max(ends)


def _apply_voi(dataset: Dataset, values: np.ndarray, low: float, high: float) -> np.ndarray:
    """VOI LUT, else the window, else the whole range: gray as a fraction of white, float32 (H, W) in [0, 1]."""
    lut = _first_lut(dataset, "VOILUTSequence", low < 0)
    center, width = _number(dataset.get("WindowCenter")), _number(dataset.get("WindowWidth"))
    if lut is not None:
        values, low, high = _apply_lut(lut, values)
        largest = float(lut[0].max())
        high = largest if 0 < largest < high / 2 else high  # as Agfa writes 12 bits, described as 16
    elif center is not None and width is not None and width > 0:
        return apply_window(values, center, width, str(dataset.get("VOILUTFunction") or "LINEAR").upper())
    return np.clip((values.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0.0, 1.0)


def apply_window(values: np.ndarray, center: float, width: float, function: str = "LINEAR") -> np.ndarray:
    """A VOI window (DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3) with output in [0, 1].

    Args:
        values: float, any shape.
        center, width: in the units of `values`; width > 0.
        function: "LINEAR", "LINEAR_EXACT" or "SIGMOID".

    Raises:
        UserError: another function.
    """
    if function == "SIGMOID":
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - center) / width, -80.0, 80.0)))
    if function not in ("LINEAR", "LINEAR_EXACT"):
        raise UserError(f"unknown VOI LUT function {function!r}")
    if function == "LINEAR":
        center, width = center - 0.5, width - 1.0
    if width <= 0:
        return (values > center).astype(np.float32)
    return np.clip((values - center) / width + 0.5, 0.0, 1.0)


def _first_lut(dataset: Dataset, keyword: str, signed: bool) -> tuple[np.ndarray, int, int] | None:
    """(table, first mapped value, bits of an entry) of the first item; None for a missing or empty sequence or item.

    Args:
        signed: the values that are looked up may be negative.
    """
    item = next(iter(dataset.get(keyword) or []), None)
    if item is None or not item.get("LUTDescriptor") or not item.get("LUTData"):
        return None
    entries, first, bits = (int(value) for value in item.LUTDescriptor)
    entries = entries or 65536
    data = item.LUTData
    if isinstance(data, bytes):
        packed = len(data) - entries in (0, 1)  # 8-bit entries, padded to an even number
        data = np.frombuffer(data, dtype=np.uint8 if packed else np.uint16)
    first = first - 65536 if signed and first > 32767 else first
    return np.asarray(data, dtype=np.float32)[:entries], first, bits


def _apply_lut(lut: tuple[np.ndarray, int, int], values: np.ndarray) -> tuple[np.ndarray, float, float]:
    table, first, bits = lut
    index = np.clip(np.round(values).astype(np.int64) - first, 0, len(table) - 1)
    return table[index], 0.0, 2.0**bits - 1


def _number(value: Any) -> float | None:
    """The first of one or many DS values as a float; None when missing or empty."""
    if isinstance(value, (list, pydicom.multival.MultiValue)):
        value = value[0] if len(value) else None
    return None if value is None or value == "" else float(value)
