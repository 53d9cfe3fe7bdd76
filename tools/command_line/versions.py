"""With which version of the project a report was made."""

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str | None:
    """The installed version; None where the package is not installed."""
    try:
        return version("lesion-enhance")
    except PackageNotFoundError:
        return None
