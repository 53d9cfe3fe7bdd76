"""COVID-19 Radiography Database (Qatar and Dhaka universities, 2021): chest radiographs of four classes, lung masks.

21,165 images (PNG, 299 x 299): 3,616 COVID, 6,012 Lung_Opacity, 10,192 Normal, 1,345 Viral Pneumonia; a mask of the
lungs (256 x 256) for each. Sources: COVID from six collections, mostly PadChest; Lung_Opacity and 8,851 Normal images
from the RSNA challenge, that is, from NIH ChestX-ray14; Viral Pneumonia and 1,341 Normal images from children (Kermany
et al., Cell 2018). So the class goes with the hospital, the scanner and the age, and a classifier may learn those
instead of the disease. Only Normal against Lung_Opacity is mostly of one source.

The database does not say who is on an image. Many NIH patients have several images, and some COVID images are copies of
one another, so a split by image puts persons on both sides. Tables that know better are used where they are there.

Chowdhury et al., "Can AI help in screening viral and COVID-19 pneumonia?", IEEE Access 8, 2020, and Rahman et al.,
"Exploring the effect of image enhancement techniques on COVID-19 detection using chest X-ray images", Comput Biol Med
132, 2021: the authors ask for both citations. The images keep the terms of their sources.
"""

import os
import warnings
from pathlib import Path

import pandas as pd

from data.coco import ImageRecord
from data.errors import UserError
from data.images.find import find_images
from data.readers.errors import DatasetNotFound
from data.readers.rsna import read_persons

LABELS = ("COVID", "Lung_Opacity", "Normal", "Viral Pneumonia")
"""The names of the class folders, sorted; exactly one is 1."""

_NAME = "COVID-19 Radiography Database"
_WHERE = "https://www.kaggle.com/datasets/tawsifurrahman/covid19-radiography-database (Kaggle account needed)"
_SHAPE = """  SRC/COVID/images/COVID-1.png     or SRC/COVID/COVID-1.png; likewise Lung_Opacity, Normal, Viral Pneumonia
  SRC/COVID/masks/COVID-1.png      for --lung-roi
  SRC/labels.csv                   Path,nih_patient and perhaps rsna_patientId; may be missing, like the next two
  SRC/normal_to_rsna.csv           file_name,rsna_patientId for images of Normal (may be .csv.gz)
  SRC/stage_2_class_and_nih_image.csv  the person table of RSNA (may be .csv.gz, or --person-table)"""
_TABLES = ("labels.csv", "normal_to_rsna.csv", "normal_to_rsna.csv.gz")


def check_source(src: str | os.PathLike[str]) -> dict[str, Path]:
    """The image folder of each class, in the order of `LABELS`.

    Raises:
        DatasetNotFound: the folder of a class is not there or holds no images.
    """
    src = Path(src)
    folders: dict[str, Path] = {}
    if not src.is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    for name in LABELS:
        folder = src / name / "images" if (src / name / "images").is_dir() else src / name
        if not (folder.is_dir() and find_images(folder)):
            raise DatasetNotFound(_NAME, src, f"no images of the class {name}", _WHERE, _SHAPE)
        folders[name] = folder
    return folders


def read_records(
    src: str | os.PathLike[str],
    person_table: str | os.PathLike[str] | None = None,
    lung_roi: bool = False,
    allow_missing: bool = False,
) -> list[ImageRecord]:
    """Read the class folders. Image files are found, not opened: width and height are 0.

    Persons are NIH patients ("00011587"), named as `data.readers.rsna` names them, so that persons shared with an RSNA
    set can be found. They come from `SRC/labels.csv`, else from `SRC/normal_to_rsna.csv[.gz]` and the person table of
    RSNA. The other images have no `patient_id`, and a warning says how many.

    Args:
        person_table: see `data.readers.rsna.read_records`; only needed with `normal_to_rsna.csv`.
        lung_roi: give each record its lung mask, so that `data.preparation.prepare.prepare_images` cuts it to the
            lungs.
        allow_missing: with `lung_roi`, leave out images without a mask, with a warning, instead of raising.

    Returns:
        Records with one-hot `labels` in the order of `LABELS`; `extra` has `rsna_id` where it is known.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: a table lacks a column, or images without a mask (unless `allow_missing`).
    """
    folders = check_source(src)
    rsna_ids, persons = _read_tables(Path(src), person_table)
    records = []
    for index, (name, folder) in enumerate(folders.items()):
        masks = _find_masks(folder) if lung_roi else {}
        one_hot: list[int | None] = [int(i == index) for i in range(len(LABELS))]
        for file in find_images(folder):
            key = f"{name}/{file.stem}"
            extra = {"rsna_id": rsna_ids[key]} if key in rsna_ids else {}
            file_name = f"images/{name}/{file.as_posix()}"
            record = ImageRecord(folder / file, file_name, 0, 0, persons.get(key), labels=one_hot, extra=extra)
            record.masks = masks.get(file.stem, [])
            records.append(record)
    if lung_roi:
        records = _with_masks(Path(src), records, allow_missing)
    unknown = sum(record.patient_id is None for record in records)
    if unknown:
        text = f"{src}: the person is not known for {unknown} of {len(records)} images; each counts as another person"
        warnings.warn(f"{text}, so a split may put images of one person on both sides.", stacklevel=2)
    return records


def _find_masks(folder: Path) -> dict[str, list[Path]]:
    masks = folder.parent / "masks"
    return {file.stem: [masks / file] for file in find_images(masks)} if masks.is_dir() else {}


def _with_masks(src: Path, records: list[ImageRecord], allow_missing: bool) -> list[ImageRecord]:
    missing = [record for record in records if not record.masks]
    if missing:
        text = f"{src}: {len(missing)} of {len(records)} images have no lung mask; the first is {missing[0].source}"
        if not allow_missing or len(missing) == len(records):
            raise UserError(f"{text}. Add the masks, or allow missing ones (--allow-missing). Expected:\n{_SHAPE}")
        warnings.warn(f"{text}. They are left out.", stacklevel=3)
    return [record for record in records if record.masks]


def _read_tables(src: Path, person_table: str | os.PathLike[str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """RSNA id and person of each image ("Normal/Normal-1401") where they are known."""
    table = next((src / name for name in _TABLES if (src / name).is_file()), None)
    if table is None:
        return {}, {}
    if table.name == "labels.csv":
        rows = _read_table(table, ["Path", "nih_patient"])
        keys = [f"{Path(path).parts[0]}/{Path(path).stem}" for path in rows["Path"]]
        ids = dict(zip(keys, rows["rsna_patientId"], strict=True)) if "rsna_patientId" in rows else {}
        persons = dict(zip(keys, rows["nih_patient"], strict=True))
    else:
        rows = _read_table(table, ["file_name", "rsna_patientId"])
        keys = [f"Normal/{Path(name).stem}" for name in rows["file_name"]]
        ids = dict(zip(keys, rows["rsna_patientId"], strict=True))
        by_id = read_persons(src, person_table) or {}
        persons = {key: by_id[rsna_id][0] for key, rsna_id in ids.items() if rsna_id in by_id}
    known = [{key: value for key, value in found.items() if value} for found in (ids, persons)]
    return known[0], known[1]


def _read_table(table: Path, columns: list[str]) -> pd.DataFrame:
    try:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{table}: not a readable CSV table ({error})") from error
    absent = [column for column in columns if column not in rows.columns]
    if absent:
        raise UserError(f"{table}: no column {', '.join(absent)}; expected {','.join(columns)}")
    return rows
