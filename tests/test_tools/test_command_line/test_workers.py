import os
from argparse import ArgumentParser

from tools.command_line.workers import add_workers, available_cores


def test_cores_are_those_of_the_job(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 7, 9}, raising=False)
    assert available_cores() == 3
    parser = ArgumentParser()
    add_workers(parser, "threads")
    assert parser.parse_args([]).workers == 3
    assert parser.parse_args(["--workers", "0"]).workers == 0
    assert "threads (default: one per core)" in parser.format_help()


def test_where_a_system_does_not_tell(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_cores() == 1
