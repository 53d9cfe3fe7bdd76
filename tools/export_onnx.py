"""Turn a bundle into graphs for ONNX, which tools/predict.py --onnx runs without PyTorch.

BUNDLE is what tools/bundle.py made: CAWE (in closed form), or no attention; a colorizer, or none; Faster R-CNN or
RetinaNet. DIR gets enhancer.onnx (attention, colorizer and fusion in one graph; any number of images of any size),
detector_1.onnx, ... (an image of any size), and what predict.py needs beside them; docs/predict.md has their inputs and
outputs, for use from other languages.

The graphs are compared with PyTorch, on IMAGES or else on four images of the phantom, before anything is written:
attention and color within 1e-4, boxes within half a pixel. README.md says what was found, and how long both took.

Examples:
  python tools/export_onnx.py demo_bundle --out demo_onnx --images MY_IMAGES
  python tools/predict.py demo_onnx MY_IMAGES --out found --onnx
"""

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.command_line.folders import check_folder
from tools.command_line.inputs import named_images
from tools.command_line.run import run

MOST_IMAGES = 200


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="folder or zip file that tools/bundle.py made")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder that is made")
    parser.add_argument(
        "--images", metavar="IMAGES", type=Path, nargs="+", help="files and folders to compare on; better real ones"
    )
    return parser.parse_args(argv)


def gray_images(paths: Sequence[Path]) -> list[Any]:
    """Those that are compared: the first of the given ones, else of the phantom, in two sizes."""
    import numpy as np

    from data.images.image_io import read_grayscale
    from data.phantom.body import draw_anatomy
    from data.phantom.radiograph import render

    if paths:
        return [read_grayscale(path) for path in paths[:MOST_IMAGES]]
    rng = np.random.default_rng(0)
    shots = [(render(draw_anatomy(rng), 2, 512, rng).image * 255).round().astype(np.uint8) for _ in range(4)]
    return [*shots[:2], *(np.ascontiguousarray(shot[:400]) for shot in shots[2:])]


def resizing(pipeline: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How a detector's test pipeline resizes.

    Raises:
        UserError: it does more, which no graph has.
    """
    from data.errors import UserError

    steps = [step for step in pipeline if step["type"] != "PackDetInputs"]
    if [step["type"] for step in steps] != ["Resize"] or not set(steps[0]) <= {"type", "scale", "keep_ratio"}:
        raise UserError(f"ONNX: the test pipeline does more than to resize by scale and keep_ratio: {steps}")
    scale = steps[0]["scale"]
    return {
        "scale": [scale] * 2 if isinstance(scale, int) else list(scale),
        "keep_ratio": bool(steps[0].get("keep_ratio")),
    }


def write_graphs(predictor: Any, folder: Path) -> dict[str, Any]:
    """Write enhancer.onnx and detector_1.onnx, ...; what bundle.json says of them.

    Raises:
        UserError: a part cannot be exported.
    """
    import torch

    from detect.detector_graph import DetectorGraph
    from detect.prediction.onnx_predictor import ENHANCER
    from enhance.graphs.enhancer_graph import EnhancerGraph
    from tools.graphs.graph_file import write_graph

    enhancer = EnhancerGraph(predictor.enhancer)
    image = {0: "images", 1: "height", 2: "width"}
    inputs = {"image": (torch.randint(0, 256, (2, 600, 520), dtype=torch.uint8), image)}
    outputs = {"enhanced": image, "color": image}
    if enhancer.side is not None:
        example = torch.randint(0, 256, (2, enhancer.side, enhancer.side), dtype=torch.uint8)
        inputs["small"], outputs["attention"] = (example, {0: "images"}), image
    write_graph(enhancer, inputs, outputs, folder / ENHANCER)
    members = []
    for number, detector in enumerate(predictor.detector.detectors, start=1):
        members.append(f"detector_{number}.onnx")
        inputs = {"image": (255 * torch.rand(1, 3, 320, 256), {2: "height", 3: "width"})}
        outputs = {name: {0: "found"} for name in ("boxes", "scores", "labels")}
        write_graph(DetectorGraph(detector.model), inputs, outputs, folder / members[-1])
    resize = resizing(predictor.detector.detectors[0].config["test_pipeline"])
    return {"members": members, "onnx": {"side": enhancer.side, "resize": resize}}


def export(args: argparse.Namespace) -> dict[str, Any]:
    """Make the folder; what `tools.graphs.comparison.compared` found.

    Raises:
        UserError: its place is taken, a part cannot be exported, or does not do what it did.
    """
    from data.errors import UserError
    from detect.bundle.files import CALIBRATION, CARD, OPERATING_POINTS, opened, write_index
    from detect.prediction.onnx_predictor import OnnxPredictor
    from detect.predictor import Predictor
    from tools.graphs.comparison import compared

    if args.out.exists():
        raise UserError(f"--out {args.out} exists; give another name, or delete it")
    check_folder(args.out.parent)
    paths = [*named_images(args.images or [], args.out)]
    predictor = Predictor(args.bundle)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{args.out.stem}.", dir=args.out.parent) as temporary:
        folder = Path(temporary, "graphs")
        folder.mkdir()
        index = {
            key: value for key, value in predictor.index.items() if key not in ("format", "sha256", "sha256_of_this")
        }
        index |= write_graphs(predictor, folder)
        with opened(args.bundle) as (source, _):
            for name in (OPERATING_POINTS, CALIBRATION, CARD):
                shutil.copy(source / name, folder / name)
        write_index(folder, index)
        found = compared(predictor, OnnxPredictor(folder, "cpu"), gray_images(paths))
        with (folder / CARD).open("a", encoding="utf-8") as card:
            card.write(f"\n## Graphs for ONNX\n\n{sentence(found)}\n")
        index["onnx"] |= {"of": predictor.index["sha256_of_this"], "compared": found}
        write_index(folder, index)
        folder.rename(args.out)
    return found


def sentence(found: Mapping[str, Any]) -> str:
    """What the comparison found, in words."""
    seconds = found["seconds"]
    maps = f"attention differs by at most {found['attention']:.1g}, color by {found['color']:.1g}"
    levels = f"{found['other_levels']:.2%} of the enhanced gray levels differ, by at most {found['level']}"
    boxes = f"PyTorch finds {found['boxes']} boxes; {found['other_boxes']} of these and of ONNX's have no twin"
    twins = f"the others differ by at most {found['pixels']:.1g} pixels and {found['score']:.1g} of the score"
    share = f"An image takes {seconds['onnx'] / seconds['torch']:.2f} of PyTorch's time on this CPU."
    return f"Compared with PyTorch on {found['images']} images: {maps}; {levels}. {boxes}, {twins}. {share}"


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    print(sentence(export(args)))
    print(f"{args.out} is made; python tools/predict.py {args.out} IMAGES --out PREDICTIONS --onnx")


if __name__ == "__main__":
    run(main)
