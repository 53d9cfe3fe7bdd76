"""Claim: enhancing a folder takes hardly more than the bare forward passes of its networks.

    python -m benchmarks.enhance_dataset                             # the lite networks with random weights
    python -m benchmarks.enhance_dataset --size paper --number 8

Color+CAWE on images of 512 x 512, from JPEG to PNG with annotations and manifest, as tools/enhance_dataset.py does it
once it has loaded. Its peer is a plain loop over the same networks: `cv2.imread`, one image, `cv2.imwrite`. The limit
are the networks on tensors, in batches of the size that is fastest. All in processor seconds of all threads, the best
of some rounds taken in turn; on a GPU in seconds.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.gpu_steps import ENHANCERS, bare_networks, build_enhancers, smooth_images
from benchmarks.record import Row, add_json, cpu_name, report
from data.images.image_io import read_color
from enhance.dataset import enhance_dataset
from enhance.inference import lay_out

SIDE = 512


def write_source(folder: Path, number: int) -> Path:
    """JPEG images and a COCO file."""
    (folder / "images").mkdir(parents=True)
    entries = []
    for index, image in enumerate(smooth_images(number, SIDE)):
        name = f"images/{index}.jpg"
        cv2.imwrite(str(folder / name), image)
        entries.append({"id": index + 1, "file_name": name, "width": SIDE, "height": SIDE})
    coco = {"images": entries, "annotations": [], "categories": [{"id": 1, "name": "lesion"}]}
    (folder / "train.json").write_text(json.dumps(coco), encoding="utf-8")
    return folder


def plain_loop(enhancer: Any, src: Path, dst: Path) -> None:
    """What one would write in ten lines."""
    dst.mkdir(parents=True)
    for path in sorted((src / "images").iterdir()):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        (enhanced,) = enhancer([image])
        cv2.imwrite(str(dst / f"{path.stem}.png"), cv2.cvtColor(enhanced, cv2.COLOR_RGB2BGR))


def best_in_turn(works: dict[str, Callable[[Path], None]], rounds: int, device: str) -> dict[str, float]:
    """The least seconds of each work, which is given an empty folder."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            with TemporaryDirectory() as folder:
                start = clock()
                work(Path(folder))
                if device != "cpu":
                    torch.cuda.synchronize()
                seconds[name].append(clock() - start)
    return {name: min(taken) for name, taken in seconds.items()}


def same_pixels(dst: Path, loop: Path) -> bool:
    """Whether two folders show the same, up to one level in one pixel in 10,000 (sums are taken in another order)."""
    pairs = [(read_color(path), read_color(dst / "images" / path.name)) for path in sorted(loop.iterdir())]
    different = np.mean([np.mean(a != b) for a, b in pairs])
    return bool(different < 1e-4 and max(np.abs(a.astype(int) - b).max() for a, b in pairs) <= 1)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=ENHANCERS, default="lite", help="of the networks (default lite)")
    parser.add_argument("--number", type=int, default=48, help="images (default 48)")
    parser.add_argument("--rounds", type=int, default=3, help="the best counts (default 3)")
    parser.add_argument("--workers", type=int, default=2, help="that decode, and as many that write (default 2)")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    add_json(parser)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    plain = build_enhancers(args.size)["Color+CAWE"].to(args.device)
    ours = build_enhancers(args.size)["Color+CAWE"].to(args.device)
    ours.load_state_dict(plain.state_dict())
    lay_out(ours)
    tensors = torch.stack([torch.from_numpy(image) for image in smooth_images(8, SIDE)])[:, None]
    tensors = tensors.to(args.device).float() / 255

    def networks(batch: int) -> Callable[[Path], None]:
        call = bare_networks(ours, tensors[:batch])
        return lambda _: [call() for _ in range(args.number // batch)] and None

    with TemporaryDirectory() as folder:
        src = write_source(Path(folder, "src"), args.number)
        enhance_dataset(ours, src, Path(folder, "dst"), {}, workers=args.workers)
        plain_loop(plain, src, Path(folder, "loop"))
        assert same_pixels(Path(folder, "dst"), Path(folder, "loop")), "the loop makes other images"
        works: dict[str, Callable[[Path], None]] = {
            "ours": lambda dst: enhance_dataset(ours, src, dst, {}, workers=args.workers) and None,
            "loop": lambda dst: plain_loop(plain, src, dst / "out"),
            "1": networks(1),
            "8": networks(8),
        }
        taken = best_in_turn(works, args.rounds, args.device)
    rate = {name: args.number / seconds for name, seconds in taken.items()}
    device = cpu_name() if args.device == "cpu" else torch.cuda.get_device_name(args.device)
    limit = max(rate["1"], rate["8"])
    report([Row("enhance_dataset", "images/s", rate["ours"], rate["loop"], "a plain loop", limit, device)], args.json)


if __name__ == "__main__":
    main()
