"""The pages that belong to an office's matrix, as one row of links on each of them."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from pocweb.models import Office

register = template.Library()

TABS = (
    ("rows", "threats:matrix", _("Rows")),
    ("leadership", "threats:leadership", _("Must, should, could")),
    ("gaps", "threats:gap-list", _("Gaps")),
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
