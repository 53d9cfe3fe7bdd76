"""Where things lie, for tests at any depth."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""
REAL_DATA = ROOT.resolve().parent / "shared/data"
"""Real images beside the checkout; tests that need them are skipped without."""
