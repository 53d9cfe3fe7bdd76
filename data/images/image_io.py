"""From image files to 8-bit arrays and back. Every format question is settled here.

PNG, JPEG, TIFF and BMP are decoded by OpenCV, DICOM by `data.images.dicom`. OpenCV fills what a damaged JPEG or TIFF
lacks and says nothing, so Pillow has to be able to decode those too. All functions are safe to call from many threads;
the decoders release the GIL.
"""

import io
import os
import struct
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data.atomic import atomic_path
from data.errors import UserError
from data.images.dicom import dicom_to_uint8
from data.images.errors import MAX_BYTES, ImageReadError, check_pixels
from data.images.find import DICOM_SUFFIXES
from data.images.png import SIGNATURE, encode_png, png_is_complete

_BIT_DEPTHS = (8, 10, 12, 14, 16)
_JPEG = ("JPEG", "MPO")
_BITS_TAG, _PHOTOMETRIC_TAG, _PLANAR_TAG = 258, 262, 284
_SAVE_AGAIN = "get the file again, or save it again as PNG"
_MAKE_SMALLER = "save a smaller image"
_ONE_BY_ONE = "save each as a file of its own"


def read_bytes(path: Path) -> bytes:
    """The content of an image file; `ImageReadError` if it cannot be read or is larger than `MAX_BYTES`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImageReadError(path, f"the file is larger than {MAX_BYTES} bytes", _MAKE_SMALLER)
        return path.read_bytes()
    except OSError as error:
        raise ImageReadError(path, error.strerror or str(error), "check the path and the permissions") from error


def read_grayscale(path: str | os.PathLike[str]) -> np.ndarray:
    """Read any supported image as gray.

    Color becomes gray by luma (0.299 R + 0.587 G + 0.114 B), alpha is dropped. The EXIF orientation is applied, because
    image viewers and mmcv's loader apply it too, so that boxes drawn on the shown image fit. 16-bit and float files are
    scaled as in `to_uint8`; DICOM files as in `data.images.dicom.dicom_to_uint8`.

    Returns:
        uint8 (H, W), 0 is black.

    Raises:
        ImageReadError: the file is missing, truncated, damaged, too large (`MAX_BYTES` and
            `MAX_PIXELS` of `data.images.errors`), of several frames or of no known format.
    """
    path = Path(path)
    content = read_bytes(path)
    if _is_dicom(path, content):
        return dicom_to_uint8(content, path)
    return to_uint8(_decode(path, content, color=False), path)


def read_color(path: str | os.PathLike[str]) -> np.ndarray:
    """Read any supported image as color; a gray one has three equal channels. Rules and errors of `read_grayscale`.

    Returns:
        uint8 RGB (H, W, 3).
    """
    path = Path(path)
    content = read_bytes(path)
    if _is_dicom(path, content):
        return np.repeat(dicom_to_uint8(content, path)[..., None], 3, axis=2)
    bgr = _decode(path, content, color=True)
    return cv2.cvtColor(to_uint8(bgr, path), cv2.COLOR_BGR2RGB)


def write_image(path: str | os.PathLike[str], image: np.ndarray, comment: str = "") -> None:
    """Write a PNG atomically: under a temporary name, then renamed. Missing folders are made.

    Args:
        path: ends in `.png`.
        image: uint8, gray (H, W) or RGB (H, W, 3).
        comment: Latin text that is kept in the file as its "Comment".

    Raises:
        UserError: another suffix, dtype or shape.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: images are written as PNG; give a name that ends in .png")
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)) or image.size == 0:
        raise UserError(
            f"{path}: expected a uint8 image of shape (H, W) or (H, W, 3), got {image.dtype} of shape {image.shape}"
        )
    with atomic_path(path) as temporary:
        temporary.write_bytes(encode_png(image, comment))


def to_uint8(pixels: np.ndarray, path: str | os.PathLike[str] = "image") -> np.ndarray:
    """Scale decoded pixels of any depth to 8 bits.

    Integers above 8 bits carry no record of how many bits the detector used, so they are scaled by the smallest of 8,
    10, 12, 14, 16 bits that holds their maximum. By 16 bits always, a 12-bit radiograph would be nearly black; by its
    own maximum, one bright pixel would set the exposure of the image. Floats must lie in [0, 1].

    Args:
        pixels: any shape, uint8, integer or float.
        path: named in the error.

    Raises:
        ImageReadError: negative values, above 16 bits, not finite, or floats outside [0, 1].
    """
    if pixels.dtype == np.uint8:
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    if np.issubdtype(pixels.dtype, np.floating):
        if not (low >= 0.0 and high <= 1.0):
            raise ImageReadError(
                path, f"float pixels from {low:g} to {high:g}", "scale them to [0, 1] or save 8 or 16 bits"
            )
        full = 1.0
    else:
        if low < 0 or high > 65535:
            raise ImageReadError(path, f"pixels from {low:g} to {high:g}", "save it with unsigned 8 or 16 bits")
        full = float(next(2**bits - 1 for bits in _BIT_DEPTHS if high <= 2**bits - 1))
    return np.round(pixels.astype(np.float32) * np.float32(255.0 / full)).astype(np.uint8)


