"""The one field list of presences: form, detail page, table, exports and API ask it."""

from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList
from pocweb.tabular import Column
from threats.choices import PresenceKind

READ_ONLY = frozenset({Face.DETAIL, Face.TABLE, Face.EXPORT, Face.API})
DATA_ONLY = frozenset({Face.EXPORT, Face.API})
LISTED = EVERYWHERE | {Face.TABLE}

PRESENCE = FieldList(
    "presence",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda p: p.ref, "#activity+code", READ_ONLY, locked=True),
        Field(
            "kind",
            _("Kind"),
            FieldKind.CHOICE,
            lambda p: str(p.get_kind_display()),
            "#activity+type",
            LISTED,
            choices=tuple(PresenceKind.choices),
        ),
        Field("area", _("Area"), FieldKind.LINK, lambda p: p.area.pcode, "#loc+code"),
        Field(
            "area_name", _("Name of the area"), FieldKind.TEXT, lambda p: p.area.name, "#loc+name",
            frozenset({Face.TABLE, Face.DETAIL, Face.EXPORT, Face.API}), locked=True,
        ),
        Field("place", _("Place, as exact as possible"), FieldKind.TEXT, lambda p: p.place, "#loc+place", LISTED),
        Field("starts_on", _("From"), FieldKind.DATE, lambda p: p.starts_on, "#date+start", LISTED),
        Field("ends_on", _("Until"), FieldKind.DATE, lambda p: p.ends_on, "#date+end", LISTED),
        Field("note", _("Note"), FieldKind.LONG_TEXT, lambda p: p.note, "#description"),
        Field("office", _("Office"), FieldKind.LINK, lambda p: p.office.code, "#org+office", LISTED),
        Field(
            "marking",
            _("Marking"),
            FieldKind.CHOICE,
            lambda p: str(p.get_marking_display()),
            "#meta+classification",
            EVERYWHERE,
            choices=tuple(Marking.choices),
        ),
    ),
)  # fmt: skip
LABELS = {field.name: field.label for field in PRESENCE.fields}


def columns(face: Face = Face.EXPORT) -> list[Column]:
    """Return the fields of a face as columns of a sheet."""
    return [
        Column(
            field.name,
            str(field.label),
            field.hxl,
            choices=tuple(str(label) for _value, label in field.choices),
            locked=field.locked,
        )
        for field in PRESENCE.on(face)
    ]
