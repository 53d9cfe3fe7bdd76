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
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from data.coco import ImageRecord
from data.errors import UserError
from data.images.find import find_images, has_images
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.lung_masks import add_lung_roi, keep_masked, without_masks
from data.readers.parts.rsna_persons import read_persons
from data.readers.parts.tables import read_table
from data.readers.reader import ALL, Reader, SourceData

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


def add_options(parser: ArgumentParser) -> None:
    add_lung_roi(parser)
    parser.add_argument("--person-table", help="person table of RSNA; only needed with SRC/normal_to_rsna.csv")


def check_source(src: str | os.PathLike[str]) -> None:
    """Make sure that each class has images.

    Raises:
        DatasetNotFound: the folder of a class is not there or holds no images.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    for name in LABELS:
        if not has_images(_image_folder(Path(src), name)):
            raise DatasetNotFound(_NAME, src, f"no images of the class {name}", _WHERE, _SHAPE)


def read(
    src: str | os.PathLike[str],
    lung_roi: bool = False,
    allow_missing: bool = False,
    person_table: str | os.PathLike[str] | None = None,
) -> SourceData:
    """Read the class folders: records with one-hot labels. Width and height are 0.

    Persons are NIH patients ("00011587"), named as `data.readers.rsna` names them, so that persons shared with an RSNA
    set can be found. They come from `SRC/labels.csv`, else from `SRC/normal_to_rsna.csv[.gz]` and the person table of
    RSNA. The other images have no `patient_id`, and a warning says how many. `extra` has `rsna_id` where it is known.

    Args:
        lung_roi: give each record its lung mask, so that `data.preparation.prepare.prepare_images` cuts it to the
            lungs.
        allow_missing: with `lung_roi`, leave out images without a mask, with a warning, instead of raising.
        person_table: see `data.readers.parts.rsna_persons.read_persons`; only needed with `normal_to_rsna.csv`.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: a table lacks a column or contradicts itself, or images without a mask (unless `allow_missing`).
    """
    check_source(src)
    rsna_ids, persons = _read_tables(Path(src), person_table)
    records = []
    for label, name in enumerate(LABELS):
        folder = _image_folder(Path(src), name)
        masks = _find_masks(folder) if lung_roi else {}
        for file in without_masks(find_images(folder)):
            key = f"{name}/{file.stem}"
            record = ImageRecord(folder / file, f"images/{name}/{file.as_posix()}", 0, 0, persons.get(key))
            record.labels = [int(i == label) for i in range(len(LABELS))]
            record.extra = {"rsna_id": rsna_ids[key]} if key in rsna_ids else {}
            record.masks = masks.get(file.stem, [])
            records.append(record)
    if lung_roi:
        records = keep_masked(src, records, allow_missing, _SHAPE)
    _warn_of_unknown_persons(src, records)
    return SourceData({ALL: records}, label_names=LABELS)


def _image_folder(src: Path, name: str) -> Path:
    """The folder of a class's images; it may not be there."""
    return src / name / "images" if (src / name / "images").is_dir() else src / name


def _find_masks(folder: Path) -> dict[str, list[Path]]:
    masks = next((place for place in (folder / "masks", folder.parent / "masks") if place.is_dir()), folder / "masks")
    return {file.stem: [masks / file] for file in find_images(masks)} if masks.is_dir() else {}


def _warn_of_unknown_persons(src: str | os.PathLike[str], records: list[ImageRecord]) -> None:
    unknown = sum(record.patient_id is None for record in records)
    if unknown:
        text = f"{src}: the person is not known for {unknown} of {len(records)} images; each counts as another person"
        warnings.warn(f"{text}, so a split may put images of one person on both sides.", stacklevel=3)


def _read_tables(src: Path, person_table: str | os.PathLike[str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """RSNA id and person of each image ("Normal/Normal-1401") where they are known."""
    table = next((src / name for name in _TABLES if (src / name).is_file()), None)
    if table is None:
        return {}, {}
    if table.name == "labels.csv":
        ids, persons = _read_labels_csv(table)
    else:
        ids = _read_rsna_ids(table)
        by_id = read_persons(src, person_table) or {}
        persons = {key: by_id[rsna_id][0] for key, rsna_id in ids.items() if rsna_id in by_id}
    return ids, persons


def _read_labels_csv(table: Path) -> tuple[dict[str, str], dict[str, str]]:
    rows = read_table(table, ["Path", "nih_patient"], dtype=str, keep_default_na=False)
    keys = [_key(path) for path in rows["Path"]]
    ids = _of_images(table, keys, rows["rsna_patientId"]) if "rsna_patientId" in rows else {}
    return ids, _of_images(table, keys, rows["nih_patient"])


def _of_images(table: Path, keys: list[str], values: Iterable[str]) -> dict[str, str]:
    """The value of each image, where the table has one."""
    found: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        if value and found.setdefault(key, value) != value:
            raise UserError(f"{table}: {key} has both {found[key]} and {value}; remove the row that is wrong")
    return found


def _key(path: str) -> str:
    """ "Normal/Normal-1401" of a path to that image: its class and its name."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    name = next((part for part in parts if part in LABELS), parts[0] if parts else "")
    return f"{name}/{Path(parts[-1]).stem}" if parts else ""


def _read_rsna_ids(table: Path) -> dict[str, str]:
    rows = read_table(table, ["file_name", "rsna_patientId"], dtype=str, keep_default_na=False)
    keys = [f"Normal/{Path(name).stem}" for name in rows["file_name"]]
    return _of_images(table, keys, rows["rsna_patientId"])


READER = Reader("covid_radiography", __doc__, check_source, read, add_options)
