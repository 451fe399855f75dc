"""Words that a window would take for HTML, and read other files to show.

Qt shows words as HTML wherever it sees a tag in them: labels, tooltips, messages. An attribute of a tag may
name a picture in any file, so a recording with such a name or help text would have the app read that file.
"""

import re
from collections.abc import Iterator
from typing import Any

_TAG = re.compile(r"<[!?/]?[a-z][^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"<[a-z][^<]*=", re.IGNORECASE)


def is_markup(text: str) -> bool:
    """Whether it has a tag, and a tag has an attribute. `a < b = c` and `<eos>` are words."""
    return bool(_TAG.search(text) and _ATTRIBUTE.search(text))


def harmless(text: str) -> str:
    """The same words for a person, not to be taken for HTML."""
    return text.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}") if is_markup(text) else text


def markup_in(value: Any) -> str:
    """The first markup in plain data, keys included; empty where there is none."""
    return next(filter(is_markup, _texts(value)), "")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]  # not by recursion: a file says how deep it goes
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case dict() as inner:
                waiting += [*inner, *inner.values()]
            case list() as inner:
                waiting += inner
