"""The page of a FROC report: ground truth and results files in, the report of tools/froc_report.py out."""

import shlex
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from tempfile import mkdtemp

import gradio as gr

from tools import froc_report
from tools.browser.serving import said

MATCHINGS = {"IoU of at least": "iou", "center of the detection in the box": "center"}


class FrocPage:
    """Builds the page into the `gr.Blocks` that is open.

    Args:
        folder: of the reports, which the server may read and clears away.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with gr.Row():
            self.truth = gr.File(label="Ground truth: a COCO file", file_types=[".json"], height=170)
            self.results = gr.File(
                label="Results: COCO results lists, one a system",
                file_types=[".json", ".gz"],
                file_count="multiple",
                height=170,
            )
        with gr.Row():
            self.matching = gr.Dropdown([*MATCHINGS.items()], value="iou", label="A hit is")
            self.iou = gr.Slider(0.05, 0.95, 0.5, step=0.05, label="IoU", buttons=[])
        self.make = gr.Button("Make the report", variant="primary")
        self.archive = gr.DownloadButton("Download the report", visible=False)
        self.report = gr.HTML()
        given = [self.truth, self.results, self.matching, self.iou]
        self.make.click(self.make_report, given, [self.report, self.archive])

    @said
    def make_report(self, truth: str | None, results: Sequence[str] | None, matching: str, iou: float):  # noqa: ANN201
        """The report as a frame in the page, and its folder as a zip file."""
        if not truth or not results:
            raise gr.Error("Choose a ground truth file and at least one results file.", duration=None)
        out = Path(mkdtemp(dir=self.folder)) / "froc_report"
        options = ["--matching", matching, "--iou-thr", f"{iou:g}"]
        argv = [*_files(truth, results, str(out)), *options]
        shown = [*_files(Path(truth).name, [Path(result).name for result in results], out.name), *options]
        froc_report.make_report(froc_report.parse_args(argv), shlex.join(["python", "tools/froc_report.py", *shown]))
        page = escape((out / "index.html").read_text(encoding="utf-8"), quote=True)
        frame = f'<iframe title="FROC report" sandbox="allow-same-origin" srcdoc="{page}"></iframe>'
        archive = shutil.make_archive(str(out), "zip", out.parent, out.name)
        return frame, gr.update(value=archive, visible=True)


def _files(truth: str, results: Sequence[str], out: str) -> list[str]:
    """Options of tools/froc_report.py; a system is called as its file."""
    named = [f"{Path(result).name.removesuffix('.gz').removesuffix('.json')}={result}" for result in results]
    return ["--ann", truth, "--pred", *named, "--out", out]
