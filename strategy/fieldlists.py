"""The one field list of response activities: form, detail, table, exports and API ask it."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pocweb.choices import Marking, Phase, Tier
from pocweb.fieldlist import EVERYWHERE, Face, Field, FieldKind, FieldList
from strategy.choices import ActivityStatus
from strategy.models import Activity

READ_ONLY = frozenset({Face.DETAIL, Face.EXPORT, Face.API})
DATA_ONLY = frozenset({Face.EXPORT, Face.API})


def _name(value: Any) -> str | None:
    return str(value) if value is not None else None


def _phases(activity: Activity) -> list[str]:
    return [str(Phase(phase).label) for phase in activity.phases]


def _supporting(activity: Activity) -> list[str]:
    return sorted(component.name for component in activity.supporting.all())


def _threats(activity: Activity) -> list[str]:
    return sorted(threat.ref for threat in activity.threats.all())


ACTIVITY = FieldList(
    "activity",
    (
        Field("ref", _("Reference"), FieldKind.TEXT, lambda a: a.ref, "#activity+code", READ_ONLY, locked=True),
        Field("title", _("Activity"), FieldKind.TEXT, lambda a: a.title, "#activity+name"),
        Field("description", _("Details"), FieldKind.LONG_TEXT, lambda a: a.description, "#description"),
        Field("catalogue_code", _("Code in the catalogue"), FieldKind.TEXT, lambda a: a.catalogue_code),
        Field(
            "tier",
            _("Tier"),
            FieldKind.CHOICE,
            lambda a: str(a.get_tier_display()),
            "#activity+tier",
            choices=tuple(Tier.choices),
        ),
        Field("phases", _("Phases"), FieldKind.LIST, _phases, "#activity+phase", choices=tuple(Phase.choices)),
        Field("component", _("Lead component"), FieldKind.LINK, lambda a: a.component.name, "#org+impl"),
        Field("supporting", _("Supporting components"), FieldKind.LIST, _supporting, "#org+supporting"),
        Field("owner", _("Owner"), FieldKind.LINK, lambda a: _name(a.owner), "#contact+name"),
        Field("threats", _("Threats"), FieldKind.LIST, _threats, "#meta+threat"),
        Field("office", _("Office"), FieldKind.LINK, lambda a: a.office.name, "#org+office"),
        Field("area", _("Area"), FieldKind.LINK, lambda a: _name(a.area), "#loc+name"),
        Field(
            "area_pcode",
            _("P-code of the area"),
            FieldKind.TEXT,
            lambda a: a.area.pcode if a.area else None,
            "#loc+code",
            DATA_ONLY,
            locked=True,
        ),
        Field(
            "status",
            _("Status"),
            FieldKind.CHOICE,
            lambda a: str(a.get_status_display()),
            "#status+name",
            READ_ONLY,
            choices=tuple(ActivityStatus.choices),
        ),
        Field("starts_on", _("From"), FieldKind.DATE, lambda a: a.starts_on, "#date+start"),
        Field("due_on", _("Deadline"), FieldKind.DATE, lambda a: a.due_on, "#date+due"),
        Field("done_on", _("Done on"), FieldKind.DATE, lambda a: a.done_on, "#date+end", READ_ONLY),
        Field("result", _("Result"), FieldKind.LONG_TEXT, lambda a: a.result, "#output+description"),
        Field(
            "marking",
            _("Marking"),
            FieldKind.CHOICE,
            lambda a: str(a.get_marking_display()),
            "#meta+classification",
            EVERYWHERE,
            choices=tuple(Marking.choices),
        ),
    ),
)
