"""Turn a public data set into the folder that everything else reads: images/, train.json, test.json (COCO)."""

import argparse
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from data.coco import ImageRecord, records_to_coco, split_by_patient, write_json
from data.errors import UserError
from data.preparation.prepare import MANIFEST, ImageOptions, Prepared, prepare_images, remove_old_images
from data.readers import box_labels, chexpert, class_folders, covid_radiography, imagenet, rsna, tuberculosis

EXAMPLES = """examples:
  # RSNA pneumonia challenge, split 8:2 by person, at most 512 pixels a side
  python tools/prepare_dataset.py rsna ~/rsna datasets/rsna --size 512 --person-table ~/stage_2_class_and_nih_image.csv
  # CheXpert: train.csv becomes train.json, valid.csv becomes test.json
  python tools/prepare_dataset.py chexpert ~/CheXpert-v1.0-small datasets/chexpert --size 320
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
  # one folder a class
  python tools/prepare_dataset.py class_folders ~/modalities datasets/modalities
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("src", help="folder of the data set as it was downloaded")
    shared.add_argument("dst", help="folder to write, e.g. datasets/rsna")
    shared.add_argument(
        "--size", type=int, help="shrink images whose longer side is above SIZE pixels, boxes with them"
    )
    shared.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    shared.add_argument("--strict", action="store_true", help="end with code 1 when an image could not be read")
    split = argparse.ArgumentParser(add_help=False)
    split.add_argument(
        "--test-fraction", type=float, default=0.2, help="share of the patients in test.json (default 0.2)"
    )
    split.add_argument("--val-fraction", type=float, default=0.0, help="share in val.json (default 0: no val.json)")
    split.add_argument("--seed", type=int, default=0, help="seed of the split (default 0)")
    lungs = argparse.ArgumentParser(add_help=False)
    lungs.add_argument("--lung-roi", action="store_true", help="cut each image to the box around its lung masks")
    lungs.add_argument("--allow-missing", action="store_true", help="with --lung-roi: leave out images without a mask")
    missing = argparse.ArgumentParser(add_help=False)
    missing.add_argument("--allow-missing", action="store_true", help="leave out table rows without an image file")

    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    command = names.add_parser("rsna", parents=[shared, split, missing], help=_first_line(rsna))
    command.add_argument("--person-table", help="CSV patientId,nih_image,class,match; splits by person, not by image")
    command.add_argument("--labels-csv", help="label table below SRC (default stage_2_train_labels.csv)")
    command.add_argument("--images-dir", help="image folder below SRC (default stage_2_train_images or images)")
    command.set_defaults(prepare=prepare_rsna)
    command = names.add_parser("chexpert", parents=[shared, missing], help=_first_line(chexpert))
    command.add_argument("--train-csv", default="train.csv", help="table for train.json (default train.csv)")
    command.add_argument("--test-csv", default="valid.csv", help="table for test.json (default valid.csv)")
    command.add_argument("--view", choices=chexpert.VIEWS, default="frontal", help="views to take (default frontal)")
    command.set_defaults(prepare=prepare_chexpert)
    command = names.add_parser("imagenet", parents=[shared, split], help=_first_line(imagenet))
    command.add_argument("--min-chroma", type=float, help="leave out images that are less colored (6: nearly gray)")
    command.set_defaults(prepare=prepare_imagenet)
    command = names.add_parser("tuberculosis", parents=[shared, split, lungs], help=_first_line(tuberculosis))
    command.set_defaults(prepare=prepare_tuberculosis)
    command = names.add_parser("covid_radiography", parents=[shared, split, lungs], help=_first_line(covid_radiography))
    command.add_argument("--person-table", help="person table of RSNA; only needed with SRC/normal_to_rsna.csv")
    command.set_defaults(prepare=prepare_covid_radiography)
    command = names.add_parser("class_folders", parents=[shared, split], help=_first_line(class_folders))
    command.set_defaults(prepare=prepare_class_folders)
    command = names.add_parser("box_labels", parents=[shared, split], help=_first_line(box_labels))
    command.add_argument("--train-json", default="train.json", help="the detectors' training file (default train.json)")
    command.set_defaults(prepare=prepare_box_labels)
    return parser.parse_args(argv)


def _first_line(module: object) -> str:
    return (module.__doc__ or "").splitlines()[0].rstrip(".")


def prepare_rsna(args: argparse.Namespace) -> Prepared:
    records = rsna.read_records(args.src, args.labels_csv, args.images_dir, args.person_table, args.allow_missing)
    prepared = prepare_images(records, args.dst, ImageOptions(args.size), args.workers)
    write_sides(args.dst, split_sides(prepared.records, args), rsna.CATEGORIES)
    return prepared


def prepare_chexpert(args: argparse.Namespace) -> Prepared:
    tables = chexpert.check_source(args.src, args.train_csv, args.test_csv)
    train, test = (chexpert.read_records(table, args.view, args.allow_missing) for table in tables)
    shared = known_patients(train) & known_patients(test)
    if shared:
        raise UserError(f"{len(shared)} patients are in both {tables[0]} and {tables[1]}; the first is {min(shared)}")
    prepared = prepare_images(train + test, args.dst, ImageOptions(args.size), args.workers)
    write_sides(args.dst, _by_source(prepared, train), (), chexpert.LABELS)
    return prepared


def prepare_imagenet(args: argparse.Namespace) -> Prepared:
    sides = imagenet.check_source(args.src)
    records = [record for folder in sides.values() for record in imagenet.read_records(folder, args.src)]
    options = ImageOptions(args.size, color=True, min_chroma=args.min_chroma)
    prepared = prepare_images(records, args.dst, options, args.workers)
    if "all" in sides:
        split = split_sides(prepared.records, args)
    else:
        split = _by_source(prepared, imagenet.read_records(sides["train"], args.src))
        if not 0 <= args.val_fraction < 1:
            raise UserError(f"--val-fraction {args.val_fraction:g} leaves nobody to train on")
        if args.val_fraction:
            split["train"], split["val"] = split_by_patient(split["train"], 1 - args.val_fraction, args.seed)
    write_sides(args.dst, split, ())
    return prepared


def prepare_tuberculosis(args: argparse.Namespace) -> Prepared:
    records = tuberculosis.read_records(args.src, args.lung_roi, args.allow_missing)
    return prepare_labelled(args, records, tuberculosis.LABELS)


def prepare_covid_radiography(args: argparse.Namespace) -> Prepared:
    records = covid_radiography.read_records(args.src, args.person_table, args.lung_roi, args.allow_missing)
    return prepare_labelled(args, records, covid_radiography.LABELS)


def prepare_class_folders(args: argparse.Namespace) -> Prepared:
    return prepare_labelled(args, *class_folders.read_records(args.src))


def prepare_box_labels(args: argparse.Namespace) -> Prepared:
    return prepare_labelled(args, *box_labels.read_records(args.src, args.train_json))


def prepare_labelled(args: argparse.Namespace, records: list[ImageRecord], label_names: Sequence[str]) -> Prepared:
    """Prepare images with labels and no boxes, split by patient."""
    prepared = prepare_images(records, args.dst, ImageOptions(args.size), args.workers)
    write_sides(args.dst, split_sides(prepared.records, args), (), label_names)
    return prepared


def _by_source(prepared: Prepared, train: Sequence[ImageRecord]) -> dict[str, list[ImageRecord]]:
    """The prepared records that come from the sources of `train`, and the others."""
    sources = {record.source for record in train}
    return {
        "train": [record for record in prepared.records if record.source in sources],
        "test": [record for record in prepared.records if record.source not in sources],
    }


def split_sides(records: Sequence[ImageRecord], args: argparse.Namespace) -> dict[str, list[ImageRecord]]:
    """Split by patient into train and test, and val if asked for. The fractions are shares of all patients."""
    if not 0 <= args.val_fraction < 1 - args.test_fraction:
        raise UserError(
            f"--val-fraction {args.val_fraction:g} and --test-fraction {args.test_fraction:g} leave nobody to train on"
        )
    rest, test = split_by_patient(records, 1 - args.test_fraction, args.seed)
    if not args.val_fraction:
        return {"train": rest, "test": test}
    train, val = split_by_patient(rest, 1 - args.val_fraction / (1 - args.test_fraction), args.seed)
    return {"train": train, "val": val, "test": test}


def write_sides(
    dst: str,
    sides: Mapping[str, Sequence[ImageRecord]],
    categories: Sequence[str],
    label_names: Sequence[str] | None = None,
) -> None:
    """Write a JSON file a side. A val.json of an earlier run with other sides would overlap with these: it goes."""
    for name, records in sides.items():
        write_json(Path(dst) / f"{name}.json", records_to_coco(records, categories, label_names))
        patients, boxes = known_patients(records), sum(len(record.boxes) for record in records)
        unknown = any(record.patient_id is None for record in records)
        people = f"{len(patients)} known and some unknown patients" if unknown else f"{len(patients)} patients"
        people = "unknown patients" if unknown and not patients else people
        print(f"{name}.json: {len(records)} images of {people}, {boxes} boxes")
    old = Path(dst) / "val.json"
    if "val" not in sides and old.exists():
        old.unlink()
        print(f"removed {old} of an earlier run")


def known_patients(records: Sequence[ImageRecord]) -> set[str]:
    return {record.patient_id for record in records if record.patient_id is not None}


def write_manifest(args: argparse.Namespace, prepared: Prepared) -> None:
    settings = {key: value for key, value in vars(args).items() if key not in ("prepare", "name", "src", "dst")}
    manifest = {"dataset": args.name, "source": str(Path(args.src).resolve()), "settings": settings}
    manifest |= {"clipped_boxes": prepared.clipped_boxes, "left_out": prepared.left_out, "files": prepared.status}
    write_json(Path(args.dst) / MANIFEST, manifest)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
            prepared = args.prepare(args)
    except (FileNotFoundError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    removed = remove_old_images(args.dst, prepared)
    write_manifest(args, prepared)
    if removed:
        print(f"removed {removed} images of an earlier run from {args.dst}")
    if prepared.clipped_boxes:
        print(f"warning: {prepared.clipped_boxes} boxes stuck out of their image and were cut", file=sys.stderr)
    if prepared.left_out:
        source, reason = next(iter(prepared.left_out.items()))
        count = len(prepared.left_out)
        print(f"warning: {count} images left out ({MANIFEST}), first {source}: {reason}", file=sys.stderr)
    return 1 if prepared.left_out and args.strict else 0


if __name__ == "__main__":
    sys.exit(main())
