"""Run every benchmark that has a peer or a limit, and keep what they measured; `make bench` calls it.

    python -m benchmarks.bench                # all, on the processor
    python -m benchmarks.bench png classical  # some

Writes OUT/results.json, a list of rows (`benchmarks.record.Row.entry`), OUT/results.png, and the table of this machine
into docs/performance.md under its name. A benchmark that fails is named, and the others go on.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt

from benchmarks.record import cpu_name, markdown
from data.atomic import atomic_path, write_json, write_text

BENCHMARKS: dict[str, list[str]] = {
    "enhance_dataset": [],
    "png": [],
    "classical": [],
    "training_step": [],
    "scaling": [],
    "attention_peers": ["--only", "CAM", "Grad-CAM", "LayerCAM"],
    "froc_peers": ["--images", "500", "--bootstrap", "1000"],
}
"""Modules of this folder, and their arguments."""
ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".peers"
"""Other people's packages, of `make peers`; a benchmark leaves out those that are not there."""
PAGE = ROOT / "docs/performance.md"


def run(name: str) -> list[dict[str, Any]] | None:
    """The rows of one benchmark, in a process of its own; None if it failed."""
    print(f"\n{name}", flush=True)
    with TemporaryDirectory() as folder:
        rows = Path(folder, "rows.json")
        command = [sys.executable, "-m", f"benchmarks.{name}", *BENCHMARKS[name], "--json", str(rows)]
        path = os.pathsep.join(filter(None, [str(PEERS), os.environ.get("PYTHONPATH")]))
        code = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, check=False).returncode
        return json.loads(rows.read_text(encoding="utf-8")) if code == 0 and rows.is_file() else None


def draw(entries: Sequence[dict[str, Any]], out: Path) -> None:
    """Bars of ours divided by the peer's and the limit's, where more is better."""
    shown = [e for e in entries if e["unit"].endswith("/s") and (e["to_peer"] or e["to_limit"])]
    figure, axes = plt.subplots(figsize=(7, 1 + 0.45 * len(shown)), layout="constrained")
    for key, shift, color in (("to_peer", -0.2, "C0"), ("to_limit", 0.2, "C1")):
        bars = [(place + shift, entry[key]) for place, entry in enumerate(shown) if entry[key]]
        axes.barh(*zip(*bars, strict=True), height=0.4, color=color, label=f"ours / {key.removeprefix('to_')}")
    names = [f"{e['name']}" + (f"\n({e['peer_name']})" if e["peer_name"] else "") for e in shown]
    axes.set_yticks(range(len(shown)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="0.3", linewidth=0.8)
    axes.set_xlabel("rate, as a multiple (right of 1 is faster)")
    axes.legend(frameon=False, fontsize=8)
    with atomic_path(out) as temporary:
        figure.savefig(temporary, dpi=150)
    plt.close(figure)


def with_table(page: str, device: str, entries: Sequence[dict[str, Any]]) -> str:
    """A page with the table of a device in place of its last one, or at the end."""
    heading = f"## {device}\n"
    section = f"{heading}\n{markdown(entries)}\n"
    if heading not in page:
        return f"{page.rstrip()}\n\n{section}"
    before, _, after = page.partition(heading)
    _, further, rest = after.partition("\n## ")
    return f"{before}{section}{further}{rest}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default all: {', '.join(BENCHMARKS)}")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks", help="folder (default benchmarks)")
    args = parser.parse_args(argv)
    if unknown := set(args.names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    found = {name: run(name) for name in args.names or BENCHMARKS}
    entries = [entry for rows in found.values() for entry in rows or []]
    failed = [name for name, rows in found.items() if rows is None]
    write_json(args.out / "results.json", entries)
    draw(entries, args.out / "results.png")
    if not (args.names or failed):
        write_text(PAGE, with_table(PAGE.read_text(encoding="utf-8"), cpu_name(), entries))
    print(f"\n{markdown(entries)}\n\n{args.out / 'results.json'}, {args.out / 'results.png'}")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
