"""mmengine formats the text of a config with yapf for each copy it keeps, a tenth of a second each: once is enough."""

from collections.abc import Callable
from typing import Any


def format_once(format_code: Callable[..., Any]) -> Callable[..., Any]:
    """yapf's `FormatCode`, which formats a text only once."""
    formatted: dict[str, Any] = {}

    def from_memory(text: str, **options: Any) -> Any:
        key = repr((text, options))
        if key not in formatted:
            formatted[key] = format_code(text, **options)
        return formatted[key]

    return from_memory
