"""The version of the project that a report names."""

from importlib.metadata import PackageNotFoundError

from tools.command_line import versions


def test_the_version_is_none_where_the_package_is_not_installed(monkeypatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: f"{name} 7")
    assert versions.own_version() == "lesion-enhance 7"

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "version", missing)
    assert versions.own_version() is None
