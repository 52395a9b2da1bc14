"""A case in plain words: headline, who threatens whom, how long it has waited, what a step said."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.models import WarningCase
from coordination.warnings.choices import (
    AssessingBody,
    AtRisk,
    Branch,
    CaseClass,
    CasePriority,
    CaseState,
    Channel,
    ExpectedTime,
    ImpactLevel,
    InformationReliability,
    Outcome,
    ReviewState,
    SourceReliability,
    ThreatenedAct,
    Threatening,
    UnitRating,
)
from pocweb.choices import Marking
from pocweb.fieldlist import for_people

TONES = {CaseClass.WARNING: "bad", CaseClass.ALERT: "warn"}
PRIORITY_TONES = {4: "r4", 3: "r3", 2: "r2", 1: "r1"}
"""The priority of a case as chip with bars: four levels, drawn like risks; never the numeral of the Threat Matrix."""

LABELS: dict[str, Any] = {
    **{field.name: field.verbose_name for field in WarningCase._meta.fields},
    "state": gettext_lazy("State"),
    "told": gettext_lazy("told"),
    "sent_to": gettext_lazy("sent to"),
    "report": gettext_lazy("further report"),
    "corroborates": gettext_lazy("bears out what was reported"),
    "change_reason": gettext_lazy("why the list was changed"),
    "climbed_to": gettext_lazy("went up to"),
    "acknowledged": gettext_lazy("acknowledged, of the steps"),
    "reminders": gettext_lazy("reminders"),
    "meeting": gettext_lazy("meeting"),
    "decision": gettext_lazy("decision"),
    "response": gettext_lazy("response"),
    "harm": gettext_lazy("harm assessment"),
    "telling": gettext_lazy("who was told"),
    "classed_at": gettext_lazy("classed"),
    "disseminated_at": gettext_lazy("sent out"),
    "decided_at": gettext_lazy("decided"),
    "flashed_at": gettext_lazy("flash report sent"),
    "acted_at": gettext_lazy("action taken"),
    "neutralised_at": gettext_lazy("threat ended"),
    "closed_at": gettext_lazy("closed"),
}
KNOWN: dict[str, Any] = {
    "state": CaseState, "branch": Branch, "case_class": CaseClass, "source_reliability": SourceReliability,
    "information_reliability": InformationReliability, "impact_civilians": ImpactLevel, "impact_children": ImpactLevel,
    "impact_women": ImpactLevel, "impact": ImpactLevel, "likelihood": ImpactLevel, "priority": CasePriority,
    "likelihood_body": AssessingBody, "children_rating": UnitRating, "women_rating": UnitRating, "act": ThreatenedAct,
    "expected": ExpectedTime, "threatening": Threatening, "channel": Channel, "marking": Marking, "outcome": Outcome,
    "review_state": ReviewState,
}  # fmt: skip
COUNTED = ("told", "sent_to", "climbed_to")
BY_KEY = (
    "area", "actor", "source", "threat", "incident", "hierarchy_copy", "office", "report", "decision", "response",
    "harm", "telling",
)  # fmt: skip
"""Records that the history keeps by key; the page says that there is one, since marking may hide which."""


def show(name: str, value: Any) -> str:
    """Return a stored plain value of a case's history for people."""
    if value in (None, "", []):
        return ""
    if name in KNOWN and value in KNOWN[name].values:
        return str(KNOWN[name](value).label)
    if name == "at_risk":
        return ", ".join(str(one.label) for one in AtRisk if one.value in value)
    if name in COUNTED:
        return ngettext("%(n)d person", "%(n)d people", len(value)) % {"n": len(value)}
    if name in BY_KEY:
        return _("recorded")
    if isinstance(value, str) and (moment := parse_datetime(value) if len(value) > 15 else None):
        return date_format(moment, "j F Y, H:i")
    return for_people(value)


def headline(case: WarningCase) -> str:
    """Return what may happen and where."""
    return _("%(act)s: %(place)s") % {"act": case.get_act_display(), "place": case.place}


def sentence(case: WarningCase) -> str:
    """Return who threatens whom, how many and when, in one sentence; what is unknown is said."""
    who = str(case.get_threatening_display()) if case.threatening != Threatening.UNKNOWN else ""
    at_risk = ", ".join(case.at_risk_labels).lower()
    when = {
        ExpectedTime.NOW: _("now"), ExpectedTime.DAY: _("within 24 hours"), ExpectedTime.DAYS: _("within days"),
    }.get(ExpectedTime(case.expected), _("at a time that is not known"))  # fmt: skip
    parts = [
        _("Expected %(when)s.") % {"when": when},
        _("Who threatens: %(who)s.") % {"who": who.lower()} if who else _("Who threatens is not known."),
        _("At risk: %(who)s.") % {"who": at_risk} if at_risk else _("Who is at risk was not said."),
    ]
    if case.people is not None:
        words = ngettext("About %(n)s person.", "About %(n)s people.", case.people)
        parts.append(words % {"n": for_people(case.people)})
    if case.un_staff:
        parts.append(_("UN staff are threatened too."))
    return " ".join(parts)


def since(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in the largest unit that says enough: "5 min", "3 h", "2 days"."""
    passed = max(now - moment, timedelta())
    minutes = int(passed.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)d h") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
