"""Montgomery County and Shenzhen Hospital (NLM, 2014): chest radiographs with and without tuberculosis, lung masks.

Montgomery: 138 images (PNG, 4020 x 4892 or 4892 x 4020, 0.0875 mm per pixel), 80 normal, 58 with tuberculosis, each
with a mask of the left and of the right lung. Shenzhen: 662 images (PNG, about 3000 x 3000), 326 normal, 336 with
tuberculosis; lung masks of 566 of them were drawn by Stirenko et al. (IEEE ELNANO 2018) and come from elsewhere. The
file name gives the label: `..._0.png` is normal, `..._1.png` has tuberculosis. A text file beside each image gives sex,
age and the radiologist's reading. Each image is of another person.

Source: Jaeger et al., "Two public chest X-ray datasets for computer-aided screening of pulmonary diseases", Quant
Imaging Med Surg 4(6), 2014. The owners ask that publications name the National Library of Medicine and the hospital
and cite Jaeger et al. and Candemir et al. (both IEEE Trans Med Imaging 33(2), 2014), and that the images are not passed
on. The masks of Stirenko et al. are CC BY-NC-SA 4.0.
"""

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from data.coco import ImageRecord
from data.errors import UserError
from data.images.find import find_images
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.lung_masks import add_lung_roi, keep_masked
from data.readers.reader import ALL, Reader, SourceData

LABELS = ("Normal", "Tuberculosis")
"""In the order of the digit at the end of the file name; exactly one is 1."""

COLLECTIONS = {"MCUCXR": "Montgomery", "CHNCXR": "Shenzhen"}

_NAME = "Montgomery and Shenzhen chest X-ray sets"
_WHERE = "https://data.lhncbc.nlm.nih.gov/public/Tuberculosis-Chest-X-ray-Datasets/ (free, no account needed)"
_SHAPE = """  SRC/MontgomerySet/CXR_png/MCUCXR_0001_0.png           one of the two sets is enough; SRC may be its folder
  SRC/MontgomerySet/ClinicalReadings/MCUCXR_0001_0.txt  may be missing
  SRC/MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0.png and rightMask/, for --lung-roi
  SRC/ChinaSet_AllFiles/CXR_png/CHNCXR_0001_0.png
  SRC/ChinaSet_AllFiles/ClinicalReadings/CHNCXR_0001_0.txt
  SRC/ChinaSet_AllFiles/mask/CHNCXR_0001_0_mask.png     from https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask"""
_STUDY = re.compile(r"(?P<person>(?P<collection>MCUCXR|CHNCXR)_\d+)_(?P<label>[01])")
_MASK_FOLDERS = {"leftMask": "left", "rightMask": "right", "mask": "both", "masks": "both"}
_PERSON = re.compile(
    r"(?:Patient.{0,2}s Sex:)?\s*(?P<sex>[FMO])[a-z]*\W*(?:Patient.{0,2}s Age:)?\s*"
    r"(?P<age>\d+)(?:\s*(?P<unit>[YMWD])(?:rs?|ears?|o|onths?|eeks?|ays?)?\b)?[\s.,;:]*",
    re.IGNORECASE,
)
_YEAR = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}


def check_source(src: str | os.PathLike[str]) -> None:
    """Make sure that there are images of one of the sets.

    Raises:
        DatasetNotFound: there are none.
        UserError: two files for one study.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    if not _find_studies(Path(src)):
        raise DatasetNotFound(_NAME, src, "no images MCUCXR_*.png or CHNCXR_*.png", _WHERE, _SHAPE)


def read(src: str | os.PathLike[str], lung_roi: bool = False, allow_missing: bool = False) -> SourceData:
    """Read one set or both: records sorted by study, with one-hot labels. Width and height are 0.

    `patient_id` is "MCUCXR_0001"; `extra` has `collection` and, from the reading, `sex` ("F", "M", "O"), `age` in years
    and `finding` where it gives them.

    Args:
        lung_roi: give each record its lung masks, so that `data.preparation.prepare.prepare_images` cuts it to the
            lungs (paper 003, section II.A). Departure: the paper segments the lungs by an atlas; here the masks are
            those drawn by hand. It does not say what becomes of the pixels beside the lungs; here those inside the box
            stay.
        allow_missing: with `lung_roi`, leave out images without masks, with a warning, instead of raising.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: two files for one study, or images without masks (unless `allow_missing`). Half a Montgomery mask
            counts as none.
    """
    check_source(src)
    masks = _find_masks(Path(src)) if lung_roi else {}
    readings = {path.stem: path for path in sorted(Path(src).rglob("*.txt"))}
    records = [
        _record(study, source, readings.get(study), masks.get(study, []))
        for study, source in _find_studies(Path(src)).items()
    ]
    if lung_roi:
        records = keep_masked(src, records, allow_missing, _SHAPE)
    return SourceData({ALL: records}, label_names=LABELS)


def _find_studies(src: Path) -> dict[str, Path]:
    """The images below `src`: study ("MCUCXR_0001_0") to file, sorted. Masks and other files are left out."""
    images: dict[str, Path] = {}
    for file in find_images(src):
        if file.parent.name in _MASK_FOLDERS or not _STUDY.fullmatch(file.stem):
            continue
        if file.stem in images:
            raise UserError(f"{images[file.stem]} and {src / file} are both image {file.stem}; remove or move one")
        images[file.stem] = src / file
    return dict(sorted(images.items()))


def _record(study: str, source: Path, reading: Path | None, masks: list[Path]) -> ImageRecord:
    name = _STUDY.fullmatch(study)
    assert name is not None  # _find_studies lets only such names through
    labels: list[int | None] = [int(name["label"] == str(digit)) for digit in range(len(LABELS))]
    extra: dict[str, Any] = {"collection": COLLECTIONS[name["collection"]]}
    if reading is not None:
        extra |= parse_reading(reading.read_text(encoding="utf-8-sig", errors="replace"))
    return ImageRecord(source, f"images/{source.name}", 0, 0, name["person"], labels=labels, extra=extra, masks=masks)


def parse_reading(text: str) -> dict[str, Any]:
    """Sex, age in years and finding of a clinical reading of either set, as far as they can be told.

    >>> parse_reading("Patient's Sex: F\\nPatient's Age: 031Y\\nimproved nodular infiltrate in RUL")
    {'sex': 'F', 'age': 31, 'finding': 'improved nodular infiltrate in RUL'}
    >>> parse_reading("male 45yrs\\nnormal")
    {'sex': 'M', 'age': 45, 'finding': 'normal'}
    """
    found: dict[str, Any] = {}
    person = _PERSON.match(text.strip())
    if person is not None:
        age = int(person["age"]) / _YEAR[(person["unit"] or "Y").upper()]
        found = {"sex": person["sex"].upper(), "age": int(age) if age == int(age) else round(age, 2)}
    finding = " ".join(text.strip()[person.end() if person is not None else 0 :].split())
    return found | {"finding": finding} if finding else found


def _find_masks(src: Path) -> dict[str, list[Path]]:
    """Study to its mask files; a study with the mask of one lung only has none."""
    parts: dict[str, dict[str, Path]] = defaultdict(dict)
    for file in find_images(src):
        study, side = file.stem.removesuffix("_mask"), _MASK_FOLDERS.get(file.parent.name)
        if side is not None:
            parts[study][side] = src / file
    return {study: list(sides.values()) for study, sides in parts.items() if set(sides) not in ({"left"}, {"right"})}


READER = Reader("tuberculosis", __doc__, check_source, read, add_lung_roi)
