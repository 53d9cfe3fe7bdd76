"""Turn your own data set, or a public one, into what everything else reads: images/, train.json, test.json (COCO)."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import UserError
from data.readers.catalog import READERS
from data.readers.reader import ALL, Reader
from tools.command_line.folders import check_folder
from tools.command_line.run import run
from tools.command_line.workers import add_workers

if TYPE_CHECKING:
    from data.preparation.prepare import Prepared
    from data.preparation.sides import Sides

EXAMPLES = """examples:
  # your own boxes: COCO JSON, YOLO, Pascal VOC; who is on an image is the number before the underscore of its name
  python tools/prepare_dataset.py coco ~/export datasets/mine --size 512
  python tools/prepare_dataset.py yolo ~/export datasets/mine --person-pattern '(\\d+)_\\d+'
  python tools/prepare_dataset.py voc ~/export datasets/mine --val-fraction 0.1
  # RSNA pneumonia challenge, split 8:2 by person, at most 512 pixels per side
  python tools/prepare_dataset.py rsna ~/rsna datasets/rsna --size 512 --person-table ~/stage_2_class_and_nih_image.csv
  # CheXpert: valid.csv becomes test.json; val.json, 2 % of the patients of train.csv, chooses the epoch
  python tools/prepare_dataset.py chexpert ~/CheXpert-v1.0-small datasets/chexpert --size 320 --val-fraction 0.02
  # color photographs for the colorization GAN, without the nearly gray ones
  python tools/prepare_dataset.py imagenet ~/imagenet datasets/imagenet --size 256 --min-chroma 6 --val-fraction 0.002
  # tuberculosis, cut to the lungs, 70/20/10 as in paper 003
  python tools/prepare_dataset.py tuberculosis ~/tuberculosis datasets/tb --lung-roi --test-fraction 0.1 \
      --val-fraction 0.2
  # COVID-19 Radiography Database, 80/10/10 as in paper 004
  python tools/prepare_dataset.py covid_radiography ~/COVID-19_Radiography_Dataset datasets/covid --test-fraction 0.1 \
      --val-fraction 0.1
  # image labels from the boxes of a detection set, for CAWE within one data set; split from its training file
  python tools/prepare_dataset.py box_labels datasets/rsna datasets/rsna_labels --train-json train.json
  # one folder per class
  python tools/prepare_dataset.py class_folders ~/modalities datasets/modalities
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options; each data set has a sub-command with those of its reader."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for reader in READERS.values():
        command = names.add_parser(reader.name, help=reader.description)
        add_shared_options(command)
        add_shares(command, reader.has_own_sides)
        reader.add_options(command)
    args = parser.parse_args(argv)
    if args.size is not None and args.size < 1:
        parser.error(f"--size {args.size}: give the longest side in pixels, 1 or more")
    return args


def add_shared_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("src", help="folder of the data set as it was downloaded")
    parser.add_argument("dst", help="folder to write, e.g. datasets/rsna")
    parser.add_argument(
        "--size", type=int, help="shrink images whose longer side is above SIZE pixels, boxes with them"
    )
    add_workers(parser, "processes")
    parser.add_argument("--strict", action="store_true", help="end with code 1 when an image could not be read")


def add_shares(parser: argparse.ArgumentParser, has_own_sides: bool) -> None:
    of_whom = "of the training patients " if has_own_sides else ""
    if not has_own_sides:
        parser.add_argument(
            "--test-fraction", type=float, default=0.2, help="share of the patients in test.json (default 0.2)"
        )
    parser.add_argument(
        "--val-fraction", type=float, default=0.0, help=f"share {of_whom}in val.json (default 0: no val.json)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the split (default 0)")


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    with plain_warnings():
        prepared = prepare(READERS[args.name], args)
    report_images(prepared)
    return 1 if prepared.left_out and args.strict else 0


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Show a warning as one line, without the place in the code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
        yield


def prepare(reader: Reader, args: argparse.Namespace) -> Prepared:
    """Read the source, put the images in their place, write the sides and the manifest."""
    # Decoders take a second to load, and the help needs none.
    from data.atomic import remove_leftovers
    from data.claim import claimed
    from data.preparation.manifest import begin_manifest, remove_old_images, write_manifest
    from data.preparation.prepare import ImageOptions, check_places, prepare_images
    from data.preparation.sides import (
        Shares,
        check_shares,
        describe_side,
        divide,
        remove_old_val,
        write_sides,
    )

    check_folder(Path(args.dst), "DST")
    source = reader.read(args.src, **{name: getattr(args, name) for name in reader.option_names})
    test_fraction = Shares.test_fraction if reader.has_own_sides else args.test_fraction
    shares = Shares(test_fraction, args.val_fraction, args.seed)
    check_shares(shares, source.sides)
    if ALL not in source.sides and test_fraction != Shares.test_fraction:
        print("warning: --test-fraction has no effect: the source says what is tested", file=sys.stderr)
    records = [record for side in source.sides.values() for record in side]
    if not records:
        raise UserError(f"{args.src} names no image")
    options = ImageOptions(args.size, source.color, source.min_chroma)
    if Path(args.dst).resolve().is_relative_to(Path(args.src).resolve()):
        raise UserError(f"{args.dst} lies in {args.src}: give another folder, for a second run would find its images")
    check_places(records, args.dst)
    with claimed(args.dst):
        begin_manifest(args.dst)
        remove_leftovers(args.dst)
        prepared = prepare_images(records, args.dst, options, args.workers)
        if prepared.left_out and not prepared.records:
            first, reason = next(iter(prepared.left_out.items()))
            raise UserError(f"none of {len(records)} images could be taken; the first is {first}: {reason}")
        sides = divide(prepared.records, source.sides, shares)
        write_sides(args.dst, sides, source.categories, source.label_names)
        for name, side in sides.items():
            print(describe_side(name, side))
        asks_who = "person_pattern" in reader.option_names and args.person_pattern is None
        report_sides(prepared, sides, asks_who, source.color)
        if old := remove_old_val(args.dst, sides):
            print(f"removed {old} of an earlier run")
        if removed := remove_old_images(args.dst, prepared):
            print(f"removed {removed} images of an earlier run from {args.dst}")
        settings = {key: value for key, value in vars(args).items() if key not in ("name", "src", "dst")}
        write_manifest(args.dst, args.name, args.src, settings, prepared)
    print(f"{args.dst} is prepared")
    return prepared


def report_sides(prepared: Prepared, sides: Sides, asks_who: bool, color: bool) -> None:
    """Say on stderr what the sides' persons, and colors where none are expected, may spoil."""
    from data.preparation.colored import color_note
    from data.preparation.sides import shared_between, unknown_persons

    unknown = unknown_persons(sides) if asks_who else ""
    for note in filter(None, (shared_between(sides), unknown, None if color else color_note(prepared.records))):
        print(f"warning: {note}", file=sys.stderr)


def report_images(prepared: Prepared) -> None:
    """Say on stderr what is wrong with images or their boxes."""
    from data.preparation.manifest import MANIFEST

    if prepared.clipped_boxes:
        print(f"warning: {prepared.clipped_boxes} boxes stuck out of their image and were cut", file=sys.stderr)
    if prepared.left_out:
        source, reason = next(iter(prepared.left_out.items()))
        count = len(prepared.left_out)
        print(f"warning: {count} images left out ({MANIFEST}), first {source}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
