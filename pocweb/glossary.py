"""The glossary: what the field's acronyms stand for, in pages on hover and beside exports.

Source: POC Handbook 2020, Annex VIII; `reference/acronyms.yaml`.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from pocweb.reference_data import read_yaml

FILE = Path(__file__).parent / "reference" / "acronyms.yaml"


@cache
def acronyms() -> dict[str, str]:
    """Return the words of each acronym, in alphabetical order whatever the case."""
    content = read_yaml(FILE)
    found = {**content["text"], **content["handbook"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of all acronyms as whole words, the longest first; a plural s may follow."""
    names = sorted(acronyms(), key=len, reverse=True)
    return re.compile(rf"(?<![\w/-])({'|'.join(map(re.escape, names))})(?=s?(?![\w/-]))")


def used_in(texts: Iterable[str]) -> dict[str, str]:
    """Return the acronyms that occur in any of the texts with their words, in alphabetical order."""
    found = {match for text in texts for match in _pattern().findall(text or "")}
    return {name: words for name, words in acronyms().items() if name in found}


def explained(text: str) -> SafeString:
    """Return the text escaped for a page, each acronym explained on hover where it stands first."""
    seen: set[str] = set()
    parts: list[str] = []
    end = 0
    for match in _pattern().finditer(text or ""):
        name = match.group(1)
        if name in seen:
            continue
        seen.add(name)
        parts += [conditional_escape(text[end : match.start()]), _marked(name)]
        end = match.end()
    parts.append(conditional_escape((text or "")[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


def _marked(name: str) -> str:
    return format_html('<abbr title="{}">{}</abbr>', acronyms()[name], name)
