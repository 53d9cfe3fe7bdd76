"""--cfg-options: as mmengine reads it, but with spaces."""

import argparse
import random

import pytest
from mmengine.config import Config, DictAction

from tools.command_line.cfg_options import HELP, CfgOptions, add_cfg_options, apply_cfg_options, is_path


def parse(*texts: str) -> dict:
    parser = argparse.ArgumentParser()
    add_cfg_options(parser)
    return parser.parse_args(["--cfg-options", *texts]).cfg_options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Lung Opacity", "Lung Opacity"),
        ("/my data (old)/a  b", "/my data (old)/a  b"),
        ("  padded text ", "padded text"),
        ("[No Finding,Support Devices]", ["No Finding", "Support Devices"]),
        ("No Finding , Support Devices", ["No Finding", "Support Devices"]),
        ("['No Finding', \"Support Devices\"]", ["No Finding", "Support Devices"]),
        ("'Lung Opacity'", "Lung Opacity"),
        ('" Lung Opacity "', "Lung Opacity"),
        ("a=b c", "a=b c"),
        ("[1, 2]", [1, 2]),
        (" [ 1 , 2 , ] ", [1, 2]),
        ("[[1, 2.5], (a b, None), [ ]]", [[1, 2.5], ("a b", None), []]),
        ("(True, false, 1e-3)", (True, False, 1e-3)),
        (" 3 ", 3),
        ("None ", None),
        ("1 2", "1 2"),
        ("Lung (left, lower) lobe", "Lung (left, lower) lobe"),
        ("[1, 2], [3]", [[1, 2], [3]]),
        ("", ""),
    ],
)
def test_spaces_stay_inside_values_and_go_around_them(text, value):
    read = parse(f"key={text}")["key"]
    assert read == value and repr(read) == repr(value)


def test_without_spaces_it_is_mmengines():
    draw = random.Random(0)
    parts = ["1", "-2.5", "1e-3", "True", "false", "None", "a", "b.c/d", "x=y", "'", '"', "[", "]", "(", ")", ",", ","]
    twin, compared, lists, refused = DictAction._parse_iterable, 0, 0, 0
    for _ in range(20000):
        text = "".join(draw.choices(parts, k=draw.randint(0, 9)))
        try:
            wanted = twin(text)
        except AssertionError:
            with pytest.raises(ValueError, match="do not match"):
                CfgOptions._parse_iterable(text)
            refused += 1
            continue
        except RecursionError:  # mmengine's, of [1],[2] and a(1,2)b
            continue
        assert repr(CfgOptions._parse_iterable(text)) == repr(wanted), text
        compared += 1
        lists += isinstance(wanted, (list, tuple))
    assert compared > 10000 and lists > 1000 and refused > 1000


def test_several_options_and_none():
    assert parse("a.b=1", "c=x y", "a.b=2") == {"a.b": 2, "c": "x y"}
    parser = argparse.ArgumentParser()
    add_cfg_options(parser)
    assert parser.parse_args([]).cfg_options is None
    twice = ["--cfg-options", "a=1", "--cfg-options", "b=2"]
    assert parser.parse_args(twice).cfg_options == {"a": 1, "b": 2}
    assert " ".join(HELP.split()) in " ".join(parser.format_help().split())


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a=1", "config.py"], "argument --cfg-options: 'config.py' is not KEY=VALUE"),
        (["target", "=", "x"], "'target' is not KEY=VALUE"),
        (["=x"], "'=x' is not KEY=VALUE"),
        (["a=[(1, 2]"], r"argument --cfg-options: the brackets of '[(1, 2]' do not match"),
        (["a=1,[2"], "the brackets of '1,[2' do not match"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_the_parser(texts, message, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(*texts)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "key", ["data_root", "train_dataloader.dataset.ann_file", "a.checkpoint", "load_from", "a.config"]
)
@pytest.mark.parametrize(
    "path", ["2024", "a,b", "x (1, 2)/y", "1e5", "röntgen/データ", "a&b;c", "it's/b", "a=b", "007"]
)
def test_a_path_is_text_as_it_was_given(key, path):
    assert parse(f"{key}={path}") == {key: path}


def test_a_path_in_brackets_is_a_list_unless_it_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse("data_root=[a,2024]") == {"data_root": ["a", "2024"]}
    (tmp_path / "[a,2024]").mkdir()
    assert parse("data_root=[a,2024]") == {"data_root": "[a,2024]"}


def test_keys_of_paths_may_be_switched_off_and_others_are_no_paths():
    assert parse("load_from=None", "a.checkpoint=false") == {"load_from": None, "a.checkpoint": False}
    assert parse("profile=1", "checkpoint.interval=2", "rooted=1,2") == {
        "profile": 1,
        "checkpoint.interval": 2,
        "rooted": [1, 2],
    }


def test_without_workers_their_options_go():
    loader = dict(num_workers=2, persistent_workers=True, prefetch_factor=4)
    cfg = Config(dict(train_dataloader=loader, test_dataloader=loader, val_dataloader=None))
    apply_cfg_options(cfg, {"train_dataloader.num_workers": 0})
    assert cfg.train_dataloader == dict(num_workers=0, persistent_workers=False)
    assert cfg.test_dataloader == loader
    apply_cfg_options(cfg, None)
    assert cfg.test_dataloader == loader


def test_an_option_of_a_part_that_is_not_there_is_told(capsys):
    cfg = Config(dict(train_dataloader=dict(batch_size=2), train_cfg=dict(max_epochs=3)))
    options = {"train_datloader.batch_size": 4, "max_epochs": 5, "train_cfg.max_epochs": 6, "load_from": "x", "zzz": 1}
    apply_cfg_options(cfg, options)
    assert capsys.readouterr().err.splitlines() == [
        "warning: --cfg-options train_datloader.batch_size: the config has no train_datloader; did you mean "
        "train_dataloader.batch_size?",
        "warning: --cfg-options max_epochs: the config has no max_epochs; did you mean train_cfg.max_epochs?",
        "warning: --cfg-options zzz: the config has no zzz",
    ]
    assert cfg.train_cfg.max_epochs == 6


def test_a_mistyped_option_is_told(capsys):
    backbone = dict(depth=18, frozen_stages=1)
    cfg = Config(dict(train_cfg=dict(max_epochs=3), model=dict(backbone=backbone), steps=[dict(scale=2)]))
    options = {"train_cfg.max_epoch": 5, "model.backbne.depth": 34, "model.backbone.frozen_stage": 0}
    apply_cfg_options(cfg, {**options, "model.backbone.norm_eval": True, "model.neck": 1, "steps.0.scales": 3})
    assert capsys.readouterr().err.splitlines() == [
        "warning: --cfg-options train_cfg.max_epoch: train_cfg has no max_epoch; did you mean max_epochs?",
        "warning: --cfg-options model.backbne.depth: model has no backbne; did you mean backbone?",
        "warning: --cfg-options model.backbone.frozen_stage: model.backbone has no frozen_stage; did you mean "
        "frozen_stages?",
    ]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("weights", True),
        ("model.backbone.weights", True),
        ("model.loss.class_weights", False),
        ("loss_weights", False),
        ("train_dataloader.dataset.data_root", True),
        ("data_prefix.img", True),
        ("train_dataloader.dataset.data_prefix.img", True),
        ("img", False),
        ("load_from", True),
    ],
)
def test_which_values_are_paths(key: str, path: bool):
    assert is_path(key) is path
    assert parse(f"{key}=2024") == {key: "2024" if path else 2024}
