"""How the pages are served: to this machine alone, asking no other host, and leaving no file of a patient."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec, TypeVar

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr

from data.errors import UserError

HOST = "127.0.0.1"
CSS = 'iframe[title="FROC report"] { width: 100%; height: 85vh; border: 0; background: white; }'
JS = """() => new MutationObserver(() => document.querySelectorAll("button.upload-container[aria-label]").forEach(
    button => button.removeAttribute("aria-label"))).observe(document.body, {childList: true, subtree: true})"""
"""What is written on a place for files is its name for a screen reader too (WCAG 2.5.3)."""

Given = ParamSpec("Given")
Made = TypeVar("Made")


def said(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """A handler of a page whose `UserError`s are shown on the page."""

    @wraps(function)
    def handler(*args: Given.args, **options: Given.kwargs) -> Made:
        try:
            return function(*args, **options)
        except UserError as error:
            raise gr.Error(str(error), duration=None, print_exception=False) from error

    return handler


def theme() -> Any:
    """Gradio's plain theme with the machine's own fonts, and colors of text with a contrast of 4.5 (WCAG AA)."""
    plain = gr.themes.Default(
        primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
    )
    return plain.set(
        body_text_color_subdued="*neutral_600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )


@contextmanager
def served(build: Callable[[Path], gr.Blocks], port: int | None = None, in_browser: bool = False) -> Iterator[str]:
    """Serve pages at the address that this yields.

    Args:
        build: makes them; is given a folder for what they write. It holds what is uploaded too, and is deleted.
        port: the first free one from 7860 without it.
        in_browser: open them there.

    Raises:
        UserError: the port is taken.
    """
    with TemporaryDirectory(prefix="lesion-enhance-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        page = build(Path(folder))
        try:
            _, address, _ = page.launch(
                server_name=HOST,
                server_port=port,
                inbrowser=in_browser,
                prevent_thread_lock=True,
                quiet=True,
                share=False,
                theme=theme(),
                css=CSS,
                js=JS,
                footer_links=[],
            )
        except OSError as error:
            raise UserError(f"no free port ({error}); give another --port") from error
        try:
            yield address
        finally:
            page.close(verbose=False)
