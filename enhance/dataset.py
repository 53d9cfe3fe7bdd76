"""The loop over the files of a data set: decode, enhance in batches, write, remember."""

from __future__ import annotations

import json
import os
import platform
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from mmengine.dist import all_gather_object, broadcast_object_list, get_dist_info, get_rank
from tqdm import tqdm

from data.coco import write_json
from data.image_io import ImageReadError, find_images, png_name, read_grayscale, write_image

MANIFEST = "enhance_manifest.json"
VERSIONS = ("lesion-enhance", "torch", "torchvision", "timm", "numpy", "opencv-python-headless", "pydicom")
Item = TypeVar("Item")
Result = TypeVar("Result")
Decoded = tuple[Path, Path, np.ndarray]
Enhance = Callable[[list[np.ndarray]], Sequence[np.ndarray]]


def plan_outputs(src: Path, dst: Path) -> dict[Path, Path]:
    """Which image below `src` goes to which PNG below `dst`; both as relative paths.

    Raises:
        ValueError: If one folder lies in the other, there is no image, or two images would land on one name.
    """
    if src.resolve().is_relative_to(dst.resolve()) or dst.resolve().is_relative_to(src.resolve()):
        raise ValueError(f"{src} and {dst} lie in one another: give a folder of its own for the enhanced images")
    images = find_images(src)
    if not images:
        raise ValueError(f"no image below {src}")
    return output_names({image: image for image in images})


def output_names(images: dict[Path, Path]) -> dict[Path, Path]:
    """Which image goes to which PNG.

    Args:
        images: Files, and the relative paths whose stems they keep.

    Returns:
        The files, and the relative paths of their PNGs.

    Raises:
        ValueError: If two files would land on one name, where case does not count either.
    """
    outputs: dict[Path, Path] = {}
    taken: dict[str, Path] = {}
    for image, name in images.items():
        output = png_name(name)
        rival = taken.setdefault(str(output).lower(), image)
        if rival != image:
            raise ValueError(f"{rival} and {image} would both become {output}: rename one of them")
        outputs[image] = output
    return outputs


def read_annotations(src: Path) -> dict[Path, dict[str, Any]]:
    """Every COCO file below `src` (a JSON with a list of images that have a `file_name`) by its relative path.

    Raises:
        ValueError: If a file that ends in `.json` is no JSON.
    """
    found = {}
    for path in sorted(src.rglob("*.json")):
        name = path.relative_to(src)
        if any(part.startswith(".") for part in name.parts):
            continue
        try:
            coco = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path} is no JSON file ({error}): mend it or move it away") from error
        images = coco.get("images") if isinstance(coco, dict) else None
        if isinstance(images, list) and all(isinstance(image, dict) and "file_name" in image for image in images):
            found[name] = coco
    return found


def write_annotations(annotations: dict[Path, dict[str, Any]], dst: Path, enhanced: set[str]) -> dict[str, Any]:
    """Write COCO files to their relative paths below `dst`, only the suffixes of `file_name` changed.

    Args:
        annotations: See `read_annotations`; the names are changed in place.
        dst: The enhanced data set.
        enhanced: Relative paths, with "/", of the images that were enhanced.

    Returns:
        For each file its number of images, and the names of those without an enhanced image.
    """
    summary = {}
    for path, coco in annotations.items():
        names = [image["file_name"] for image in coco["images"]]
        for image in coco["images"]:
            image["file_name"] = png_name(Path(image["file_name"])).as_posix()
        write_json(dst / path, coco)
        without = [name for name in names if Path(name).as_posix() not in enhanced]
        summary[path.as_posix()] = dict(images=len(names), without_image=without)
    return summary


