"""Remembered words of the interface follow the language of the moment."""

from django.utils import translation
from django.utils.translation import gettext

from pocweb.wording import gettext as remembered


def test_remembered_words_are_those_of_the_language_of_the_moment() -> None:
    """The second answer comes from memory, and a change of the language is heard all the same."""
    with translation.override("en-gb"):
        assert [remembered("Monday"), remembered("Monday")] == ["Monday", "Monday"]
    with translation.override("fr"):
        assert [remembered("Monday"), remembered("Monday")] == [gettext("Monday")] * 2 == ["lundi", "lundi"]
