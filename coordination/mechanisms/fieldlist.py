"""The one field list of outside mechanisms, and their stored values as text for people."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.choices import Frequency, MechanismKind
from coordination.models import Mechanism
from pocweb.choices import Marking
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList, for_people
from pocweb.models import Office, Person
from pocweb.tabular import Column

READ_ONLY = frozenset({Face.DETAIL, Face.EXPORT, Face.API})


def _choice(name: str, label: Any, choices: Any, hxl: str) -> Field:
    def shown(mechanism: Mechanism) -> str:
        return str(getattr(mechanism, f"get_{name}_display")())

    return Field(name, label, FieldKind.CHOICE, shown, hxl, EVERYWHERE, tuple(choices.choices))


MECHANISM = FieldList(
    "mechanism",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda m: m.ref, "#event+code", READ_ONLY, locked=True),
        Field("name", _("Name"), FieldKind.TEXT, lambda m: m.name, "#event+name"),
        _choice("kind", _("Kind"), MechanismKind, "#event+type"),
        Field("office", _("Office"), FieldKind.LINK, lambda m: m.office.name, "#org+office"),
        Field("chaired_by", _("Chaired by"), FieldKind.TEXT, lambda m: m.chaired_by, "#contact+chair"),
        Field(
            "representative",
            _("Represents the mission"),
            FieldKind.LINK,
            lambda m: str(m.representative) if m.representative else None,
            "#contact+mission",
        ),
        Field(
            "uniformed_reason",
            _("Why a uniformed person represents the mission"),
            FieldKind.LONG_TEXT,
            lambda m: m.uniformed_reason,
            "#description+reason",
        ),
        _choice("cadence", _("Meets"), Frequency, "#event+frequency"),
        Field("purpose", _("Purpose"), FieldKind.LONG_TEXT, lambda m: m.purpose, "#description"),
        Field("is_active", _("Active"), FieldKind.BOOLEAN, lambda m: m.is_active, "#status"),
        _choice("marking", _("Marking"), Marking, "#meta+classification"),
    ),
)
LABELS = {field.name: field.label for field in MECHANISM.fields}
CODES: dict[str, Any] = {"kind": MechanismKind, "cadence": Frequency, "marking": Marking}
MODELS: dict[str, Any] = {"office": Office, "representative": Person}


def columns() -> list[Column]:
    """Return the exported fields as columns of a sheet."""
    return [
        Column(field.name, str(field.label), field.hxl, tuple(str(label) for _value, label in field.choices))
        for field in MECHANISM.on(Face.EXPORT)
    ]


class Wording:
    """Shows stored plain values; the names behind ids are read once."""

    def __init__(self, values: Iterable[tuple[str, Any]]) -> None:
        wanted: dict[str, set[int]] = {}
        for name, value in values:
            if name in MODELS and value:
                wanted.setdefault(name, set()).add(value)
        self.names = {
            (name, row.pk): str(row) for name, ids in wanted.items() for row in MODELS[name].objects.filter(pk__in=ids)
        }

    def __call__(self, name: str, value: Any) -> str:
        """Return the text of one value, empty for none."""
        if value is None or value == "":
            return ""
        if name in MODELS:
            return self.names.get((name, value), str(value))
        return str(CODES[name](value).label) if name in CODES else for_people(value)
