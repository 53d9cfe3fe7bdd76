"""Claim: detectors train as fast as torchvision's, and what surrounds a training step is to be 3 % of it at most.

    python -m benchmarks.training_step
    python -m benchmarks.training_step --side 512 --steps 8

- Detectors: a step (forward, losses, backward, SGD) of Faster R-CNN and RetinaNet with ResNet-50-FPN as the configs of
  paper 002 have it, beside torchvision's own with the same proposals, samples and frozen layers, on the same images and
  boxes, both from random weights. torchvision freezes batch normalization, mmdet trains its scale and shift.
- Classifier and colorizer: an epoch of tools/train.py's runner with its hooks and logs; the limit are its steps and its
  loader alone.

Processor seconds on one thread; of detectors the best of some rounds taken in turn.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from torch.utils.data import Dataset
from torchvision.models import detection

import training.register  # noqa: F401
from benchmarks.gpu_steps import Step, quiet, random_batch, with_random_weights
from benchmarks.measuring import best_in_turn, seconds
from benchmarks.record import Row, add_json, report

BATCH = 2
DETECTORS: dict[str, tuple[str, Callable[..., Any], dict[str, Any]]] = {
    "Faster R-CNN": (
        "configs/detect/faster_rcnn_raw.py",
        detection.fasterrcnn_resnet50_fpn,
        {"box_batch_size_per_image": 128, "rpn_post_nms_top_n_train": 1000},
    ),
    "RetinaNet": ("configs/detect/retinanet_raw.py", detection.retinanet_resnet50_fpn, {}),
}
SURROUNDED = {
    "classifier, small": "configs/enhance/classifier_small.py",
    "colorizer, small": "configs/colorize_gan/joint_small.py",
}


def torchvision_step(build: Callable[..., Any], options: dict[str, Any], data: dict[str, Any], side: int) -> Callable:
    """A step of torchvision's detector on the images and boxes of mmdet's batch."""
    model = build(weights=None, weights_backbone=None, num_classes=2, min_size=side, max_size=side, **options).train()
    for name, parameter in model.backbone.body.named_parameters():
        parameter.requires_grad_(name.startswith(("layer2", "layer3", "layer4")))  # as `frozen_stages=1`
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 1e-7, 0.9)
    images = [image.float() / 255 for image in data["inputs"]]
    truth = [sample.gt_instances for sample in data["data_samples"]]
    targets = [{"boxes": each.bboxes, "labels": each.labels + 1} for each in truth]

    def step() -> None:
        loss = sum(model(images, [dict(target) for target in targets]).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    step()
    return step


def detector(name: str, side: int, steps: int, rounds: int) -> Row:
    config, build, options = DETECTORS[name]
    ours = Step(config, "float32", "cpu", tiny=True)
    ours.data = random_batch(Config.fromfile(config), BATCH, side, "cpu")
    ours()
    theirs = torchvision_step(build, options, ours.data(), side)
    works = {"ours": lambda: [ours() for _ in range(steps)], "theirs": lambda: [theirs() for _ in range(steps)]}
    taken, peer = (BATCH * steps / each for each in best_in_turn(works, rounds).values())
    return Row(f"training step, {name}", "images/s", taken, peer, "torchvision")


@DATASETS.register_module(force=True)
class RandomItems(Dataset):
    """Items as the data set of a config yields them, all the same."""

    def __init__(self, number: int, item: dict[str, Any]) -> None:
        self.number, self.item = number, item

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.item


def runner_of(config: str, steps: int, folder: str) -> Runner:
    """The runner that tools/train.py would build, for so many steps of random data, without validation."""
    cfg = Config.fromfile(config)
    with_random_weights(cfg.model)
    batch = random_batch(cfg, 1, 96, "cpu")()
    item = {name: values[0] for name, values in batch.items()}
    loader = cfg.train_dataloader
    loader.batch_size, loader.num_workers = 8, 0
    loader.dataset = dict(type="RandomItems", number=8 * steps, item=item)
    for key in ("persistent_workers", "prefetch_factor", "batch_sampler"):
        loader.pop(key, None)
    loader.sampler = dict(type="DefaultSampler", shuffle=True)
    kept = {"runtime_info", "timer", "sampler_seed", "epoch_seed", "logger", "param_scheduler", "checkpoint"}
    cfg.default_hooks = {name: hook for name, hook in cfg.default_hooks.items() if name in kept}
    cfg.default_hooks["checkpoint"].pop("save_best", None)
    cfg.update(work_dir=folder, load_from=None, val_cfg=None, val_dataloader=None, val_evaluator=None)
    cfg.update(test_cfg=None, test_dataloader=None, test_evaluator=None, custom_hooks=None)
    cfg.train_cfg = dict(type="StoppableEpochLoop", max_epochs=1)
    cfg.experiment_name = f"{steps}_{time.monotonic_ns()}"
    return Runner.from_cfg(cfg)


class Timed:
    """A loader that knows how long an epoch took, and how long it took itself."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.epoch = self.own = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        start, items = time.process_time(), iter(self.loader)
        while True:
            spent, item = seconds(lambda: next(items, None))
            self.own += spent
            if item is None:
                break
            yield item
        self.epoch += time.process_time() - start


def surrounded(name: str, steps: int) -> Row:
    """Steps and loading alone are the limit, in the same run, so that other work on the machine falls on both."""
    with TemporaryDirectory() as folder:
        runner, inside = runner_of(SURROUNDED[name], steps, folder), [0.0]
        loader = runner._train_dataloader = Timed(runner.build_dataloader(runner._train_dataloader))
        step = runner.model.train_step

        def timed_step(*args: Any, **options: Any) -> Any:
            spent, losses = seconds(lambda: step(*args, **options))
            inside[0] += spent
            return losses

        runner.model.train_step = timed_step
        runner.train()
    return Row(f"training, {name}", "images/s", 8 * steps / loader.epoch, limit=8 * steps / (inside[0] + loader.own))


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=320, help="of the detectors' images in pixels (default 320)")
    parser.add_argument("--steps", type=int, default=2, help="of the detectors in a round (default 2)")
    parser.add_argument("--loop-steps", type=int, default=60, help="of classifier and colorizer (default 60)")
    parser.add_argument("--rounds", type=int, default=3, help="the best counts (default 3)")
    add_json(parser)
    args = parser.parse_args(argv)
    quiet()
    torch.set_num_threads(1)
    rows = [detector(name, args.side, args.steps, args.rounds) for name in DETECTORS]
    rows += [surrounded(name, args.loop_steps) for name in SURROUNDED]
    report(rows, args.json)


if __name__ == "__main__":
    main()
