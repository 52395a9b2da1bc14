"""The field lists of contacts and of sharing agreements: form, detail page, table and export ask them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.choices import PartnerKind
from pocweb.choices import Marking
from pocweb.fieldlist import Face, Field, FieldKind, FieldList
from pocweb.tabular import Column

SHOWN = frozenset({Face.DETAIL, Face.EXPORT})
WRITTEN = frozenset({Face.FORM, Face.DETAIL, Face.EXPORT})
KINDS, MARKINGS = tuple(PartnerKind.choices), tuple(Marking.choices)


def _text(name: str, label: Any, hxl: str = "", kind: FieldKind = FieldKind.TEXT) -> Field:
    return Field(name, label, kind, lambda one: getattr(one, name), hxl, WRITTEN)


def _kind(label: Any) -> Field:
    return Field(
        "kind", label, FieldKind.CHOICE, lambda one: str(one.get_kind_display()), "#org+type", WRITTEN, choices=KINDS
    )


def _marking() -> Field:
    return Field(
        "marking", _("Marking"), FieldKind.CHOICE, lambda one: str(one.get_marking_display()),
        "#meta+classification", WRITTEN, choices=MARKINGS,
    )  # fmt: skip


CONTACT = FieldList(
    "contact",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda one: one.ref, "#contact+code", SHOWN, locked=True),
        _text("name", _("Name or function"), "#contact+name"),
        _text("organization", _("Organization"), "#org+name"),
        _kind(_("Kind")),
        _text("phone", _("Telephone, radio"), "#contact+phone"),
        _text("email", _("E-mail"), "#contact+email"),
        _text("languages", _("Languages"), "#contact+languages"),
        _text("note", _("Note"), "#contact+description", FieldKind.LONG_TEXT),
        Field("office", _("Office"), FieldKind.LINK, lambda one: one.office.name, "#org+office", WRITTEN),
        _text("reviewed_on", _("Last checked"), "#date+checked", FieldKind.DATE),
        _marking(),
    ),
)

AGREEMENT = FieldList(
    "agreement",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda one: one.ref, faces=SHOWN, locked=True),
        _text("partner", _("Partner")),
        _kind(_("Kind of partner")),
        _text("what", _("What is shared"), kind=FieldKind.LONG_TEXT),
        _text("use", _("For which use"), kind=FieldKind.LONG_TEXT),
        _text("how", _("Who shares, how and when"), kind=FieldKind.LONG_TEXT),
        _text("storage", _("How it is collected and kept"), kind=FieldKind.LONG_TEXT),
        Field(
            "highest_marking", _("Shares up to"), FieldKind.CHOICE, lambda one: str(Marking(one.highest_marking).label),
            faces=WRITTEN, choices=MARKINGS,
        ),
        _text("individual_cases", _("Covers cases of individuals"), kind=FieldKind.BOOLEAN),
        _text("valid_from", _("Valid from"), kind=FieldKind.DATE),
        _text("valid_to", _("Valid until"), kind=FieldKind.DATE),
        _marking(),
    ),
)  # fmt: skip

LABELS: dict[str, Any] = {
    **{field.name: field.label for one in (CONTACT, AGREEMENT) for field in one.fields},
    "is_active": _("In use"),
    "ended_reason": _("Why it ended"),
    "is_blocked": _("Blocked for host authorities"),
}


def columns() -> list[Column]:
    """Return the fields of a contact as columns of a sheet."""
    return [
        Column(
            field.name, str(field.label), field.hxl,
            choices=tuple(str(label) for _value, label in field.choices), locked=field.locked,
        )
        for field in CONTACT.on(Face.EXPORT)
    ]  # fmt: skip
