"""DICOM files of many kinds, against a second decoder: dcmtk (`apt install dcmtk`). Skipped where it is missing.

It truncates where we round, therefore "within one level". It takes LINEAR_EXACT for LINEAR, and turns rescaled values
into integers, so that those cases have pydicom as their reference (test_dicom.py).
"""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from data.images.image_io import read_grayscale
from tests.test_data.test_images.test_dicom import make

pytestmark = pytest.mark.skipif(shutil.which("dcm2pnm") is None, reason="needs dcm2pnm of dcmtk")

WINDOW, LUT = ("--use-window", "1"), ("--use-voi-lut", "1")


def by_dcmtk(path: Path, *options: str) -> np.ndarray:
    """uint8 (H, W)."""
    call = ["dcm2pnm", *options, "--write-raw-pnm", str(path)]
    return np.asarray(Image.open(io.BytesIO(subprocess.run(call, check=True, capture_output=True).stdout)))


def difference(path: Path, *options: str) -> int:
    """The largest difference in levels between our image and dcmtk's, which has some contrast."""
    ours, theirs = read_grayscale(path), by_dcmtk(path, *options)
    assert ours.shape == theirs.shape and np.ptp(theirs.astype(int)) > 60
    return int(np.abs(ours.astype(int) - theirs).max())


def scene(bits: int, signed: bool, seed: int) -> np.ndarray:
    """Stored values (31, 17) that reach both ends of their range."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    kind = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}"
    values = np.random.default_rng(seed).integers(low, high + 1, (31, 17))
    values.flat[:2] = low, high
    return values.astype(kind)


def lut(first: int, entries: int, bits: int, seed: int) -> Dataset:
    item, rng = Dataset(), np.random.default_rng(seed)
    item.add_new("LUTDescriptor", "US" if first >= 0 else "SS", [entries, first, bits])
    item.LUTData = np.sort(rng.integers(0, 2**bits, entries)).astype(np.uint16).tobytes()
    item["LUTData"].VR = "OW"
    return item


CASES = {
    "plain": {},
    "inverted": {"PhotometricInterpretation": "MONOCHROME1"},
    "rescaled": {"RescaleSlope": "2.5", "RescaleIntercept": "-100"},
    "negative slope": {"RescaleSlope": "-1", "RescaleIntercept": "7"},
    "inverted by its shape": {"PresentationLUTShape": "INVERSE"},
    "inverted by one of two": {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
    "inverted by both": {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
    "window": {"WindowCenter": "60", "WindowWidth": "90"},
    "window beyond the range": {"WindowCenter": "0", "WindowWidth": "400"},
    "sigmoid": {"WindowCenter": "60", "WindowWidth": "90", "VOILUTFunction": "SIGMOID"},
    "two windows": {"WindowCenter": ["50", "900"], "WindowWidth": ["80", "10"]},
    "inverted window of rescaled": {
        "PhotometricInterpretation": "MONOCHROME1",
        "RescaleSlope": "2",
        "RescaleIntercept": "10",
        "WindowCenter": "110",
        "WindowWidth": "170",
    },
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("bits", "signed"), [(8, False), (8, True), (10, False), (12, False), (12, True), (16, False), (16, True)]
)
def test_every_depth_sign_and_transform(case: str, bits: int, signed: bool, tmp_path: Path) -> None:
    elements = dict(CASES[case])
    if "WindowCenter" in elements:  # as large a part of the range at every depth
        scale = 2 ** (bits - 8)
        for name in ("WindowCenter", "WindowWidth"):
            value = elements[name]
            elements[name] = (
                [str(float(v) * scale) for v in value] if isinstance(value, list) else str(float(value) * scale)
            )
    make(scene(bits, signed, 0), bits, **elements).save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert difference(tmp_path / "a.dcm", *(WINDOW if "WindowCenter" in elements else ())) <= 1


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize(("first", "entries"), [(0, 256), (300, 512), (16, 4096 - 16)])
@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
def test_voi_luts(bits: int, first: int, entries: int, kind: str, tmp_path: Path) -> None:
    dataset = make(scene(12, False, 1), 12, PhotometricInterpretation=kind)
    dataset.VOILUTSequence = [lut(first, entries, bits, 2)]
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert difference(tmp_path / "a.dcm", *LUT) <= 1


def test_modality_lut_then_window(tmp_path: Path) -> None:
    dataset = make(scene(12, False, 3), 12, WindowCenter="30000", WindowWidth="40000")
    dataset.ModalityLUTSequence = [lut(0, 4096, 16, 4)]
    dataset.ModalityLUTSequence[0].ModalityLUTType = "US"
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert difference(tmp_path / "a.dcm", *WINDOW) <= 1


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("bits", [8, 12])
def test_transfer_syntaxes(syntax: str, bits: int, tmp_path: Path) -> None:
    dataset = make(scene(bits, False, 5), bits)
    if syntax == RLELossless:
        dataset.compress(syntax)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert difference(tmp_path / "a.dcm") <= 1


@pytest.mark.parametrize("bits", [8, 12])
def test_big_endian(bits: int, tmp_path: Path) -> None:
    pixels = scene(bits, False, 6)
    dataset = make(pixels, bits)
    words = np.append(pixels.ravel(), pixels.dtype.type(0)).tobytes()  # 8-bit pixels too are written as words
    dataset.PixelData = np.frombuffer(words, ">u2").astype("<u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dcmwrite(tmp_path / "a.dcm", dataset, implicit_vr=False, little_endian=False, enforce_file_format=True)
    assert difference(tmp_path / "a.dcm") <= 1


@pytest.mark.parametrize(
    "name",
    ["MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_padded.dcm"],
)
def test_files_of_scanners(name: str) -> None:
    assert difference(Path(get_testdata_file(name)), *WINDOW) <= 1
