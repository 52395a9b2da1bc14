"""What a community protection plan says: frozen at its adoption, compared between semesters, and made safe for people.

Three readings of one content. `community_text` is built from a positive list: a field that is not named there cannot
get in (CM-06).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities.choices import PlanState, Semester
from coordination.models import CommunityPlan
from pocweb.choices import Marking
from pocweb.fieldlist import for_people
from pocweb.models import Person

SECTIONS: tuple[tuple[str, Any, tuple[tuple[str, Any], ...]], ...] = (
    ("situation", gettext_lazy("Situation"), (
        ("security", gettext_lazy("Security overview")),
        ("threats", gettext_lazy("Threats of the matrix")),
        ("threats_text", gettext_lazy("Threats and triggers")),
    )),
    ("people", gettext_lazy("People"), (
        ("at_risk", gettext_lazy("Communities at risk")),
        ("vulnerable", gettext_lazy("Vulnerable persons")),
        ("infrastructure", gettext_lazy("Vulnerable schools and health posts")),
        ("mapping", gettext_lazy("Community mapping")),
        ("representation", gettext_lazy("Youth and women")),
        ("contact_channels", gettext_lazy("Contact channels of actors")),
    )),
    ("action", gettext_lazy("What is done"), (
        ("preventive", gettext_lazy("Preventive actions")),
        ("responses", gettext_lazy("Planned responses")),
        ("meeting_points", gettext_lazy("Meeting points and safe areas")),
        ("networks", gettext_lazy("Alert networks")),
        ("no_network_reason", gettext_lazy("Why there is no alert network")),
        ("engagement", gettext_lazy("How people and potential perpetrators are engaged")),
        ("resources", gettext_lazy("Resources")),
    )),
    ("making", gettext_lazy("How it was made"), (
        ("drafters", gettext_lazy("Drafted by")),
        ("due_on", gettext_lazy("To be adopted by")),
        ("marking", gettext_lazy("Marking")),
    )),
)  # fmt: skip
"""Sections of a plan with their fields. Source: POC Handbook 2020, 9.2; Annex V, para. 8.3."""

LABELS: dict[str, Any] = {name: label for _slug, _heading, fields in SECTIONS for name, label in fields}
LABELS |= {"state": gettext_lazy("State"), "held_on": gettext_lazy("Held on")}
LABELS["womens_organizations"] = gettext_lazy("Women's organizations took part")

FOR_COMMUNITY: tuple[tuple[str, Any], ...] = (
    ("preventive", gettext_lazy("What is done before anything happens")),
    ("responses", gettext_lazy("What is done when something happens")),
    ("meeting_points", gettext_lazy("Meeting points and safe areas")),
)
"""The whole positive list of texts for the community: what people need to act, and nothing of who or why (CM-06).

