"""What is measured on a GPU, each part a sub-command of its own; `benchmarks/gpu.sh` calls them one after another.

Every number goes to one JSON file, `--json`, as soon as it is known; the file is whole at any time.

- training: the milliseconds of one training step (forward, losses, backward, optimizer) on a random batch that is on
  the device already, and the highest memory of PyTorch's allocator, of the classifier, the colorizer in its joint phase
  and both detectors, in the sizes of the lite configs and of the paper, with random weights and the configs' batches.
  Three ways: float32, `--amp` (float16; bfloat16 on a CPU), and that with all weights channels-last. A round times all
  three in turn; the value is the median of the rounds, beside it the smallest and the largest.
- enhancer: images per second of Color, CAWE and Color+CAWE in three settings: `files` from JPEG to PNG as
  tools/enhance_dataset.py does it, `arrays` in memory by `enhance.fusion.Enhancer`, and `networks`, the same networks
  on a batch that is on the device. What is between them is decoding, resizing, fusing and copying.
- froc: seconds of `detect.froc` on one thread, as in `benchmarks/froc_peers.py`.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data.atomic import write_json

NETWORKS = {
    "classifier, lite": "configs/enhance/classifier_lite_nih.py",
    "generator and critic, lite": "configs/colorize_gan/joint_lite.py",
    "Faster R-CNN, lite": "configs/detect/faster_rcnn_lite.py",
    "RetinaNet, lite": "configs/detect/retinanet_lite.py",
    "classifier, paper": "configs/enhance/classifier_paper.py",
    "generator and critic, paper": "configs/colorize_gan/joint.py",
    "Faster R-CNN, paper": "configs/detect/faster_rcnn_raw.py",
    "RetinaNet, paper": "configs/detect/retinanet_raw.py",
}
WAYS = ("float32", "amp", "amp, channels last")
ENHANCERS = {
    "lite": ("configs/enhance/classifier_lite_nih.py", "configs/colorize_gan/joint_lite.py"),
    "paper": ("configs/enhance/classifier_paper.py", "configs/colorize_gan/joint.py"),
}
REPORTED = ("torch", "torchvision", "numpy", "timm", "onedl-mmengine", "onedl-mmcv", "onedl-mmdetection")
PROJECT = "lesion-enhance"
MIB = 2**20


def record(path: Path, *keys: str, value: Any) -> None:
    """Put a value into the JSON file at nested keys; a list grows by it."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    place = content
    for key in keys[:-1]:
        place = place.setdefault(key, {})
    if isinstance(place.get(keys[-1]), list):
        place[keys[-1]].append(value)
    else:
        place[keys[-1]] = value
    write_json(path, content)


def not_installed(wheels: Sequence[Path]) -> list[Path]:
    """Those wheels of whose distribution no version is installed."""
    installed = {canonical(each.name) for each in importlib.metadata.distributions() if each.name}
    return [wheel for wheel in wheels if canonical(wheel.name.split("-")[0]) not in installed]


def canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def missing_requirements(project: str = PROJECT) -> list[str]:
    """Requirements of an installed project, and theirs, that are not installed; OpenCV counts in any build."""
    from packaging.requirements import Requirement

    missing, seen, left = [], set(), [project]
    while left:
        name = canonical(left.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            if not (name.startswith("opencv-python") and importlib.util.find_spec("cv2")):
                missing.append(name)
            continue
        if name not in ("torch", "torchvision"):  # their libraries are there if they can be imported
            wanted = map(Requirement, lines)
            left += [each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    return sorted(missing)


def versions(args: argparse.Namespace) -> None:
    """Record the machine, the versions and what is missing; print the last."""
    import torch

    names: dict[str, str | None] = dict.fromkeys(REPORTED)
    for name in names:
        try:
            names[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            print(f"not installed: {name}")
    missing = missing_requirements()
    print(f"not installed, of what the project requires: {', '.join(missing) or 'nothing'}")
    machine: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "missing": missing}
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        machine["gpu"] = {
            "name": gpu.name,
            "mib": gpu.total_memory // MIB,
            "multiprocessors": gpu.multi_processor_count,
        }
        machine["cuda"], machine["cudnn"] = torch.version.cuda, torch.backends.cudnn.version()
        machine["tf32"] = {"cudnn": torch.backends.cudnn.allow_tf32, "matmul": torch.backends.cuda.matmul.allow_tf32}
        query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.sm", "--format=csv,noheader"]
        machine["nvidia_smi"] = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
    record(args.json, "machine", value=machine | {"versions": names})


# Training steps


def with_random_weights(part: Any) -> None:
    """Take every source of pretrained weights out of a model's config, in place."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "weights" and value is not None:
                part[key] = "random" if part.get("type") == "FeatureExtractor" else None
            elif key == "init_cfg" and isinstance(value, dict) and value.get("type") == "Pretrained":
                part[key] = None
            else:
                with_random_weights(value)
    elif isinstance(part, list | tuple):
        for each in part:
            with_random_weights(each)


class Step:
    """A training step of a config in one of `WAYS`: call it for one step.

    Attributes:
        side, batch: of the images.
        peak: of the allocator in MiB above what other models hold; None on a CPU.
    """

    def __init__(self, config: str, way: str, device: str, tiny: bool) -> None:
        import torch
        from mmengine.config import Config
        from mmengine.optim import build_optim_wrapper
        from mmengine.registry import MODELS, init_default_scope

        from training.mixed_precision import use_mixed_precision

        cfg = Config.fromfile(config)
        with_random_weights(cfg.model)
        init_default_scope(cfg.get("default_scope", "mmengine"))
        torch.manual_seed(0)
        if way != "float32":
            use_mixed_precision(cfg.optim_wrapper)
        backbone = cfg.model.get("backbone", {})
        if "channels_last" in backbone:
            backbone.channels_last = way == "amp, channels last"
        self.device, before = device, allocated(device)
        self.model = MODELS.build(cfg.model).to(device)
        self.model.init_weights()
        last = way == "amp, channels last"
        self.model.to(memory_format=torch.channels_last if last else torch.contiguous_format)
        self.model.train()
        self.optim_wrapper = build_optim_wrapper(self.model, cfg.optim_wrapper)
        for optimizer in optimizers(self.optim_wrapper):
            for group in optimizer.param_groups:
                group["lr"] = 1e-7  # the values that pass through the network stay those of its random start
        self.batch, self.side = (2, 64) if tiny else (cfg.train_dataloader.batch_size, side_of(cfg))
        self.data = random_batch(cfg, self.batch, self.side, device)
        for _ in range(1 if tiny else 4):
            self()
        self.peak = self._peak(before)

    def __call__(self) -> None:
        self.model.train_step(self.data(), self.optim_wrapper)

    def _peak(self, before: int) -> float | None:
        import torch

        if self.device == "cpu":
            return None
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        self()
        torch.cuda.synchronize()
        return (torch.cuda.max_memory_allocated() - before) / MIB


def allocated(device: str) -> int:
    import torch

    return 0 if device == "cpu" else torch.cuda.memory_allocated()


def optimizers(wrapper: Any) -> Iterator[Any]:
    """The optimizers of a wrapper, or of a dictionary of them."""
    parts = wrapper.optim_wrappers.values() if hasattr(wrapper, "optim_wrappers") else [wrapper]
    yield from (part.optimizer for part in parts)


def side_of(cfg: Any) -> int:
    """The side in pixels of the images that a config trains on."""
    dataset = cfg.train_dataloader.dataset
    if "image_size" in dataset:
        return dataset.image_size
    return next(step.scale[0] for step in dataset.pipeline if step.type == "Resize")


def random_batch(cfg: Any, batch: int, side: int, device: str) -> Callable[[], dict[str, Any]]:
    """A function that gives the same random batch at each call, as the data set of the config would collate it."""
    import torch

    kind = cfg.model.type
    images = torch.randint(256, (batch, 1 if kind == "AttentionClassifier" else 3, side, side), dtype=torch.uint8)
    images = images.to(device)
    if kind == "AttentionClassifier":
        labels = torch.randint(2, (batch, len(cfg.model.label_names)), device=device).float()
        return lambda: {"inputs": images, "labels": labels, "mask": torch.ones_like(labels)}
    if kind == "ColorizationGAN":
        return lambda: {"inputs": images}
    corners = torch.rand(batch, 2, 2, device=device) * side / 2  # two boxes an image
    boxes = torch.cat([corners, corners + side * (0.1 + 0.3 * torch.rand(batch, 2, 2, device=device))], 2)
    return lambda: {"inputs": list(images), "data_samples": [data_sample(each, side) for each in boxes]}


def data_sample(boxes: Any, side: int) -> Any:
    """mmdet's truth of one image, of boxes (N, 4) of the one category."""
    from mmdet.structures import DetDataSample
    from mmengine.structures import InstanceData

    shape = {"img_shape": (side, side), "ori_shape": (side, side), "pad_shape": (side, side), "scale_factor": (1, 1)}
    sample = DetDataSample(metainfo=shape)
    sample.gt_instances = InstanceData(bboxes=boxes, labels=boxes.new_zeros(len(boxes)).long())
    return sample


def seconds(work: Callable[[], Any], times: int, device: str) -> float:
    """The time of one of several calls."""
    import torch

    start = time.perf_counter()
    for _ in range(times):
        work()
    if device != "cpu":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / times


def timed_in_turn(works: dict[str, Callable[[], Any]], rounds: int, device: str, at_least: float) -> dict[str, Any]:
    """Milliseconds of each, in rounds that time all of them: median, smallest, largest.

    Args:
        at_least: seconds that one measurement takes, by calling it several times.
    """
    times = {name: max(1, min(50, round(at_least / seconds(work, 1, device)))) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work, times[name], device) * 1000)
    return {
        name: {"ms": round(statistics.median(each), 3), "low": round(min(each), 3), "high": round(max(each), 3)}
        for name, each in taken.items()
    }


def training(args: argparse.Namespace) -> None:
    """Time the training steps of `NETWORKS`."""
    failed = []
    for network, config in NETWORKS.items():
        free(args.device)
        try:
            steps = {way: Step(config, way, args.device, args.tiny) for way in WAYS}
            timed = timed_in_turn(dict(steps), args.rounds, args.device, 0 if args.tiny else 0.4)
        except Exception as error:  # what one network lacks does not keep the others
            record(args.json, "training", network, value={"error": f"{type(error).__name__}: {error}"[:500]})
            print(f"{network}: {type(error).__name__}: {error}", flush=True)
            failed.append(network)
            continue
        for way, step in steps.items():
            extra = {"batch": step.batch, "side": step.side, "peak_mib": step.peak and round(step.peak)}
            entry = timed[way] | {"images_per_s": round(1000 * step.batch / timed[way]["ms"], 1)} | extra
            record(args.json, "training", network, way, value=entry)
            print(f"{network}, {way}: {entry}", flush=True)
        del steps, step
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def free(device: str) -> None:
    import gc

    import torch

    gc.collect()
    if device != "cpu":
        torch.cuda.empty_cache()


# The enhancer


def build_enhancers(size: str) -> dict[str, Any]:
    """Color, CAWE and Color+CAWE with random weights."""
    from mmengine.config import Config
    from mmengine.registry import MODELS

    import colorize_gan.register  # noqa: F401
    import enhance.register  # noqa: F401  registers the parts

    classifier, colorizer = (
        MODELS.build(MODELS.get(cfg.model.type).for_inference(cfg.model.to_dict()))
        for cfg in map(Config.fromfile, ENHANCERS[size])
    )
    attention = {"attention": {"type": "CAWE"}, "classifier": classifier}
    parts = {"Color": {"colorizer": colorizer}, "CAWE": attention, "Color+CAWE": {"colorizer": colorizer, **attention}}
    return {name: MODELS.build({"type": "Enhancer", **part}).eval() for name, part in parts.items()}


def bare_networks(enhancer: Any, images: Any) -> Callable[[], None]:
    """The networks of an enhancer, called on images (B, 1, H, W) in [0, 1] that are on its device."""
    import torch
    import torch.nn.functional as F

    def call() -> None:
        with torch.inference_mode():
            if enhancer.colorizer is not None:
                enhancer.colorizer.colorize(images)
            if enhancer.classifier is not None:
                enhancer.classifier.head(enhancer.classifier.extract_feat(small))

    if enhancer.classifier is not None:
        small = F.interpolate(images, (enhancer.classifier.input_size,) * 2)
    return call


def smooth_images(number: int, side: int) -> list[Any]:
    """Gray images (side, side) uint8 about as hard to compress as radiographs."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    coarse = [cv2.resize(rng.uniform(30, 220, (12, 12)), (side, side), interpolation=cv2.INTER_CUBIC) for _ in range(8)]
    noisy = [coarse[i % 8] + rng.normal(0, 4, (side, side)) for i in range(number)]
    return [each.clip(0, 255).astype(np.uint8) for each in noisy]


def enhancer(args: argparse.Namespace) -> None:
    """Time the enhancers from files, from arrays, and their networks alone."""
    import torch

    side, number, batch = (64, 4, 2) if args.tiny else (512, 192, 8)
    images = smooth_images(number, side)
    on_device = torch.stack([torch.from_numpy(each) for each in images[:batch]])[:, None].to(args.device).float() / 255
    for size in ENHANCERS:
        enhancers = {name: each.to(args.device) for name, each in build_enhancers(size).items()}
        works = {(n, "arrays"): lambda each=each: each(images[:batch]) for n, each in enhancers.items()}
        works |= {(n, "networks"): bare_networks(each, on_device) for n, each in enhancers.items()}
        for work in works.values():
            work()
        named = {"/".join(key): work for key, work in works.items()}
        for name, entry in timed_in_turn(named, args.rounds, args.device, 0 if args.tiny else 0.3).items():
            rate = {"images_per_s": round(1000 * batch / entry["ms"], 1), "batch": batch, "side": side}
            record(args.json, "enhancer", size, *name.split("/"), value=entry | rate)
        for name, each in enhancers.items():
            per_s = round(number / seconds_from_files(each, images, batch, args.workers), 1)
            record(args.json, "enhancer", size, name, "files", value={"images_per_s": per_s, "images": number})
        shown = json.loads(args.json.read_text())["enhancer"][size]
        print(size, {n: {k: v["images_per_s"] for k, v in each.items()} for n, each in shown.items()}, flush=True)


def seconds_from_files(enhancer: Any, images: Sequence[Any], batch: int, workers: int) -> float:
    """Seconds to read, enhance and write images."""
    import cv2
    from tqdm import tqdm

    from enhance.files import enhance_files

    with TemporaryDirectory() as folder:
        jobs = [(Path(folder, f"{i}.jpg"), Path(folder, f"out/{i}.png")) for i in range(len(images))]
        for image, (source, _) in zip(images, jobs, strict=True):
            cv2.imwrite(str(source), image)
        start = time.perf_counter()
        failures = enhance_files(enhancer, jobs, batch, workers, tqdm(disable=True))
        taken = time.perf_counter() - start
    if failures:
        raise OSError(next(iter(failures.values())))
    return taken


def froc(args: argparse.Namespace) -> None:
    """Time FROC with its intervals, and a whole report's numbers, on a synthetic set."""
    from benchmarks.froc_set import make_set
    from benchmarks.froc_timing import own_evaluation, own_report
    from benchmarks.measuring import seconds as processor_seconds

    images, bootstrap = (100, 20) if args.tiny else (20_000, 1000)
    with TemporaryDirectory() as folder:
        files = make_set(Path(folder), images, 10)
        for name, work in (("sens_at", own_evaluation), ("report", own_report)):
            taken, _ = processor_seconds(lambda work=work: work(files, bootstrap))
            entry = {"seconds": round(taken, 2), "images": images, "detections": 10 * images, "bootstrap": bootstrap}
            record(args.json, "froc", name, value=entry)
            print(f"froc, {name}: {entry}", flush=True)


def missing(args: argparse.Namespace) -> None:
    """Print the wheels of a folder that are not installed."""
    print(*not_installed(sorted(args.wheels.glob("*.whl"))), sep="\n")


def note(args: argparse.Namespace) -> None:
    """Record how a step ended."""
    record(args.json, "steps", args.step, value={"status": args.status, "seconds": args.seconds})


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for work in (versions, training, enhancer, froc, note, missing):
        command = commands.add_parser(work.__name__, help=work.__doc__)
        command.set_defaults(work=work)
        if work is not missing:
            command.add_argument("--json", type=Path, required=True)
        if work in (training, enhancer, froc):
            command.add_argument("--tiny", action="store_true", help="one small measurement, to see that it works")
            command.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
            command.add_argument("--rounds", type=int, default=5)
            command.add_argument("--workers", type=int, default=os.cpu_count(), help="threads of the enhancer's files")
    commands.choices["missing"].add_argument("wheels", type=Path)
    for name, kind in (("step", str), ("status", str), ("seconds", int)):
        commands.choices["note"].add_argument(name, type=kind)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    args.work(args)


def quiet() -> None:
    """Keep mmengine from listing every initialized weight."""
    if importlib.util.find_spec("mmengine"):
        from mmengine.logging import MMLogger

        MMLogger.get_instance("mmengine", log_level="ERROR")


if __name__ == "__main__":
    if sys.argv[1:2] == ["training"]:
        quiet()
    main()
