"""Make a recipe complete: write OUT/recipe.py with the networks it needs and their weights beside it.

The folder can be moved and given away: python tools/enhance_dataset.py OUT/recipe.py MY_IMAGES ENHANCED works anywhere.

Example:
  python tools/workflow/bundle_recipe.py configs/enhance/color_cawe.py my_recipe \\
      --cfg-options enhancer.classifier.checkpoint=a.pth enhancer.colorizer.checkpoint=b.pth
"""

import argparse
from collections.abc import Sequence

from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="recipe, e.g. of configs/enhance/")
    parser.add_argument("out", help="folder")
    add_cfg_options(parser)
    return parser.parse_args(argv)


def bundle(args: argparse.Namespace) -> None:
    from enhance.recipe import load_recipe, save_recipe

    print(save_recipe(load_recipe(args.config, args.cfg_options), args.out, copy_weights=True))


def main(argv: Sequence[str] | None = None) -> None:
    bundle(parse_args(argv))


if __name__ == "__main__":
    run(main)
