"""What the case itself says on its trail: report, ratings, further reports, steps, whom it was sent to, edits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import CaseRecipient, CaseStep, WarningCase
from coordination.warnings.choices import AtRisk, Measure
from coordination.warnings.flash_content import said_at
from coordination.warnings.rules import STEPS
from coordination.warnings.trail import DID, KNEW, Entry, duration
from pocweb.fieldlist import for_people
from pocweb.models import AuditEvent
from pocweb.trail import READINGS, verb_words

JUDGED = ("3", "4", "5", "6", "7A", "7B", "8", "9")
"""Steps whose result is knowledge; the others are acts."""
TOLD_BY_RECORD = {
    *("file", "report", "flash", "call-emergency", "evaluate", "evaluated", "tell", "send-harm"),
    *("plan-response", "begin-response", "response-done", "response-hindered"),
}
"""Acts whose own record tells more. A step that was skipped to, or taken again, is told all the same."""
SENDING = {"send-out", "share"}
NOT_SAID = {"version", "changed_at", "changed_by", "state", "marking", *(step.clock for step in STEPS if step.clock)}
MEASURE_OF = {
    "classed_at": Measure.CLASSED, "decided_at": Measure.DECIDED, "flashed_at": Measure.FLASHED,
    "acted_at": Measure.ACTED,
}  # fmt: skip
CLOCK_OF = {step.act: step.clock for step in STEPS}
OTHER_ACTS = {
    "rate-children": gettext_lazy("Rate the impact on children"),
    "rate-women": gettext_lazy("Rate the impact on women and girls"),
    "reopen": gettext_lazy("Reopen the case"),
    "change-response": gettext_lazy("Change the response"),
    "no-evaluation": gettext_lazy("No evaluation"),
    "share": gettext_lazy("Share the case"),
    "link-threat": gettext_lazy("Tie it to a threat"),
    "unlink-threat": gettext_lazy("Untie it from its threat"),
    "link-incident": gettext_lazy("Tie it to an incident"),
}


def person_words(person: Any) -> str:
    """Return name and function of a person of the mission; the system for None."""
    if person is None:
        return _("The system")
    return f"{person}, {person.function}" if person.function else str(person)


def entries_of(case: WarningCase, user: Any) -> Iterator[Entry]:
    """Yield what the case and its parts say. Four queries, whatever their number."""
    sees_sources = bool(user.has_perm("threats.view_source"))
    steps = list(CaseStep.objects.filter(case=case).select_related("by"))
    yield _intake(case, sees_sources)
    yield from _reports(case, sees_sources)
    rows = list(CaseRecipient.objects.filter(case=case).select_related("person", "stands_for__person"))
    sent = {(row.step, row.sent_at) for row in rows}
    for one in steps:
        is_told = one.act in TOLD_BY_RECORD or (one.act in SENDING and (one.key, one.ended_at) in sent)
        if one.is_out_of_order or not is_told:
            yield _step(case, one)
    yield from _sendings(rows, {one.ended_at: person_words(one.by) for one in steps})
    yield from _edits(case, user, steps)
    if case.neutralised_at:
        yield Entry(case.neutralised_at, KNEW, _("The threat is neutralised"), measure=Measure.NEUTRALISED)


def _source(row: Any, sees_sources: bool) -> tuple[str, ...]:
    return (_("Source: %(key)s.") % {"key": row.source},) if sees_sources and row.source_id else ()


def _intake(case: WarningCase, sees_sources: bool) -> Entry:
    said = {"act": case.get_act_display(), "where": case.place, "when": str(case.get_expected_display()).lower()}
    said["who"] = str(case.get_threatening_display()).lower()
    lines = [
        _("%(act)s, %(where)s. When: %(when)s. Who threatens: %(who)s.") % said,
        case.text,
        _("At risk: %(who)s. Number: %(n)s.") % {"who": for_people(case.at_risk_labels), "n": for_people(case.people)},
    ]
    lines += _source(case, sees_sources)
    title = _("The report came in: %(how)s") % {"how": str(case.get_channel_display()).lower()}
    if case.created_at - case.received_at >= timedelta(minutes=1):
        lines.append(_("Recorded on %(at)s.") % {"at": said_at(case.created_at)})
    return Entry(case.received_at, KNEW, title, who=person_words(case.created_by), lines=tuple(lines))


def _reports(case: WarningCase, sees_sources: bool) -> Iterator[Entry]:
    for one in case.reports.select_related("by", "source"):
        title = _("A further report bears it out") if one.corroborates else _("A further report came in")
        title += f": {str(one.get_channel_display()).lower()}"
        lines = (one.text, *_source(one, sees_sources))
        yield Entry(one.received_at, KNEW, title, who=person_words(one.by), lines=lines)


def _step(case: WarningCase, step: CaseStep) -> Entry:
    found = next((one for one in STEPS if one.act == step.act and one.key == step.key), None)
    label = str(found.label) if found else _verb_of(step)
    column = CLOCK_OF.get(step.act, "")
    moment: datetime | None = getattr(case, column) if column else None
    ends = moment is not None and (moment == step.ended_at or "decided" in column) and column in MEASURE_OF
    return Entry(
        at=step.ended_at,
        side=KNEW if step.key in JUDGED else DID,
        title=_("Step %(key)s: %(label)s") % {"key": step.key, "label": label},
        who=person_words(step.by),
        changes=tuple(line for line in said_changes(step.said) if line[2] != step.reason),
        reason=step.reason,
        is_out_of_order=step.is_out_of_order,
        measure=MEASURE_OF[column] if ends else "",
    )


def _verb_of(step: CaseStep) -> str:
    if step.act in OTHER_ACTS:
        return str(OTHER_ACTS[step.act])
    found = next((one.label for one in STEPS if one.act == step.act), None)
    return str(found) if found else step.act.replace("-", " ").capitalize()


def said_changes(said: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield label, old and new value in words of the columns that a step stated.

    Only columns of the case with values of their own: a link may lead to a record that the reader may not see, and
    what is no column is told by its own record.
    """
    columns = {field.name: field for field in WarningCase._meta.concrete_fields}
    for name, pair in said.items():
        field = columns.get(name)
        if field is None or name in NOT_SAID or field.is_relation or not isinstance(pair, list) or len(pair) != 2:
            continue
        before, after = (_words(field, value) for value in pair)
        if before != after:
            yield capfirst(str(field.verbose_name)), before, after


