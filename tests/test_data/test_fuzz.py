"""Damaged and strange inputs, many of them: a right image or a refusal, and nothing else.

FUZZ_INPUTS=10000 pytest tests/test_data/test_fuzz.py tries so many of each kind; by default it is a few hundred.
"""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from data.coco_file.read import read_coco
from data.errors import UserError
from data.images.dicom import dicom_to_uint8
from data.images.errors import ImageReadError
from data.images.image_io import read_grayscale
from tests.test_data.test_images.test_dicom import make, to_bytes

HANG = 10
"""Seconds that no input may take."""
INPUTS = int(os.environ.get("FUZZ_INPUTS", "150"))


def picture() -> np.ndarray:
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.integers(0, 256, (24, 32), np.uint8), (0, 0), 2)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, picture())[1].tobytes()


def dicom() -> bytes:
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "png": lambda: encoded(".png"),
    "jpg": lambda: encoded(".jpg"),
    "tif": lambda: encoded(".tif"),
    "bmp": lambda: encoded(".bmp"),
    "dcm": dicom,
}


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip, cut, repeat, drop or fill a few places, as bad disks and transfers do."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(len(data))) if len(data) else 0
        length = int(rng.integers(1, 40))
        match rng.integers(6):
            case 0:
                data[place : place + 1] = bytes([rng.integers(256)])
            case 1:
                data[place : place + length] = rng.bytes(length)
            case 2:
                del data[place:]
            case 3:
                del data[place : place + length]
            case 4:
                data[place:place] = data[place : place + length]
            case 5:
                data[place : place + length] = bytes([int(rng.choice([0, 255]))]) * length
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_give_an_image_or_a_reason(kind: str, tmp_path: Path) -> None:
    content, path = KINDS[kind](), tmp_path / f"a.{kind}"
    refused = 0
    for seed in range(INPUTS):
        damaged = mutate(content, np.random.default_rng(seed))
        path.write_bytes(damaged)
        start = perf_counter()
        try:
            image = read_grayscale(path)
            assert perf_counter() - start < HANG, seed
        except ImageReadError as error:
            refused += 1
            assert str(path) in str(error)
            continue
        assert image.dtype == np.uint8 and image.ndim == 2 and image.size > 0, seed
        if kind != "dcm":
            check_against_pillow(damaged, image, seed)
    assert 0 < refused < INPUTS


def check_against_pillow(content: bytes, image: np.ndarray, seed: int) -> None:
    """Another decoder sees the same pixels; of damaged color tables it has no opinion."""
    with Image.open(io.BytesIO(content)) as other:
        if other.mode == "L":
            np.testing.assert_array_equal(image, np.asarray(other), err_msg=f"seed {seed}")


ANY = st.none() | st.booleans() | st.integers(-3, 60) | st.floats(-5, 60) | st.text(max_size=3) | st.just([])
BOX = st.lists(st.integers(-3, 60) | st.floats(allow_nan=True), min_size=3, max_size=5)


def entries(**fields: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=4)


COCO = st.fixed_dictionaries(
    {
        "images": entries(
            id=st.integers(0, 4) | ANY,
            file_name=st.sampled_from(["a.png", "b.png", "c\\d.png", "../a.png"]) | ANY,
            width=st.integers(1, 50) | ANY,
            height=st.integers(1, 50) | ANY,
            patient_id=ANY,
        ),
        "annotations": entries(
            id=ANY,
            image_id=st.integers(0, 4) | ANY,
            category_id=st.integers(0, 2) | ANY,
            bbox=BOX | ANY,
            area=ANY,
            iscrowd=ANY,
            ignore=ANY,
            segmentation=ANY | st.lists(BOX, max_size=2),
        ),
        "categories": entries(id=st.integers(0, 2) | ANY, name=st.sampled_from(["x", "y"]) | ANY, supercategory=ANY),
    }
)


@settings(
    max_examples=INPUTS,
    deadline=HANG * 1000,
    derandomize="FUZZ_INPUTS" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=COCO)
