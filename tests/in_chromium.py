"""Debian's chromium for tests, and axe in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

QUIET = ["no-sandbox", "disable-gpu", "disable-background-networking", "disable-component-update", "disable-sync"]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
"""Version 2.1, levels A and AA."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser of playwright; the test is skipped where there is none."""
    program = shutil.which("chromium") or pytest.skip("needs Debian's chromium")
    driver = pytest.importorskip("playwright.sync_api").sync_playwright()
    with driver as started:
        chromium = started.chromium.launch(executable_path=program, args=[f"--{name}" for name in QUIET])
        yield chromium
        chromium.close()


def check_for_everybody(page: Any) -> None:
    """Assert that axe finds nothing against WCAG on a page, and that a narrow window does not scroll sideways."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
