"""The glossary: what the field's acronyms stand for, in pages on hover and beside exports.

Source: POC Handbook 2020, Annex VIII; `reference/acronyms.yaml`.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from pocweb.reference_data import read_yaml

FILE = Path(__file__).parent / "reference" / "acronyms.yaml"
NOT_TEXT = re.compile(r"<style\b.*?</style>|<!--.*?-->|<[^>]*>", re.DOTALL)

_told: ContextVar[set[str] | None] = ContextVar("told", default=None)


@cache
def acronyms() -> dict[str, str]:
    """Return the words of each acronym, in alphabetical order whatever the case."""
    content = read_yaml(FILE)
    found = {**content["text"], **content["handbook"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of all acronyms as whole words, the longest first; a plural s may follow.

    All begin with a capital, which is asked first: most words of a text are done with there.
    """
    names = sorted(acronyms(), key=len, reverse=True)
    return re.compile(rf"(?=[A-Z])(?<![\w/-])({'|'.join(map(re.escape, names))})(?=s?(?![\w/-]))")


def names_in(text: str) -> set[str]:
    """Return the acronyms that occur in a text."""
    return set(_pattern().findall(text))


def with_words(names: Iterable[str]) -> dict[str, str]:
    """Return the named acronyms with their words, in alphabetical order."""
    wanted = set(names)
    return {name: words for name, words in acronyms().items() if name in wanted}


def used_in(texts: Iterable[str]) -> dict[str, str]:
    """Return the acronyms that occur in any of the texts with their words, in alphabetical order."""
    return with_words(name for text in texts for name in names_in(text or ""))


def used_in_html(html: str) -> dict[str, str]:
    """Return the acronyms that occur in what a reader of the HTML sees, as `used_in` does."""
    return used_in([unescape(NOT_TEXT.sub("\n", html))])


@contextmanager
def once_per_page() -> Iterator[None]:
    """Explain each acronym once in all that is drawn inside, where it stands first."""
    token = _told.set(set())
    try:
        yield
    finally:
        _told.reset(token)


@contextmanager
def without_hints() -> Iterator[None]:
    """Explain nothing on hover in what is drawn inside: paper has no hover, and lists its acronyms at the end."""
    token = _told.set(set(acronyms()))
    try:
        yield
    finally:
        _told.reset(token)


def explained(text: Any) -> SafeString:
    """Return the text escaped for a page, each acronym explained on hover where it stands first.

    Inside `once_per_page` that is the first of the page, else the first of the text. What is HTML already stays as it
    is, and None is nothing.
    """
    if isinstance(text, SafeString):
        return text
    told = _told.get()
    return _explained("" if text is None else str(text), set() if told is None else told)


def _explained(text: str, told: set[str]) -> SafeString:
    parts: list[str] = []
    end = 0
    for match in _pattern().finditer(text):
        name = match.group(1)
        if name in told:
            continue
        told.add(name)
        parts += [conditional_escape(text[end : match.start()]), _marked(name)]
        end = match.end()
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


def _marked(name: str) -> str:
    return format_html('<abbr title="{}">{}</abbr>', acronyms()[name], name)
