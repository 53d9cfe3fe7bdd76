import cv2
import numpy as np
import pydicom
import pytest

from data.images.find import find_images
from data.images.image_io import read_color, read_grayscale
from data.phantom.files import write_chexpert, write_color, write_rsna
from data.readers import chexpert, rsna
from data.readers.chexpert import LABELS


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    write_rsna(folder / "rsna", 30, 64)
    write_chexpert(folder / "chexpert", 40, 64)
    write_color(folder / "color", 7, 64)
    return folder


def test_rsna_shape(out):
    records = rsna.read(out / "rsna").sides["all"]
    assert len(records) == 30
    assert 15 < len({r.patient_id for r in records}) < 30
    assert 6 <= sum(not r.boxes for r in records) <= 18
    for record in records:
        assert record.source.suffix == ".dcm"
        for x, y, width, height, _ in record.boxes:
            assert 0 <= x < x + width <= 64
            assert 0 <= y < y + height <= 64
        assert (record.extra["rsna_class"] == "Lung Opacity") == bool(record.boxes)


def test_dicom_files(out):
    files = [out / "rsna/stage_2_train_images" / name for name in find_images(out / "rsna/stage_2_train_images")]
    headers = [pydicom.dcmread(file) for file in files]
    assert {h.PhotometricInterpretation for h in headers} == {"MONOCHROME1", "MONOCHROME2"}
    assert {h.BitsStored for h in headers} == {8, 12}
    assert all(h.PixelSpacing and h.PatientID == file.stem for h, file in zip(headers, files, strict=True))
    for file in files:
        image = read_grayscale(file)
        assert image.shape == (64, 64)
        assert image[:4, :4].mean() < 80 < image[56:, 24:40].mean()  # MONOCHROME1 is turned right


def test_chexpert_shape(out):
    sides = chexpert.read(out / "chexpert").sides
    train, valid = sides["train"], sides["test"]
    assert len(train) + len(valid) == 40
    assert len(valid) >= 4
    assert not {r.patient_id for r in train} & {r.patient_id for r in valid}
    labels = np.array([r.labels for r in train + valid], dtype=float)
    opacity, finding = (labels[:, LABELS.index(name)] for name in ("Lung Opacity", "No Finding"))
    assert {-1.0, 0.0, 1.0} <= set(opacity)
    assert np.isnan(labels).any()
    assert not ((opacity == 1) & (finding == 1)).any()
    image = cv2.imread(str(train[0].source), cv2.IMREAD_UNCHANGED)
    assert image.shape == (64, 64)


def test_color_pictures(out):
    assert len(find_images(out / "color/train")) == 6
    assert [path.name for path in find_images(out / "color/val")] == ["scene00006.png"]
    assert read_color(out / "color/val/scene00006.png").shape == (64, 64, 3)
