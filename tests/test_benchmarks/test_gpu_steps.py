"""`benchmarks/gpu_steps.py`: its JSON file, what it installs, and a measurement of each kind."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gpu_steps
from benchmarks.gpu_steps import main, not_installed, record, timed_in_turn, with_random_weights


def test_record_keeps_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "new/gpu.json"
    record(file, "training", "a", value=1)
    record(file, "training", "b", "c", value=[2])
    record(file, "training", "a", value=3)
    assert json.loads(file.read_text()) == {"training": {"a": 3, "b": {"c": [2]}}}


def test_wheels_that_are_not_installed() -> None:
    wheels = [Path("torch-1.0-py3-none-any.whl"), Path("no_such_thing-1.0-py3-none-any.whl")]
    installed = Path("onedl_mmengine-0.10-py3-none-any.whl")
    assert not_installed([*wheels, installed]) == [wheels[1]]


def test_requirements_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"project": ["Known_One>=1", "gone; python_version > '3'", "old; python_version < '3'", "x; extra == 'y'"]}
    needs["known-one"] = ["project", "also.gone[z]"]

    def requires(name: str) -> list[str]:
        if name not in needs:
            raise gpu_steps.importlib.metadata.PackageNotFoundError(name)
        return needs[name]

    monkeypatch.setattr(gpu_steps.importlib.metadata, "requires", requires)
    assert gpu_steps.missing_requirements("project") == ["also-gone", "gone"]


def test_no_weights_are_loaded() -> None:
    config: dict[str, Any] = {
        "backbone": {"init_cfg": {"type": "Pretrained", "checkpoint": "x"}, "weights": "imagenet"},
        "heads": [{"init_cfg": {"type": "Normal"}, "weights": None}],
        "feature_extractor": {"type": "FeatureExtractor", "weights": "imagenet"},
    }
    with_random_weights(config)
    assert config == {
        "backbone": {"init_cfg": None, "weights": None},
        "heads": [{"init_cfg": {"type": "Normal"}, "weights": None}],
        "feature_extractor": {"type": "FeatureExtractor", "weights": "random"},
    }


def test_rounds_alternate_and_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, spent = (
        [],
        iter([0, 0, 1, 40, 3, 10, 2, 20]),
    )  # seconds: a call of each to see how long it takes, then rounds

    def seconds(work: Any, times: int, device: str) -> float:
        calls.append(work())
        return next(spent) or 1.0

    monkeypatch.setattr(gpu_steps, "seconds", seconds)
    result = timed_in_turn({"a": lambda: "a", "b": lambda: "b"}, 3, "cpu", 0)
    assert calls == ["a", "b"] * 4
    assert result["a"] == {"ms": 2000, "low": 1000, "high": 3000}
    assert result["b"] == {"ms": 20000, "low": 10000, "high": 40000}


@pytest.mark.slow
@pytest.mark.parametrize("network", ["classifier, lite", "generator and critic, lite", "RetinaNet, lite"])
def test_a_training_step_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    monkeypatch.setattr(gpu_steps, "NETWORKS", {network: gpu_steps.NETWORKS[network]})
    main(["training", "--json", str(tmp_path / "gpu.json"), "--tiny", "--device", "cpu", "--rounds", "1"])
    entry = json.loads((tmp_path / "gpu.json").read_text())["training"][network]
    assert set(entry) == set(gpu_steps.WAYS)
    assert all(way["ms"] > 0 and way["batch"] == 2 for way in entry.values())


@pytest.mark.slow
def test_enhancer_and_froc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_steps, "ENHANCERS", {"lite": gpu_steps.ENHANCERS["lite"]})
    for part in ("enhancer", "froc"):
        main([part, "--json", str(tmp_path / "gpu.json"), "--tiny", "--device", "cpu", "--rounds", "1"])
    content = json.loads((tmp_path / "gpu.json").read_text())
    assert set(content["froc"]) == {"sens_at", "report"}
    for settings in content["enhancer"]["lite"].values():
        assert set(settings) == {"arrays", "networks", "files"}
        assert all(each["images_per_s"] > 0 for each in settings.values())


def test_a_network_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(config: str, *_: Any) -> Any:
        if config == "bad":
            raise ValueError("no")
        made = type("Made", (), {"batch": 2, "side": 64, "peak": None, "__call__": lambda self: time.sleep(1e-4)})
        return made()

    monkeypatch.setattr(gpu_steps, "Step", step)
    monkeypatch.setattr(gpu_steps, "NETWORKS", {"first": "bad", "second": "good"})
    with pytest.raises(SystemExit, match="first"):
        main(["training", "--json", str(tmp_path / "gpu.json"), "--tiny", "--device", "cpu", "--rounds", "1"])
    content = json.loads((tmp_path / "gpu.json").read_text())["training"]
    assert content["first"] == {"error": "ValueError: no"}
    assert set(content["second"]) == set(gpu_steps.WAYS)
