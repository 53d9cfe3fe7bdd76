"""What is measured of attention maps, and how: the keys of `evaluation` in `configs/enhance/attention.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from types import NoneType
from typing import Any, get_args, get_type_hints

from data.errors import UserError
from enhance.attention.base import NO_LESION

LEAST = {"region": 1, "noise_std": 0, "steps": 0, "tolerance": 0, "bootstrap": 1, "seed": 0, "batch_size": 1}
SHARES = ("threshold", "roi_share")


@dataclass(frozen=True)
class AttentionSettings:
    """Options of `tools/evaluate_attention.py`.

    Attributes:
        data_root, ann_file: Folder of the images, and the COCO file in it.
        max_images: Of more images so many are drawn with `seed`; None takes all. 95 % intervals shrink with the root of
            the number: of AOPC, about ± 0.02 with 500 images (docs/attention.md).
        target: Name of the class that maps are drawn for; None takes each image's most probable one.
        ignore_labels: Classes that are never the most probable one, since they name no lesion.
        threshold: With a sigmoid, a class is predicted at this probability and above.
        region, noise_std: Side of the regions in pixels and standard deviation of the noise, for AOPC (paper 004).
        steps: Into how many steps the pixels go for insertion and deletion (RISE: 224). 0 leaves both out.
        roi_share: A map's region of interest is above this share of its maximum (paper 001).
        tolerance: The pointing game counts a point this many pixels from a box as a hit.
        bootstrap: Resamples of the patients.
        seed: Of resamples, noise, random maps and the choice of `max_images`.
        batch_size: Images at once.

    Pixels are those of the classifier's input.

    Raises:
        UserError: A value of another kind or out of range.
    """

    data_root: str
    ann_file: str
    max_images: int | None = 500
    target: str | None = None
    ignore_labels: Sequence[str] = NO_LESION
    threshold: float = 0.5
    region: int = 34
    noise_std: float = 0.1
    steps: int = 50
    roi_share: float = 0.2
    tolerance: float = 0.0
    bootstrap: int = 1000
    seed: int = 0
    batch_size: int = 8

    def __post_init__(self) -> None:
        if isinstance(self.ignore_labels, str):
            object.__setattr__(self, "ignore_labels", (self.ignore_labels,))
        if not (isinstance(self.ignore_labels, list | tuple) and all(isinstance(n, str) for n in self.ignore_labels)):
            raise UserError(f"evaluation.ignore_labels must be a list of names, got {self.ignore_labels!r}")
        for name, kind in get_type_hints(type(self)).items():
            if name != "ignore_labels" and not is_of(getattr(self, name), kind):
                raise UserError(f"evaluation.{name} must be {kind_name(kind)}, got {getattr(self, name)!r}")
        for name, low in LEAST.items():
            if getattr(self, name) < low:
                raise UserError(f"evaluation.{name} must be at least {low}, got {getattr(self, name)}")
        for name in SHARES:
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"evaluation.{name} must be at least 0 and below 1, got {getattr(self, name)}")
        if self.max_images is not None and self.max_images < 1:
            raise UserError(f"evaluation.max_images must be at least 1, got {self.max_images}")

    def check(self, label_names: Sequence[str], side: int) -> None:
        """See that these settings go with a classifier of these labels and images of `side` pixels.

        Raises:
            UserError: It does not know a label, or there are fewer pixels than `steps`, or one region alone.
        """
        targets = [] if self.target is None else [self.target]
        for key, names, known in (
            ("target", targets, label_names),
            ("ignore_labels", self.ignore_labels, (*label_names, *NO_LESION)),
        ):
            unknown = [name for name in names if name not in known]
            if unknown:
                raise UserError(f"evaluation.{key} names {unknown[0]!r}; the classifier knows {', '.join(label_names)}")
        if self.steps > side * side:
            raise UserError(f"evaluation.steps is {self.steps}; the {side} x {side} pixels allow {side * side}")
        if self.region >= side:
            raise UserError(f"evaluation.region is {self.region}, the whole image of {side} x {side} pixels")


def is_of(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, or of one of a union; a whole number is a float, True and False are no numbers."""
    kinds = get_args(kind) or (kind,)
    return not isinstance(value, bool) and isinstance(value, (*kinds, int) if float in kinds else kinds)


def kind_name(kind: Any) -> str:
    """A type or a union in words."""
    words = {int: "a whole number", float: "a number", str: "a name", NoneType: "None"}
    return " or ".join(words[part] for part in get_args(kind) or (kind,))


def read_settings(evaluation: dict[str, Any]) -> AttentionSettings:
    """The settings of a config's `evaluation`.

    Raises:
        UserError: An unknown key, no `data_root` or `ann_file`, or a value out of range.
    """
    known = [field.name for field in fields(AttentionSettings)]
    unknown = [key for key in evaluation if key not in known]
    if unknown:
        raise UserError(f"evaluation has the unknown key {unknown[0]!r}; it takes {', '.join(known)}")
    missing = [key for key in ("data_root", "ann_file") if not evaluation.get(key)]
    if missing:
        raise UserError(
            f"no images to measure on: give --cfg-options evaluation.{missing[0]}=..., or base the config on "
            "configs/enhance/attention.py"
        )
    return AttentionSettings(**evaluation)
