"""Look for what would make a test too good: persons and images that were trained on.

Somebody in TRAIN.json and in a TEST.json of the same folder is an error (exit code 2). Images of the test that stand in
TRAIN.json or among the classifier's training images, resized or encoded again perhaps, are warned of, and listed in the
file --out; the reports show its notes (--leaks). All images are read once.

Examples:
  python tools/workflow/check_leaks.py datasets/rsna/test.json --train datasets/rsna/train.json --out leaks.json
  python tools/workflow/check_leaks.py MY/test.json --train MY/train.json --classifier datasets/chexpert/train.json \\
      --out leaks.json
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.atomic import write_json
from data.coco_file.read import load_coco
from data.errors import MissingFileError
from data.leaks.persons import name_alike, persons_of, shared_persons
from tools.command_line.run import run
from tools.command_line.workers import add_workers


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    many: dict[str, Any] = {"nargs": "+", "type": Path}
    parser.add_argument("test", **many, metavar="TEST.json", help="COCO files whose images are tested")
    parser.add_argument("--train", **many, default=[], metavar="FILE", help="what detectors are trained on")
    parser.add_argument("--classifier", **many, default=[], metavar="FILE", help="what CAWE's classifier learned from")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON to write")
    add_workers(parser, "processes that read")
    return parser.parse_args(argv)


def images_of(files: Sequence[Path], contents: Mapping[Path, dict[str, Any]]) -> list[Path]:
    """The images of COCO files.

    Raises:
        MissingFileError: an image is not there.
    """
    images = [file.parent / image["file_name"] for file in files for image in contents[file]["images"]]
    missing = [image for image in images if not image.is_file()]
    if missing:
        raise MissingFileError(
            f"{len(missing)} of {len(images)} images of {', '.join(map(str, files))} are not there, the first is "
            f"{missing[0]}: give files whose file_names are relative to their folder"
        )
    return images


def person_notes(
    test: Sequence[Path], train: Sequence[Path], classifier: Sequence[Path], contents: Mapping[Path, dict[str, Any]]
) -> list[str]:
    """What is to be said of persons.

    Raises:
        UserError: somebody is trained on and tested.
    """
    persons = {file: persons_of(coco) for file, coco in contents.items()}
    notes = shared_persons(train, test, persons)
    for tested in test:
        for file in classifier:
            shared = persons[tested] & persons[file]
            if shared and name_alike(tested, file):
                notes.append(f"{len(shared)} persons of {tested} are in the classifier's {file} too.")
    return notes


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    from data.leaks.near_duplicates import hash_images, near_duplicates

    if not (args.train or args.classifier):
        print("nothing is compared: give --train FILE or --classifier FILE", file=sys.stderr)
    contents = {file: load_coco(file) for file in dict.fromkeys([*args.test, *args.train, *args.classifier])}
    notes = person_notes(args.test, args.train, args.classifier, contents)
    tested = images_of(args.test, contents)
    others = {"training": images_of(args.train, contents), "classifier's": images_of(args.classifier, contents)}
    hashes = hash_images([*tested, *others["training"], *others["classifier's"]], args.workers)
    if unread := [str(file) for file, found in hashes.items() if found is None]:
        notes.append(f"{len(unread)} of {len(hashes)} images cannot be read and were not compared, {unread[0]} first.")
    found = {}
    for name, images in others.items():
        pairs = near_duplicates(tested, images, hashes, args.workers)
        found[name] = [(str(first), str(second), round(score, 3)) for first, second, score in pairs]
        if pairs:
            number, first, second = len({pair.first for pair in pairs}), pairs[0].first, pairs[0].second
            notes.append(
                f"{number} of {len(tested)} test images are among the {name} images as they are, resized or encoded "
                f"again (the first is {first}, there {second}): the results are too good."
            )
    write_json(args.out, {"test": [str(file) for file in args.test], "notes": notes, "pairs": found})
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    print(args.out)


if __name__ == "__main__":
    run(main)
