"""Measure colorizers on photographs that they were not trained on, beside two baselines that know no colors.

    python tools/evaluate_colorizer.py configs/colorize_gan/joint.py --out work_dirs/colorizer_report \\
        'generator=work_dirs/generator/best_*.pth' 'joint=work_dirs/joint/best_*.pth'

The images and φ are those of the config, the networks those of each checkpoint. Written to --out: table.md (PSNR, SSIM,
ab error, colorfulness, histogram, feature and Fréchet distance, the critic's AUC, each with a 95 % interval, and the
paired differences), colorization.json (the same numbers) and pictures.png.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from data.errors import MissingFileError, UserError
from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.device import add_device, chosen_device
from tools.command_line.folders import check_folder
from tools.command_line.run import run
from training.checkpoints import matching_files


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


def named_checkpoint(spec: str, taken: Sequence[str]) -> tuple[str, Path]:
    """The name and the one file of `NAME=CKPT`, CKPT with wildcards.

    Args:
        taken: Names of the baselines.

    Raises:
        MissingFileError: not exactly one file matches.
        UserError: the text is no `NAME=CKPT`.
    """
    name, separator, pattern = spec.partition("=")
    if not separator or not name or name in taken:
        baselines = " and ".join(f"'{other}'" for other in taken)
        raise UserError(f"{spec}: write NAME=CHECKPOINT; {baselines} are the baselines' names")
    files = matching_files(pattern)
    if len(files) != 1:
        raise MissingFileError(f"{pattern}: {len(files)} files match, give the one checkpoint of {name}")
    return name, Path(files[0])


def evaluate(args: argparse.Namespace) -> None:
    """Measure the baselines and the checkpoints and write the report."""
    from mmengine.runner import Runner
    from tqdm import tqdm

    import colorize_gan.register  # noqa: F401
    from colorize_gan.evaluation.baselines import GRAY, MEAN, baselines, mean_color_difference
    from colorize_gan.evaluation.comparison import compare, measure
    from colorize_gan.evaluation.report import write_colorizer_report
    from colorize_gan.evaluation.trained import load_trained
    from training.config_data import read_config

    check_folder(args.out)
    device = chosen_device(args.device)
    config = read_config(args.config)
    config.merge_from_dict(args.cfg_options or {})
    phi = config.model.feature_extractor
    files = [named_checkpoint(spec, (GRAY, MEAN)) for spec in args.checkpoints]
    train, test = (Runner.build_dataloader(config[f"{side}_dataloader"], seed=0) for side in ("train", "test"))
    color = mean_color_difference(tqdm(train, desc="mean color"))
    models = baselines(config.model.generator, phi, color)
    models |= {name: load_trained(file, phi) for name, file in files}
    results = {name: measure(model.to(device), tqdm(test, desc=name)) for name, model in models.items()}
    rows = {name: scores for name, (scores, _) in results.items()}
    firsts = {name: first for name, (_, first) in results.items()}
    settings = {"checkpoints": args.checkpoints, "images": len(rows[GRAY]), "bootstrap": args.bootstrap}
    comparison = compare(rows, args.bootstrap, args.seed)
    print(write_colorizer_report(args.out, comparison, firsts, settings | {"seed": args.seed}, args.pictures))
    print(f"pictures.png, from left to right: {', '.join([*firsts, 'truth'])}")


def main(argv: Sequence[str] | None = None) -> None:
    evaluate(parse_args(argv))


if __name__ == "__main__":
    run(main)
