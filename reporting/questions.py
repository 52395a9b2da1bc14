"""The figure register: a number's question as data, asked again whenever it is needed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pocweb.choices import Priority, RiskLevel
from pocweb.models import Mission
from pocweb.periods import Quarter
from reporting.foresight import count_factors, count_triggers
from strategy.choices import ActivityStatus
from strategy.models import Activity
from threats.choices import SourceOfViolence, Verification
from threats.figures import Summary, summarize
from threats.models import Incident, Threat

Question = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """One figure to be asked: its code, its question in words and as data."""

    code: str
    label: str
    question: dict[str, Any]
    verified_only: bool = False


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


INCIDENT_FIELDS = {
    "events": "events",
    "killed": "killed_best",
    "killed_low": "killed_low",
    "killed_high": "killed_high",
    "civilians_killed": "civilians_killed",
    "injured": "injured_best",
}
"""Measures of incidents and where `threats.figures.summarize` answers them."""


def _incidents(mission: Mission, questions: Sequence[Question], marking: int) -> list[int | None]:
    """Answer counts over incidents, one query for all that ask for the same period and verification."""
    known: dict[tuple[str, str, bool], Summary] = {}
    found: list[int | None] = []
    for question in questions:
        key = (question["from"], question["to"], bool(question.get("verified_only")))
        if key not in known:
            rows = Incident.objects.filter(mission=mission, marking__lte=marking).counted(verified_only=key[2])
            known[key] = summarize(rows.between(_day(key[0]), _day(key[1])))
        value = getattr(known[key], INCIDENT_FIELDS[question["measure"]])
        found.append(0 if known[key].events == 0 else value)
    return found


def _threats(mission: Mission, questions: Sequence[Question], marking: int) -> list[int | None]:
    rows = Threat.objects.filter(mission=mission, marking__lte=marking).active()
    return _count(rows, [_threat_condition(question) for question in questions])


def _threat_condition(question: Question) -> Q:
    where = Q(**{name: question[name] for name in ("risk", "priority", "imminent") if name in question})
    if "source_of_violence" in question:
        actors = Threat.actors.through.objects.filter(actor__source_of_violence=question["source_of_violence"])
        where &= Q(pk__in=actors.values("threat"))
    return where


def _activities(mission: Mission, questions: Sequence[Question], marking: int) -> list[int | None]:
    rows = Activity.objects.filter(mission=mission, marking__lte=marking)
    return _count(rows, [_activity_condition(question) for question in questions])


def _activity_condition(question: Question) -> Q:
    if question["what"] == "done":
        return Q(status=ActivityStatus.DONE, done_on__range=(_day(question["from"]), _day(question["to"])))
    return Q(status__in=ActivityStatus.OPEN_STATES)


def _count(rows: Any, conditions: list[Q]) -> list[int | None]:
    """Return how many rows meet each condition, in one query."""
    columns = {f"n{place}": Count("pk", filter=where or None) for place, where in enumerate(conditions)}
    counted = rows.order_by().aggregate(**columns)
    return [counted[name] for name in columns]


_kinds: dict[str, Callable[[Mission, Sequence[Question], int], list[int | None]]] = {
    "incidents": _incidents,
    "threats": _threats,
    "activities": _activities,
    "watch": count_factors,
    "triggers": count_triggers,
}


def answers(mission: Mission, questions: Iterable[Question], *, marking: int) -> list[int | None]:
    """Return the answers to stored questions today, in their order, counting only records marked at most `marking`.

    Incidents are counted as `threats.figures` counts them. None means that nothing was recorded, which is not zero.
    Raises `KeyError` for a question of unknown kind or measure.
    """
    asked = list(questions)
    found: dict[int, int | None] = {}
    for kind in dict.fromkeys(question["kind"] for question in asked):
        places = [place for place, question in enumerate(asked) if question["kind"] == kind]
        values = _kinds[kind](mission, [asked[place] for place in places], marking)
        found |= dict(zip(places, values, strict=True))
    return [found[place] for place in range(len(asked))]


def records_query(question: Question) -> tuple[str, dict[str, str]]:
    """Return the URL name and the query string's parts that open the records behind a question."""
    if question["kind"] == "incidents":
        parts = {"from": question["from"], "to": question["to"]}
        if question.get("verified_only"):
            parts["verification"] = Verification.VERIFIED.value
        return "threats:incident-list", parts
    if question["kind"] == "activities":
        return "strategy:activity-list", {"status": "done" if question["what"] == "done" else "open"}
    if question["kind"] == "watch":
        return "threats:watch", {"on": question["to"]}
    if question["kind"] == "triggers":
        return "threats:trigger-list", {"start": question["from"], "months": "3"}
    parts = {"drafts": "1"} | ({"show": "imminent"} if question.get("imminent") else {})
    if "priority" in question:
        parts["priority"] = str(question["priority"])
    return "threats:matrix-start", parts


MEASURE_WORDS = {
    "events": gettext_lazy("number of events"),
    "killed": gettext_lazy("people killed, best estimate"),
    "killed_low": gettext_lazy("people killed, low estimate"),
    "killed_high": gettext_lazy("people killed, high estimate"),
    "civilians_killed": gettext_lazy("civilians killed"),
    "injured": gettext_lazy("people injured, best estimate"),
}
KIND_WORDS = {
    "incidents": gettext_lazy("Incidents; each belongs to the period of its first day, discounted ones are left out"),
    "threats": gettext_lazy("Active threats of the POC Threat Matrix"),
    "activities": gettext_lazy("Response activities"),
    "watch": gettext_lazy("Risk factors of the atrocity watch that are relevant here"),
    "triggers": gettext_lazy("Events of the trigger calendar; one that comes twice in the period counts twice"),
}


