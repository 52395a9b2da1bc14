"""The field lists of networks, assignments of assistants and impact assessments: form, page, table and export ask them.

Exports never hold keys of people nor the note on the risk to an assistant: a file leaves the house and cannot be called
back (POC Handbook 2020, 10.2; ours).
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from coordination.communities import rules_networks as rules
from coordination.communities.choices import AlertChannel, NetworkState, Sex
from pocweb.choices import Marking
from pocweb.fieldlist import Face, Field, FieldKind, FieldList
from pocweb.tabular import Column

SHOWN = frozenset({Face.DETAIL, Face.EXPORT})
WRITTEN = frozenset({Face.FORM, Face.DETAIL, Face.EXPORT})
HELD_BACK = frozenset({Face.FORM, Face.DETAIL})
MARKINGS = tuple(Marking.choices)


def _one(name: str, label: Any, hxl: str = "", kind: FieldKind = FieldKind.TEXT, faces: Any = WRITTEN) -> Field:
    return Field(name, label, kind, lambda one: getattr(one, name), hxl, faces)


def _long(name: str, label: Any, hxl: str = "") -> Field:
    return _one(name, label, hxl, FieldKind.LONG_TEXT)


def _ref() -> Field:
    return Field("ref", _("Reference"), FieldKind.TEXT, lambda one: one.ref, "#meta+id", SHOWN, locked=True)


def _office() -> Field:
    return Field("office", _("Office"), FieldKind.LINK, lambda one: one.office.name, "#org+office", WRITTEN)


def _marking() -> Field:
    return Field(
        "marking", _("Marking"), FieldKind.CHOICE, lambda one: str(one.get_marking_display()),
        "#meta+classification", WRITTEN, choices=MARKINGS,
    )  # fmt: skip


def channel_words(network: Any) -> list[str]:
    """Return the words of a network's channels, in the order of the list."""
    return [str(one.label) for one in AlertChannel if one.value in network.channels]


NETWORK = FieldList(
    "network",
    (
        _ref(),
        _one("name", _("Name"), "#activity+name"),
        Field(
            "state", _("State"), FieldKind.CHOICE, lambda one: str(one.get_state_display()), "#status",
            SHOWN, choices=tuple(NetworkState.choices), locked=True,
        ),
        Field("area", _("Area"), FieldKind.LINK, lambda one: one.area.pcode, "#loc+code",
              frozenset({Face.FORM, Face.EXPORT})),
        Field("area_name", _("Area"), FieldKind.TEXT, lambda one: one.area.name, "#loc+name", SHOWN,
              locked=True),
        _long("communities", _("Communities"), "#affected"),
        Field("base", _("Calls base"), FieldKind.LINK, lambda one: one.base and one.base.name, "#org+base", WRITTEN),
        Field(
            "assistant", _("Set up by"), FieldKind.LINK, lambda one: one.assistant and one.assistant.ref,
            "#contact+code", WRITTEN,
        ),
        Field("channels", _("Channels"), FieldKind.LIST, channel_words, "#activity+channel", WRITTEN,
              choices=tuple(AlertChannel.choices)),
        _long("equipment", _("Equipment"), "#capacity"),
        _one("contacted_on", _("Last contact"), "#date+contact", FieldKind.DATE, SHOWN),
        _one("checked_on", _("Equipment last checked"), "#date+checked", FieldKind.DATE, SHOWN),
        _long("threat_types", _("Threats to call for"), "#event+type"),
        _one("response_time", _("How fast is answered"), "#activity+time"),
        _one("responder", _("Police or military comes"), "#org+responder"),
        _long("limits", _("Limits that were explained"), "#description"),
        _one("members", _("Active members"), "#affected+num", FieldKind.INTEGER),
        _one("women_members", _("Women among them"), "#affected+f+num", FieldKind.INTEGER),
        Field(
            "women_percent", _("Women, per cent"), FieldKind.INTEGER,
            lambda one: rules.women_percent(one.members, one.women_members), "#affected+f+pct", SHOWN, locked=True,
        ),
        _one("has_crsv_signs", _("Watches signs of conflict-related sexual violence"), "#indicator+bool",
             FieldKind.BOOLEAN),
        _one("set_up_on", _("Active since"), "#date+start", FieldKind.DATE, SHOWN),
        _office(),
        _marking(),
    ),
)  # fmt: skip

ASSISTANT = FieldList(
    "assistant",
    (
        _ref(),
        _one("key", _("Key"), faces=HELD_BACK),
        Field("sex", _("Sex"), FieldKind.CHOICE, lambda one: str(one.get_sex_display()), "#contact+sex", WRITTEN,
              choices=tuple(Sex.choices)),
        Field("base", _("Co-located with"), FieldKind.LINK, lambda one: one.base.name, "#org+base", WRITTEN),
        Field("areas", _("Areas covered"), FieldKind.LIST, lambda one: [area.name for area in one.areas.all()],
              "#loc+name", WRITTEN),
        _one("languages", _("Languages"), "#contact+languages"),
        _one("starts_on", _("From"), "#date+start", FieldKind.DATE),
        _one("ends_on", _("Until"), "#date+end", FieldKind.DATE),
        _one("is_lent", _("Lent for a short time"), "#indicator+bool", FieldKind.BOOLEAN),
        Field("risk_note", _("Risk to the assistant, and what is done about it"), FieldKind.LONG_TEXT,
              lambda one: one.risk_note, faces=HELD_BACK),
        _office(),
        _marking(),
    ),
)  # fmt: skip

PCIA = FieldList(
    "pcia",
    (
        _ref(),
        _office(),
        _one("year", _("Year"), "#date+year", FieldKind.TEXT),
        _one("due_on", _("Due"), "#date+due", FieldKind.DATE),
        _long("conflict_map", _("Conflict map: social, political, economic")),
        _long("stakeholder_map", _("Stakeholder map")),
        _long("risks", _("POC risks and opportunities per conflict")),
        _one("with_whom", _("Made with")),
        _marking(),
    ),
)

LABELS: dict[str, Any] = {
    **{field.name: field.label for one in (NETWORK, ASSISTANT, PCIA) for field in one.fields},
    "area": _("Area"),
    "reason": _("Why"),
    "note": _("What was found"),
    "focal_points": _("Focal points with consent"),
    "carried_from": _("Texts carried over from"),
    "sha256": _("Fingerprint (SHA-256)"),
}


def columns(fields: FieldList) -> list[Column]:
    """Return the fields of a list that are exported as columns of a sheet."""
    return [
        Column(
            field.name, str(field.label), field.hxl,
            choices=tuple(str(label) for _value, label in field.choices), locked=field.locked,
        )
        for field in fields.on(Face.EXPORT)
    ]  # fmt: skip
