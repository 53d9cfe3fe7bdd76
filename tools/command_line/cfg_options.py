"""`--cfg-options KEY=VALUE ...` of all tools: mmengine's, with the spaces of the values kept, and paths as they are."""

import string
import sys
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import tools.command_line.quiet  # noqa: F401  before mmengine
from data.errors import UserError
from tools.command_line.extras import said

with said():  # what a base installation lacks, told where `run` does not yet
    from mmengine.config import Config, DictAction

HELP = "override the config; keys have dots, lists are [1,2], and what has spaces is quoted: 'data_root=/my data'"
PATHS = {"root", "file", "outfile", "dir", "from", "checkpoint", "pretrained", "config"}
"""Last words of keys whose values are paths: data_root, ann_file, load_from, enhancer.classifier.checkpoint, ..."""

WITHOUT_CONFIG = {
    "resume",
    "load_from",
    "randomness",
    "find_unused_parameters",
    "auto_scale_lr",
    "env_cfg",
    "log_level",
}
"""What mmengine's runner takes of every config, whether it names it or not."""


def add_cfg_options(parser: ArgumentParser) -> None:
    """Give a tool `--cfg-options`: a dictionary of dotted keys and values, None if it is not given."""
    parser.add_argument("--cfg-options", nargs="+", action=CfgOptions, metavar="KEY=VALUE", help=HELP)


def apply_cfg_options(cfg: Config, options: dict[str, Any] | None) -> None:
    """Change a training's or a test's config; with `num_workers=0` a loader's options for workers go too.

    An option of a part that the config lacks, such as `train_datloader.batch_size`, changes nothing, and one that is
    nearly called as another, such as `train_cfg.max_epoch`, is mistyped; warnings say so.
    """
    content = cfg.to_dict()
    for key in options or {}:
        if warning := _unknown_part(content, key) or _mistyped(content, key):
            print(f"warning: --cfg-options {key}: {warning}", file=sys.stderr)
    cfg.merge_from_dict(options or {})
    for loader in (cfg.get(f"{side}_dataloader") for side in ("train", "val", "test")):
        if loader and loader.get("num_workers") == 0:
            loader.pop("prefetch_factor", None)
            loader.persistent_workers = False


def _unknown_part(content: dict[str, Any], key: str) -> str:
    """What to say of an option whose first word is no key of a config; or ""."""
    first = key.split(".")[0]
    if first in content or first in WITHOUT_CONFIG:
        return ""
    known = list(_keys(content))
    near = get_close_matches(key, known, n=1, cutoff=0.7) or [name for name in known if name.endswith(f".{key}")]
    return f"the config has no {first}" + (f"; did you mean {near[0]}?" if near else "")


def _mistyped(content: Any, key: str) -> str:
    """What to say of an option with a word that is new to its part of a config, and nearly one of its keys; or ""."""
    words = key.split(".")
    for place, word in enumerate(words):
        if not isinstance(content, dict):
            break
        if word not in content:
            near = get_close_matches(word, map(str, content), n=1, cutoff=0.8)
            return f"{'.'.join(words[:place])} has no {word}; did you mean {near[0]}?" if near else ""
        content = content[word]
    return ""


def _keys(content: Any, before: str = "") -> Iterator[str]:
    """The dotted keys of a config."""
    for key, value in content.items():
        yield f"{before}{key}"
        if isinstance(value, dict):
            yield from _keys(value, f"{before}{key}.")


class CfgOptions(DictAction):
    """mmengine's `DictAction`, except that 'Lung Opacity' does not become 'LungOpacity', and paths stay as they are.

    Spaces and quotes around values and around elements of lists go, spaces inside stay. The folders 2024 and "a,b" are
    no number and no list where the key is one of a path (`PATHS`); a list of paths has brackets. What is no KEY=VALUE,
    or a list whose brackets do not match, is an error of the parser.
    """

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        options = dict(getattr(namespace, self.dest, None) or {})
        for text in values:
            key, equals, value = text.partition("=")
            if not (key.strip() and equals):
                raise ArgumentError(self, f"{text!r} is not KEY=VALUE")
            read = read_path if is_path(key) else self._parse_iterable
            try:
                options[key] = read(value)
            except ValueError as error:
                raise ArgumentError(self, str(error)) from None
        setattr(namespace, self.dest, options)

    @staticmethod
    def _parse_iterable(val: str) -> Any:
        """Turn the text of a value into a number, bool, None, text, list or tuple.

        Raises:
            UserError: A list has more brackets of one side than of the other.
        """
        text = val.strip(string.whitespace + "'\"")
        bracketed = text[:1] + text[-1:] in ("()", "[]")
        if not bracketed and "," not in text:
            return DictAction._parse_int_float_bool(text)
        if not balanced(text):
            raise UserError(f"the brackets of {text!r} do not match")
        items = split_items(text)
        if items != [text]:
            return [CfgOptions._parse_iterable(item) for item in items]
        if not bracketed:
            return text
        inner = [CfgOptions._parse_iterable(item) for item in split_items(text[1:-1])]
        return tuple(inner) if text[0] == "(" else inner


def is_path(key: str) -> bool:
    """Whether the value of a dotted key is a path: `weights` is one, `class_weights` are numbers."""
    *parents, name = key.split(".")
    return name == "weights" or name.split("_")[-1] in PATHS or parents[-1:] == ["data_prefix"]


def read_path(text: str) -> Any:
    """A path, or a list of them in brackets where no such file exists; None, True and False as everywhere.

    Raises:
        UserError: see `CfgOptions._parse_iterable`.
    """
    text = text.strip(string.whitespace + "'\"")
    if text[:1] + text[-1:] in ("()", "[]") and not Path(text).exists():
        if not balanced(text):
            raise UserError(f"the brackets of {text!r} do not match")
        return [read_path(item) for item in split_items(text[1:-1])]
    word = DictAction._parse_int_float_bool(text)
    return word if word is None or isinstance(word, bool) else text


def balanced(text: str) -> bool:
    """Whether as many brackets of each kind open as close."""
    return text.count("(") == text.count(")") and text.count("[") == text.count("]")


def split_items(text: str) -> list[str]:
    """The parts between the commas that lie outside of brackets; none after a last comma."""
    items, item = [], ""
    for part in text.split(","):
        item += part
        if balanced(item):
            items.append(item)
            item = ""
        else:
            item += ","
    return items if items[-1].strip() else items[:-1]
