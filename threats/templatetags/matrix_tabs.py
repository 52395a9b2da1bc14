"""The pages that belong to an office's matrix, as one row of links on each of them."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from pocweb.models import Office
from threats.consolidation import Part

register = template.Library()

TABS = (
    ("rows", "threats:matrix", _("Rows")),
    ("leadership", "threats:leadership", _("Must, should, could")),
    ("gaps", "threats:gap-list", _("Gaps")),
    ("response", "threats:response", _("Response")),
    ("changes", "threats:matrix-changes", _("Since the last edition")),
    ("editions", "threats:edition-list", _("Editions")),
    ("outcomes", "threats:outcomes", _("Outcomes")),
    ("quality", "threats:quality", _("Quality")),
    ("offline", "threats:offline-list", _("Edit offline")),
)
"""Key, address (which takes the office's code), words; all need the permission to view threats."""


@register.inclusion_tag("threats/_matrix_tabs.html")
def matrix_tabs(office: Office, current: str) -> dict[str, Any]:
    """Draw the links, `current` marked; an address that does not exist is left out."""
    tabs = []
    for key, name, label in TABS:
        try:
            tabs.append((reverse(name, args=(office.code,)), label, key == current))
        except NoReverseMatch:
            continue
    return {"tabs": tabs}


@register.simple_tag
def part_url(office: Office, part: Part, drafts: bool) -> str:
    """Return the address of the rows of one part of a consolidated matrix, in the same mode; it always has a query.

    A branch has a consolidated page of its own; a single office is a filter of this one, since its own page is live.
    """
    is_filter = part.is_own or part.is_leaf
    query = ({"drafts": "1"} if drafts else {}) | ({"office": part.code} if is_filter else {})
    path = reverse("threats:matrix", args=[office.code if is_filter else part.code])
    return f"{path}?{urlencode(query or {'drafts': '0'})}"