def in_order(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """`map` on threads with at most `ahead` results waiting, so that memory stays bounded."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items; the last may be shorter."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def enhance_files(
    enhancer: Enhance,
    jobs: Sequence[tuple[Path, Path]],
    batch_size: int,
    workers: int,
    progress: tqdm,
) -> dict[str, str]:
    """Enhance the (source, target) pairs; decoding and writing run on threads beside the enhancer.

    Returns:
        The reason for every source that could not be read.
    """
    failures: dict[str, str] = {}

    def read(job: tuple[Path, Path]) -> tuple[Path, Path, np.ndarray | ImageReadError]:
        try:
            return *job, read_grayscale(job[0])
        except ImageReadError as error:
            return *job, error

    def readable(results: Iterable[tuple[Path, Path, np.ndarray | ImageReadError]]) -> Iterator[Decoded]:
        for source, target, image in results:
            if isinstance(image, ImageReadError):
                failures[str(source)] = str(image)
                progress.update()
            else:
                yield source, target, image

    def enhanced(images: Iterable[Decoded]) -> Iterator[Decoded]:
        for batch in batched(images, batch_size):
            results = enhancer([image for _, _, image in batch])
            yield from ((source, target, result) for (source, target, _), result in zip(batch, results, strict=True))

    with ThreadPoolExecutor(workers) as readers, ThreadPoolExecutor(workers) as writers:
        images = readable(in_order(readers, read, jobs, ahead=2 * batch_size + workers))
        for _ in in_order(
            writers, lambda done: write_enhanced(*done), enhanced(images), ahead=2 * batch_size + workers
        ):
            progress.update()
    return failures


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


def write_enhanced(source: Path, target: Path, image: np.ndarray) -> None:
    """Write the image and give it the time stamp of its source, by which `is_done` knows it again."""
    write_image(target, image)
    stamp = source.stat().st_mtime_ns
    os.utime(target, ns=(stamp, stamp))


def is_done(source: Path, target: Path) -> bool:
    """Whether the enhanced image is there and was made from the source as it is now."""
    return target.is_file() and target.stat().st_mtime_ns == source.stat().st_mtime_ns


def _read_manifest(dst: Path) -> dict[str, Any]:
    """The manifest of an earlier run; empty without one."""
    path = dst / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def claim_destination(dst: Path, outputs: Iterable[Path], manifest: dict[str, Any], overwrite: bool) -> None:
    """Write the first manifest. Before, refuse to mix the images of two enhancers, or to take other PNGs for enhanced.

    Args:
        dst: The enhanced data set; may not exist.
        outputs: Relative paths of all images to come.
        manifest: With `enhancer`, which says whose images these are.
        overwrite: Remove the images of another enhancer instead of refusing.

    Raises:
        ValueError: Naming the folder and the remedy.
    """
    if before := _read_manifest(dst):
        if before["enhancer"] != json.loads(json.dumps(manifest["enhancer"])):
            if not overwrite:
                raise ValueError(
                    f"{dst} holds images of another recipe or weights: choose another folder, or --overwrite"
                )
            for output in outputs:
                (dst / output).unlink(missing_ok=True)
        for leftover in dst.rglob(".*.png"):  # half-written by a killed run
            leftover.unlink()
    elif strange := next((output for output in outputs if (dst / output).exists()), None):
        raise ValueError(f"{dst / strange} exists, but {dst} has no {MANIFEST}: choose an empty folder")
    write_json(dst / MANIFEST, manifest)


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
    limit: int | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Enhance every image below `src` into an 8-bit RGB PNG of the same size, relative path and stem below `dst`.

    Images that are there already are kept, so a killed run continues and a second one does nothing. Under an
    initialized `torch.distributed` each process takes its share of the files and the first one writes the manifest.

    Args:
        enhancer: See `enhance.fusion.Enhancer`: gray (H, W) uint8 images to RGB (H, W, 3) uint8 ones.
        src: Folder with images and COCO JSON files.
        dst: Folder that is made.
        fingerprint: JSON-able identity of the enhancer, see `enhance.recipe.fingerprint`.
        batch_size: Images a call of the enhancer.
        workers: Threads that decode, and as many that write.
        limit: Only the first so many images (in sorted order).
        overwrite: See `claim_destination`.

    Returns:
        The manifest, also in `dst/enhance_manifest.json`: `enhancer`, `versions`, `complete`, `counts`, `annotations`,
        `seconds_per_image` (of the enhancer alone, in the last run that enhanced any), and for every image of `files`
        its `status` ("enhanced" or "failed"), `output`, and for a failed one the `reason`.

    Raises:
        ValueError: See `plan_outputs`, `read_annotations` and `claim_destination`; nothing is written then.
    """
    src, dst = Path(src), Path(dst)
    rank, world_size = get_dist_info()
    outputs, annotations = plan_outputs(src, dst), read_annotations(src)
    manifest: dict[str, Any] = dict(enhancer=fingerprint, versions=_versions(), complete=False)
    manifest["seconds_per_image"] = _read_manifest(dst).get("seconds_per_image")
    chosen = list(outputs.items())[:limit]
    _by_first_process(lambda: claim_destination(dst, outputs.values(), manifest, overwrite))
    jobs = [(src / image, dst / output) for image, output in chosen[rank::world_size]]
    todo = [job for job in jobs if not is_done(*job)]
    with tqdm(
        total=len(jobs), initial=len(jobs) - len(todo), unit="image", desc="enhance", disable=rank > 0
    ) as progress:
        watch = Stopwatch(enhancer)
        failures = enhance_files(watch, todo, batch_size, workers, progress)
    all_failures = {source: reason for part in all_gather_object(failures) for source, reason in part.items()}
    manifest["files"] = _statuses(src, chosen, all_failures)
    enhanced = {name for name, entry in manifest["files"].items() if entry["status"] == "enhanced"}
    failed = len(chosen) - len(enhanced)
    manifest["counts"] = dict(enhanced=len(enhanced), failed=failed, not_asked_for=len(outputs) - len(chosen))
    manifest["complete"] = len(chosen) == len(outputs)
    manifest["seconds_per_image"] = seconds_per_image(watch) or manifest["seconds_per_image"]
    if rank == 0:
        manifest["annotations"] = write_annotations(annotations, dst, enhanced)
        write_json(dst / MANIFEST, manifest)
    return manifest


def _statuses(src: Path, chosen: Sequence[tuple[Path, Path]], failures: dict[str, str]) -> dict[str, dict[str, str]]:
    statuses = {}
    for image, output in chosen:
        reason = failures.get(str(src / image))
        entry = dict(status="failed", reason=reason) if reason else dict(status="enhanced", output=output.as_posix())
        statuses[image.as_posix()] = entry
    return statuses


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in VERSIONS}
