"""Count the files of a table: each repeat once, whatever rows it is in, and images without lesions."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from detect.froc.bootstrap import bootstrap_notes
from detect.froc.curve import RankedSet
from detect.froc.ground_truth import GroundTruth, read_lesion_free, set_counts
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from detect.table1.evaluation import row_rng
from detect.table1.lesion_free import LesionFreeSet
from detect.table1.repeat_measures import RepeatMeasures, measure_repeat
from detect.table1.row_files import baselines, read_folds, same_rows
from reporting.resampling import resample_weights

Rows = Mapping[str, Sequence[tuple[Path, ...]]]
"""The files of each fold of each repeat of each row "group/row", as `row_files` gives them."""


def measure_rows(
    truth: GroundTruth, rows: Rows, settings: FrocSettings
) -> tuple[dict[str, list[RepeatMeasures]], list[str]]:
    """Read and measure one repeat after another, the same files once.

    Returns:
        The repeats by row, and notes on the files.

    Raises:
        MissingFileError, UserError: a results file is missing or does not fit the ground truth.
    """
    weights = resample_weights(truth.groups, settings.bootstrap, settings.seed)
    notes = [*truth.notes, *bootstrap_notes(truth, weights)]
    with_band = {files for key in baselines(list(rows)).values() for files in rows[key]}
    names = {files: key for key in reversed(list(rows)) for files in rows[key]}
    repeats: dict[tuple[Path, ...], RepeatMeasures] = {}
    for files in tqdm(dict.fromkeys(chain(*rows.values())), unit="repeat", desc="count"):
        name = f"{names[files]} ({' + '.join(map(str, files))})"
        system = match_results(truth, read_folds(files), settings, name)
        notes += system.detections.notes
        ranked = RankedSet(system.matched, settings.duplicates)
        repeats[files] = measure_repeat(ranked, settings, weights, files in with_band)
    return {key: [repeats[files] for files in row] for key, row in rows.items()}, notes


def count_negatives(
    path: Path | None, rows: Rows, measured: Mapping[str, Sequence[RepeatMeasures]], settings: FrocSettings
) -> tuple[dict[str, Any] | None, list[str]]:
    """Count false positives on images without lesions, at the thresholds of each repeat.

    Args:
        path: COCO file of the images; None where there are none.
        rows: the predictions on them.
        measured: what `measure_rows` gives for the same rows, and perhaps more, on the images with lesions.

    Returns:
        What `table1.json` has under "negatives" (None without `path`), and notes on the files.

    Raises:
        MissingFileError, UserError: a file is missing or does not fit, or an image has a lesion.
    """
    if path is None:
        return None, []
    truth = read_lesion_free(path)
    images = LesionFreeSet.of(path.resolve().parent.name, truth, settings)
    same = same_rows({key: [*measured[key], *rows[key]] for key in measured if key in rows})
    entries: dict[str, Any] = {}
    notes = list(truth.notes)
    for key, alike in same.items():
        if key == alike:
            thresholds = [repeat.thresholds for repeat in measured[key]]
            rng = row_rng(measured, key, settings)
            entries[key], more = images.false_positives(rows[key], thresholds, rng, key)
            notes += more
        else:
            entries[key] = entries[alike]
    content = {"name": images.name, "counts": set_counts(truth), "grouped_by": truth.grouped_by, "rows": entries}
    return content, notes
