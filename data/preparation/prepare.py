"""Put the images of a data set in their final place: linked where nothing changes, written as PNG otherwise."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from PIL import Image, UnidentifiedImageError

from data.atomic import atomic_path
from data.coco import ImageRecord
from data.done import DoneFiles, Look, settled
from data.errors import UserError
from data.images.chroma import mean_chroma
from data.images.errors import ImageReadError
from data.images.find import png_name
from data.images.image_io import read_color, read_grayscale, write_image
from data.images.pixel_spacing import read_pixel_spacing, scale_pixel_spacing
from data.images.place import check_targets
from data.images.resize import resize
from data.parallel import map_images
from data.preparation.boxes import place_boxes
from data.preparation.mask_crop import Crop, read_crop

PIXELS = 1
"""To be raised when a version prepares an image to other pixels, so that older ones are made anew."""

_SPACING = "pixel_spacing"
_EXIF_ORIENTATION = 274


@dataclass(frozen=True)
class ImageOptions:
    """What is done to every image.

    Attributes:
        size: largest length of the longer side in pixels; None keeps all sizes. Images are never enlarged.
        color: keep color (photographs) instead of turning to gray (radiographs).
        min_chroma: leave out color images below this `mean_chroma`; None keeps all.
    """

    size: int | None = None
    color: bool = False
    min_chroma: float | None = None


@dataclass
class Prepared:
    """The outcome of `prepare_images`.

    Attributes:
        records: those whose image was read, with their final file name, size and boxes.
        status: "linked", "copied" or "written" for each file name.
        left_out: source and reason of each image that was not taken.
        clipped_boxes: how many boxes stuck out of their image and were cut at its edge.
    """

    records: list[ImageRecord] = field(default_factory=list)
    status: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    clipped_boxes: int = 0


@dataclass(frozen=True)
class _Outcome:
    file_name: str = ""
    status: str = ""
    crop: Crop = (0, 0, 0, 0)
    final_size: tuple[int, int] = (0, 0)
    pixel_spacing: tuple[float, float] | None = None
    reason: str = ""

    @classmethod
    def of(cls, entry: Sequence[Any]) -> Self:
        """What `dataclasses.astuple` and JSON have made lists of."""
        name, status, crop, final_size, spacing, reason = entry
        return cls(name, status, tuple(crop), tuple(final_size), None if spacing is None else tuple(spacing), reason)


def prepare_images(
    records: Sequence[ImageRecord],
    dst: str | os.PathLike[str],
    options: ImageOptions,
    workers: int = 0,
) -> Prepared:
    """Write or link the image of every record below `dst`, in parallel, and complete the records.

    An image with masks is cut to the box around them; its `extra["crop"]` is then [x, y, width, height] of that box in
    pixels of the source.

    What an earlier run has prepared in the same way of a source that has not changed since (`data.done`) is not read
    again. Every other image is decoded, so that damaged ones are found now and not during a training. An 8-bit gray
    (or, with `options.color`, color) PNG or JPEG that keeps its size is hard-linked, or copied where the file system
    cannot link.

    `extra["pixel_spacing"]` of a prepared record is [row, column] in mm: the distance between the centers of
    neighboring rows (vertical) and columns (horizontal) of the image as it lies below `dst`. It comes from the source's
    `extra` if that has the key, else from `data.images.pixel_spacing.read_pixel_spacing`. Where both know none, there
    is no key.

    Args:
        records: `width` and `height` are not used; boxes and a given pixel spacing are in the pixels of the source
            image.
        workers: processes; 0 works in this one.

    Raises:
        UserError: see `check_places`; or a box lies wholly outside its image.
    """
    check_places(records, dst)
    return _collect(records, _outcomes(records, Path(dst), options, workers))


def _outcomes(records: Sequence[ImageRecord], dst: Path, options: ImageOptions, workers: int) -> list[_Outcome]:
    """What becomes of each record: known from an earlier run, or done now."""
    made_by = [_made_by(record, options) for record in records]
    outcomes: list[_Outcome] = []
    with DoneFiles(dst) as done:
        known = [_known(done, *pair) for pair in zip(records, made_by, strict=True)]
        missing = [record for record, outcome in zip(records, known, strict=True) if outcome is None]
        work = partial(_prepare_one, dst=dst, options=options)
        with closing(map_images(work, missing, workers, "Preparing images")) as results:
            for record, way, outcome in zip(records, made_by, known, strict=True):
                if outcome is None:
                    source, outcome = next(results)
                    if not outcome.reason:
                        done.add(record.file_name, way, source, outcome.file_name, astuple(outcome))
                outcomes.append(outcome)
            next(results, None)  # the bar ends
        done.keep({record.file_name for record in records})
    return outcomes


def _made_by(record: ImageRecord, options: ImageOptions) -> str:
    """All that the image of a record follows from, but for its source."""
    masks = [settled(mask) or uuid.uuid4().hex for mask in record.masks]  # one that may still change is like no other
    places = [str(record.source), *map(str, record.masks)]
    facts = [PIXELS, places, masks, record.extra.get(_SPACING), asdict(options)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _known(done: DoneFiles, record: ImageRecord, made_by: str) -> _Outcome | None:
    """The outcome of an earlier run, if it still holds."""
    entry = done.outcome(record.file_name, record.source, made_by)
    return None if entry is None else _Outcome.of(entry)


def _collect(records: Sequence[ImageRecord], outcomes: Iterable[_Outcome]) -> Prepared:
    prepared, outside = Prepared(), []
    for record, outcome in zip(records, outcomes, strict=True):
        if outcome.reason:
            prepared.left_out[str(record.source)] = outcome.reason
            continue
        boxes = place_boxes(record.boxes, outcome.crop, outcome.final_size)
        outside += [(record.source, box[:4], outcome.crop[2:]) for box in boxes.outside]
        prepared.clipped_boxes += boxes.clipped
        width, height = outcome.final_size
        done = replace(record, file_name=outcome.file_name, width=width, height=height, boxes=boxes.inside)
        prepared.records.append(replace(done, extra=_final_extra(record, outcome)))
        prepared.status[outcome.file_name] = outcome.status
    if outside:
        source, box, (width, height) = outside[0]
        raise UserError(
            f"{len(outside)} boxes lie wholly outside their image; the first is {box} in {source} ({width}x{height}). "
            "Were the boxes drawn on images of another size?"
        )
    return prepared


def _final_extra(record: ImageRecord, outcome: _Outcome) -> dict[str, Any]:
    """The record's `extra` with the pixel spacing of the final image, or without one, and with the crop, if any."""
    extra = {key: value for key, value in record.extra.items() if key != _SPACING}
    if outcome.pixel_spacing is not None:
        extra[_SPACING] = list(outcome.pixel_spacing)
    if record.masks:
        extra["crop"] = list(outcome.crop)
    return extra


