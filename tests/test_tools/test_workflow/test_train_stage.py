"""tools/workflow/train_stage.py: a training goes on only as the same training, and no other folder is emptied."""

import os
import subprocess
import sys

import pytest

from data.errors import MissingFileError, NoFolderError, UserError
from tests.paths import ROOT
from tools.workflow import train_stage
from tools.workflow.train_stage import main, stamp_name


@pytest.fixture
def stage(monkeypatch, tmp_path):
    """Start the stage `config` with options; returns the command that trains. `last_checkpoint` stands for its work."""
    (tmp_path / "config.py").write_text("a = 1\n")
    (tmp_path / "input.json").write_text("{}")
    os.utime(tmp_path / "input.json", (1000, 1000))
    started = []
    monkeypatch.setattr(os, "execv", lambda program, command: started.append((program, command)))

    def start(*options, config="config.py", inputs=("input.json",)):
        files = [str(tmp_path / name) for name in inputs]
        main([str(tmp_path / config), "--work-dir", str(tmp_path / "work"), "--inputs", *files, "--", *options])
        program, command = started.pop()
        assert program == command[0] == sys.executable
        return command[1:]

    return start


def trained(folder):
    """Let a training have written its folder."""
    (folder / "20240101_000000/vis_data").mkdir(parents=True)
    (folder / "epoch_1.pth").write_text("weights")
    (folder / "last_checkpoint").write_text(str(folder / "epoch_1.pth"))


def test_a_new_folder_gets_its_stamp(stage, tmp_path):
    command = stage("--amp", "--cfg-options", "a=1", "b=x y")
    work = tmp_path / "work"
    tail = ["--work-dir", str(work), "--resume", "--weights-only", "--amp", "--cfg-options", "a=1", "b=x y"]
    assert command == [str(ROOT / "tools/train.py"), str(tmp_path / "config.py"), *tail]
    stamp = stamp_name(tmp_path / "config.py", ["--amp", "--cfg-options", "a=1", "b=x y"])
    assert [path.name for path in work.iterdir()] == [stamp]


def test_the_same_training_goes_on(stage, tmp_path, capsys):
    stage("--amp")
    trained(tmp_path / "work")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()}
    stage("--amp")
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()} == before
    assert capsys.readouterr().out == ""


def test_another_config_or_other_options_start_anew(stage, tmp_path, capsys):
    for options, content in ((["--amp"], "a = 1\n"), ([], "a = 1\n"), ([], "a = 2\n")):
        train_stage.config_text.cache_clear()
        (tmp_path / "config.py").write_text(content)
        stage(*options)
        assert [path.suffix for path in (tmp_path / "work").iterdir()] == [".started"]
        trained(tmp_path / "work")
    assert capsys.readouterr().out.count("work is emptied: it is of another config or other options") == 2


def test_a_newer_input_starts_anew(stage, tmp_path, capsys):
    (tmp_path / "other.json").write_text("{}")
    os.utime(tmp_path / "other.json", (1000, 1000))
    both = ("input.json", "other.json")
    stage(inputs=both)
    trained(tmp_path / "work")
    (stamp,) = (tmp_path / "work").glob("*.started")
    newer = stamp.stat().st_mtime + 5
    os.utime(tmp_path / "other.json", (newer, newer))
    stage(inputs=both)
    assert list((tmp_path / "work").iterdir()) == [stamp]
    assert f"work is emptied: {tmp_path / 'other.json'} is newer" in capsys.readouterr().out


def test_a_comment_changes_nothing(stage, tmp_path):
    stage()
    trained(tmp_path / "work")
    train_stage.config_text.cache_clear()
    (tmp_path / "config.py").write_text("# said otherwise\na = 1\n")
    stage()
    assert (tmp_path / "work/epoch_1.pth").exists()


@pytest.mark.parametrize("name", ["last_checkpoint", "iter_10.pth", "best_auroc_epoch_3.pth", ".training.lock"])
def test_a_training_without_stamp_is_begun_anew(name, stage, tmp_path):
    (tmp_path / "work/below").mkdir(parents=True)
    (tmp_path / "work" / name).write_text("")
    (tmp_path / "work/config.py").write_text("")
    stage()
    assert [path.suffix for path in (tmp_path / "work").iterdir()] == [".started"]


def test_a_folder_in_which_nothing_was_trained_is_left_alone(stage, tmp_path):
    (tmp_path / "work/thesis").mkdir(parents=True)
    (tmp_path / "work/thesis/chapter.tex").write_text("years of work")
    (tmp_path / "work/weights.pth").write_text("")
    with pytest.raises(
        UserError, match=r"work would be emptied, but no training has written to it \(it holds thesis\)"
    ):
        stage()
    assert (tmp_path / "work/thesis/chapter.tex").exists() and (tmp_path / "work/weights.pth").exists()


def test_what_a_link_points_to_is_not_deleted(stage, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept.txt").write_text("")
    stage("--amp")
    (tmp_path / "work/link").symlink_to(tmp_path / "elsewhere")
    stage()
    assert not (tmp_path / "work/link").exists() and (tmp_path / "elsewhere/kept.txt").exists()


def test_a_kill_while_the_folder_is_emptied_does_not_hide_what_it_was(stage, tmp_path, monkeypatch):
    stage("--amp")
    work = tmp_path / "work"
    trained(work)
    (work / "zzz").mkdir()
    (work / "aaa.log").write_text("")

    class Killed(Exception):
        pass

    def killed(path):
        raise Killed

    monkeypatch.setattr(train_stage.shutil, "rmtree", killed)
    with pytest.raises(Killed):
        stage()
    assert list(work.glob("*.started")) and (work / "last_checkpoint").exists() and not (work / "aaa.log").exists()
    monkeypatch.undo()


def test_what_is_missing_is_said(stage, tmp_path):
    with pytest.raises(MissingFileError, match="none.py: no such config"):
        stage(config="none.py")
    with pytest.raises(MissingFileError, match="none.json: no such input"):
        stage(inputs=("input.json", "none.json"))
    assert not (tmp_path / "work").exists()
    (tmp_path / "work").write_text("")
    with pytest.raises(NoFolderError, match="work is a file"):
        stage()


def test_it_becomes_the_training_itself_on_its_gpu(tmp_path):
    """Started as the workflow starts it: arguments reach tools/train.py, whose error and exit code are the stage's."""
    (tmp_path / "config.py").write_text("a = 1\n")
    tool = [sys.executable, str(ROOT / "tools/workflow/on_free_gpu.py")]
    tool += [sys.executable, str(ROOT / "tools/workflow/train_stage.py")]
    options = ["--work-dir", str(tmp_path / "work"), "--inputs", "--", "--cfg-options", "load_from='none/best_*.pth'"]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*tool, str(tmp_path / "config.py"), *options], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    assert "none/best_*.pth: no such checkpoint to start from (load_from)" in done.stderr
    assert len(list((tmp_path / "work").glob("*.started"))) == 1
