"""The trainings of a workflow as commands: networks in their phases, and detectors."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from data.errors import UserError
from tools.workflow.planning.plan import GPU, Plan, size_of
from tools.workflow.planning.workflow_file import Settings
from tools.workflow.train_stage import stamp_name


@dataclass(frozen=True)
class Stage:
    """One training.

    Attributes:
        config: of mmengine.
        folder: its work folder.
        inputs: files whose newness makes it start anew.
        options: of tools/train.py, as a shell reads them.
    """

    config: str
    folder: Path
    inputs: list[Path]
    options: str

    @property
    def command(self) -> str:
        """The command that trains, or goes on where it was stopped."""
        inputs = " ".join(map(str, self.inputs))
        tool = "python tools/workflow/train_stage.py"
        return f"{GPU} {tool} {self.config} --work-dir {self.folder} --inputs {inputs} -- {self.options}"

    @property
    def stamp(self) -> str:
        """What changes with the content of the config, which the command only names.

        Raises:
            MissingFileError: there is no such config.
        """
        return stamp_name(self.config, shlex.split(self.options))


def network_stages(plan: Plan, network: str) -> list[Stage]:
    """The trainings of a classifier or a colorizer; a later phase starts from the best epoch of the one before."""
    settings = plan.file.networks[network]
    data, (train, test) = plan.prepared(settings["data"]), plan.sides(settings["data"])
    sides, start, inputs = data_options(data, train, test), "", [data / train]
    stages = []
    for config, folder in plan.phases(network).items():
        stages.append(Stage(config, folder, inputs, train_options(settings, sides + start)))
        start, inputs = f" load_from='{folder}/best_*.pth'", [folder / "last_checkpoint"]
    return stages


def detector_stage(plan: Plan, detector: str, variant: str, run: str) -> Stage:
    """The training of a detector on a variant."""
    settings = detector_settings(plan, detector, run)
    data = data_options(plan.images(variant), *plan.run_annotations(variant, run), plan.validation)
    seed = run.split("_")[0].removeprefix("seed")
    options = train_options(settings, f"{data} randomness.seed={seed}")
    return Stage(settings["config"], plan.work / detector / variant / run, plan.run_inputs(variant, run), options)


def detector_settings(plan: Plan, detector: str, run: str) -> Settings:
    """The settings of a detector in the workflow file; on fewer images with the options of their number behind its own.

    Raises:
        UserError: the workflow file has no such number of images.
    """
    settings, size, curve = plan.file.detectors[detector], size_of(run), plan.file.learning_curve
    if size is None:
        return settings
    if curve is None or size not in curve.sizes:
        raise UserError(f"{run}: {size} images are none of the sizes of learning_curve in the workflow file; add them")
    return settings | {"options": f"{settings.get('options', '')} {curve.sizes[size]}".strip()}


def train_options(settings: Settings, overrides: str) -> str:
    """Options of tools/train.py: a training's flags, and what overrides its config, the workflow file last."""
    parts = [settings.get("flags", ""), "--cfg-options", overrides, settings.get("options", "")]
    return " ".join(part for part in parts if part)


def data_options(folder: Path, train: str, test: str, val: str | None = None) -> str:
    """The --cfg-options that say where a run finds its data; without `val` it is validated on `test`."""
    keys = "{0}_dataloader.dataset.data_root={1} {0}_dataloader.dataset.ann_file={2}"
    sides = {"train": train, "val": val or test, "test": test}
    return " ".join(keys.format(side, folder, file) for side, file in sides.items())
