"""The one field list of perpetrator profiles. Source: POC Handbook 2020, template after 8.2.1 (seven heads)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList
from threats.choices import SourceOfViolence
from threats.models import Actor

SHOWN = frozenset({Face.DETAIL, Face.EXPORT, Face.API})
BOTH = EVERYWHERE | {Face.TABLE}
TEXT, LONG, CHOICE = FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.CHOICE


def _value(name: str) -> Callable[[Actor], Any]:
    return lambda actor: getattr(actor, name)


ACTOR = FieldList(
    "actor",
    (
        Field("code", _("Code"), TEXT, _value("code"), "#group+code", SHOWN, locked=True),
        Field("name", _("Name"), TEXT, _value("name"), "#group+name", BOTH),
        Field("short_name", _("Short name"), TEXT, _value("short_name"), "#group+name+short", BOTH),
        Field(
            "source_of_violence",
            _("Source of violence"),
            CHOICE,
            lambda actor: str(actor.get_source_of_violence_display()),
            "#group+type",
            BOTH,
            choices=tuple(SourceOfViolence.choices),
        ),
        Field("identity", _("Nature, identity, profile"), LONG, _value("identity")),
        Field("motivation", _("Motivation, interest, intent"), LONG, _value("motivation")),
        Field("capability", _("Structure, capabilities, resources, preparedness"), LONG, _value("capability")),
        Field("presence", _("Presence and deployment"), LONG, _value("presence")),
        Field(
            "relations", _("Relations: supporters, allies, clients, link with the mission"), LONG, _value("relations")
        ),
        Field("mode_of_action", _("Mode of action"), LONG, _value("mode_of_action")),
        Field("history", _("History of violations"), LONG, _value("history")),
        Field("opportunity", _("Opportunity: time, place, terrain, weather"), LONG, _value("opportunity")),
        Field(
            "marking",
            _("Marking"),
            CHOICE,
            lambda actor: str(actor.get_marking_display()),
            "#meta+marking",
            choices=tuple(Marking.choices),
        ),
    ),
)
LABELS = {field.name: field.label for field in ACTOR.fields}
HEADS = (
    "identity", "motivation", "capability", "presence", "relations", "mode_of_action", "history", "opportunity",
)  # fmt: skip
"""The seven heads of a profile, and opportunity."""
EDITABLE = ("name", "short_name", "source_of_violence", *HEADS, "marking")