The source asks that names, vulnerable persons and contact channels stay out; that threats, sources, spoilers, the
means of the mission and how perpetrators are approached stay out too is ours.
"""

REMOVED = "[…]"
_LINES = re.compile(r"\S+@\S+\.\S+|\+?\d(?:[\s./-]?\d){5,}")
_REFERENCES = re.compile(r"\b[A-Z]{1,4}-\d{1,6}\b")


def freeze(plan: CommunityPlan, *, adopted_by: Person, now: datetime) -> dict[str, Any]:
    """Return the whole content of a plan as plain values, as it is adopted. Four queries."""
    texts = {name: getattr(plan, name) for name in LABELS if isinstance(getattr(plan, name, None), str)}
    consultations = plan.consultations.all()
    return {
        "mission": plan.mission.name,
        "office": plan.office.name,
        "ref": plan.ref,
        "area": plan.area.name,
        "pcode": plan.area.pcode,
        "year": plan.year,
        "semester": plan.semester,
        "due_on": plan.due_on.isoformat(),
        "marking": plan.marking,
        "texts": {name: text for name, text in texts.items() if name != "state"},
        "threats": [{"pk": one.pk, "ref": one.ref, "title": one.title} for one in plan.threats.order_by("number")],
        "networks": [{"pk": one.pk, "ref": one.ref, "name": one.name} for one in plan.networks.order_by("number")],
        "consultations": [
            {
                "held_on": one.held_on.isoformat(),
                "with_whom": one.with_whom,
                "womens_organizations": one.womens_organizations,
                "was_separate": one.was_separate,
                "people": one.people,
                "findings": one.findings,
            }
            for one in consultations
        ],
        "forum": plan.forum.name if plan.forum else "",
        "reviewed_on": plan.reviewed_on.isoformat() if plan.reviewed_on else None,
        "adopted_by": str(adopted_by),
        "adopted_at": now.isoformat(),
    }


def values_of(plan: CommunityPlan) -> dict[str, str]:
    """Return each field of a plan as text for people: what was adopted, or what stands in the draft. Empty is ""."""
    if plan.frozen:
        content: Mapping[str, Any] = plan.frozen
        found = dict(content["texts"])
        found |= {name: _named(content[name]) for name in ("threats", "networks")}
        due, marking = date.fromisoformat(content["due_on"]), content["marking"]
    else:
        found = {name: getattr(plan, name) for name in LABELS if isinstance(getattr(plan, name, None), str)}
        found["threats"] = "\n".join(f"{one.ref} {one.title}" for one in plan.threats.order_by("number"))
        found["networks"] = "\n".join(f"{one.ref} {one.name}" for one in plan.networks.order_by("number"))
        due, marking = plan.due_on, plan.marking
    return found | {"due_on": for_people(due), "marking": str(Marking(marking).label)}


def _named(rows: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(f"{one['ref']} {one.get('title') or one.get('name')}" for one in rows)


@dataclass(frozen=True)
class Part:
    """A section as pages and documents draw it: heading, and (label, text) of each field."""

    slug: str
    heading: str
    fields: tuple[tuple[str, str], ...]


def parts_of(plan: CommunityPlan) -> list[Part]:
    """Return the sections of a plan with their texts."""
    values = values_of(plan)
    return [
        Part(slug, str(heading), tuple((str(label), values.get(name, "")) for name, label in fields))
        for slug, heading, fields in SECTIONS
    ]


@dataclass(frozen=True)
class Change:
    """A field that differs between two plans, as `components/_diff.html` draws it."""

    label: str
    before: str
    after: str


def differences(before: CommunityPlan, after: CommunityPlan) -> list[Change]:
    """Return what differs between two plans of an area, field by field in the order of the sections."""
    old, new = values_of(before), values_of(after)
    return [
        Change(str(label), old.get(name, ""), new.get(name, ""))
        for _slug, _heading, fields in SECTIONS
        for name, label in fields
        if old.get(name, "") != new.get(name, "")
    ]


# the community's version


@dataclass(frozen=True)
class CommunityVersion:
    """What a community may have of its plan. Each field is here because it was chosen to be (CM-06)."""

    area: str
    semester: str
    adopted_on: date
    women_heard: bool
    has_network: bool
    texts: tuple[tuple[str, str], ...]
    removed: int


def community_version(plan: CommunityPlan) -> CommunityVersion:
    """Return the community's version of an adopted plan, from its frozen content; two queries.

    Names of mission staff, keys of focal points, references of records, telephone numbers and e-mail addresses that
    stand in the chosen texts are taken out; other names no machine can know, so a person reads it before it goes out.
    """
    content: Mapping[str, Any] = plan.frozen or {}
    names = _names_of(plan)
    removed, texts = 0, []
    for name, label in FOR_COMMUNITY:
        text, count = without_names(str(content["texts"].get(name, "")), names)
        removed += count
        if text:
            texts.append((str(label), text))
    adopted = parse_datetime(content["adopted_at"])
    return CommunityVersion(
        area=content["area"],
        semester=semester_words(content["year"], content["semester"]),
        adopted_on=adopted.date() if adopted else plan.due_on,
        women_heard=any(one["womens_organizations"] for one in content["consultations"]),
        has_network=bool(content["networks"]),
        texts=tuple(texts),
        removed=removed,
    )


def _names_of(plan: CommunityPlan) -> set[str]:
    """Return what must not stand in a community's version: last names of the mission's staff, keys of focal points."""
    staff = Person.objects.filter(postings__mission=plan.mission_id).values_list("last_name", flat=True)
    keys = plan.networks.values_list("focal_points__key", "assistant__key")
    return {one.strip() for one in (*staff, *(key for pair in keys for key in pair)) if one and len(one.strip()) > 1}


def without_names(text: str, names: Iterable[str]) -> tuple[str, int]:
    """Return a text without these names (whole words, in any case), without lines of contact and references; and the
    number of places at which something was taken out."""
    total = 0
    patterns = [_LINES, _REFERENCES]
    known = sorted(set(names), key=len, reverse=True)
    if known:
        patterns.append(re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(one) for one in known)})(?!\w)", re.IGNORECASE))
    for pattern in patterns:
        text, count = pattern.subn(REMOVED, text)
        total += count
    return text.strip(), total


def community_text(version: CommunityVersion) -> str:
    """Return the community's version as plain text."""
    lines = [_("Protection plan of %(area)s") % {"area": version.area}, version.semester, ""]
    lines.append(_("Adopted on %(day)s.") % {"day": for_people(version.adopted_on)})
    if version.women_heard:
        lines.append(_("Women's organizations of the area were heard."))
    if version.has_network:
        lines.append(_("The area has an alert network."))
    for label, text in version.texts:
        lines += ["", label.upper(), text]
    return "\n".join(lines) + "\n"


def semester_words(year: int, semester: int) -> str:
    """Return a semester in words."""
    return f"{Semester(semester).label} {year}"


def show(name: str, value: Any) -> str:
    """Return a stored plain value of a plan as text, for its history and the choice between two people's texts."""
    if value is None or value == "" or value == []:
        return ""
    if name == "marking":
        return str(Marking(value).label)
    if name == "state":
        return str(PlanState(value).label)
    if name in ("due_on", "held_on"):
        return for_people(date.fromisoformat(value))
    if name in ("threats", "networks"):
        return _("%(n)d named") % {"n": len(value)}
    return for_people(value)
