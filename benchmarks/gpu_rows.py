"""As many rows of a workflow as fit into the time: detectors on raw and on enhanced images.

    python -m benchmarks.gpu_rows --carried carried --work work_dirs/rows --json gpu.json --predictions predictions.zip

A row is one detector of the workflow file on one variant of the images with one seed, trained by tools/train.py and
tested by tools/test.py on what `benchmarks/carry.sh` made. The most telling rows come first: the first detector with
the first seed on all variants, the same with the next seeds, then the next detector. `--jobs` rows run side by side on
the one GPU, which a small detector alone does not fill; the seconds of a row are those beside the others. A row is
begun if the longest one so far would still fit. The networks behind the enhancements are those in `--carried` or, where
it has none, are trained here while the first raw row runs.

What a row gives is written when it has it: its predictions into one ZIP, its times, Sens@N and CPM into the JSON file.
"""

import argparse
import functools
import os
import shlex
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.carry import shrink_weights
from benchmarks.gpu_steps import record
from data.atomic import atomic_path
from tools.workflow.planning.plan import RAW, Plan
from tools.workflow.planning.training_plan import data_options, train_options
from tools.workflow.planning.workflow_file import Settings, read_workflow

WORKFLOW = Path(__file__).parents[1] / "configs/workflow/nih_lesions.yaml"
VARIANTS = (RAW, "color_cawe", "color", "cawe")
FOLDERS = {"detection": "lesions", "classification": "lesions", "color": "color"}
"""Where in the carried folder a role's images are."""
MOST_EPOCHS = (4, 2, 6)
"""Of the colorizer's phases: fewer than the configs', for the time."""
RESAMPLES = 200
SPARE = 1.1
"""A row is expected to take so much longer than the longest before."""

Row = tuple[str, str, int]


class CommandFailed(Exception):
    """A command ended with an error; the text is the end of its log."""


def rows(plan: Plan, variants: Sequence[str]) -> list[Row]:
    """Detector, variant and seed of all rows, the most telling first."""
    file = plan.file
    return [(detector, variant, seed) for detector in file.detectors for seed in file.seeds for variant in variants]


