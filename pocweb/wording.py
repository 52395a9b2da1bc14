"""Words of the interface that a page looks up for each of hundreds of rows.

Django asks one catalogue after the other each time; here the answer is remembered. It depends on the text in the code
and the language alone, and catalogues are read once per process, so that it cannot grow old.
"""

from functools import lru_cache

from django.utils import translation


def gettext(message: str) -> str:
    """Return the message in the language of the moment, as Django's `gettext` does."""
    return _found(message, translation.get_language())


@lru_cache(maxsize=4_000)
def _found(message: str, language: str | None) -> str:
    return translation.gettext(message)
