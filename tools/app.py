"""Look at images with a bundle in the browser, and make FROC reports there.

The first page shows a radiograph (a file, DICOM too, or one of six synthetic ones) gray, under an attention method of
your choice, colorized, enhanced with an alpha of your choice, and with the boxes that the bundle's detector finds, from
a score or at a number of false positives an image. The second takes a ground truth file and results files and shows the
report of tools/froc_report.py; without BUNDLE it is the only one, and PyTorch is not needed.

Only this machine can open the pages, they ask no other host for anything, and what is uploaded is deleted at the end.

Examples:
  python tools/app.py demo_bundle
  python tools/app.py my_bundle.zip --port 8000 --no-browser
  python tools/app.py
"""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

from tools.command_line.device import add_device, chosen_device
from tools.command_line.run import run

TITLE = "Lesion enhance"
IMAGE = "An image"


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", metavar="BUNDLE", nargs="?", type=Path, help="of tools/bundle.py, folder or zip file")
    parser.add_argument("--port", type=int, help="default: the first free one from 7860")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    add_device(parser)
    return parser.parse_args(argv)


def pages(bench: Any, folder: Path) -> Any:
    """All pages as `gr.Blocks`; that of images with a `Bench` alone.

    Args:
        folder: for what they write.
    """
    import gradio as gr

    from tools.browser.froc_page import FrocPage

    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        if bench is None:
            _head("FROC report")
            FrocPage(folder)
            return blocks
        from tools.browser.image_page import ImagePage

        gr.Navbar(main_page_name=IMAGE)
        _head(f"{IMAGE}, by {bench.predictor.index['name']}")
        ImagePage(bench, blocks)
    with blocks.route("FROC report", "/froc"):
        _head("FROC report")
        FrocPage(folder)
    return blocks


def _head(title: str) -> None:
    import gradio as gr

    gr.Markdown(f"# {title}\nFor research. Not a medical device: do not diagnose from what is shown here.")


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    bench = None
    if args.bundle is not None:
        from detect.bundle.files import check_there

        check_there(args.bundle)
        from detect.predictor import Predictor
        from tools.browser.look import Bench

        bench = Bench(Predictor(args.bundle, chosen_device(args.device)))
    from tools.browser.serving import served

    with served(lambda folder: pages(bench, folder), args.port, not args.no_browser) as address:
        print(f"open {address} in a browser of this machine; Ctrl-C ends it", flush=True)
        with suppress(KeyboardInterrupt):
            Event().wait()
    print("closed; what was uploaded is deleted")


if __name__ == "__main__":
    run(main)
