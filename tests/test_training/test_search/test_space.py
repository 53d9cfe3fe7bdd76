"""What is searched: ranges are read, wrong keys named with near ones, values reach the config as the options say."""

import argparse

import optuna
import pytest
from mmengine.config import Config
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tools.command_line.cfg_options import add_cfg_options
from training.search.space import format_options, options_of, read_settings, suggest

FLOAT = dict(type="float", low=1e-5, high=1e-1, log=True)


def config(space: dict, **search) -> Config:
    return Config(
        dict(
            input_size=64,
            model=dict(type="Net", name="small", flag=True),
            val_dataloader=dict(batch_size=2),
            val_evaluator=dict(type="Metric"),
            optim_wrapper=dict(optimizer=dict(lr=0.1, betas=[0.9, 0.999], pair=(1, 2))),
            custom_hooks=[dict(type="Stop", patience=5)],
            search=dict(dict(monitor="class/accuracy", space=space), **search),
        )
    )


def test_ranges_are_read():
    settings = read_settings(
        config(
            {
                "optim_wrapper.optimizer.lr": FLOAT,
                "val_dataloader.batch_size": dict(type="int", low=2, high=8, step=2),
                "model.name": dict(type="categorical", choices=["small", None]),
            },
            rule="less",
        )
    )
    assert list(settings.space.values()) == [
        FloatDistribution(1e-5, 1e-1, log=True),
        IntDistribution(2, 8, step=2),
        CategoricalDistribution(["small", None]),
    ]
    assert (settings.monitor, settings.rule) == ("class/accuracy", "less")


def test_draws_keep_to_their_ranges():
    space = {"a": FloatDistribution(1, 2, step=0.5), "b": IntDistribution(1, 64, log=True)}
    space["c"] = CategoricalDistribution(["x", "y"])
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [suggest(study.ask(), space) for _ in range(30)]
    assert {values["a"] for values in drawn} == {1.0, 1.5, 2.0}
    assert {values["c"] for values in drawn} == {"x", "y"}
    assert 8 < sum(values["b"] <= 8 for values in drawn) < 22  # half of them, since it is logarithmic


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"optim_wrapper.optimiser.lr": FLOAT}, "no such key; near ones: optim_wrapper.optimizer.lr"),
        ({"optim.lr": FLOAT}, "no such key; near ones: optim_wrapper.optimizer.lr"),
        ({"optim_wrapper.optimizer.betas.2": FLOAT}, "no such key"),
        ({"search.monitor": FLOAT}, "no such key"),
        ({"input_size": FLOAT}, "a variable of the config file"),
        ({"model.name": dict(type="choice")}, "type is 'choice'; it can be float, int, categorical"),
        ({"model.name": dict(type="float", low=2, high=1)}, 'space."model.name".: .*low'),
        ({"model.name": dict(type="float", high=1)}, 'space."model.name".: .*low'),
        ({"model": dict(type="categorical", choices=[dict(type="A")])}, "choices can be numbers"),
        ({"model": dict(type="categorical")}, 'space."model".: .*choices'),
        ({}, "the config needs search="),
    ],
)
def test_wrong_spaces_are_told_so(space, message):
    with pytest.raises(ValueError, match=message):
        read_settings(config(space))


def test_wrong_search_keys_are_told_so():
    with pytest.raises(ValueError, match="no key .'metric'"):
        read_settings(config({"model.name": FLOAT}, metric="a"))
    with pytest.raises(ValueError, match='"max"; it can be "greater" or "less"'):
        read_settings(config({"model.name": FLOAT}, rule="max"))
    cfg = config({"model.name": FLOAT})
    cfg.val_evaluator = None
    with pytest.raises(ValueError, match="validates nothing"):
        read_settings(cfg)


def test_printed_options_set_the_same_values_as_a_trial():
    cfg = config({})
    values = {
        "optim_wrapper.optimizer.lr": 1.2345678901234567e-05,
        "optim_wrapper.optimizer.betas.0": 0.8123456789012345,
        "optim_wrapper.optimizer.betas.1": 0.99,
        "optim_wrapper.optimizer.pair.1": 7,
        "model.name": None,
        "model.flag": False,
        "custom_hooks.0.patience": 3,
    }
    options = options_of(cfg, values)
    trial = cfg.copy()
    trial.merge_from_dict(options)
    optimizer = trial.optim_wrapper.optimizer
    assert (optimizer.lr, list(optimizer.betas), tuple(optimizer.pair)) == (
        1.2345678901234567e-05, [0.8123456789012345, 0.99], (1, 7),
    )  # fmt: skip
    assert trial.model == dict(type="Net", name=None, flag=False) and trial.custom_hooks[0].patience == 3
    assert list(cfg.optim_wrapper.optimizer.betas) == [0.9, 0.999]

    parser = argparse.ArgumentParser()
    add_cfg_options(parser)
    printed = cfg.copy()
    printed.merge_from_dict(parser.parse_args(["--cfg-options", *format_options(options)]).cfg_options)
    assert printed.to_dict() == trial.to_dict()

    spaced = {"target": "Lung Opacity", "names": ["No Finding", "Support Devices"], "pair": ("a b", 1)}
    assert parser.parse_args(["--cfg-options", *format_options(spaced)]).cfg_options == spaced
