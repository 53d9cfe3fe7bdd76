"""The phantom written in the shapes of the real data sets: RSNA (DICOM + tables), CheXpert, color photographs.

Each image depends on the seed, its kind and its number alone. Patients of the two radiograph sets are different.
"""

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from data.atomic import atomic_path
from data.images.image_io import write_image
from data.parallel import map_images
from data.phantom.body import Anatomy, draw_anatomy
from data.phantom.radiograph import Radiograph, render
from data.phantom.scene import render_scene
from data.readers.chexpert import LABELS

_RSNA, _CHEXPERT, _COLOR = 0, 1, 2
_PIXEL_DEPTHS = (8, 12)


@dataclass(frozen=True)
class _Job:
    """Image `number` of a kind; it is the patient's `study`-th image."""

    seed: int
    kind: int
    number: int
    patient: int
    study: int
    size: int
    lesion_contrast: float = 1.0

    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.kind, 0, self.number])

    def anatomy(self) -> Anatomy:
        return draw_anatomy(np.random.default_rng([self.seed, self.kind, 1, self.patient]))

    def render(self, rng: np.random.Generator) -> Radiograph:
        """The image: about 40 % have no lesion, the others one to three."""
        num_lesions = int(rng.choice(4, p=[0.40, 0.33, 0.20, 0.07]))
        return render(self.anatomy(), num_lesions, self.size, rng, self.lesion_contrast)


def _plan(kind: int, count: int, size: int, seed: int, lesion_contrast: float = 1.0) -> list[_Job]:
    """One job per image; a patient has one image or, less often, two or three."""
    rng, patient = np.random.default_rng([seed, kind, 2]), 0
    jobs: list[_Job] = []
    while len(jobs) < count:
        for study in range(min(int(rng.choice([1, 2, 3], p=[0.65, 0.22, 0.13])), count - len(jobs))):
            jobs.append(_Job(seed, kind, len(jobs), patient, study, size, lesion_contrast))
        patient += 1
    return jobs


def write_rsna(
    out: str | os.PathLike[str],
    count: int,
    size: int = 256,
    seed: int = 0,
    workers: int = 0,
    lesion_contrast: float = 1.0,
) -> None:
    """Write `stage_2_train_images/*.dcm`, `stage_2_train_labels.csv` and the person table, as RSNA has them.

    The DICOM files are of 8 or 12 bits, MONOCHROME2 or (one in five) MONOCHROME1, explicit VR.

    Args:
        out: folder to write.
        count: number of images.
        size: side in pixels.
        workers: processes; 0 works in this one.
        lesion_contrast: 1 as usual; less is harder to see.
    """
    out = Path(out)
    work = partial(_write_rsna_image, folder=out / "stage_2_train_images")
    rows = list(map_images(work, _plan(_RSNA, count, size, seed, lesion_contrast), workers, "RSNA-shaped images"))
    labels = [row for label_rows, _ in rows for row in label_rows]
    _write_csv(out / "stage_2_train_labels.csv", labels)
    _write_csv(out / "stage_2_class_and_nih_image.csv", [person for _, person in rows])


def _write_rsna_image(job: _Job, folder: Path) -> tuple[list[dict], dict]:
    rng = job.rng()
    shot = job.render(rng)
    image_id = str(uuid.UUID(bytes=rng.bytes(16)))
    with atomic_path(folder / f"{image_id}.dcm") as temporary:
        _dicom(shot.image, image_id, job, rng).save_as(temporary, enforce_file_format=True)
    names = ("x", "y", "width", "height")
    rows = [{"patientId": image_id, **dict(zip(names, box, strict=True)), "Target": 1} for box in shot.boxes]
    rows = rows or [{"patientId": image_id, **dict.fromkeys(names), "Target": 0}]
    normal = "No Lung Opacity / Not Normal" if shot.has_device or job.anatomy().cardiomegaly else "Normal"
    nih_image = f"{job.patient + 1:08d}_{job.study:03d}.png"
    person = {"patientId": image_id, "nih_image": nih_image, "class": "Lung Opacity" if shot.boxes else normal}
    return rows, person | {"match": "exact"}


