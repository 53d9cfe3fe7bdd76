"""`--cfg-options KEY=VALUE ...` of all tools: mmengine's, with the spaces of the values kept."""

import string
from argparse import ArgumentError, ArgumentParser, Namespace
from typing import Any

from mmengine.config import DictAction

from data.errors import UserError

HELP = "override the config; keys have dots, lists are [1,2], and what has spaces is quoted: 'data_root=/my data'"


def add_cfg_options(parser: ArgumentParser) -> None:
    """Give a tool `--cfg-options`: a dictionary of dotted keys and values, None if it is not given."""
    parser.add_argument("--cfg-options", nargs="+", action=CfgOptions, metavar="KEY=VALUE", help=HELP)


class CfgOptions(DictAction):
    """mmengine's `DictAction`, except that 'Lung Opacity' does not become 'LungOpacity'.

    Spaces and quotes around values and around elements of lists go, spaces inside stay. What is no KEY=VALUE, or a list
    whose brackets do not match, is an error of the parser.
    """

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        for text in values:
            key, equals, _ = text.partition("=")
            if not (key.strip() and equals):
                raise ArgumentError(self, f"{text!r} is not KEY=VALUE")
        try:
            super().__call__(parser, namespace, values, option_string)  # type: ignore[arg-type]
        except ValueError as error:
            raise ArgumentError(self, str(error)) from None

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
