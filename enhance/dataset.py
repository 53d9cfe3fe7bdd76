"""An enhanced data set: images, their annotations, and a manifest of what was done, by which a killed run goes on."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from mmengine.dist import all_gather_object, broadcast_object_list, get_dist_info, get_rank
from tqdm import tqdm

from data.atomic import remove_leftovers, write_json
from data.claim import claimed
from data.done import DoneFiles
from data.errors import UserError
from data.images.find import find_images
from data.images.place import check_targets
from enhance.annotation_files import declared_sizes, listed_images, read_annotations, write_annotations
from enhance.files import Enhance, Sizes, enhance_files, output_names
from enhance.sharing import Shared
from enhance.stamp import FinishedImages
from training.config_data import RECIPE

MANIFEST = "enhance_manifest.json"
VERSIONS = ("lesion-enhance", "torch", "torchvision", "timm", "numpy", "opencv-python-headless", "pydicom")


def plan_outputs(src: Path, dst: Path) -> dict[Path, Path]:
    """Which image below `src` goes to which PNG below `dst`; both as relative paths.

    Raises:
        UserError: If one folder lies in the other, there is no image, or two images would land on one name.
    """
    if src.resolve().is_relative_to(dst.resolve()) or dst.resolve().is_relative_to(src.resolve()):
        raise UserError(f"{src} and {dst} lie in one another: give a folder of its own for the enhanced images")
    images = find_images(src)
    if not images:
        raise UserError(f"no image below {src}")
    return output_names({image: image for image in images})


class Stopwatch:
    """An enhancer that keeps the time: seconds in it alone, and images; reading and writing are not counted."""

    def __init__(self, enhancer: Enhance) -> None:
        self.enhancer, self.seconds, self.images = enhancer, 0.0, 0

    def __call__(self, images: list[np.ndarray]) -> Sequence[np.ndarray]:
        start = perf_counter()
        results = self.enhancer(images)
        self.seconds += perf_counter() - start
        self.images += len(images)
        return results


def seconds_per_image(watch: Stopwatch) -> float | None:
    """Mean over all processes; None if nothing was enhanced."""
    parts = all_gather_object((watch.seconds, watch.images))
    images = sum(part[1] for part in parts)
    return sum(part[0] for part in parts) / images if images else None


def _read_manifest(dst: Path) -> dict[str, Any]:
    """The manifest of an earlier run; empty without one."""
    path = dst / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def check_destination(dst: Path, outputs: Iterable[Path], enhancer: dict[str, Any], overwrite: bool) -> None:
    """Refuse to mix the images of two enhancers, or to take other PNGs for enhanced ones.

    Args:
        dst: The enhanced data set; may not exist.
        outputs: Relative paths of all images to come.
        enhancer: Whose images these are, see `enhance.recipe.fingerprint`.
        overwrite: The images of another enhancer may be replaced.

    Raises:
        UserError: Naming the folder and the remedy.
    """
    if before := _read_manifest(dst):
        if not (overwrite or _is_of(before, enhancer)):
            raise UserError(f"{dst} holds images of another recipe or weights: choose another folder, or --overwrite")
    elif strange := next((output for output in outputs if (dst / output).exists()), None):
        raise UserError(f"{dst / strange} exists, but {dst} has no {MANIFEST}: choose an empty folder")


def clean_destination(
    dst: Path, before: dict[str, Any], outputs: Collection[Path], src: Path, enhancer: dict[str, Any]
) -> None:
    """Remove what a checked destination holds of another enhancer or of files that are gone, and half-written files.

    Args:
        before: The manifest of an earlier run; empty without one.
        outputs: Relative paths of the images of all sources that there are now.
        src: The folder of the sources.
    """
    remove_leftovers(dst)  # one may be of the manifest itself
    if not before:
        return
    old = {Path(path) for path in before.get("outputs", [])} - set(outputs)
    listed = {Path(name) for name in before.get("annotations", {})}
    if _is_of(before, enhancer):
        old |= {name for name in listed if not (src / name).is_file()}
    else:
        old |= {*outputs, *listed, Path(RECIPE)}
    for path in old:
        (dst / path).unlink(missing_ok=True)


def _is_of(manifest: dict[str, Any], enhancer: dict[str, Any]) -> bool:
    return manifest["enhancer"] == json.loads(json.dumps(enhancer))


def _by_first_process(action: Callable[[], None]) -> None:
    """Let the first process act while the others wait; a ValueError of its reaches all."""
    problem: list[ValueError | None] = [None]
    if get_rank() == 0:
        try:
            action()
        except ValueError as error:
            problem = [error]
    broadcast_object_list(problem)
    if problem[0] is not None:
        raise problem[0]


def enhance_dataset(
    enhancer: Enhance,
    src: str | Path,
    dst: str | Path,
    fingerprint: dict[str, Any],
    batch_size: int = 8,
    workers: int = 2,
    ann_files: Collection[str] | None = None,
    limit: int | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Enhance every image below `src` into an 8-bit RGB PNG of the same size, relative path and stem below `dst`.

    Images that this enhancer made of the same sources before are kept (`enhance.stamp`), so a killed run continues and
    a second one does nothing. Under an initialized `torch.distributed` each process takes its share of the files and
    the first one writes the manifest.

    Args:
        enhancer: See `enhance.fusion.Enhancer`: gray (H, W) uint8 images to RGB (H, W, 3) uint8 ones.
        src: Folder with images and COCO JSON files.
        dst: Folder that is made.
        fingerprint: JSON-able identity of the enhancer, see `enhance.recipe.fingerprint`.
        batch_size: Images per call of the enhancer.
        workers: Threads that decode, and as many that write; 0 works in this one alone.
        ann_files: Only these COCO files, relative to `src`, and the images that they list; None: all images.
        limit: Only the first so many images (in sorted order).
        overwrite: See `check_destination`.

    Returns:
        The manifest, also in `dst/enhance_manifest.json`: `enhancer`, `versions`, `complete`, `counts`, `annotations`,
        `outputs` (of all sources, asked for or not), `seconds_per_image` (of the enhancer alone, in the last run that
        enhanced any), and for every image of `files` its `status` ("enhanced" or "failed"), `output`, and for a failed
        one the `reason`.

    Raises:
        UserError: See `plan_outputs`, `read_annotations`, `data.images.place.check_targets` and `check_destination`;
            nothing is written then. Or another run writes to `dst`, or images vanish from `src`.
    """
    src, dst = Path(src), Path(dst)
    outputs, annotations = plan_outputs(src, dst), read_annotations(src, ann_files)
    check_targets(dst, [*outputs.values(), *annotations, MANIFEST], [src / path for path in (*outputs, *annotations)])
    _by_first_process(lambda: check_destination(dst, outputs.values(), fingerprint, overwrite))
    listed = None if ann_files is None else listed_images(annotations)
    wanted = [(image, output) for image, output in outputs.items() if listed is None or image.as_posix() in listed]
    chosen = wanted[:limit]
    watch = Stopwatch(enhancer)
    jobs = [(src / image, dst / output) for image, output in chosen]
    with claimed(dst):
        manifest = _begin_manifest(dst, set(outputs.values()), src, annotations, fingerprint)
        with DoneFiles(dst, get_rank()) as done:
            finished = FinishedImages(done, fingerprint)
            failures = _enhance_shares(watch, jobs, batch_size, workers, declared_sizes(annotations, src), finished)
        _check_still_there(src, failures)
        for image, output in chosen:
            if str(src / image) in failures:
                (dst / output).unlink(missing_ok=True)  # of an earlier run, when the source could be read
        manifest |= _outcome(src, chosen, len(wanted), failures)
        manifest["seconds_per_image"] = seconds_per_image(watch) or manifest["seconds_per_image"]
        if get_rank() == 0:
            enhanced = {name for name, entry in manifest["files"].items() if entry["status"] == "enhanced"}
            manifest["annotations"] |= write_annotations(annotations, dst, enhanced)
            write_json(dst / MANIFEST, manifest)
            done.keep({path.as_posix() for path in outputs.values()})
    return manifest


