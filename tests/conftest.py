"""What all tests share: quiet threads, a seed, and nothing of a run left for the next."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

import tests.unformatted  # noqa: F401
from tests.in_chromium import browser  # noqa: F401

torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests: at the end one of them would keep one core busy while the others wait."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Spare Python's garbage collector, whom mmengine calls for each data set, what all tests keep."""
    gc.freeze()


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `tests.bundles.write_all` writes; to be read only."""
    from tests.bundles import write_all

    return write_all(tmp_path_factory.mktemp("bundled"))


@pytest.fixture(scope="session")
def exported(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of `bundled` as graphs for ONNX; to be read only."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from tools import export_onnx

    folder = tmp_path_factory.mktemp("exported") / "graphs"
    export_onnx.main([str(bundled / "bundle"), "--out", str(folder), "--images", str(bundled / "set/images")])
    return folder


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _nothing_of_a_run_is_left() -> Iterator[None]:
    """mmengine keeps visualizers, scopes and loggers by name for the whole process; a later test would get a run's."""
    yield
    for kind in (Visualizer, *Visualizer.__subclasses__(), DefaultScope, MMLogger):
        kind._instance_dict.clear()
