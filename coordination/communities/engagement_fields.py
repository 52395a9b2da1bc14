"""The field list of engagement records: detail page, list and export ask it. Details of persons are in none of them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities.choices import AgeGroup, ConsentScope, Interlocutor, Purpose, RiskResult, Sex
from coordination.models import Engagement
from pocweb.choices import Marking, Phase, Tier
from pocweb.fieldlist import Face, Field, FieldKind, FieldList, for_people
from pocweb.tabular import Column

SHOWN = frozenset({Face.DETAIL, Face.EXPORT})
EXPORTED = frozenset({Face.EXPORT})


def labels_of(choices: Any, values: Iterable[str]) -> list[str]:
    """Return the labels of stored values; one that is not known any more is left as it is."""
    return [str(choices(value).label) if value in choices.values else str(value) for value in values]


def consent_words(engagement: Engagement) -> str:
    """Return how consent stands: withdrawn, given and for what, or not recorded. Never anything of persons."""
    if engagement.withdrawn_on:
        return _("withdrawn on %(day)s") % {"day": for_people(engagement.withdrawn_on)}
    if engagement.consent_on is None:
        return _("none recorded")
    scope = ", ".join(labels_of(ConsentScope, engagement.consent_scope)).lower()
    return _("given on %(day)s: %(scope)s") % {"day": for_people(engagement.consent_on), "scope": scope}


def people_of(engagement: Engagement) -> int | None:
    """Return how many people took part, None where nobody counted."""
    rows = [one.people for one in engagement.counts.all()]
    return sum(rows) if rows else None


def _count(sex: str, age: str) -> Any:
    def value(engagement: Engagement) -> int | None:
        return next((one.people for one in engagement.counts.all() if (one.sex, one.age) == (sex, age)), None)

    return value


def _text(name: str, label: Any, kind: FieldKind = FieldKind.TEXT, hxl: str = "") -> Field:
    return Field(name, label, kind, lambda one: getattr(one, name), hxl, SHOWN)


ENGAGEMENT = FieldList(
    "engagement",
    (
        Field("ref", gettext_lazy("Reference"), FieldKind.TEXT, lambda one: one.ref, "#meta+code", SHOWN, locked=True),
        _text("held_on", gettext_lazy("Held on"), FieldKind.DATE, "#date+held"),
        Field("area", gettext_lazy("Area"), FieldKind.LINK, lambda one: one.area.name, "#adm+name", SHOWN),
        _text("place", gettext_lazy("Place"), hxl="#loc+name"),
        Field("office", gettext_lazy("Office"), FieldKind.LINK, lambda one: one.office.name, "#org+office", SHOWN),
        Field("component", gettext_lazy("Component"), FieldKind.LINK,
              lambda one: one.component.name if one.component else None, "#org+component", SHOWN),
        Field("purposes", gettext_lazy("Why"), FieldKind.LIST, lambda one: labels_of(Purpose, one.purposes),
              "#activity+purpose", SHOWN),
        Field("groups", gettext_lazy("Groups met"), FieldKind.LIST, lambda one: labels_of(Interlocutor, one.groups),
              "#affected+group", SHOWN),
        _text("was_separate", gettext_lazy("A group was met apart"), FieldKind.BOOLEAN),
        Field("people", gettext_lazy("People"), FieldKind.INTEGER, people_of, "#affected", SHOWN),
        Field("tier", gettext_lazy("Tier"), FieldKind.CHOICE, lambda one: str(Tier(one.tier).label), "", SHOWN),
        Field("phase", gettext_lazy("Phase"), FieldKind.CHOICE, lambda one: str(Phase(one.phase).label), "", SHOWN),
        Field("risk", gettext_lazy("Risk assessment"), FieldKind.CHOICE,
              lambda one: str(RiskResult(one.risk).label), "", SHOWN),
        _text("risks_weighed", gettext_lazy("Risks that were weighed"), FieldKind.LONG_TEXT),
        Field("consent", gettext_lazy("Consent"), FieldKind.TEXT, consent_words, "", SHOWN),
        _text("findings", gettext_lazy("What was learned"), FieldKind.LONG_TEXT),
        _text("follow_up", gettext_lazy("Follow-up"), FieldKind.LONG_TEXT),
        _text("duplication", gettext_lazy("Checked with other protection actors")),
        _text("problem", gettext_lazy("Recurring problem"), FieldKind.LONG_TEXT),
        _text("concerns_child_victim", gettext_lazy("Concerns a child victim"), FieldKind.BOOLEAN),
        Field("marking", gettext_lazy("Marking"), FieldKind.CHOICE, lambda one: str(Marking(one.marking).label),
              "#meta+classification", SHOWN),
        *(
            Field(f"{sex}_{age}", f"{sex.label}, {age.label.lower()}", FieldKind.INTEGER, _count(sex, age),
                  f"#affected+{sex[0]}+{age}", EXPORTED)
            for sex in Sex for age in AgeGroup
        ),
    ),
)  # fmt: skip
"""All that is told of an engagement outside its page of persons. `personal_details` is left out on purpose (CM-09)."""

LABELS: dict[str, Any] = {field.name: field.label for field in ENGAGEMENT.fields}
LABELS |= {
    "counts": gettext_lazy("People by sex and age"),
    "personal_details": gettext_lazy("Details of persons"),
    "consent_scope": gettext_lazy("Consented to"),
    "withdrawn_on": gettext_lazy("Consent withdrawn"),
    "photos": gettext_lazy("Photographs"),
}


def columns() -> list[Column]:
    """Return the fields as columns of a sheet."""
    return [Column(field.name, str(field.label), field.hxl, locked=True) for field in ENGAGEMENT.on(Face.EXPORT)]


class Show:
    """Stored plain values of an engagement as text; areas and components are looked up once for all events."""

    def __init__(self, areas: dict[int, str], components: dict[int, str]) -> None:
        self.areas, self.components = areas, components

    def __call__(self, name: str, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return ""
        chosen: dict[str, Any] = {"purposes": Purpose, "groups": Interlocutor, "consent_scope": ConsentScope}
        if name in chosen:
            return ", ".join(labels_of(chosen[name], value))
        single: dict[str, Any] = {"tier": Tier, "phase": Phase, "risk": RiskResult, "marking": Marking}
        if name in single:
            return str(single[name](value).label)
        if name in ("held_on", "withdrawn_on"):
            return for_people(date.fromisoformat(value))
        if name in ("area", "component"):
            known = self.areas if name == "area" else self.components
            return known.get(value, str(value))
        if name == "counts":
            return "; ".join(count_words(key, people) for key, people in value.items())
        return for_people(value)


def count_words(key: str, people: int) -> str:
    """Return a stored count in words: "Female, under 18: 3"."""
    sex, _colon, age = key.partition(":")
    return f"{Sex(sex).label}, {str(AgeGroup(age).label).lower()}: {people}"
