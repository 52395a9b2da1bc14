"""Filters that the shared components need. Nothing here decides; it only prepares values for show."""

import secrets
from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pocweb.choices import Marking
from pocweb.fieldlist import for_people
from pocweb.glossary import explained as explained_text

register = template.Library()


@register.simple_tag
def once() -> SafeString:
    """Return a hidden token that makes this showing of a form known again; see `pocweb.pages.sent_once`."""
    return format_html('<input type="hidden" name="once" value="{}">', secrets.token_urlsafe(12))


@register.filter
def elided(paginator: Paginator, number: int) -> Iterator[int | str]:
    """Return the page numbers to show around page `number`, with an ellipsis for those left out."""
    return paginator.get_elided_page_range(number, on_each_side=1, on_ends=1)


@register.filter
def marking_label(value: int | Marking | None) -> str:
    """Return the words of a marking, empty for None."""
    return str(Marking(value).label) if value else ""


@register.filter
def is_strict(value: int | Marking | None) -> bool:
    """Say whether the marking is the highest one, which is written in red."""
    return bool(value) and value == max(Marking)


@register.filter
def number(value: int | None) -> str:
    """Return a whole number as people read it, 8 400 with a narrow space, and "not recorded" for None."""
    return for_people(value)


@register.filter
def explained(text: Any) -> SafeString:
    """Return a text with its acronyms explained on hover, each once in a page; a default comes before it."""
    return explained_text(text)