def test_any_coco_file_is_as_promised_or_refused(content: dict, tmp_path: Path) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(content))
    try:
        coco, _ = read_coco(path)
    except UserError as error:
        assert str(error).startswith(str(path))
        return
    images, categories = {i["id"]: i for i in coco["images"]}, {c["id"] for c in coco["categories"]}
    assert len(images) == len(content["images"]) and len(coco["annotations"]) == len(content["annotations"])
    assert len({a["id"] for a in coco["annotations"]}) == len(coco["annotations"])
    for annotation in coco["annotations"]:
        image = images[annotation["image_id"]]
        x, y, width, height = annotation["bbox"]
        assert annotation["category_id"] in categories and annotation["id"] > 0 and annotation["iscrowd"] in (0, 1)
        if not (annotation["iscrowd"] or annotation.get("ignore")):
            assert width > 0 and height > 0 and annotation["area"] > 0
            assert x < image["width"] and y < image["height"] and x + width > 0 and y + height > 0


NUMBER = st.sampled_from(["", "0", "1", "-1", "0.5", "255", "-1024", "4095.5", "65536", "1e9", "-1e-9", "1e38"])
SHORT = st.sampled_from([0, 1, 7, 8, 9, 12, 15, 16, 17, 31, 32, 255, 4096, 65535])
HEADER = st.fixed_dictionaries(
    {},
    optional={
        "BitsAllocated": st.sampled_from([1, 8, 12, 16, 32, 64]) | SHORT,
        "BitsStored": SHORT,
        "HighBit": SHORT,
        "PixelRepresentation": st.integers(0, 2),
        "Rows": st.sampled_from([0, 1, 8, 24, 65535]),
        "Columns": st.sampled_from([0, 1, 8, 32, 65535]),
        "SamplesPerPixel": st.sampled_from([0, 1, 3]),
        "PhotometricInterpretation": st.sampled_from(["MONOCHROME1", "MONOCHROME2", "RGB", "", "OTHER"]),
        "NumberOfFrames": st.sampled_from(["", "0", "1", "2", "-1"]),
        "RescaleSlope": NUMBER,
        "RescaleIntercept": NUMBER,
        "WindowCenter": NUMBER | st.lists(NUMBER, min_size=2, max_size=3),
        "WindowWidth": NUMBER | st.lists(NUMBER, min_size=2, max_size=3),
        "VOILUTFunction": st.sampled_from(["", "LINEAR", "LINEAR_EXACT", "SIGMOID", "OTHER"]),
        "PixelPaddingValue": st.sampled_from([0, 1, 255, 4095, 32767]),
        "PixelPaddingRangeLimit": st.sampled_from([0, 1, 255, 4095, 32767]),
        "VOILUTSequence": st.lists(st.tuples(SHORT, SHORT, SHORT, st.binary(max_size=40)), max_size=2),
        "ModalityLUTSequence": st.lists(st.tuples(SHORT, SHORT, SHORT, st.binary(max_size=40)), max_size=2),
    },
)


def look_up_table(entries: int, first: int, bits: int, data: bytes) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [entries, first, bits])
    item.add_new("LUTData", "OW", data + b"\0" * (len(data) % 2))
    return item


@settings(max_examples=INPUTS, deadline=HANG * 1000, derandomize="FUZZ_INPUTS" not in os.environ)
@given(header=HEADER, bits=st.sampled_from([8, 12, 16]), signed=st.booleans())
def test_any_dicom_header_gives_an_image_or_a_reason(header: dict, bits: int, signed: bool) -> None:
    kind = f"{'i' if signed else 'u'}{1 if bits == 8 else 2}"
    pixels = (np.arange(24 * 32).reshape(24, 32) % 2 ** (bits - signed)).astype(kind)
    values = {name: value for name, value in header.items() if not name.endswith("Sequence")}
    dataset = make(pixels, bits, **values)
    for name in header.keys() - values.keys():
        setattr(dataset, name, [look_up_table(*item) for item in header[name]])
    try:
        image = dicom_to_uint8(to_bytes(dataset), "scan.dcm")
    except ImageReadError as error:
        assert str(error).startswith("scan.dcm")
        return
    assert image.dtype == np.uint8 and image.shape == (dataset.Rows, dataset.Columns)
