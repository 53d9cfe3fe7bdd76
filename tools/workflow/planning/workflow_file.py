"""A workflow file, checked: what configs/workflow/*.yaml and `snakemake --config KEY=VALUE` may say."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.readers.catalog import READERS

Settings = dict[str, Any]
NEEDED = ("about", "data_root", "detection", "detectors", "variants")
NETWORKS = ("classifier", "colorizer")


@dataclass(frozen=True)
class LearningCurve:
    """What the first detector is trained on, beside all images.

    Attributes:
        variants: the first is the baseline.
        sizes: number of training images, rising, to options of these trainings, which come after the detector's.
    """

    variants: list[str]
    sizes: dict[int, str]


@dataclass(frozen=True)
class WorkflowFile:
    """What a workflow file says. No path has been looked for yet.

    Attributes:
        name: of the folders datasets/<name> and work_dirs/<name>.
        about: the title of the reports.
        data_root: folder of the data sets as they were downloaded, absolute.
        sets: data sets by role, "detection" among them: `source` (a folder below data_root), `reader` and its
            `options` (none: the set comes in COCO form), names of its COCO files (`train`, `test`, `annotations`; of
            "detection" also `val`: other images, on which tools/bundle.py chooses thresholds).
        networks: what the recipes need, "classifier..." and "colorizer...": `config` (one, or a list of phases), `data`
            (a role), `options`, `flags`; with `weights`, a file, instead of `data` it is not trained.
        detectors: `config`, `options`, `flags`, `title`.
        variants: "raw" and the enhancements of the report.
        enhancers: variant to `recipe`, `options` and its networks, where these are not the usual ones; `of`, another
            variant, stands for all of that one's, to which `options` are added.
        ablations: name to the variants that are compared.
        learning_curve: `variants` and `sizes` of trainings on fewer images, if any.
        seeds: each detector is trained once with each.
        folds: of a cross-validation; 0: the data set's own split.
        phantom: options of tools/workflow/make_phantom.py, which then writes the data sets; None for real ones.
        published: file of published numbers, if any.
        jobs_per_gpu: stages that share a GPU.
    """

    name: str
    about: str
    data_root: Path
    sets: dict[str, Settings]
    networks: dict[str, Settings]
    detectors: dict[str, Settings]
    variants: list[str]
    enhancers: dict[str, Settings]
    ablations: dict[str, list[str]]
    learning_curve: LearningCurve | None
    seeds: list[int]
    folds: int
    phantom: str | None
    published: str | None
    jobs_per_gpu: int


def read_workflow(config: Mapping[str, Any]) -> WorkflowFile:
    """Check the content of a workflow file.

    Raises:
        UserError: something is missing or of another kind than the stages need.
    """
    if "name" not in config:
        raise UserError("Say which workflow: --configfile configs/workflow/NAME.yaml, such as demo.yaml or tbx11k.yaml")
    missing = [key for key in NEEDED if not config.get(key)]
    if missing:
        raise UserError(
            f"the workflow file {config['name']} lacks {', '.join(missing)}; see configs/workflow/demo.yaml"
        )
    networks = {name: settings for name, settings in config.items() if name.split("_")[0] in NETWORKS}
    if not isinstance(config["variants"], list):
        raise UserError(f"variants is {config['variants']!r}: give a list, such as [raw, color_cawe]")
    for detector in config["detectors"]:
        checked_name("a detector", detector)
    return WorkflowFile(
        name=checked_name("name", config["name"]),
        about=config["about"],
        data_root=checked_data_root(config["data_root"]),
        sets=data_sets(config, networks),
        networks=networks,
        detectors=config["detectors"],
        variants=config["variants"],
        enhancers=checked_enhancers(config.get("enhancers", {})),
        ablations=config.get("ablations", {}),
        learning_curve=checked_learning_curve(config.get("learning_curve")),
        seeds=checked_seeds(config.get("seeds", [0]), config.get("folds", 0)),
        folds=config.get("folds", 0),
        phantom=config.get("phantom"),
        published=config.get("published"),
        jobs_per_gpu=config.get("jobs_per_gpu", 1),
    )


def checked_data_root(data_root: Any) -> Path:
    """The absolute path, always spelled alike: snakemake compares the commands of an earlier run with today's.

    Raises:
        UserError: it or the working folder is not plain.
    """
    remedy = "rename it, or link the folder under a plain name"
    path = os.path.abspath(Path(str(data_root)).expanduser())  # noqa: PTH100  a link stays a link
    checked_path("the project's folder", Path.cwd())
    return Path(checked_path("data_root", path, remedy))


def checked_path(what: str, path: Any, remedy: str = "rename it") -> str:
    """The path as a text that a shell reads as it is.

    Raises:
        UserError: it has a space, a quote, or another character that a shell or snakemake would read otherwise.
    """
    strange = re.search(r"[^\w@%+=:,./~-]", str(path))
    if strange:
        raise UserError(
            f"{what} is {path}, which has {strange.group()!r}; the commands would stumble over it: {remedy}"
        )
    return str(path)


def checked_name(what: str, name: Any) -> str:
    """A name that is a part of folders' names.

    Raises:
        UserError: it has other characters than letters, digits, "_", "-" and ".", or begins with "." or "-".
    """
    if not re.fullmatch(r"\w[\w.-]*", str(name)):
        raise UserError(f"{what} is {name}: give a name of letters, digits, _, - and ., for it names a folder")
    return str(name)


def checked_seeds(seeds: Any, folds: Any) -> list[int]:
    """The seeds, given as a list or by their number; snakemake hands on a list of `--config` as texts.

    Raises:
        UserError: a seed stands twice, is no number, or there is none; or `folds` is no number of folds.
    """
    listed = list(range(seeds)) if isinstance(seeds, int) else seeds
    texts = list(map(str, listed)) if isinstance(listed, list) else []
    numbers = {int(text) for text in texts if text.isdecimal()}
    if not numbers or len(numbers) < len(texts) or not isinstance(folds, int) or folds < 0 or folds == 1:
        raise UserError(
            f"seeds is {seeds}, folds {folds}: give different seeds (or their number), and 0 or at least 2 folds"
        )
    return list(map(int, texts))


def checked_enhancers(enhancers: dict[str, Settings]) -> dict[str, Settings]:
    """The enhancers; what one is `of` stands on its own.

    Raises:
        UserError: it is of one that is of another, or has a recipe too.
    """
    for variant, settings in enhancers.items():
        if "of" in settings and ("recipe" in settings or "of" in enhancers.get(settings["of"], {})):
            raise UserError(
                f"{variant} is {settings}: `of` takes the place of `recipe`, and names a variant without `of`"
            )
    return enhancers


def checked_learning_curve(curve: Any) -> LearningCurve | None:
    """The learning curve, sizes rising; snakemake hands on numbers of `--config` as texts.

    Raises:
        UserError: it lacks variants or sizes, one stands twice, a size is no number above 0, or its options no text.
    """
    if not curve:
        return None
    keys = curve.keys() if isinstance(curve, dict) else set()
    variants, sizes = (curve.get(key) if keys == {"variants", "sizes"} else None for key in ("variants", "sizes"))
    listed = variants if isinstance(variants, list) and all(isinstance(name, str) for name in variants) else []
    options = sizes if isinstance(sizes, dict) else {}
    numbers = {int(str(size)) for size in options if str(size).isdecimal()} - {0}
    texts = all(text is None or isinstance(text, str) for text in options.values())
    if not listed or len(set(listed)) < len(listed) or not numbers or len(numbers) < len(options) or not texts:
        raise UserError(
            f"learning_curve is {curve}: give different variants and sizes, images to options of the training, such as "
            "{variants: [raw, color_cawe], sizes: {50: train_cfg.max_epochs=60, 100: train_cfg.max_epochs=40}}"
        )
    return LearningCurve(listed, {int(str(size)): options[size] or "" for size in sorted(options, key=int)})


def data_sets(config: Mapping[str, Any], networks: Mapping[str, Settings]) -> dict[str, Settings]:
    """The data sets by role, sorted: the detectors', those that networks are trained on, and images without lesions.

    Raises:
        UserError: a network's data set is not in the file, a set has no `source`, or its reader does not exist.
    """
    roles = {"detection"} | ({"negatives"} if config.get("negatives") else set())
    for name, settings in networks.items():
        needed = ("config",) if "weights" in settings else ("config", "data")
        lacking = [key for key in needed if key not in settings]
        if lacking:
            raise UserError(f"{name} lacks {', '.join(lacking)}; see configs/workflow/demo.yaml")
        if "weights" in settings:
            checked_path(f"weights of {name}", settings["weights"])
            continue
        if not isinstance(config.get(settings["data"]), dict):
            raise UserError(f"{name} is trained on {settings['data']}, but the workflow file has no such data set")
        roles.add(settings["data"])
    sets = {role: config[role] for role in sorted(roles)}
    for role, settings in sets.items():
        if "source" not in settings:
            raise UserError(f"{role} has no source: name its folder below data_root")
        for key in ("source", "train", "test", "val"):
            checked_path(f"{key} of {role}", settings.get(key, ""))
        for file in settings.get("annotations", []):
            checked_path(f"annotations of {role}", file)
        reader = settings.get("reader")
        if reader is not None and reader not in READERS:
            raise UserError(f"{role}: there is no reader {reader}; there are {', '.join(READERS)}")
    return sets
