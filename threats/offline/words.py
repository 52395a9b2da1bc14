"""The words that a sheet writes for codes, and the way back from a typed word to its code."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

CODE_BEHIND = re.compile(r"\(([^()]+)\)\Z")
MISSING = object()
Pairs = Iterable[tuple[Any, str]]


def clean_word(text: str) -> str:
    """Return a name as a list holds it: on one line, without the semicolon that parts several words."""
    return " ".join(text.replace(";", ",").split())[:250]


class Words:
    """Lists of (value, word). A list may hold words beyond those to choose from, for values that rows hold already."""

    def __init__(self) -> None:
        self._words: dict[str, dict[Any, str]] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._choices: dict[str, list[str]] = {}
        self._of_file: Mapping[str, Mapping[str, str]] = {}

    def add(self, name: str, choices: Pairs, others: Pairs = ()) -> None:
        """Set a list; of two values with the same word both get their value behind it."""
        chosen, further = [(value, clean_word(word)) for value, word in choices], list(others)
        known = {value for value, _word in chosen}
        every = chosen + [(value, clean_word(word)) for value, word in further if value not in known]
        often = Counter(word.casefold() for _value, word in every)
        words = {value: f"{word} ({value})" if often[word.casefold()] > 1 else word for value, word in every}
        self._words[name] = words
        self._choices[name] = [words[value] for value, _word in chosen]
        self._values[name] = {str(value).casefold(): value for value in words}
        self._values[name] |= {word.casefold(): value for value, word in words.items()}

    def trust(self, words: Mapping[str, Mapping[str, str]]) -> None:
        """Take the lists that a file carries (word -> code), for words that have been renamed since it was taken."""
        self._of_file = words

    def choices(self, name: str) -> list[str]:
        """Return the words of a drop-down list."""
        return self._choices.get(name, [])

    def pairs(self, name: str) -> list[tuple[str, Any]]:
        """Return (word, value) of a whole list, those to choose from first."""
        return [(word, value) for value, word in self._words.get(name, {}).items()]

    def word(self, name: str, value: Any) -> str:
        """Return the word of a value, empty for none, the value itself where the list does not hold it."""
        if value is None or value == "":
            return ""
        return self._words.get(name, {}).get(value, str(value))

    def value(self, name: str, word: str) -> Any:
        """Return what a word stands for (case ignored; a code alone is enough), else `MISSING`."""
        known, key = self._values.get(name, {}), " ".join(word.split()).casefold()
        tries = [key, self._of_file.get(name, {}).get(key, "").casefold()]
        if behind := CODE_BEHIND.search(key):
            tries.append(behind.group(1).strip())
        if name == "areas" and key:
            tries.append(key.split()[0].rstrip(",:"))
        return next((known[text] for text in tries if text and text in known), MISSING)
