"""Look for what would make a test too good: persons and images that were trained on.

Somebody in TRAIN.json and in TEST.json is an error (exit code 2). Images of the test that stand in TRAIN.json or among
the classifier's training images, resized or encoded again perhaps, are warned of, and listed in the file --out; the
reports show its notes (--leaks). All images are read once.

Examples:
  python tools/workflow/check_leaks.py datasets/rsna/test.json --train datasets/rsna/train.json --out leaks.json
  python tools/workflow/check_leaks.py MY/test.json --train MY/train.json --classifier datasets/chexpert/train.json \\
      --out leaks.json
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from data.atomic import write_json
from data.coco_file.read import load_coco
from data.errors import UserError
from data.leaks.persons import persons_of, refuse_shared_persons
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", type=Path, metavar="TEST.json", help="COCO file whose images are tested")
    parser.add_argument("--train", type=Path, metavar="FILE", help="COCO file that detectors are trained on")
    parser.add_argument("--classifier", type=Path, metavar="FILE", help="COCO file that CAWE's classifier learned from")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes that read (default: cores)")
    return parser.parse_args(argv)


def images_of(file: Path) -> list[Path]:
    """The images of a COCO file; their names are relative to its folder."""
    return [file.parent / image["file_name"] for image in load_coco(file)["images"]]


def person_note(test: Path, classifier: Path) -> list[str]:
    """Files of one folder name persons alike; in other data sets a "1" is somebody else."""
    if test.resolve().parent != classifier.resolve().parent:
        return []
    shared = persons_of(load_coco(test)) & persons_of(load_coco(classifier))
    return [f"{len(shared)} persons of {test} are in the classifier's {classifier} too."] if shared else []


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    from data.leaks.near_duplicates import near_duplicates

    others = {"training": args.train, "classifier's": args.classifier}
    others = {name: file for name, file in others.items() if file is not None}
    if not others:
        raise UserError("give what is trained on: --train FILE, --classifier FILE, or both")
    if args.train is not None:
        refuse_shared_persons(args.train, args.test)
    notes = person_note(args.test, args.classifier) if args.classifier is not None else []
    found = {}
    for name, file in others.items():
        pairs = near_duplicates(images_of(args.test), images_of(file), args.workers)
        found[str(file)] = [(str(first), str(second), round(score, 3)) for first, second, score in pairs]
        if pairs:
            images, first, there = len({pair.first for pair in pairs}), pairs[0].first.name, pairs[0].second.name
            notes.append(
                f"{images} images of {args.test} are among the {name} images of {file}, as they are, resized or "
                f"encoded again (the first is {first}, there {there}): the results are too good."
            )
    write_json(args.out, {"test": str(args.test), "notes": notes, "pairs": found})
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    print(args.out)


if __name__ == "__main__":
    run(main)