@dataclass
class Rows:
    """The rows of one call.

    Attributes:
        end: of the time, on the clock of `time.monotonic`.
        first: seconds that the first row is expected to take.
        workers: threads that decode and write.
    """

    plan: Plan
    carried: Path
    work: Path
    json: Path
    predictions: Path
    end: float
    first: float
    tiny: bool
    workers: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    longest: float = 0.0

    @property
    def truth(self) -> Path:
        """The COCO file of what the detectors are tested on."""
        return self.carried / FOLDERS["detection"] / self.plan.sides()[1]

    def note(self, *keys: str, value: Any) -> None:
        with self.lock:
            record(self.json, *keys, value=value)

    def call(self, name: str, *command: str | Path) -> float:
        """Run a command of the project, its output in a log, and return its seconds.

        Raises:
            CommandFailed: it failed.
        """
        log = self.work / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        with log.open("w") as file:
            done = subprocess.run(
                [sys.executable, *map(str, command)], stdout=file, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            raise CommandFailed(f"{name}: code {done.returncode}\n{log.read_text(errors='replace')[-1500:]}")
        return time.monotonic() - start

    def train(self, name: str, config: str, folder: Path, settings: Settings, options: str) -> float:
        """Train by tools/train.py; a tiny one for one epoch."""
        options = train_options(settings, options) + (" train_cfg.max_epochs=1" if self.tiny else "")
        return self.call(name, "tools/train.py", config, "--work-dir", folder, *shlex.split(options))

    def data(self, role: str) -> str:
        """The options that say where a role's carried images are."""
        return data_options(self.carried / FOLDERS[role], *self.plan.sides(role))

    # Networks

    def weights(self, network: str) -> Path:
        """The weights of a classifier or a colorizer: carried along, or trained now and kept beside the results."""
        carried = self.carried / f"{network}.pth"
        if carried.is_file():
            return carried.absolute()
        settings, phases, taken, start = self.plan.file.networks[network], self.plan.phases(network), 0.0, ""
        for (config, place), epochs in zip(phases.items(), MOST_EPOCHS, strict=False):
            folder = self.work / place.relative_to(self.plan.work)
            options = self.data(settings["data"]) + start
            options += f" train_cfg.max_epochs={epochs}" if len(phases) > 1 else ""
            options += " train_dataloader.sampler.num_images=8" if self.tiny and len(phases) > 1 else ""
            taken += self.train(f"{network}_{place.name}", config, folder, settings, options)
            start = f" load_from='{folder}/best_*.pth'"
        (trained,) = folder.glob("best_*.pth")
        shrink_weights(trained, self.json.parent / f"{network}.pth")
        self.note("networks", network, value={"train_s": round(taken, 1)})
        return trained.absolute()

    # Images

    def enhance(self, variant: str, weights: "dict[str, Future[Path]]") -> Path:
        """The folder of a variant's images, which are made; waits for its networks."""
        settings, folder = self.plan.enhancer(variant), self.work / "images" / variant
        options = shlex.split(settings.get("options", ""))
        for role, network in self.plan.networks(variant).items():
            options.append(f"enhancer.{role}.config={list(self.plan.phases(network))[-1]}")
            options.append(f"enhancer.{role}.checkpoint={weights[network].result()}")
        tool = ("tools/enhance_dataset.py", settings["recipe"], self.carried / FOLDERS["detection"], folder)
        flags = ("--ann", *self.plan.sides(), "--overwrite", "--strict", "--workers", str(self.workers))
        taken = self.call(f"enhance_{variant}", *tool, *flags, *(["--cfg-options", *options] if options else []))
        self.note("enhanced", variant, value={"seconds": round(taken, 1)})
        return folder

    # Rows

    def fits(self) -> bool:
        """Whether there is time for one more row."""
        return time.monotonic() + (SPARE * self.longest or self.first) < self.end

    def run(self, row: Row, images: "Future[Path]") -> None:
        """Train and test a row, once its images are there and if it fits."""
        name = "/".join(map(str, row[:2])) + f"/seed{row[2]}"
        try:
            folder = images.result()
            if not self.fits():
                self.note("rows", name, value={"status": "skipped: no time left"})
                return
            self.note("rows", name, value={"status": "begun"})
            self.note("rows", name, value=self.trained_and_tested(row, name, folder))
        except Exception as error:  # the next row may work
            self.note("rows", name, value={"status": "failed", "error": f"{type(error).__name__}: {error}"})
            print(f"{name} failed: {error}", flush=True)

    def trained_and_tested(self, row: Row, name: str, images: Path) -> dict[str, Any]:
        start, (detector, _, seed) = time.monotonic(), row
        folder, log = self.work / name, name.replace("/", "_")
        settings, data = self.plan.file.detectors[detector], data_options(images, *self.plan.sides())
        config = settings["config"]
        train_s = self.train(f"train_{log}", config, folder, settings, f"{data} randomness.seed={seed}")
        weights = (folder / "last_checkpoint").read_text().strip()
        options = shlex.split(f"{data} {settings.get('options', '')}")
        tool = ("tools/test.py", config, weights, "--work-dir", folder, "--cfg-options")
        test_s = self.call(f"test_{log}", *tool, *options)
        results = folder / "test/predictions.bbox.json"
        self.keep(results, f"{name}.json")
        self.longest = max(self.longest, time.monotonic() - start)
        entry = {"status": "done", "train_s": round(train_s, 1), "test_s": round(test_s, 1)}
        entry |= sensitivities(self.truth, results)
        print(f"{name}: {entry}", flush=True)
        return entry

    def keep(self, file: Path, name: str) -> None:
        """Put a file into the ZIP of the predictions, which is whole at any time."""
        with self.lock, atomic_path(self.predictions) as temporary:
            if self.predictions.is_file():
                temporary.write_bytes(self.predictions.read_bytes())
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.write(file, name)


def sensitivities(truth: Path, results: Path) -> dict[str, Any]:
    """Sens@N and CPM of a results file, with intervals over patients."""
    from detect.froc.detections import read_results
    from detect.froc.evaluation import evaluate
    from detect.froc.ground_truth import read_ground_truth
    from detect.froc.settings import FrocSettings
    from detect.froc.system import match_results

    settings, gold = FrocSettings(bootstrap=RESAMPLES), read_ground_truth(truth)
    entry = evaluate(gold, {"it": match_results(gold, read_results(results), settings)}, settings)["systems"]["it"]
    values = {n: {key: each[key] for key in ("value", "ci95")} for n, each in entry["sens_at"].items()}
    return {"sens_at": values, "cpm": entry["summary"]["cpm"]}


def run_all(work: Rows, chosen: Sequence[Row], jobs: int) -> None:
    """Networks, images and rows, each as soon as what it needs is there."""
    variants = list(dict.fromkeys(variant for _, variant, _ in chosen))
    needed = {name for each in variants if each != RAW for name in work.plan.networks(each).values()}
    work.keep(work.truth, work.truth.name)
    with ThreadPoolExecutor(jobs) as networks, ThreadPoolExecutor(jobs) as enhancing, ThreadPoolExecutor(jobs) as pool:
        weights = {network: networks.submit(work.weights, network) for network in sorted(needed)}
        images: dict[str, Future[Path]] = {}
        for variant in variants:
            make: Callable[[], Path] = functools.partial(work.enhance, variant, weights)
            images[variant] = enhancing.submit(make if variant != RAW else lambda: work.truth.parent)
        for row in chosen:
            pool.submit(work.run, row, images[row[1]])


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--carried", type=Path, required=True, help="folder that benchmarks/carry.sh made")
    parser.add_argument("--work", type=Path, required=True, help="folder for images, weights and logs")
    parser.add_argument("--json", type=Path, required=True, help="file of the results")
    parser.add_argument("--predictions", type=Path, required=True, help="ZIP of the predictions")
    parser.add_argument("--seconds", type=float, default=600, help="that there are (default 600)")
    parser.add_argument("--first", type=float, default=120, help="that the first row is expected to take (default 120)")
    parser.add_argument("--jobs", type=int, default=4, help="rows side by side (default 4)")
    parser.add_argument("--rows", type=int, metavar="N", help="only the first N")
    parser.add_argument("--tiny", action="store_true", help="trainings of one epoch")
    parser.add_argument("--workflow", type=Path, default=WORKFLOW, help="default nih_lesions.yaml")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, help=f"default {' '.join(VARIANTS)}")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    plan = Plan(read_workflow(yaml.safe_load(args.workflow.read_text(encoding="utf-8"))))
    work = Rows(
        plan=plan,
        carried=args.carried,
        work=args.work,
        json=args.json,
        predictions=args.predictions,
        end=time.monotonic() + args.seconds,
        first=args.first,
        tiny=args.tiny,
        workers=max(1, (os.cpu_count() or 1) // args.jobs),
    )
    run_all(work, rows(plan, args.variants)[: args.rows], args.jobs)


if __name__ == "__main__":
    main()
