"""The one field list of forums."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.choices import Frequency
from coordination.models import Forum
from pocweb.choices import Level, Marking
from pocweb.fieldlist import Face, Field, FieldKind, FieldList

READ_ONLY = frozenset({Face.DETAIL, Face.API})
WRITTEN = READ_ONLY | {Face.FORM}


def _members(forum: Forum) -> list[str]:
    return sorted(component.name for component in forum.members.all())


def _chair(forum: Forum) -> Any:
    return str(forum.chair) if forum.chair else None


FORUM = FieldList(
    "forum",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda f: f.ref, faces=READ_ONLY, locked=True),
        Field("name", _("Name"), FieldKind.TEXT, lambda f: f.name, faces=WRITTEN),
        Field("code", _("Code"), FieldKind.TEXT, lambda f: f.code, faces=WRITTEN),
        Field(
            "level",
            _("Level"),
            FieldKind.CHOICE,
            lambda f: str(f.get_level_display()),
            faces=WRITTEN,
            choices=tuple(Level.choices),
        ),
        Field("office", _("Office"), FieldKind.LINK, lambda f: f.office.name, faces=WRITTEN),
        Field(
            "frequency",
            _("Meets"),
            FieldKind.CHOICE,
            lambda f: str(f.get_frequency_display()),
            faces=WRITTEN,
            choices=tuple(Frequency.choices),
        ),
        Field("chair", _("Chair"), FieldKind.LINK, _chair, faces=WRITTEN),
        Field("members", _("Member components"), FieldKind.LIST, _members, faces=WRITTEN),
        Field("is_active", _("Active"), FieldKind.BOOLEAN, lambda f: f.is_active, faces=WRITTEN),
        Field(
            "marking",
            _("Marking"),
            FieldKind.CHOICE,
            lambda f: str(f.get_marking_display()),
            faces=WRITTEN,
            choices=tuple(Marking.choices),
        ),
    ),
)