def _words(field: "models.Field[Any, Any]", value: Any) -> str:
    if value in (None, "", []):
        return ""
    if field.name == "at_risk":
        return for_people([str(AtRisk(one).label) for one in value if one in AtRisk.values])
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(value))
        return said_at(moment) if moment else str(value)
    return for_people(value)


def _sendings(rows: list[CaseRecipient], senders: dict[datetime, str]) -> Iterator[Entry]:
    """Yield each sending with who has not acknowledged until now, and each acknowledgement with the time it took."""
    groups: dict[tuple[str, datetime, int], list[CaseRecipient]] = {}
    for row in rows:
        groups.setdefault((row.step, row.sent_at, row.level), []).append(row)
    for (step, at, level), people in groups.items():
        yield _sending(step, at, level, people, senders.get(at, _("The system")))
    last = max((row.acknowledged_at for row in rows if row.step == "I10" and row.acknowledged_at), default=None)
    for row in rows:
        if row.reminded_at:
            n = {"n": row.reminders, "who": person_words(row.person)}
            yield Entry(row.reminded_at, DID, _("Reminder %(n)d to acknowledge: %(who)s") % n, who=_("The system"))
        if row.acknowledged_at:
            took = duration(int((row.acknowledged_at - row.sent_at) / timedelta(minutes=1)))
            words = {"step": row.step, "time": took}
            is_last = row.step == "I10" and row.acknowledged_at == last
            yield Entry(
                row.acknowledged_at, DID, _("Acknowledged step %(step)s after %(time)s") % words,
                who=person_words(row.person), measure=Measure.ACKNOWLEDGED if is_last else "",
            )  # fmt: skip


def _sending(step: str, at: datetime, level: int, people: list[CaseRecipient], who: str) -> Entry:
    lines = ["; ".join(f"{row.label}: {person_words(row.person)}" for row in people)]
    silent = [str(row.person) for row in people if row.due_at and not row.acknowledged_at]
    if silent:
        lines.append(_("Not acknowledged: %(who)s.") % {"who": ", ".join(silent)})
    if not level:
        return Entry(at, DID, _("Step %(step)s: sent to its recipients") % {"step": step}, who=who, lines=tuple(lines))
    quiet = [str(row.stands_for.person) for row in people if row.stands_for]
    lines.append(_("In place of %(who)s, who had not answered.") % {"who": ", ".join(dict.fromkeys(quiet))})
    title = _("Step %(step)s: sent one level up") % {"step": step}
    return Entry(at, DID, title, who=_("The system"), lines=tuple(lines))


def _edits(case: WarningCase, user: Any, steps: list[CaseStep]) -> Iterator[Entry]:
    """Yield corrections of the case outside its steps, as the audit trail keeps them."""
    moments = {step.ended_at for step in steps}
    rows = AuditEvent.objects.filter(
        object_type=WarningCase._meta.label_lower, object_id=str(case.pk), marking__lte=user.clearance
    )
    for event in rows.exclude(verb__in=(*READINGS, "filed")).select_related("actor").order_by("seq"):
        changes = tuple(said_changes(event.changes))
        if changes and event.at not in moments:
            title = _("The record was changed: %(act)s") % {"act": verb_words(event.verb)}
            yield Entry(event.at, DID, title, who=person_words(event.actor), changes=changes, reason=event.note)
