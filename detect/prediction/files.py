"""What is written for each image that a bundle was run on, and for all of them together."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.atomic import write_json
from data.done import DoneFiles, Look, settled
from data.errors import UserError
from data.images.image_io import write_image
from detect.bundle.calibration import probability
from detect.prediction.overlay import overlay
from reporting.estimate import json_numbers

MANIFEST = "predict_manifest.json"
PREDICTIONS = "predictions.json"
ENHANCED, OVERLAY = "_enhanced.png", "_overlay.png"
"""What follows the stem of an image."""
CAPTURE, REPORT = "_overlay.dcm", "_report.dcm"
"""The same for DICOM images, if asked for."""


class Mark(NamedTuple):
    """What is known of an image before it is computed.

    Attributes:
        source: state of its file, see `data.done.settled`.
        header: of a DICOM image whose results are to be DICOM too.
    """

    source: Look | None
    header: Any


class PredictedImages:
    """The pictures of each image, and its detections from a score on; see `enhance.files.Outputs`.

    Args:
        done: the journal of the folder, by which an image that is done is not computed again.
        index: content of the bundle's `bundle.json`.
        calibration: see `detect.bundle.calibration.fit`.
        threshold: of the score.
        dicom: write results of DICOM images as DICOM too, with the patient's data.

    Raises:
        UserError: highdicom is not installed, and `dicom` needs it.
    """

    def __init__(
        self,
        done: DoneFiles,
        index: Mapping[str, Any],
        calibration: dict[str, Any],
        threshold: float,
        dicom: bool = False,
    ) -> None:
        self.done, self.index, self.calibration, self.threshold = done, index, calibration, threshold
        self.dicom = _dicom_files() if dicom else None
        identity = json.dumps([index["sha256_of_this"], threshold, dicom])
        self.made_by = hashlib.sha256(identity.encode()).hexdigest()[:32]
        self.found: dict[Path, list[dict[str, Any]]] = {}

    def mark(self, source: Path, target: Path, sizes: Sequence[tuple[float, float]]) -> Mark | None:
        """None if the files are there.

        Raises:
            UserError: a DICOM image lacks what its results need, see `detect.prediction.dicom_files.read_source`.
        """
        known = self.done.outcome(self._name(target), source, self.made_by)
        if known is not None and all(_beside(target, ending).is_file() for ending in known["files"]):
            self.found[source] = known["found"]
            return None
        return Mark(settled(source), None if self.dicom is None else self.dicom.read_source(source))

    def write(self, source: Path, target: Path, result: Any, mark: Mark) -> None:
        """Write the pictures of a `detect.predictor.Prediction`.

        Args:
            target: the image's path below the folder; its name is the beginning of theirs.
        """
        boxes = result.boxes.from_score(self.threshold)
        names = self.index["label_names"]
        write_image(_beside(target, ENHANCED), result.enhanced)
        picture = overlay(result.enhanced, boxes.corners, boxes.scores.tolist(), boxes.labels.tolist(), names)
        chances = json_numbers(probability(self.calibration, boxes.scores))
        found = [
            {
                "category_id": self.index["category_ids"][label],
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "score": score,
                "probability": chance,
            }
            for (x1, y1, x2, y2), score, label, chance in zip(
                *(values.tolist() for values in (boxes.corners, boxes.scores, boxes.labels)), chances, strict=True
            )
        ]
        files = [ENHANCED, OVERLAY, *self._write_dicom(mark.header, target, picture, found)]
        write_image(_beside(target, OVERLAY), picture)
        self.found[source] = found
        outcome = {"found": found, "files": files}
        self.done.add(self._name(target), self.made_by, mark.source, self._name(_beside(target, OVERLAY)), outcome)

    def _write_dicom(
        self, header: Any, target: Path, picture: NDArray[np.uint8], found: list[dict[str, Any]]
    ) -> list[str]:
        """Write what belongs into the study of a DICOM image; the endings of the files."""
        if self.dicom is None or header is None:
            return []
        names = dict(zip(self.index["category_ids"], self.index["label_names"], strict=True))
        self.dicom.write_capture(_beside(target, CAPTURE), header, picture, self.made_by)
        version = f"{self.index['name']} {self.index['sha256_of_this'][:12]}"
        self.dicom.write_report(_beside(target, REPORT), header, found, names, self.made_by, version)
        return [CAPTURE, REPORT]

    def _name(self, target: Path) -> str:
        return target.relative_to(self.done.folder).as_posix()


def _dicom_files() -> Any:
    try:
        from detect.prediction import dicom_files
    except ImportError as error:
        raise UserError(f'--dicom: {error}; pip install "lesion-enhance[dicom]"') from error
    return dicom_files


def result_files(target: Path) -> list[Path]:
    """The files that may be written for an image."""
    return [_beside(target, ending) for ending in (ENHANCED, OVERLAY, CAPTURE, REPORT)]


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.stem + ending)


def write_predictions(
    out: Path,
    names: Mapping[Path, Path],
    found: Mapping[Path, list[dict[str, Any]]],
    failures: Mapping[str, str],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Write `predictions.json`, a COCO results list with file names, and the manifest.

    Args:
        names: of all images; they are numbered from 1 in this order.
        found: the detections of each image that could be read.
        failures: the reason of each source that could not be read.
        about: what the manifest says first, such as bundle and threshold.

    Returns:
        The manifest: `about`, `counts` of images and boxes, and of each image of `files` its `status` ("predicted" or
        "failed"), `image_id`, and the number of `boxes` or the `reason`.
    """
    entries, files = [], {}
    for number, (source, path) in enumerate(names.items(), start=1):
        name = path.as_posix()
        if str(source) in failures:
            files[name] = {"status": "failed", "image_id": number, "reason": failures[str(source)]}
            continue
        entries += [{"image_id": number, "file_name": name, **entry} for entry in found[source]]
        files[name] = {"status": "predicted", "image_id": number, "boxes": len(found[source])}
    failed = sum(entry["status"] == "failed" for entry in files.values())
    counts = {"predicted": len(files) - failed, "failed": failed, "boxes": len(entries)}
    manifest = {**about, "counts": counts, "files": files}
    write_json(out / PREDICTIONS, entries, indent=None)
    write_json(out / MANIFEST, manifest)
    return manifest