def facts_of(question: Question) -> list[tuple[str, str]]:
    """Return a stored question in words: what is counted, of which records, in which period, under which condition."""
    facts = [(_("Counted over"), str(KIND_WORDS[question["kind"]]))]
    if "measure" in question:
        facts.append((_("Measure"), str(MEASURE_WORDS[question["measure"]])))
    if "from" in question:
        days = [date_format(date.fromisoformat(question[end]), "j F Y") for end in ("from", "to")]
        facts.append((_("Period"), _("%(first)s to %(last)s") % {"first": days[0], "last": days[1]}))
    if "risk" in question:
        facts.append((_("Risk"), str(RiskLevel(question["risk"]).label)))
    if "priority" in question:
        facts.append((_("Priority"), str(Priority(question["priority"]).label)))
    if question.get("imminent"):
        facts.append((_("Condition"), _("judged imminent")))
    if "source_of_violence" in question:
        facts.append((_("Source of violence"), str(SourceOfViolence(question["source_of_violence"]).label)))
    if question["kind"] == "watch":
        above = question["what"] == "above"
        facts.append((_("Condition"), _("above the baseline on the last day") if above else _("risen in the period")))
    elif "what" in question:
        facts.append((_("Status"), _("done") if question["what"] == "done" else _("planned or under way")))
    return facts


def questions_for(quarter: Quarter) -> tuple[Asked, ...]:
    """Return the figures that the quarterly assessment opens with, in order. Source: POC Handbook 2020, 8.4."""
    whole = {"from": quarter.starts_on.isoformat(), "to": quarter.ends_on.isoformat()}
    last = {"from": quarter.last_month_starts_on.isoformat(), "to": quarter.ends_on.isoformat()}
    prior = {"from": quarter.before.starts_on.isoformat(), "to": quarter.before.ends_on.isoformat()}
    ahead = {"from": quarter.after.starts_on.isoformat(), "to": quarter.after.ends_on.isoformat()}
    period, month, before = str(quarter), date_format(quarter.ends_on, "F Y"), str(quarter.before)

    def counted(measure: str, span: dict[str, str], **more: Any) -> dict[str, Any]:
        return {"kind": "incidents", "measure": measure, **span, **more}

    asked: list[tuple[str, dict[str, Any], bool]] = [
        (_("Events, %(period)s") % {"period": period}, counted("events", whole), False),
        (_("Killed, best estimate, %(period)s") % {"period": period}, counted("killed", whole), False),
        (_("Killed, low estimate, %(period)s") % {"period": period}, counted("killed_low", whole), False),
        (_("Killed, high estimate, %(period)s") % {"period": period}, counted("killed_high", whole), False),
        (_("Civilians killed, %(period)s") % {"period": period}, counted("civilians_killed", whole), False),
        (
            _("Killed in verified incidents, %(period)s") % {"period": period},
            counted("killed", whole, verified_only=True),
            True,
        ),
        (_("Injured, best estimate, %(period)s") % {"period": period}, counted("injured", whole), False),
        (_("Events, %(period)s") % {"period": month}, counted("events", last), False),
        (_("Killed, best estimate, %(period)s") % {"period": month}, counted("killed", last), False),
        (_("Events, %(period)s") % {"period": before}, counted("events", prior), False),
        (_("Killed, best estimate, %(period)s") % {"period": before}, counted("killed", prior), False),
        (_("Civilians killed, %(period)s") % {"period": before}, counted("civilians_killed", prior), False),
        (_("Active threats"), {"kind": "threats"}, False),
        (_("Active threats of extreme risk"), {"kind": "threats", "risk": int(RiskLevel.EXTREME)}, False),
        (_("Active threats of high risk"), {"kind": "threats", "risk": int(RiskLevel.HIGH)}, False),
        (_("Active threats of first priority"), {"kind": "threats", "priority": int(Priority.FIRST)}, False),
        (_("Threats judged imminent"), {"kind": "threats", "imminent": True}, False),
        (
            _("Active threats with a State source"),
            {"kind": "threats", "source_of_violence": str(SourceOfViolence.STATE)},
            False,
        ),
        (_("Activities done, %(period)s") % {"period": period}, {"kind": "activities", "what": "done", **whole}, False),
        (_("Activities planned or under way"), {"kind": "activities", "what": "open"}, False),
        (_("Risk factors of atrocity crimes above their baseline"), {"kind": "watch", "what": "above", **whole}, False),
        (
            _("Risk factors of atrocity crimes risen, %(period)s") % {"period": period},
            {"kind": "watch", "what": "risen", **whole},
            False,
        ),
        (
            _("Events of the trigger calendar, %(period)s") % {"period": str(quarter.after)},
            {"kind": "triggers", **ahead},
            False,
        ),
    ]
    return tuple(
        Asked(f"F-{index:02d}", label, question, verified) for index, (label, question, verified) in enumerate(asked, 1)
    )