def check_places(records: Sequence[ImageRecord], dst: str | os.PathLike[str]) -> None:
    """Make sure, before anything is written, that no image would be lost.

    Raises:
        UserError: two records would be written under one name, sources lie where the images are written, or a link
            leads out of `dst`.
    """
    _check_stems(records)
    _check_sources(records, Path(dst) / "images")
    check_targets(dst, [record.file_name for record in records], [record.source for record in records])


def _check_sources(records: Sequence[ImageRecord], images: Path) -> None:
    """Refuse to write, and later to delete, among the sources."""
    images = images.resolve()
    for folder in {record.source.parent for record in records}:
        if images in (folder.resolve(), *folder.resolve().parents):
            raise UserError(f"{folder} lies in {images}, where the images are written; give another folder to write")


def _check_stems(records: Sequence[ImageRecord]) -> None:
    """Refuse two sources for one name before anything is written: a.dcm beside a.png would both become a.png."""
    seen: dict[Path, Path] = {}
    for record in records:
        name = png_name(Path(record.file_name))
        if name in seen:
            raise UserError(
                f"{seen[name]} and {record.source} would both be written as {name.with_suffix('')}; "
                "rename or remove one"
            )
        seen[name] = record.source


def _prepare_one(record: ImageRecord, dst: Path, options: ImageOptions) -> tuple[Look | None, _Outcome]:
    """The state of the source before it was read, and what became of it."""
    return settled(record.source), _place(record, dst, options)


def _place(record: ImageRecord, dst: Path, options: ImageOptions) -> _Outcome:
    try:
        image = read_color(record.source) if options.color else read_grayscale(record.source)
    except ImageReadError as error:
        return _Outcome(reason=error.reason)
    if options.min_chroma is not None and mean_chroma(image) < options.min_chroma:
        return _Outcome(reason=f"nearly gray: mean chroma {mean_chroma(image):.1f} is below {options.min_chroma:g}")
    left, top, (height, width) = 0, 0, image.shape[:2]
    if record.masks:
        try:
            left, top, width, height = read_crop(record.masks, width, height)
        except ImageReadError as error:
            return _Outcome(reason=f"mask {error}")
        image = image[top : top + height, left : left + width]
    shrink = min(1.0, (options.size or max(width, height)) / max(width, height))
    final = max(1, round(width * shrink)), max(1, round(height * shrink))
    name = Path(record.file_name)
    if final == (width, height) and not record.masks and _is_plain(record.source, options.color):
        status = _link(record.source, dst / name)
    else:
        name, status = png_name(name), "written"
        write_image(dst / name, resize(image, *final))
    spacing = record.extra[_SPACING] if _SPACING in record.extra else read_pixel_spacing(record.source)
    spacing = scale_pixel_spacing(spacing, (width, height), final)
    return _Outcome(name.as_posix(), status, (left, top, width, height), final, spacing)


def _is_plain(source: Path, color: bool) -> bool:
    """Whether every reader sees a PNG or JPEG as we do: 8 bits, of the right mode, not turned by EXIF."""
    if source.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        return False
    try:
        with Image.open(source) as header:
            return header.mode == ("RGB" if color else "L") and header.getexif().get(_EXIF_ORIENTATION, 1) == 1
    except UnidentifiedImageError:  # a DICOM file under such a name
        return False


def _link(source: Path, target: Path) -> str:
    with atomic_path(target) as temporary:
        try:
            temporary.hardlink_to(source.resolve())
            return "linked"
        except OSError:
            temporary.write_bytes(source.read_bytes())
            return "copied"
