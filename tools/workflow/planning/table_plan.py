"""The tables of a workflow: Table 1 and the ablations, what they are made of and by which command."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from data.errors import UserError
from tools.workflow.planning.plan import RAW, Plan

TABLE1 = (RAW, "afda", "medga", "color", "cawe", "color_cawe")
"""The variants of Table 1 of paper 002, in its order."""


@dataclass(frozen=True)
class TablePlan:
    """A table of detectors by variants, with every seed.

    Attributes:
        plan: of the workflow.
        rows: group in the table, detector and variant of each.
        out: folder of the table.
    """

    plan: Plan
    rows: list[tuple[str, str, str]]
    out: Path

    @property
    def inputs(self) -> list[Path]:
        """The files that the table is made of.

        Raises:
            UserError: the workflow file asks for no rows.
        """
        if not self.rows:
            raise UserError("no ablations are named: add configs/workflow/ablations.yaml after --configfile")
        files = [self.plan.ground_truth, *(file for _, results in self._results() for file in results)]
        if self.plan.has_negatives:
            files += [file for _, results in self._results("negatives/test") for file in results]
            files.append(self.plan.negatives())
        return files

    @property
    def command(self) -> str:
        """The command that writes the table, without its title."""
        variants = dict.fromkeys(variant for _, _, variant in self.rows if variant != RAW)
        costs = [f"{variant}={self.plan.images(variant)}/enhance_manifest.json" for variant in variants]
        parts = ["python tools/table1_report.py", f"--ann {self.plan.ground_truth}", f"--pred {self._named('test')}"]
        parts += [f"--cost {' '.join(costs)}"] if costs else []
        if self.plan.has_negatives:
            parts += [f"--negatives {self.plan.negatives()}", f"--negatives-pred {self._named('negatives/test')}"]
        if self.plan.file.published:
            parts.append(f"--published {self.plan.file.published}")
        if titles := self._titles():
            parts.append(f"--titles {shlex.join(titles)}")
        return " ".join([*parts, f"--out {self.out}"])

    def _results(self, test: str = "test") -> list[tuple[str, list[Path]]]:
        """The results files of the rows by GROUP/VARIANT, again for each seed."""
        return [
            (f"{group}/{variant}", self.plan.predictions(detector, variant, seed, test))
            for group, detector, variant in self.rows
            for seed in self.plan.file.seeds
        ]

    def _named(self, test: str) -> str:
        """The results files as the command takes them; folds are joined by "+"."""
        return " ".join(f"{name}={'+'.join(map(str, files))}" for name, files in self._results(test))

    def _titles(self) -> list[str]:
        """KEY=TITLE of each group that is a detector to which the workflow file gives a title."""
        groups = dict.fromkeys(group for group, _, _ in self.rows)
        titles = {group: self.plan.file.detectors.get(group, {}).get("title") for group in groups}
        return [f"{group}={title}" for group, title in titles.items() if title]


def table1(plan: Plan) -> TablePlan:
    """Every detector on raw images and on the paper's five enhancements."""
    rows = [(detector, detector, variant) for detector in plan.file.detectors for variant in TABLE1]
    return TablePlan(plan, rows, plan.work / "table1")


def ablations(plan: Plan) -> TablePlan:
    """The first detector on the variants of each ablation."""
    detector = next(iter(plan.file.detectors))
    rows = [(name, detector, variant) for name, variants in plan.file.ablations.items() for variant in variants]
    return TablePlan(plan, rows, plan.work / "ablations")
