"""Find lesions in images with a bundle: enhance each image, detect, and draw what was found.

IMAGES are files and folders (searched with all folders below them): PNG, JPEG, TIFF, 16-bit, DICOM. For each image, DIR
gets STEM_enhanced.png (what the detector saw) and STEM_overlay.png (with boxes and scores); for all together
predictions.json (a COCO results list with file names; boxes in pixels of the image) and predict_manifest.json. A killed
run continues; a second one does nothing.

No output has patient data of a DICOM, unless --dicom asks for it: then each DICOM image also gets STEM_overlay.dcm (a
Secondary Capture) and STEM_report.dcm (a structured report, TID 1500, with the boxes as regions), both of the same
patient and study. They are preliminary and unverified, as no physician has seen them.

Which boxes are shown is a choice between lesions missed and false alarms: --fp-per-image N takes the score of at most N
false positives an image on the bundle's validation images, and says what it was worth there.

Examples:
  python tools/predict.py demo.zip scan.dcm --out found
  python tools/predict.py my_bundle MY_IMAGES --out found --fp-per-image 0.5
  python tools/predict.py my_bundle MY_IMAGES --out found --score-thr 0.3 --device cpu
  python tools/predict.py my_bundle scan.dcm --out for_the_archive --dicom
  python tools/predict.py my_onnx scan.dcm --out found --onnx     # of tools/export_onnx.py; needs no PyTorch
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.command_line.device import add_device, chosen_device
from tools.command_line.inputs import check_outputs, named_images, print_failures
from tools.command_line.run import run
from tools.command_line.workers import add_workers

FP_PER_IMAGE = 1.0

AGAIN = "run it again: what is done is kept"
"""What to do after a stop from outside."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="folder or zip file that tools/bundle.py made")
    parser.add_argument(
        "--onnx", action="store_true", help="BUNDLE is of tools/export_onnx.py; run it by onnxruntime, without PyTorch"
    )
    parser.add_argument("images", metavar="IMAGES", type=Path, nargs="+", help="image files and folders with images")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the results; made if missing")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--score-thr", metavar="S", type=float, help="show boxes with a score of at least S")
    shown.add_argument(
        "--fp-per-image",
        metavar="N",
        type=float,
        default=FP_PER_IMAGE,
        help="show boxes from the score that gave at most N false positives an image in validation (default 1)",
    )
    parser.add_argument(
        "--dicom", action="store_true", help="also write results of DICOM images as DICOM, with the patient's data"
    )
    parser.add_argument("--batch-size", type=int, default=8, help="images per step on the device (default 8)")
    add_workers(parser, "threads that decode, and as many that write")
    add_device(parser)
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 if one image is unreadable (without: if all are)"
    )
    args = parser.parse_args(argv)
    if args.fp_per_image <= 0:
        parser.error(f"--fp-per-image {args.fp_per_image:g}: give a rate above 0")
    if args.score_thr is not None and not 0 <= args.score_thr <= 1:
        parser.error(f"--score-thr {args.score_thr:g}: scores are from 0 to 1")
    return args


def loaded(args: argparse.Namespace) -> Any:
    """The bundle, ready to predict."""
    if args.onnx:
        from detect.prediction.onnx_predictor import OnnxPredictor

        return OnnxPredictor(args.bundle, args.device)
    from detect.predictor import Predictor

    return Predictor(args.bundle, chosen_device(args.device))


def chosen_threshold(args: argparse.Namespace, froc: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """The least score that is shown, and what the manifest says of it; prints its worth."""
    from dataclasses import asdict

    from detect.bundle.operating_points import operating_point

    if args.score_thr is not None:
        return args.score_thr, {"score_thr": args.score_thr}
    point = operating_point(froc, args.fp_per_image)
    if point.rate < args.fp_per_image:
        print(
            f"the bundle knows no {args.fp_per_image:g} false positives an image, the next rate below is {point.rate:g}"
        )
    print(point.sentence)
    return point.threshold, {"score_thr": point.threshold, "operating_point": asdict(point)}


def predict(args: argparse.Namespace) -> dict[str, Any]:
    """Run the bundle on all images and return the manifest."""
    from tqdm import tqdm

    from data.atomic import remove_leftovers
    from data.claim import claimed
    from data.done import DoneFiles
    from detect.bundle.files import check_there
    from detect.prediction.files import PredictedImages, result_files, write_predictions
    from enhance.files import enhance_files, output_names

    check_there(args.bundle)
    names = named_images(args.images, args.out)
    targets = {image: args.out / output for image, output in output_names(names).items()}
    check_outputs(args.out, {image: result_files(target) for image, target in targets.items()})
    predictor = loaded(args)
    threshold, about = chosen_threshold(args, predictor.froc)
    with claimed(args.out), DoneFiles(args.out) as done:
        remove_leftovers(args.out)
        outputs = PredictedImages(done, predictor.index, predictor.calibration, threshold, args.dicom)
        with tqdm(total=len(targets), unit="image", desc="predict") as progress:
            jobs = targets.items()
            failures = enhance_files(predictor.predict, jobs, args.batch_size, args.workers, progress, outputs=outputs)
        about = {"bundle": predictor.index["name"], "bundle_sha256": predictor.index["sha256_of_this"]} | about
        return write_predictions(args.out, names, outputs.found, failures, about)


def report(manifest: Mapping[str, Any], out: Path) -> None:
    """Print what was done, and on stderr what could not be."""
    counts = manifest["counts"]
    print(f"{counts['boxes']} boxes in {counts['predicted']} images, {counts['failed']} failed; see {out}")
    print_failures(manifest)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    manifest = predict(args)
    report(manifest, args.out)
    counts = manifest["counts"]
    return 1 if counts["failed"] and (args.strict or not counts["predicted"]) else 0


if __name__ == "__main__":
    run(main)
