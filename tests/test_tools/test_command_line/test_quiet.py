"""Noise of libraries is left out, and nothing else."""

import subprocess
import sys

from tests.paths import ROOT
from tools.command_line.quiet import without_noise

SCRIPT = """
import tools.command_line.quiet
import logging, warnings
from mmengine.logging import print_log
from mmengine.fileio import FileClient
FileClient("disk")
print_log("Loads checkpoint by local backend from path: x")
print_log("a word of ours")
warnings.warn("faster_coco_eval is not installed, metrics will not be computed")
warnings.warn("a warning of ours")
import timm.models._builder as builder
builder._logger.warning("Unexpected keys (a, b) found while loading pretrained weights.")
builder._logger.warning("Missing keys")
"""


def test_noise_is_left_out_and_the_rest_stays() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    said = done.stdout + done.stderr
    for noise in ("Loads checkpoint", "faster_coco_eval", "Unexpected keys", "deprecated", "alias"):
        assert noise not in said
    for kept in ("a word of ours", "a warning of ours", "Missing keys"):
        assert kept in said


def test_print_log_keeps_its_options() -> None:
    said: list[object] = []
    print_log = without_noise(lambda msg, logger=None, level=20: said.append((msg, logger, level)))
    print_log("Could not import OneDL. Skipping", level=10)
    print_log(5, "current", level=30)
    assert said == [(5, "current", 30)]