def _is_dicom(path: Path, content: bytes) -> bool:
    return path.suffix.lower() in DICOM_SUFFIXES or content[128:132] == b"DICM"


def _decode(path: Path, content: bytes, color: bool) -> np.ndarray:
    """Pixels (H, W), or BGR (H, W, 3), of any depth, decoded by OpenCV where Pillow can decode them too."""
    _check_complete(path, content)
    kind = _check_by_pillow(path, content)
    if kind.pixels is not None:
        pixels = cv2.cvtColor(kind.pixels, cv2.COLOR_RGB2BGR)
    else:
        # To gray, libpng would convert by the gamma that some files name; OpenCV's luma is that of all other formats.
        gray = cv2.IMREAD_ANYCOLOR if content.startswith(SIGNATURE) else cv2.IMREAD_GRAYSCALE
        pixels = _decode_by_opencv(path, content, cv2.IMREAD_ANYDEPTH | (cv2.IMREAD_COLOR if color else gray))
    if pixels.ndim == 3 and not color:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    # OpenCV inverts those of 8 bits itself.
    return 255 - to_uint8(pixels, path) if kind.white_is_zero and pixels.dtype != np.uint8 else pixels


def _decode_by_opencv(path: Path, content: bytes, flags: int) -> np.ndarray:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise ImageReadError(path, f"OpenCV cannot decode it ({error.err})", _SAVE_AGAIN) from error
    if pixels is None:
        raise ImageReadError(path, "it is damaged or not an image", _SAVE_AGAIN)
    return pixels


class _Kind(NamedTuple):
    """What OpenCV does not know of a file.

    Attributes:
        white_is_zero: it is such a TIFF file.
        pixels: RGB (H, W, 3) uint8 of a TIFF file with alpha, by which OpenCV would multiply the colors; else None.
    """

    white_is_zero: bool = False
    pixels: np.ndarray | None = None


def _check_by_pillow(path: Path, content: bytes) -> _Kind:
    """Refuse too many pixels, several frames, and damaged JPEG and TIFF data, of which OpenCV says nothing."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            check_pixels(path, *image.size)
            frames = 1 if image.format in _JPEG else getattr(image, "n_frames", 1)
            if frames > 1:
                raise ImageReadError(path, f"a {image.format} of {frames} frames or pages", _ONE_BY_ONE)
            if image.format in _JPEG:
                image.draft("L", (1, 1))  # all of the data is read, an eighth of the pixels is made
                image.load()
            if image.format != "TIFF":
                return _Kind()
            image.load()
            return _kind_of_tiff(path, image)
    except ImageReadError:
        raise
    except UnidentifiedImageError as error:
        reason = "a kind of TIFF that Pillow does not know" if content[:2] in (b"II", b"MM") else "not an image"
        raise ImageReadError(path, reason, _SAVE_AGAIN) from error
    except Exception as error:  # Pillow raises whatever damaged headers lead to
        raise ImageReadError(path, f"it is damaged or not an image ({error})", _SAVE_AGAIN) from error


def _kind_of_tiff(path: Path, image: Image.Image) -> _Kind:
    tags = image.getexif()
    bits = tags.get(_BITS_TAG, 1)
    if tags.get(_PLANAR_TAG) == 2 and max(bits if isinstance(bits, tuple) else (bits,)) > 8:
        raise ImageReadError(path, "a TIFF of deep colors in separate planes, which OpenCV mixes up", _SAVE_AGAIN)
    if image.mode in ("LA", "RGBA", "RGBX"):
        upright = ImageOps.exif_transpose(image)
        return _Kind(pixels=np.asarray(upright.convert("RGBA"))[..., :3].copy())
    return _Kind(white_is_zero=tags.get(_PHOTOMETRIC_TAG) == 0)


def _check_complete(path: Path, content: bytes) -> None:
    """Refuse an empty file and a truncated or damaged JPEG, PNG or BMP."""
    if not content:
        reason = "the file is empty"
    elif content.startswith(b"\xff\xd8") and not jpeg_is_complete(content):
        reason = "the JPEG is truncated: its end-of-image marker is missing"
    elif content.startswith(SIGNATURE) and not png_is_complete(content):
        reason = "the PNG is truncated or damaged: a chunk is incomplete or its checksum is wrong"
    elif content.startswith(b"BM") and not _bmp_has_pixels(content):
        reason = "the BMP is damaged: its pixels do not begin behind its header"
    else:
        return
    raise ImageReadError(path, reason, "get the file again from its source")


def _bmp_has_pixels(content: bytes) -> bool:
    if len(content) < 18:
        return False
    start, header = struct.unpack_from("<II", content, 10)
    return 14 + header <= start < len(content)


def jpeg_is_complete(content: bytes) -> bool:
    """Whether an end-of-image marker follows the first scan of a JPEG (one in an EXIF thumbnail does not count).

    In entropy-coded data 0xFF is followed by 0 or a restart marker, so the two bytes can only be the marker.
    """
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        position += 2 + length
        if marker == 0xDA:
            return content.find(b"\xff\xd9", position) >= 0
    return False