def _dicom(image: np.ndarray, image_id: str, job: _Job, rng: np.random.Generator) -> FileDataset:
    bits = int(rng.choice(_PIXEL_DEPTHS))
    inverted = bool(rng.random() < 0.2)
    full = 2**bits - 1
    stored = np.round((1 - image if inverted else image) * full).astype(np.uint8 if bits == 8 else np.uint16)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[image_id])
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.BodyPartExamined, dataset.ViewPosition = "CR", "CHEST", "PA"
    dataset.PatientID = dataset.PatientName = image_id
    dataset.PatientAge, dataset.PatientSex = f"{20 + (7 * job.patient) % 65:03d}Y", "MF"[job.patient % 2]
    dataset.Rows, dataset.Columns = stored.shape
    dataset.PixelSpacing = [f"{350 / job.size:.4f}"] * 2
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = stored.dtype.itemsize * 8, bits, bits - 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    return dataset


def write_chexpert(
    out: str | os.PathLike[str],
    count: int,
    size: int = 256,
    seed: int = 0,
    workers: int = 0,
    lesion_contrast: float = 1.0,
) -> None:
    """Write `train.csv`, `valid.csv` (15 % of the images, other patients) and `train/patient00001/study1/*.jpg`.

    Lung Opacity, Cardiomegaly, Support Devices and No Finding say what is in the image; in train.csv some are made
    uncertain (-1) or blank. The other labels are 0 or blank. Arguments as in `write_rsna`.
    """
    out = Path(out)
    jobs = _plan(_CHEXPERT, count, size, seed, lesion_contrast)
    first_valid = jobs[min(round(0.85 * count), count - 1)].patient
    work = partial(_write_chexpert_image, out=out, first_valid=first_valid)
    rows = list(map_images(work, jobs, workers, "CheXpert-shaped images"))
    for side in ("train", "valid"):
        _write_csv(out / f"{side}.csv", [row for row in rows if row["Path"].startswith(f"{side}/")])


def _write_chexpert_image(job: _Job, out: Path, first_valid: int) -> dict[str, Any]:
    rng = job.rng()
    shot = job.render(rng)
    side = "train" if job.patient < first_valid else "valid"
    path = f"{side}/patient{job.patient + 1:05d}/study{job.study + 1}/view1_frontal.jpg"
    _, jpeg = cv2.imencode(".jpg", np.round(shot.image * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    with atomic_path(out / path) as temporary:
        temporary.write_bytes(jpeg.tobytes())
    labels: dict[str, float | None] = {name: 0.0 if rng.random() < 0.7 else None for name in LABELS}
    labels["Lung Opacity"] = float(bool(shot.boxes))
    labels["Cardiomegaly"] = float(job.anatomy().cardiomegaly)
    labels["Support Devices"] = float(shot.has_device)
    labels["No Finding"] = float(not (shot.boxes or job.anatomy().cardiomegaly))
    for name in ("Lung Opacity", "Cardiomegaly", "Support Devices"):
        chance = rng.random()
        if side == "train" and chance < 0.12:
            labels[name] = -1.0 if chance < 0.07 else None
    sex, age = ("Male", "Female")[job.patient % 2], 20 + (7 * job.patient) % 65
    return {"Path": path, "Sex": sex, "Age": age, "Frontal/Lateral": "Frontal", "AP/PA": "PA", **labels}


def write_color(out: str | os.PathLike[str], count: int, size: int = 256, seed: int = 0, workers: int = 0) -> None:
    """Write color pictures to `train/` and (15 %) `val/` as PNG. Arguments as in `write_rsna`."""
    jobs = [_Job(seed, _COLOR, number, number, 0, size) for number in range(count)]
    first_val = min(round(0.85 * count), count - 1)
    work = partial(_write_color_image, out=Path(out), first_val=first_val)
    list(map_images(work, jobs, workers, "Color pictures"))


def _write_color_image(job: _Job, out: Path, first_val: int) -> None:
    scene = render_scene(job.size, job.rng())
    folder = out / ("train" if job.number < first_val else "val")
    write_image(folder / f"scene{job.number:05d}.png", scene)


def _write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with atomic_path(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)
