"""Where everything of a workflow lies, and which networks its enhancements need."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from data.errors import MissingFileError, UserError
from tools.workflow.planning.workflow_file import NETWORKS, Settings, WorkflowFile
from training.config_data import read_config

GPU = "python tools/workflow/on_free_gpu.py"
"""Put before a command that computes on a GPU."""
RAW = "raw"
"""The variant of images as they are."""
PREFERRED = "color_cawe"
"""The variant that the examples show and that is given away as a recipe, where a workflow has it."""


@dataclass(frozen=True)
class Plan:
    """A workflow's files below datasets/<name> and work_dirs/<name>. Reads recipes, looks for and writes nothing else.

    A data set has a role (such as "detection"), images come in variants ("raw", or the name of an enhancement), and a
    detector is trained on each variant in runs: one per seed ("seed0"), or one per seed and fold ("seed0_fold2"); for
    a learning curve also one per seed and number of training images ("seed0_n50").
    """

    file: WorkflowFile

    @property
    def data(self) -> Path:
        return Path("datasets", self.file.name)

    @property
    def work(self) -> Path:
        return Path("work_dirs", self.file.name)

    def source(self, role: str) -> Path:
        """Folder of a data set as it was downloaded."""
        return self.file.data_root / self.file.sets[role]["source"]

    def prepared(self, role: str) -> Path:
        """Folder of a data set in COCO form; one that comes in this form is used where it lies."""
        return self.data / role if self.file.sets[role].get("reader") else self.source(role)

    def images(self, variant: str, role: str = "detection") -> Path:
        """Folder of a data set's images as a variant has them."""
        return self.prepared(role) if variant == RAW else self.data / f"{role}_{variant}"

    def images_done(self, variant: str, role: str = "detection") -> Path:
        """The file that says that these images are complete."""
        if variant == RAW:
            return self.annotations(role)[0]
        return self.work / f"enhanced/{role}_{variant}.done"

    def sides(self, role: str = "detection") -> tuple[str, str]:
        """Names of the files that are trained on and tested on; networks choose their epoch by the second."""
        settings = self.file.sets[role]
        return settings.get("train", "train.json"), settings.get("test", "test.json")

    @property
    def validation(self) -> str | None:
        """Name of the file of images that choose a detector's thresholds, if there are such images; not with folds."""
        return None if self.file.folds else self.file.sets["detection"].get("val")

    def annotations(self, role: str, variant: str = RAW) -> list[Path]:
        """The COCO files of a data set, but for `validation`, which comes with them."""
        names = self.file.sets[role].get("annotations", self.sides(role))
        return [self.images(variant, role) / name for name in names]

    def annotation_names(self, role: str) -> list[str]:
        """The names of all COCO files of a data set."""
        own = [self.validation] if role == "detection" and self.validation else []
        return [*(file.name for file in self.annotations(role)), *own]

    @property
    def ground_truth(self) -> Path:
        """The COCO file of all images that the detectors are tested on."""
        return self.work / "folds/raw/all.json" if self.file.folds else self.images(RAW) / self.sides()[1]

    @property
    def leaks(self) -> Path:
        """What is found of the test set among what is trained on."""
        return self.work / "leaks.json"

    @property
    def tested(self) -> list[Path]:
        """The files of all images that detectors are tested on, with their images beside them."""
        train, test = (self.images(RAW) / name for name in self.sides())
        return [train, test] if self.file.folds else [test]

    def learned_from(self, variants: Iterable[str]) -> dict[str, list[Path]]:
        """What detectors and the classifiers of variants learn from, by options of check_leaks.py.

        Folds are of different persons each, so that the detectors' training files are those that are tested.
        """
        networks = [self.networks(variant) for variant in variants if variant != RAW]
        needed = {roles["classifier"] for roles in networks if "classifier" in roles}
        data = {role for role in self.file.sets if role in {self.file.networks[name].get("data") for name in needed}}
        files = [self.images(RAW, role) / self.sides(role)[0] for role in sorted(data)]
        own = [] if self.file.folds else [self.images(RAW) / self.sides()[0]]
        return {option: found for option, found in (("--train", own), ("--classifier", files)) if found}

    @property
    def has_negatives(self) -> bool:
        """Whether detectors are tested on images without lesions too; with folds they are not."""
        return "negatives" in self.file.sets and not self.file.folds

    def negatives(self, variant: str = RAW) -> Path:
        """The COCO file of all images without lesions."""
        return self.work / f"negatives/{variant}.json"

    def weights(self, training: str) -> Path:
        """The weight file of a finished training: of a network, which may be given, or of DETECTOR/VARIANT/RUN."""
        given = self.file.networks.get(training, {}).get("weights")
        return Path(given) if given else self.work / training / "weights.pth"

    def runs(self, seed: int) -> list[str]:
        """The trainings of one detector on one variant with one seed: one, or one per fold."""
        if self.file.folds:
            return [f"seed{seed}_fold{fold}" for fold in range(self.file.folds)]
        return [f"seed{seed}"]

    def run_annotations(self, variant: str, run: str) -> tuple[str, str]:
        """Training and test file of a run: the data set's by name, those of a fold or subset by absolute path."""
        _, _, part = run.partition("_")
        if not part:
            return self.sides()
        if size_of(run):
            return str(self.subset(variant, run).absolute()), self.sides()[1]
        path = (self.work / "folds" / variant / part).absolute()
        return f"{path}_train.json", f"{path}_test.json"

    def subset(self, variant: str, run: str) -> Path:
        """The training file of a run on fewer images."""
        return self.work / f"subsets/{variant}/{run}.json"

    def run_inputs(self, variant: str, run: str) -> list[Path]:
        """What has to be there before a detector trains."""
        files = [self.work / f"folds/{variant}/all.json"] if "fold" in run else []
        files += [self.subset(variant, run)] if size_of(run) else []
        return [self.images_done(variant), *files]

    def predictions(self, detector: str, variant: str, seed: int, test: str = "test") -> list[Path]:
        """The results files of one detector on one variant with one seed."""
        return [self.results(detector, variant, run, test) for run in self.runs(seed)]

    def results(self, detector: str, variant: str, run: str, test: str = "test") -> Path:
        """The results file of one run."""
        return self.work / detector / variant / run / test / "predictions.bbox.json"

    @property
    def systems(self) -> str:
        """The detectors of the report, DETECTOR/VARIANT=PRED.json each: those of the first seed."""
        return " ".join(f"{detector}/{variant}={files[0]}" for (detector, variant), files in self._reported.items())

    @property
    def reported(self) -> list[Path]:
        """The results files of the report.

        Raises:
            UserError: there are folds, which the report cannot join.
        """
        if self.file.folds:
            raise UserError("the report shows no folds: ask for the target table1")
        return [file for files in self._reported.values() for file in files]

    @property
    def _reported(self) -> dict[tuple[str, str], list[Path]]:
        systems = product(self.file.detectors, self.file.variants)
        return {system: self.predictions(*system, self.file.seeds[0]) for system in systems}

    def phases(self, network: str) -> dict[str, Path]:
        """The trainings of a network, one after another: config to folder."""
        configs = self.file.networks[network]["config"]
        if isinstance(configs, str):
            return {configs: self.work / network}
        return {config: self.work / network / Path(config).stem for config in configs}

    def enhancer(self, variant: str) -> Settings:
        """How a variant is made: its recipe, options for it, and its networks if not the usual ones."""
        own = self.file.enhancers.get(variant, {})
        if "of" not in own:
            return {"recipe": f"configs/enhance/{variant}.py"} | own
        other = self.enhancer(own["of"])
        options = [settings["options"] for settings in (other, own) if "options" in settings]
        return other | own | {"options": " ".join(options)}

    def networks(self, variant: str) -> dict[str, str]:
        """The networks that have to be trained for a variant, by their role in its recipe.

        Raises:
            MissingFileError: there is no recipe.
            UserError: a network is not in the workflow file, or knows what the folds test.
        """
        settings = self.enhancer(variant)
        networks = {role: settings.get(role, role) for role in recipe_networks(settings["recipe"]).to_train}
        for network in networks.values():
            if network not in self.file.networks:
                raise UserError(
                    f"{variant} needs {network}: define it (config, data) in the workflow file, as tbx11k.yaml does"
                )
            learned_from = self.file.sets.get(self.file.networks[network].get("data", ""), {})
            if self.file.folds and learned_from.get("reader") == "box_labels":
                raise UserError(
                    f"{variant}: {network} is trained on the labels of images that the folds test; do without folds"
                )
        return networks

    def uses_networks(self, variant: str) -> bool:
        """Whether a variant computes with networks, trained here or brought along by its recipe."""
        return variant != RAW and any(recipe_networks(self.enhancer(variant)["recipe"]))

    def recipe_options(self, variant: str) -> str:
        """The --cfg-options that put the trained networks into a variant's recipe, and change it otherwise."""
        keys = "enhancer.{0}.config={1} enhancer.{0}.checkpoint={2}"
        filled = [
            keys.format(role, list(self.phases(network))[-1], self.weights(network))
            for role, network in self.networks(variant).items()
        ]
        options = " ".join([*filled, self.enhancer(variant).get("options", "")]).strip()
        return options and f"--cfg-options {options}"

    @property
    def shown(self) -> str | None:
        """The variant that the examples show: `PREFERRED`, else the last one with networks, else the last one."""
        enhanced = [variant for variant in self.file.variants if variant != RAW]
        if PREFERRED in enhanced:
            return PREFERRED
        best = [variant for variant in enhanced if self.uses_networks(variant)] or enhanced
        return best[-1] if best else None


def size_of(run: str) -> int | None:
    """The number of training images that a run is named for; None where it has all of its side."""
    _, named, size = run.partition("_n")
    return int(size) if named else None


class RecipeNetworks(NamedTuple):
    """The networks of a recipe by role: those that wait for trained weights, and those that it brings along."""

    to_train: tuple[str, ...]
    bundled: tuple[str, ...]


@cache
def recipe_networks(recipe: str) -> RecipeNetworks:
    """Read which networks a recipe has.

    Raises:
        MissingFileError: there is no such recipe.
        UserError: the file is no recipe.
    """
    if not Path(recipe).is_file():
        raise MissingFileError(f"{recipe}: no such recipe; name one as `recipe` under `enhancers` in the workflow file")
    content = read_config(recipe, imports=False)
    if not isinstance(content.get("enhancer"), dict):
        raise UserError(f"{recipe} is no recipe: it defines no `enhancer = dict(type=...)`")
    to_train = [role for role in NETWORKS if "config" in content.enhancer.get(role, {})]
    return RecipeNetworks(tuple(to_train), tuple(content.get("checkpoints", {})))
