"""The one field list of forums."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.choices import ForumBody, Frequency
from coordination.models import Forum
from pocweb.choices import Level, Marking
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList
from pocweb.tabular import Column

READ_ONLY = frozenset({Face.DETAIL, Face.EXPORT, Face.API})
ELSEWHERE = frozenset({Face.FORM, Face.EXPORT, Face.API})
"""Fields that the page of a forum shows in a part of their own."""


def _members(forum: Forum) -> list[str]:
    return sorted(component.name for component in forum.members.all())


def _seats(forum: Forum) -> list[str]:
    return [f"{seat} ({str(seat.get_kind_display()).lower()})" for seat in forum.seats.all()]


def _name(row: Any) -> str | None:
    return str(row) if row else None


def _choice(name: str, label: Any, choices: Any, hxl: str) -> Field:
    def shown(forum: Forum) -> str:
        return str(getattr(forum, f"get_{name}_display")())

    return Field(name, label, FieldKind.CHOICE, shown, hxl, EVERYWHERE, tuple(choices.choices))


FORUM = FieldList(
    "forum",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda f: f.ref, "#event+code", READ_ONLY, locked=True),
        Field("name", _("Name"), FieldKind.TEXT, lambda f: f.name, "#event+name"),
        Field("code", _("Code"), FieldKind.TEXT, lambda f: f.code),
        _choice("level", _("Level"), Level, "#event+level"),
        _choice("body", _("Kind of body"), ForumBody, "#event+type"),
        Field("office", _("Office"), FieldKind.LINK, lambda f: f.office.name, "#org+office"),
        _choice("frequency", _("Meets"), Frequency, "#event+frequency"),
        Field("chair", _("Chair"), FieldKind.LINK, lambda f: _name(f.chair), "#contact+chair"),
        Field("secretariat", _("Secretariat"), FieldKind.TEXT, lambda f: f.secretariat, "#contact+secretariat"),
        Field("parent", _("Refers up to"), FieldKind.LINK, lambda f: _name(f.parent), "#event+parent"),
        Field("members", _("Member components"), FieldKind.LIST, _members, "#org+members"),
        Field("seats", _("Seats"), FieldKind.LIST, _seats, "#contact+seats", ELSEWHERE),
        Field("terms", _("Terms of reference"), FieldKind.LONG_TEXT, lambda f: f.terms, "#description", ELSEWHERE),
        Field("active_from", _("Active from"), FieldKind.DATE, lambda f: f.active_from, "#date+start"),
        Field("active_to", _("Active until"), FieldKind.DATE, lambda f: f.active_to, "#date+end"),
        Field("is_active", _("Active"), FieldKind.BOOLEAN, lambda f: f.is_active, "#status"),
        _choice("marking", _("Marking"), Marking, "#meta+classification"),
    ),
)


def columns() -> list[Column]:
    """Return the exported fields as columns of a sheet."""
    return [
        Column(
            field.name,
            str(field.label),
            field.hxl,
            choices=tuple(str(label) for _value, label in field.choices),
            locked=field.locked,
        )
        for field in FORUM.on(Face.EXPORT)
    ]
