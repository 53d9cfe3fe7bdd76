"""What is searched: the key `search` of a training config, and how drawn values get into that config.

search = dict(
    monitor="class/accuracy",
    rule="greater",
    space={
        "optim_wrapper.optimizer.lr": dict(type="float", low=1e-5, high=1e-1, log=True),
        "train_dataloader.batch_size": dict(type="int", low=8, high=32, step=8),
        "model.backbone.model_name": dict(type="categorical", choices=["resnet18", "resnet34"]),
    },
)
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from data.errors import UserError

KINDS = {"float": FloatDistribution, "int": IntDistribution, "categorical": CategoricalDistribution}
RULES = ("greater", "less")
Values = Mapping[str, Any]


@dataclass(frozen=True)
class SearchSettings:
    """What to vary, and the metric of the validation that says how good it is.

    Args:
        space: Dotted keys of the training config, each with its range.
        monitor: Name of the metric, as `CheckpointHook` and `EarlyStoppingHook` name it.
        rule: "greater" or "less" is better.
    """

    space: dict[str, BaseDistribution]
    monitor: str
    rule: str = "greater"


def read_settings(cfg: Config) -> SearchSettings:
    """Check the key `search` of a training config against the rest of it.

    Raises:
        UserError: A key is missing, unknown or reaches no part of the training, or a range is none.
    """
    search = dict(cfg.get("search") or {})
    if not search.get("space") or "monitor" not in search:
        raise UserError("the config needs search=dict(monitor=..., space={...}); see configs/search/")
    unknown = set(search) - {"monitor", "rule", "space"}
    if unknown:
        raise UserError(f"search has no key {sorted(unknown)}; it has monitor, rule and space")
    settings = SearchSettings(
        {key: read_range(key, entry) for key, entry in search["space"].items()},
        search["monitor"],
        search.get("rule", "greater"),
    )
    if settings.rule not in RULES:
        raise UserError(f'search.rule is "{settings.rule}"; it can be "greater" or "less"')
    if cfg.get("val_dataloader") is None or cfg.get("val_evaluator") is None:
        raise UserError("the config validates nothing (val_dataloader, val_evaluator): trials could not be compared")
    for key in settings.space:
        check_key(cfg, key)
    return settings


def read_range(key: str, entry: Mapping[str, Any]) -> BaseDistribution:
    """Turn `dict(type="float", low=..., high=..., log=...)` into Optuna's distribution.

    Raises:
        UserError: What is wrong with it, and the key.
    """
    options = dict(entry)
    kind = options.pop("type", None)
    if kind not in KINDS:
        raise UserError(f'search.space["{key}"]: type is {kind!r}; it can be {", ".join(KINDS)}')
    if kind == "categorical" and any(
        isinstance(choice, (Mapping, list, tuple)) for choice in options.get("choices", ())
    ):
        raise UserError(f'search.space["{key}"]: choices can be numbers, strings, True, False and None')
    try:
        return KINDS[kind](**options)
    except (TypeError, ValueError) as error:
        raise UserError(f'search.space["{key}"]: {error}') from None


def suggest(trial: Trial, space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """Draw a value for each key."""
    values: dict[str, Any] = {}
    for key, it in space.items():
        if isinstance(it, FloatDistribution):
            values[key] = trial.suggest_float(key, it.low, it.high, step=it.step, log=it.log)
        elif isinstance(it, IntDistribution):
            values[key] = trial.suggest_int(key, it.low, it.high, step=it.step, log=it.log)
        elif isinstance(it, CategoricalDistribution):
            values[key] = trial.suggest_categorical(key, it.choices)
    return values


def dotted_keys(node: Any, prefix: str = "") -> list[str]:
    """Keys of everything in nested dictionaries and lists; an element of a list has its index for a key."""
    if isinstance(node, Mapping):
        items = [(str(key), value) for key, value in node.items()]
    elif isinstance(node, (list, tuple)):
        items = [(str(index), value) for index, value in enumerate(node)]
    else:
        return []
    return [name for key, value in items for name in (prefix + key, *dotted_keys(value, f"{prefix}{key}."))]


def check_key(cfg: Config, key: str) -> None:
    """A key that is not in the config, or that mmengine would not read, must not be searched in silence.

    Raises:
        UserError: Names the keys that are near.
    """
    known = [name for name in dotted_keys(cfg.to_dict()) if name.split(".")[0] != "search"]
    if key not in known:
        leaf = [name for name in known if name.split(".")[-1] == key.split(".")[-1]]
        near = list(dict.fromkeys(difflib.get_close_matches(key, known, n=3) + leaf[:3]))
        hint = f"; near ones: {', '.join(near)}" if near else ""
        raise UserError(
            f'search.space["{key}"]: the config has no such key{hint}; write a default that it leaves out into it'
        )
    if "runner_type" not in cfg and key.split(".")[0] not in inspect.signature(Runner).parameters:
        raise UserError(
            f'search.space["{key}"]: this is a variable of the config file, and no part of the training reads it; '
            "name the keys that take its value"
        )


def options_of(cfg: Config, values: Values) -> dict[str, Any]:
    """The same values as `--cfg-options` can take them: `betas.0` becomes the whole list `betas`.

    Args:
        cfg: Training config; is not changed.
        values: Dotted keys with their values.
    """
    options: dict[str, Any] = {}
    for key, value in values.items():
        parts = key.split(".")
        end = len(parts)
        while parts[end - 1].isdigit():
            end -= 1
        name, indices = ".".join(parts[:end]), [int(index) for index in parts[end:]]
        old = options.get(name, _get(cfg, parts[:end])) if indices else None
        options[name] = _replaced(old, indices, value)
    return options


def format_options(options: Values) -> list[str]:
    """`KEY=VALUE` texts that `--cfg-options` of the tools reads back to the same values."""
    return [f"{key}={value}" for key, value in options.items()]


def _get(node: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        node = node[int(part)] if isinstance(node, (list, tuple)) else node[part]
    return node


def _replaced(node: Any, indices: Sequence[int], value: Any) -> Any:
    """A copy of nested lists with one element replaced."""
    if not indices:
        return value
    items = list(node)
    items[indices[0]] = _replaced(items[indices[0]], indices[1:], value)
    return type(node)(items)
