"""Responses to a case: what is planned, begun, done, hindered, and to what effect (steps N11, I15).

A response is begun when action is taken: that moment ends the first stretch of the alert clock (Annex III, 2.2.3). An
operation is begun only after its harm assessment went to the POC Unit (EW-11). Source: POC Handbook 2020, Annex V,
steps 15 and 11 (non-imminent), paragraphs 14 and 24.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from coordination.models import CaseResponse, Decision, WarningCase
from coordination.warnings import rules
from coordination.warnings.choices import ResponseKind, ResponseState
from coordination.warnings.decisions import decisions_of
from coordination.warnings.harm import refuse_unassessed
from coordination.warnings.moves import locked_case, plain, write_step
from coordination.warnings.recipients import may_see, people_of, recipients_for
from coordination.warnings.sending import refuse_closed, tell
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Component, Person
from pocweb.permissions import require

TOPIC = "case_response"
EDITABLE = ("kind", "text", "is_operation", "component", "host_authority", "owner", "due_at", "decision")
PLAN = ("kind", "text", "is_operation", "component", "host_authority")
"""What makes the plan of an operation: when one of these changes, its harm is assessed anew (EW-11)."""
KEYS = {"component": Component, "owner": Person, "decision": Decision}


def is_operation_by_kind(kind: str) -> bool:
    """Say whether a kind of response is an operation unless somebody says otherwise (ours; Annex V, step 16)."""
    return kind in ResponseKind.OPERATIONS


def plain_response(response: CaseResponse) -> dict[str, Any]:
    """Return the guarded fields as plain values: keys for records, ISO text for moments."""
    return {name: plain(getattr(response, name)) for name in EDITABLE}


def _key(case: WarningCase) -> str:
    return "I15" if case.is_imminent else "N11"


@transaction.atomic
def add_response(case: WarningCase, *, given: Mapping[str, Any], by: Any, now: datetime | None = None) -> CaseResponse:
    """Add a planned response and return it; `given` holds the fields of `EDITABLE` as plain values.

    Raises `Forbidden`, and `RuleError` with the field: no kind, nobody who acts, an owner who may not see the case.
    """
    case = locked_case(case.pk)
    require(by, rules.RESPOND, case)
    refuse_closed(case)
    moment = now or clock.now(case.mission)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    response = CaseResponse(case=case, planned_at=moment, **stamps)
    _apply(response, {"is_operation": is_operation_by_kind(str(given.get("kind"))), **given}, by=by)
    response.save(force_insert=True)
    changes = {name: [None, value] for name, value in plain_response(response).items() if value not in (None, "")}
    record_event(by, "planned a response", response, changes=changes, now=moment)
    _follow(case, "plan-response", "planned a response to", response, by=by, now=moment)
    return response


def edit_response(
    response: CaseResponse, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[CaseResponse]:
    """Store changes under the lost-update guard; a changed plan of an operation asks for a new harm assessment.

    Raises `Forbidden`, `EditConflict`, `RuleError` with the field.
    """
    with transaction.atomic():
        case = locked_case(response.case_id)
        require(by, rules.RESPOND, case)
        refuse_closed(case)
        moment = now or clock.now(case.mission)

        def apply(record: CaseResponse, values: dict[str, Any]) -> list[str]:
            _apply(record, values, by=by)
            if set(values) & set(PLAN):
                record.planned_at = moment
                return [*values, "planned_at"]
            return list(values)

        given = dict(changes)
        if not given.get("decision", 1) and not _sees_decision(response, by):
            del given["decision"]  # no form offers what the person may not see, so an empty field says nothing
        rows = CaseResponse.objects.select_related("case__mission", "case__office")
        saved: Saved[CaseResponse] = save_guarded(
            rows, response.pk, based_on=based_on, changes=given, by=by, plain=plain_response, apply=apply,
            verb="changed a response", now=moment,
        )  # fmt: skip
        if "is_operation" in saved.changes:
            _follow(case, "change-response", "changed a response to", saved.record, by=by, now=moment)
    return saved


def _sees_decision(response: CaseResponse, by: Any) -> bool:
    """Say whether a person sees the decision behind a response; where there is none, nothing is hidden."""
    rows = Decision.objects.visible_to(by).filter(pk=response.decision_id)
    return response.decision_id is None or bool(rows.exists())


def _apply(response: CaseResponse, values: Mapping[str, Any], *, by: Any) -> None:
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A response has no field %(name)s.") % {"name": name}, name)
        _set(response, name, value)
    if response.kind not in ResponseKind.values:
        raise RuleError("kind_missing", _("Say what kind of response it is."), "kind")
    if response.component is None and not response.host_authority.strip():
        raise RuleError(
            "actor_missing", _("Say who acts: a component of the mission, or a host authority."), "component"
        )
    if response.kind == ResponseKind.OTHER and not response.text.strip():
        raise RuleError("text_missing", _("Say what is done."), "text")
    owner = response.owner
    if owner is not None and not may_see(owner, response.case):
        raise RuleError("not_cleared", _("This person may not see the case. Choose another."), "owner")
    try:
        response.clean_fields(exclude=["case", "planned_at"])
    except ValidationError as error:
        name, said = next(iter(error.message_dict.items()))
        raise RuleError("invalid", said[0], name) from error


def _set(response: CaseResponse, name: str, value: Any) -> None:
    if name in KEYS:
        setattr(response, name, _record(response.case, name, value))
    elif name == "due_at":
        response.due_at = parse_datetime(value) if isinstance(value, str) and value else value or None
    elif name == "is_operation":
        response.is_operation = bool(value)
    else:
        setattr(response, name, str(value or "").replace("\r\n", "\n").strip())


def _record(case: WarningCase, name: str, key: Any) -> Any:
    """Return the record behind a key, of this mission and case alone."""
    if not key:
        return None
    if name == "decision":
        found = decisions_of(case).filter(pk=key).first()
    elif name == "component":
        found = Component.objects.filter(mission=case.mission_id, pk=key).first()
    else:
        found = Person.objects.filter(postings__mission=case.mission_id, is_active=True, pk=key).first()
    if found is None:
        raise RuleError(f"{name}_unknown", _("Choose from the list."), name)
    return found


def _follow(case: WarningCase, act: str, verb: str, response: CaseResponse, *, by: Any, now: datetime) -> None:
    """Keep on the case whether its response contains an operation, with a step that says what was planned."""
    has_operation = CaseResponse.objects.filter(case=case, is_operation=True).exists()
    columns = {"has_operation": has_operation}
    said = {"response": [None, response.pk]}
    write_step(case, key=_key(case), act=act, verb=verb, columns=columns, said=said, by=by, now=now)


def may_report(user: Any, response: CaseResponse, case: WarningCase) -> bool:
    """Say whether a person reports on a response: who responds to the case, or the one who answers for it (N11)."""
    is_own = response.owner_id == user.pk and may_see(user, case)
    return is_own or bool(user.has_perm(rules.RESPOND, case))


def require_report(response: CaseResponse, case: WarningCase, by: Any) -> None:
    """Raise `Forbidden` for who may not report on a response."""
    fresh = CaseResponse.objects.get(pk=response.pk)
    if not may_report(by, fresh, case):
        raise Forbidden("forbidden", _("Who answers for the response reports on it, or who responds to the case."))


@transaction.atomic
def begin_response(
    response: CaseResponse, *, begun_at: datetime | None = None, by: Any, now: datetime | None = None
) -> CaseResponse:
    """Note that action is taken, since when, and return the response; the case's clock keeps the first such moment.

    One that met an obstacle is taken up again by this, its first moment kept. Raises `Forbidden`, `Conflict` when it
    was begun, and `RuleError` for a moment to come or before the report, or for an operation whose harm assessment did
    not go to the POC Unit (EW-11).
    """
    case = locked_case(response.case_id)
    require_report(response, case, by)
    refuse_closed(case)
    moment = now or clock.now(case.mission)
    at = begun_at or moment
    if at > moment:
        raise RuleError("moment_to_come", _("This moment has not come yet."), "begun_at")
    if at < case.received_at:
        raise RuleError("moment_too_early", _("The report was not received yet at that moment."), "begun_at")
    response = CaseResponse.objects.select_related("case__mission", "case__office").get(pk=response.pk)
    if response.is_operation:
        refuse_unassessed(case)
    before = (ResponseState.PLANNED, ResponseState.HINDERED)
    values = {} if response.begun_at else {"begun_at": at}
    response = _move(response, before, ResponseState.UNDER_WAY, values, "began a response", by=by, now=moment)
    columns = {} if case.acted_at and case.acted_at <= at else {"acted_at": at}
    said = {"response": [None, response.pk]}
    write_step(
        case, key=_key(case), act="begin-response", verb="began a response to", columns=columns, said=said, by=by,
        now=moment,
    )  # fmt: skip
    return response


def finish_response(response: CaseResponse, *, effect: str = "", by: Any, now: datetime | None = None) -> CaseResponse:
    """Note that a response is complete, with its effect, and tell who must know. Step N11: completion."""
    before = (ResponseState.UNDER_WAY,)
    values = {"effect": effect.strip()} if effect.strip() else {}
    words = _("%(ref)s: a response is complete.")
    return _report(response, before, ResponseState.DONE, values, "completed a response", words, by=by, now=now)


def hinder_response(response: CaseResponse, *, obstacle: str, by: Any, now: datetime | None = None) -> CaseResponse:
    """Note that a response met an obstacle, and tell who must know. Step N11: obstacle."""
    if not obstacle.strip():
        raise RuleError("obstacle_missing", _("Say what hinders it."), "obstacle")
    before = (ResponseState.PLANNED, ResponseState.UNDER_WAY)
    values = {"obstacle": obstacle.strip()}
    words = _("%(ref)s: a response met an obstacle. Help to clear it.")
    return _report(response, before, ResponseState.HINDERED, values, "met an obstacle in", words, by=by, now=now)


@transaction.atomic
def _report(
    response: CaseResponse, before: tuple[str, ...], after: str, values: dict[str, Any], verb: str, words: str, *,
    by: Any, now: datetime | None,
) -> CaseResponse:  # fmt: skip
    """Move a response on and tell the list of step N11: Head of Office, focal points, operations centre, JMAC."""
    case = locked_case(response.case_id)
    require_report(response, case, by)
    moment = now or clock.now(case.mission)
    ended = {"ended_at": moment} if after == ResponseState.DONE else {}
    response = _move(response, before, after, values | ended, verb, by=by, now=moment)
    said = {"response": [None, response.pk]}
    write_step(
        case, key=_key(case), act=f"response-{after}".replace("_", "-"), verb=verb, columns={}, said=said, by=by,
        now=moment,
    )  # fmt: skip
    pairs = [one for one in people_of(recipients_for(case, _key(case))) if one[1].pk != by.pk]
    tell(case, _key(case), pairs, text=words % {"ref": case.ref}, topic=TOPIC, now=moment)
    return response


@transaction.atomic
def note_effect(response: CaseResponse, *, effect: str, by: Any, now: datetime | None = None) -> CaseResponse:
    """Note what a response that was begun led to, the text replacing the one before; the audit trail keeps both."""
    case = locked_case(response.case_id)
    require_report(response, case, by)
    if not effect.strip():
        raise RuleError("effect_missing", _("Say what it led to."), "effect")
    states = (ResponseState.UNDER_WAY, ResponseState.HINDERED, ResponseState.DONE)
    response = CaseResponse.objects.select_related("case__mission", "case__office").get(pk=response.pk)
    moment = now or clock.now(case.mission)
    return _move(response, states, response.state, {"effect": effect.strip()}, "noted the effect of", by=by, now=moment)


def _move(
    response: CaseResponse, before: tuple[str, ...], after: str, values: dict[str, Any], verb: str, *, by: Any,
    now: datetime,
) -> CaseResponse:  # fmt: skip
    """Change a response by a conditional update, so that of two people one is told."""
    old = CaseResponse.objects.select_related("case__mission", "case__office").get(pk=response.pk)
    rows = CaseResponse.objects.filter(pk=response.pk, state__in=before, version=old.version)
    if not rows.update(state=after, version=F("version") + 1, changed_at=now, changed_by=by, **values):
        words = {"state": str(old.get_state_display()).lower()}
        raise Conflict("response_moved_on", _("The response stands otherwise by now: %(state)s.") % words)
    fresh = CaseResponse.objects.select_related("case__mission", "case__office").get(pk=response.pk)
    changes = {name: [plain(getattr(old, name)), plain(value)] for name, value in values.items()}
    record_event(by, verb, fresh, changes={**changes, "state": [old.state, after]}, now=now)
    return fresh
