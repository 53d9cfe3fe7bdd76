"""Images that a command could not read, as it tells them at its end."""

import sys
from collections.abc import Mapping
from typing import Any


def print_failures(manifest: Mapping[str, Any]) -> None:
    """Print on stderr the name and the reason of each file of a manifest that failed."""
    for name, entry in manifest["files"].items():
        if entry["status"] == "failed":
            print(f"  {name}: {entry['reason']}", file=sys.stderr)
