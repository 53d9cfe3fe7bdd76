"""Workflow files for tests: those of the project, and a small one."""

from typing import Any

import yaml
from snakemake.utils import update_config

from tests.paths import ROOT
from tools.workflow.planning.plan import Plan
from tools.workflow.planning.workflow_file import read_workflow

WORKFLOWS = ROOT / "configs/workflow"
ABLATIONS = "ablations"
CONFIGS = sorted({path.stem for path in WORKFLOWS.glob("*.yaml")} - {ABLATIONS})

CURVE = {"variants": ["raw", "cawe"], "sizes": {100: None, 50: "train_cfg.max_epochs=60"}}
"""A learning curve as YAML reads it."""


def toy(**changes: Any) -> dict[str, Any]:
    """A workflow file with all that it must have and networks for every recipe; a change to None takes a key away."""
    content = {
        "name": "toy",
        "about": "Toy",
        "data_root": "/downloads",
        "classification": {"reader": "chexpert", "source": "chexpert"},
        "color": {"reader": "imagenet", "source": "color"},
        "detection": {"reader": "rsna", "source": "rsna"},
        "classifier": {"config": "configs/enhance/classifier_demo.py", "data": "classification"},
        "colorizer": {"config": "configs/colorize_gan/demo.py", "data": "color"},
        "detectors": {
            "faster_rcnn": {"config": "configs/detect/faster_rcnn_demo.py"},
            "retinanet": {"config": "configs/detect/retinanet_demo.py"},
        },
        "variants": ["raw", "color_cawe"],
    }
    return {key: value for key, value in (content | changes).items() if value is not None}


def toy_plan(**changes: Any) -> Plan:
    return Plan(read_workflow(toy(**changes)))


def real_plan(*names: str, **changes: Any) -> Plan:
    """The plan of files of configs/workflow, laid over one another as snakemake does it."""
    content: dict[str, Any] = {}
    for name in names:
        update_config(content, yaml.safe_load((WORKFLOWS / f"{name}.yaml").read_text()))
    return Plan(read_workflow(content | changes))