def _begin_manifest(
    dst: Path, outputs: Collection[Path], src: Path, annotations: Iterable[Path], fingerprint: dict[str, Any]
) -> dict[str, Any]:
    """Let the first process make `dst` this enhancer's; return its manifest without images."""
    before = _read_manifest(dst)
    manifest: dict[str, Any] = dict(enhancer=fingerprint, versions=_versions(), complete=False)
    manifest["seconds_per_image"] = before.get("seconds_per_image")
    manifest["outputs"] = sorted(path.as_posix() for path in outputs)
    listed = before.get("annotations", {}) if before and _is_of(before, fingerprint) else {}
    manifest["annotations"] = {name: entry for name, entry in listed.items() if (src / name).is_file()}
    manifest["annotations"] |= {path.as_posix(): {} for path in annotations}

    def begin() -> None:
        clean_destination(dst, before, outputs, src, fingerprint)
        write_json(dst / MANIFEST, manifest)

    _by_first_process(begin)
    return manifest


def _enhance_shares(
    watch: Stopwatch,
    jobs: Sequence[tuple[Path, Path]],
    batch_size: int,
    workers: int,
    sizes: Sizes,
    finished: FinishedImages,
) -> dict[str, str]:
    """Enhance this process's share of the (source, target) pairs, but for those done; return the failures of all."""
    rank, processes = get_dist_info()
    with tqdm(total=len(jobs) // processes, unit="image", desc="enhance", disable=rank > 0) as progress:
        share = Shared(jobs, batch_size)
        failures = enhance_files(watch, share, batch_size, workers, progress, sizes, finished)
    return {source: reason for part in all_gather_object(failures) for source, reason in part.items()}


def _check_still_there(src: Path, failures: Iterable[str]) -> None:
    """A source that is gone is no bad image: what was made of it before stays."""
    gone = [source for source in failures if not Path(source).is_file()]
    if gone:
        raise UserError(
            f"{len(gone)} images vanished from {src} during the run, the first is {gone[0]}: is the drive still there? "
            "Run it again; what is done is kept"
        )


def _outcome(src: Path, chosen: Sequence[tuple[Path, Path]], number: int, failures: dict[str, str]) -> dict[str, Any]:
    """What the manifest says of the `chosen` of `number` images: each status, the counts, whether that is all."""
    files = _statuses(src, chosen, failures)
    failed = sum(entry["status"] == "failed" for entry in files.values())
    counts = dict(enhanced=len(files) - failed, failed=failed, not_asked_for=number - len(chosen))
    return dict(files=files, counts=counts, complete=len(chosen) == number)


def _statuses(src: Path, chosen: Sequence[tuple[Path, Path]], failures: dict[str, str]) -> dict[str, dict[str, str]]:
    statuses = {}
    for image, output in chosen:
        reason = failures.get(str(src / image))
        entry = dict(status="failed", reason=reason) if reason else dict(status="enhanced", output=output.as_posix())
        statuses[image.as_posix()] = entry
    return statuses


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in VERSIONS}
