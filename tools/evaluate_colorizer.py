"""Measure colorizers on photographs that they were not trained on, beside two baselines that know no colors.

    python tools/evaluate_colorizer.py configs/colorize_gan/joint.py --out work_dirs/colorizer_report \\
        'generator=work_dirs/generator/best_*.pth' 'joint=work_dirs/joint/best_*.pth'

The images and φ are those of the config, the networks those of each checkpoint. Written to --out: table.md (PSNR, SSIM,
ab error, colorfulness, histogram, feature and Fréchet distance, the critic's AUC, each with a 95 % interval, and the
paired differences), colorization.json (the same numbers) and pictures.png.
"""

import argparse
import glob
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader, Runner
from torch import Tensor
from torchvision.utils import make_grid
from tqdm import tqdm

from colorize_gan.evaluation.comparison import (
    GRAY,
    MEAN,
    ColorizerComparison,
    ConstantChroma,
    Estimate,
    compare,
    mean_color_difference,
    measure,
)
from colorize_gan.model import ColorizationGAN
from data.atomic import write_text
from data.coco import write_json
from data.errors import MissingFileError, UserError
from data.images.image_io import write_image
from reporting.table import Cell, Table, markdown
from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.device import add_device
from tools.command_line.folders import check_folder

MEASURES = {
    "psnr": ("PSNR, dB", 2, 1),
    "ssim": ("SSIM", 4, 1),
    "ab_error": ("ab error", 2, -1),
    "ab_histogram_distance": ("ab histogram distance", 3, -1),
    "colorfulness": ("colorfulness", 1, 0),
    "colorfulness_difference": ("its difference to the truth", 1, -1),
    "feature_distance": ("feature distance", 3, -1),
    "frechet_distance": ("Fréchet distance", 4, -1),
    "critic_auc": ("critic's AUC", 3, 0),
}
"""Name, digits, and whether more is better (1), worse (-1) or neither."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path, help="a joint config: the images to train and test on, and φ")
    parser.add_argument("checkpoints", nargs="+", metavar="NAME=CKPT", help="colorizers, in the order of the table")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--bootstrap", type=int, default=200, help="resamples of the images (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    parser.add_argument("--pictures", type=int, default=8, help="rows of pictures.png (default 8)")
    add_device(parser)
    add_cfg_options(parser)
    return parser.parse_args(argv)


def load(spec: str, feature_extractor: dict) -> tuple[str, ColorizationGAN]:
    """Build the model of `NAME=CKPT` from the config inside the checkpoint.

    Raises:
        MissingFileError: there is no such checkpoint.
        UserError: the text is no `NAME=CKPT`, or the file is no checkpoint of `tools/train.py`.
    """
    name, separator, pattern = spec.partition("=")
    files = glob.glob(pattern)  # noqa: PTH207  the pattern may start anywhere
    if not separator or not name or name in (GRAY, MEAN):
        raise UserError(f"{spec}: write NAME=CHECKPOINT; '{GRAY}' and '{MEAN}' are the baselines' names")
    if len(files) != 1:
        raise MissingFileError(f"{pattern}: {len(files)} files match, give the one checkpoint of {name}")
    checkpoint = CheckpointLoader.load_checkpoint(files[0], map_location="cpu")
    if "cfg" not in checkpoint.get("meta", {}):
        raise UserError(f"{files[0]}: no config inside; give a checkpoint as tools/train.py writes it")
    config = Config.fromstring(checkpoint["meta"]["cfg"], ".py").model
    model = MODELS.build({**config, "feature_extractor": feature_extractor})
    try:
        model.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        raise UserError(f"{files[0]} does not fit the config inside it: {error}") from error
    return name, model


def baseline(feature_extractor: dict, generator: dict, chroma: Tensor) -> ColorizationGAN:
    """A model whose generator adds one chroma everywhere."""
    model = MODELS.build({"type": "ColorizationGAN", "generator": generator, "feature_extractor": feature_extractor})
    model.generator = ConstantChroma(chroma)
    return model


def cell(estimate: Estimate, digits: int, strong: bool = False, signed: bool = False) -> Cell:
    sign = "+" if signed else ""
    value, low, high = (f"{number:{sign}.{digits}f}" for number in (estimate.value, estimate.low, estimate.high))
    return Cell(value, (low, high), strong)


def tables(comparison: ColorizerComparison, count: int, resamples: int) -> list[Table]:
    """The measures of the rows, and the differences of a row to those above it; bold where it is clearly better."""
    shown = [key for key in MEASURES if any(key in row for row in comparison.values.values())]
    header = [MEASURES[key][0] for key in shown]
    values = [
        [Cell(name), *(cell(row[key], MEASURES[key][1]) if key in row else Cell("–") for key in shown)]
        for name, row in comparison.values.items()
    ]
    differences = [
        [
            Cell(f"{name} − {other}"),
            *(
                cell(row[key], MEASURES[key][1], row[key].clear and row[key].value * MEASURES[key][2] > 0, signed=True)
                if key in row
                else Cell("–")
                for key in shown
            ),
        ]
        for (name, other), row in comparison.differences.items()
        if name not in (GRAY, MEAN)
    ]
    note = (
        f"{count} images. In brackets 95 % intervals: 1.96 standard errors of {resamples} resamples of the images; "
        "what training anew would change is not in them. More is better for PSNR and SSIM, less for errors, distances "
        "and the difference in colorfulness. A critic sees its own colorizer's images: 1 is told apart always, 0.5 "
        "never."
    )
    bold = (
        "Row minus other row on the same resamples. Bold: better, and the interval leaves out 0 (not corrected for the "
        "number of comparisons)."
    )
    return [
        Table("Colorizers", ["Colorizer", *header], values, note),
        Table("Differences", ["Difference", *header], differences, bold),
    ]


def picture(firsts: Mapping[str, list[dict[str, Tensor]]], count: int) -> Tensor:
    """A grid (3, H, W) in [0, 1]: one image a row, its columns the rows of the table, then the truth."""
    names = list(firsts)
    cells = []
    for index in range(min(count, len(firsts[names[0]]))):
        cells += [firsts[name][index]["colorized"] for name in names] + [firsts[names[0]][index]["truth"]]
    return make_grid(torch.stack(cells).float(), nrow=len(names) + 1, padding=4, pad_value=1.0)


def write(
    out: Path, comparison: ColorizerComparison, firsts: Mapping[str, list], count: int, args: argparse.Namespace
) -> None:
    """Write the files of the report."""
    out.mkdir(parents=True, exist_ok=True)
    text = markdown(tables(comparison, count, args.bootstrap))
    write_text(out / "table.md", text)

    def numbers(row: Mapping[str, Estimate]) -> dict[str, dict]:
        return {key: {"value": e.value, "ci95": [e.low, e.high]} for key, e in row.items()}

    settings = {"checkpoints": args.checkpoints, "images": count, "bootstrap": args.bootstrap, "seed": args.seed}
    values = {name: numbers(row) for name, row in comparison.values.items()}
    differences = [{"a": a, "b": b, **numbers(row)} for (a, b), row in comparison.differences.items()]
    write_json(out / "colorization.json", {"settings": settings, "colorizers": values, "differences": differences})
    grid = picture(firsts, args.pictures)
    write_image(out / "pictures.png", (grid.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())
    print(f"{text}\npictures.png, from left to right: {', '.join([*firsts, 'truth'])}")


def run(args: argparse.Namespace) -> None:
    check_folder(args.out)
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options or {})
    phi = config.model.feature_extractor
    train, test = (Runner.build_dataloader(config[f"{side}_dataloader"], seed=0) for side in ("train", "test"))
    chroma = mean_color_difference(tqdm(train, desc="mean chroma"))
    named = [load(spec, phi) for spec in args.checkpoints]
    models = {GRAY: baseline(phi, config.model.generator, torch.zeros(3))}
    models |= {MEAN: baseline(phi, config.model.generator, chroma), **dict(named)}
    results = {name: measure(model.to(args.device), tqdm(test, desc=name)) for name, model in models.items()}
    rows = {name: scores for name, (scores, _) in results.items()}
    firsts = {name: first for name, (_, first) in results.items()}
    write(args.out, compare(rows, args.bootstrap, args.seed), firsts, len(rows[GRAY]), args)


def main(argv: Sequence[str] | None = None) -> None:
    try:
        run(parse_args(argv))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
