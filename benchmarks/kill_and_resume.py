"""Does a workflow that is killed and started again end with the table of an unbroken one?

    python -m benchmarks.kill_and_resume [--kills 3] [--cores 1] [--seed 0]

runs Table 1 on the tiny phantom twice, each in a folder of its own: once unbroken, and once with SIGKILL to the
workflow and all its jobs at random moments, started again each time by the same command. All predictions and all
numbers of both tables must be equal; only the time that an enhancement took may differ. About ten minutes on one core.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WORKFLOW = Path("configs/workflow/tiny.yaml")
LINKED = ("Snakefile", "tools", "configs", "profiles")


def make_folder(path: Path) -> Path:
    """A working folder that shows the project's workflow and has outputs of its own."""
    path.mkdir()
    for name in LINKED:
        (path / name).symlink_to(ROOT / name)
    return path


def start(
    folder: Path, cores: int, *targets: str, commands: Path = Path(sys.executable).parent, workflow: Path = WORKFLOW
) -> subprocess.Popen:
    """Start a workflow as the leader of its own process group; its output goes to `folder/log`.

    Its jobs call the `python` of the folder `commands`.
    """
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--nolock", "--configfile", str(workflow)]
    log = (folder / "log").open("a")
    return subprocess.Popen(
        [*command, "--", *targets],
        cwd=folder,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env=os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"},
    )


def finish(process: subprocess.Popen, folder: Path) -> dict[str, Any]:
    """Wait for the end and return the predictions of all detectors and the numbers of the table."""
    if process.wait() != 0:
        sys.exit((folder / "log").read_text()[-3000:])
    table = json.loads((folder / "work_dirs/tiny/table1/table1.json").read_text())
    work = folder / "work_dirs/tiny"
    predictions = {str(p.relative_to(work)): p.read_text() for p in work.glob("**/predictions.bbox.json")}
    return {key: table[key] for key in ("settings", "counts", "rows", "differences")} | {"predictions": predictions}


def progress(folder: Path) -> str:
    """How many files of each kind are there: says where a kill struck."""
    kinds = {"weights": "**/weights.pth", "epochs": "**/epoch_*.pth", "enhanced sets": "enhanced/*.done"}
    counts = {kind: len(list((folder / "work_dirs/tiny").glob(pattern))) for kind, pattern in kinds.items()}
    tested = len(list((folder / "work_dirs/tiny").glob("**/predictions.bbox.json")))
    return ", ".join(f"{count} {kind}" for kind, count in (counts | {"tested": tested}).items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default 0)")
    args = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="kill-and-resume-"))
    began = time.monotonic()
    unbroken = finish(start(folder := make_folder(base / "unbroken"), args.cores, "table1"), folder)
    duration = time.monotonic() - began
    print(f"unbroken: {duration:.0f} s, {progress(folder)}", flush=True)

    folder, rng = make_folder(base / "killed"), random.Random(args.seed)
    moments = sorted(rng.uniform(0, duration) for _ in range(args.kills))
    for last, moment in zip([0.0, *moments], moments, strict=False):
        process = start(folder, args.cores, "table1")
        time.sleep(moment - last)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        print(f"killed after {moment:.0f} s of work: {progress(folder)}", flush=True)
    killed = finish(start(folder, args.cores, "table1"), folder)
    print(f"resumed to the end: {progress(folder)}")
    if killed != unbroken:
        sys.exit(f"the tables differ; compare the folders in {base}")
    boxes = sum(len(json.loads(text)) for text in unbroken["predictions"].values())
    print(f"equal: {len(unbroken['rows'])} rows, {len(unbroken['differences'])} differences, {boxes} predicted boxes")
    shutil.rmtree(base)


if __name__ == "__main__":
    main()
