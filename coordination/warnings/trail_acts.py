"""What was done on a case, as its trail tells it: meetings, decisions, actions, responses, effects, evaluation."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.choices import AttendanceState, MeetingKind
from coordination.models import (
    ActionPoint,
    AgendaItem,
    Attendance,
    CaseResponse,
    CaseShare,
    CaseStep,
    CaseTask,
    Decision,
    FlashReport,
    ResourceRequest,
    WarningCase,
)
from coordination.warnings.choices import FlashKind, Measure, RequestState, ResponseState
from coordination.warnings.trail import DID, KNEW, Entry
from coordination.warnings.trail_entries import person_words
from pocweb.fieldlist import for_people
from pocweb.models import AuditEvent
from threats.choices import Verification
from threats.models import Incident

AFTER = timedelta(days=30)
"""So long after the end of a case incidents in its area are still told of; the number is ours."""
MOST_INCIDENTS = 50


def acts_on(case: WarningCase, user: Any, *, now: datetime) -> Iterator[Entry]:
    """Yield what was done on a case and what came after it. A fixed number of queries."""
    decisions = list(
        Decision.objects.visible_to(user)
        .filter(item__case=case)
        .select_related("meeting__forum", "recorded_by")
        .order_by("decided_at", "pk")
    )
    refs = {one.pk: one.ref for one in decisions}
    later = {one.overrules_id: one.ref for one in decisions if one.overrules_id}
    yield from _meetings(case, user)
    yield from (
        _decision(one, refs, later.get(one.pk, ""), ends=one.decided_at == case.decided_at) for one in decisions
    )
    yield from _actions(case, user)
    yield from _responses(case, refs)
    yield from _harm(case)
    yield from _tellings(case, refs)
    yield from _flashes(case, user)
    yield from _tasks(case)
    yield from _requests(case, user)
    yield from _incidents(case, user, now)


def _meetings(case: WarningCase, user: Any) -> Iterator[Entry]:
    """Yield the meetings that had the case on their agenda: called, held, who was there, what was said."""
    rows = AgendaItem.objects.visible_to(user).filter(case=case)
    items = list(rows.select_related("meeting__forum", "meeting__created_by").order_by("meeting__starts_at", "pk"))
    there = Attendance.objects.filter(
        meeting__in=[item.meeting_id for item in items], state=AttendanceState.PRESENT
    ).select_related("person")
    present: dict[int, list[str]] = {}
    for one in there:
        present.setdefault(one.meeting_id, []).append(person_words(one.person) if one.person else one.body)
    for item in items:
        meeting = item.meeting
        url = reverse("coordination:meeting-detail", args=[meeting.pk])
        common: dict[str, Any] = {
            "url": url, "ref": meeting.ref, "tells": ("items", item.pk), "marking": max(item.marking, meeting.marking),
        }  # fmt: skip
        if meeting.kind == MeetingKind.EMERGENCY:
            title = _("Emergency meeting called: %(forum)s") % {"forum": meeting.forum}
            lines: tuple[str, ...] = (meeting.reason,) if meeting.reason else ()
            yield Entry(meeting.created_at, DID, title, who=person_words(meeting.created_by), lines=lines, **common)
        if meeting.opened_at:
            lines = tuple(line for line in (item.note, _present(present.get(meeting.pk))) if line)
            yield Entry(meeting.opened_at, DID, _("%(forum)s met") % {"forum": meeting.forum}, lines=lines, **common)


def _present(people: list[str] | None) -> str:
    return _("Present: %(who)s.") % {"who": "; ".join(people)} if people else ""


def _decision(one: Decision, refs: dict[int, str], later: str, *, ends: bool) -> Entry:
    lines = [one.text]
    if one.overrules_id in refs:
        lines.append(_("It takes the place of %(ref)s.") % {"ref": refs[one.overrules_id]})
    if later:
        lines.append(_("Overruled later: %(ref)s.") % {"ref": later})
    return Entry(
        one.decided_at, DID, _("Decision of %(forum)s") % {"forum": one.meeting.forum}, lines=tuple(lines),
        who=person_words(one.recorded_by), reason=one.overrule_reason, is_struck=bool(later),
        url=reverse("coordination:meeting-detail", args=[one.meeting_id]), ref=one.ref, tells=("decisions", one.pk),
        measure=Measure.DECIDED if ends else "",
        marking=one.marking,
    )  # fmt: skip


def _actions(case: WarningCase, user: Any) -> Iterator[Entry]:
    rows = ActionPoint.objects.visible_to(user).filter(item__case=case)
    points = list(rows.select_related("owner", "component", "meeting", "created_by").order_by("pk"))
    ends = {}
    events = AuditEvent.objects.filter(
        object_type=ActionPoint._meta.label_lower, object_id__in=[str(one.pk) for one in points]
    )
    for event in events.exclude(verb="assigned an action point").select_related("actor").order_by("seq"):
        if "state" in event.changes:
            ends[int(event.object_id)] = event
    for one in points:
        common: dict[str, Any] = {
            "url": reverse("coordination:action-detail", args=[one.pk]), "ref": one.ref, "tells": ("actions", one.pk),
            "marking": one.marking,
        }  # fmt: skip
        words = {"who": person_words(one.owner), "component": one.component, "day": for_people(one.due_on)}
        lines = (one.text, _("%(who)s, %(component)s, until %(day)s.") % words)
        yield Entry(
            one.created_at, DID, _("Action point assigned"), who=person_words(one.created_by), lines=lines, **common
        )
        if (end := ends.get(one.pk)) is not None:
            state = _("Action point: %(state)s") % {"state": str(one.get_state_display()).lower()}
            told = (one.text, *((one.result,) if one.result else ()))
            yield Entry(end.at, DID, state, who=person_words(end.actor), lines=told, **common)


REPORTED = ("begin-response", "response-done", "response-hindered")


def _responses(case: WarningCase, refs: dict[int, str]) -> Iterator[Entry]:
    steps: dict[int, list[CaseStep]] = {}
    for step in CaseStep.objects.filter(case=case, act__in=REPORTED).select_related("by").order_by("pk"):
        steps.setdefault(step.said.get("response", [None, 0])[1], []).append(step)
    for one in case.responses.select_related("component", "owner", "created_by", "changed_by"):
        yield _planned(one, refs)
        yield from _carried_out(one, steps.get(one.pk, []), case.acted_at)


def _kind(one: CaseResponse) -> dict[str, Any]:
    return {"kind": one.get_kind_display(), "who": one.component.name if one.component else one.host_authority}


def _planned(one: CaseResponse, refs: dict[int, str]) -> Entry:
    lines = [one.text] if one.text else []
    if one.decision_id in refs:
        lines.append(_("As decided: %(ref)s.") % {"ref": refs[one.decision_id]})
    if one.owner:
        lines.append(_("Responsible: %(who)s.") % {"who": person_words(one.owner)})
    title = _("Response planned: %(kind)s, %(who)s") % _kind(one)
    return Entry(one.created_at, DID, title, who=person_words(one.created_by), lines=tuple(lines))


def _carried_out(one: CaseResponse, steps: list[CaseStep], acted_at: datetime | None) -> Iterator[Entry]:
    """Yield when action was taken, which obstacle was met, and the end with its effect; who reported each."""
    by = {step.act: person_words(step.by) for step in steps}
    if one.begun_at:
        title = _("Action taken: %(kind)s, %(who)s") % _kind(one)
        measure = Measure.ACTED if one.begun_at == acted_at else ""
        yield Entry(one.begun_at, DID, title, who=by.get("begin-response", ""), measure=measure)
    met = [(step.ended_at, person_words(step.by)) for step in steps if step.act == "response-hindered"]
    if not met and one.state == ResponseState.HINDERED:
        met = [(one.changed_at, person_words(one.changed_by))]
    for at, who in met:
        title = _("Response met an obstacle: %(kind)s, %(who)s") % _kind(one)
        yield Entry(at, DID, title, who=who, lines=(one.obstacle,) if one.obstacle else ())
    if one.ended_at:
        title = _("Response completed: %(kind)s, %(who)s") % _kind(one)
        effect = (_("Effect: %(effect)s") % {"effect": one.effect},) if one.effect else ()
        yield Entry(one.ended_at, DID, title, who=by.get("response-done", ""), lines=effect)


def _harm(case: WarningCase) -> Iterator[Entry]:
    for one in case.harm_assessments.select_related("made_by"):
        lines = (
            _("Operation: %(text)s") % {"text": one.operation},
            _("Harm foreseen: %(text)s") % {"text": one.foreseen_harm},
            _("Mitigation: %(text)s") % {"text": one.mitigation},
            _("If harm occurs: %(text)s") % {"text": one.response_strategy},
            _("Consulted: %(text)s") % {"text": one.consulted},
        )
        yield Entry(one.made_at, KNEW, _("Harm of the operation assessed"), who=person_words(one.made_by), lines=lines)
        if one.sent_at:
            yield Entry(one.sent_at, DID, _("Harm assessment sent to the POC Unit"))


def _tellings(case: WarningCase, refs: dict[int, str]) -> Iterator[Entry]:
    """Yield whom a decision told; what a decision that the reader may not see led to is left out with it."""
    for one in CaseShare.objects.filter(case=case, decision__in=refs).select_related("told_by"):
        lines = [_("To: %(who)s") % {"who": one.recipients}, one.text]
        lines.append(_("As decided: %(ref)s.") % {"ref": refs[one.decision_id]})
        title = _("Told: %(who)s") % {"who": str(one.get_audience_display()).lower()}
        yield Entry(one.told_at, DID, title, who=person_words(one.told_by), lines=tuple(lines))


def _flashes(case: WarningCase, user: Any) -> Iterator[Entry]:
    rows = FlashReport.objects.visible_to(user).filter(case=case)
    if case.incident_id:
        rows |= FlashReport.objects.visible_to(user).filter(incident=case.incident_id)
    for one in rows.select_related("created_by").order_by("pk"):
        labels = dict.fromkeys(row["label"] for row in one.recipients)
        lines = (_("To: %(who)s") % {"who": "; ".join(labels)},) if labels else ()
        measure = Measure.FLASHED if one.kind == FlashKind.WARNING else ""
        yield Entry(
            one.sent_at, DID, _("%(kind)s sent") % {"kind": one.get_kind_display()}, who=person_words(one.created_by),
            lines=lines, url=reverse("coordination:flash-detail", args=[one.pk]), ref=one.ref, measure=measure,
            tells=("flashes", one.pk), marking=one.marking,
        )  # fmt: skip


def _tasks(case: WarningCase) -> Iterator[Entry]:
    for one in CaseTask.objects.filter(case=case).select_related("owner", "asked_by", "done_by"):
        lines = []
        if one.tool:
            lines.append(str(one.get_tool_display()))
        if one.owner:
            lines.append(_("Responsible: %(who)s.") % {"who": person_words(one.owner)})
        if one.due_on:
            lines.append(_("Until %(day)s.") % {"day": for_people(one.due_on)})
        what = {"task": one.get_kind_display()}
        yield Entry(one.asked_at, DID, _("Asked: %(task)s") % what, who=person_words(one.asked_by), lines=tuple(lines))
        if one.done_at:
            title = _("Done: %(task)s") % what if one.is_relevant else _("Not relevant: %(task)s") % what
            findings = (one.findings,) if one.findings else ()
            yield Entry(one.done_at, KNEW, title, who=person_words(one.done_by), lines=findings)


def _requests(case: WarningCase, user: Any) -> Iterator[Entry]:
    rows = ResourceRequest.objects.visible_to(user).filter(case=case).select_related("created_by", "answered_by")
    for one in rows.order_by("pk"):
        common: dict[str, Any] = {"ref": one.ref, "tells": ("requests", one.pk), "marking": one.marking}
        title = _("Means asked for: %(kind)s") % {"kind": one.get_kind_display()}
        yield Entry(one.created_at, DID, title, who=person_words(one.created_by), lines=(one.what,), **common)
        if one.answered_at:
            state = _("Request: %(state)s") % {"state": str(RequestState(one.state).label).lower()}
            lines = (one.answer,) if one.answer else ()
            yield Entry(one.answered_at, DID, state, who=person_words(one.answered_by), lines=lines, **common)


def _incidents(case: WarningCase, user: Any, now: datetime) -> Iterator[Entry]:
    """Yield what happened in the case's area from the day of the report on, and the incident that it became.

    An incident has a day and no hour, so it stands at the end of its day; that it followed from the threat is not said.
    """
    last = min(now, case.closed_at + AFTER) if case.closed_at else now
    rows = Incident.objects.visible_to(user).filter(mission=case.mission_id, starts_on__lte=last.date())
    rows = rows.filter(starts_on__gte=case.received_at.date()).exclude(verification=Verification.DISCOUNTED)
    here = rows.filter(area__path__startswith=case.area.path) if case.area else rows.none()
    if case.incident_id:
        here |= rows.filter(pk=case.incident_id)
    for one in here.select_related("area").order_by("starts_on", "number")[:MOST_INCIDENTS]:
        at = datetime.combine(one.starts_on, time(23, 59, 59), tzinfo=UTC)
        numbers = {"killed": for_people(one.killed_best), "injured": for_people(one.injured_best)}
        numbers["state"] = str(one.get_verification_display()).lower()
        where = one.place or (one.area.name if one.area else "")
        lines = (
            f"{one.title}, {where}" if where else one.title,
            _("Killed: %(killed)s. Injured: %(injured)s. Verification: %(state)s.") % numbers,
        )
        title = _("The incident of this case") if one.pk == case.incident_id else _("Incident in the area")
        yield Entry(
            at, KNEW, title, lines=lines, is_day=True, url=reverse("threats:incident-detail", args=[one.pk]),
            ref=one.ref, tells=("incidents", one.pk), marking=one.marking,
        )  # fmt: skip
