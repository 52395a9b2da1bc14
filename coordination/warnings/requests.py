"""Requests for means of mission support: who may ask, the rank that the purpose gives, the answer (EW-19).

Rank 1: MEDEVAC, CASEVAC, military operations. Rank 2: responses to early warnings, Joint Protection Teams. Rank 3:
responses to alerts. Rank 4: all else. Both guidance documents set early-warning responses and Joint Protection Teams
just below the first rank, so they share the second; Head of Office or leadership decides between them. Source: POC
Handbook 2020, Annex V, para. 19 and step 5; Annex VI, para. 9.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import ResourceRequest, WarningCase
from coordination.warnings.choices import CaseClass, CaseState, RequestKind, RequestState
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking, Role
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.models import Counter, Mission, Office
from pocweb.notices import notify
from pocweb.permissions import require
from pocweb.recipients import Staff

ASK, ANSWER = "coordination.request_resources", "coordination.answer_request"
TOPIC = "resources"
FIRST, SECOND, THIRD, LAST = 1, 2, 3, 4
WORDS: dict[int, str | Promise] = {
    FIRST: gettext_lazy("before all else: MEDEVAC, CASEVAC, military operation"),
    SECOND: gettext_lazy("second: response to an early warning, or Joint Protection Team"),
    THIRD: gettext_lazy("third: response to an alert that is no early warning yet"),
    LAST: gettext_lazy("after all others"),
}
URGENT = (RequestKind.MEDEVAC, RequestKind.CASEVAC, RequestKind.OPERATION)


def rank_of(kind: str, case_class: str = "") -> int:
    """Return the rank of a request by what it is for, and by the class of the case that it serves (EW-19)."""
    if kind in URGENT:
        return FIRST
    if kind == RequestKind.JPT or (kind == RequestKind.RESPONSE and case_class == CaseClass.WARNING):
        return SECOND
    return THIRD if kind == RequestKind.RESPONSE else LAST


def ranked(requests: "QuerySet[ResourceRequest]") -> "QuerySet[ResourceRequest]":
    """Add `rank` as `rank_of` gives it, and put open requests first, by rank, then by when they are needed.

    The class of the case counts as it is now: an alert that becomes an early warning lifts its requests.
    """
    warned = Q(kind=RequestKind.RESPONSE, case__case_class=CaseClass.WARNING)
    rank = Case(
        When(kind__in=URGENT, then=Value(FIRST)),
        When(Q(kind=RequestKind.JPT) | warned, then=Value(SECOND)),
        When(kind=RequestKind.RESPONSE, then=Value(THIRD)),
        default=Value(LAST),
        output_field=IntegerField(),
    )
    closed = Case(When(state=RequestState.ASKED, then=Value(0)), default=Value(1), output_field=IntegerField())
    return requests.annotate(rank=rank, is_closed=closed).order_by("is_closed", "rank", "needed_at", "pk")


@transaction.atomic
def ask_for_resources(
    mission: Mission,
    *,
    kind: str,
    what: str,
    needed_at: datetime,
    by: Any,
    case: WarningCase | None = None,
    office: Office | None = None,
    now: datetime | None = None,
) -> ResourceRequest:
    """Ask mission support for means and return the request; who answers is told.

    It belongs to the office of the case, else to the asker's, and is marked at least as the case. Raises `Forbidden`,
    `RuleError` with the field: a response names its case, and no case that is closed is responded to.
    """
    require(by, ASK)
    now = now or clock.now(mission)
    if kind not in RequestKind.values:
        raise RuleError("kind_missing", _("Choose what it is for."), "kind")
    if not what.strip():
        raise RuleError("what_missing", _("Say what is needed: how many, where to, for how long."), "what")
    if needed_at < now:
        raise RuleError("needed_before", _("Give a time that is still to come."), "needed_at")
    if case is None and kind == RequestKind.RESPONSE:
        raise RuleError("case_missing", _("Name the case that it responds to."), "case")
    if case is not None:
        if not WarningCase.objects.visible_to(by).filter(pk=case.pk).exists():
            raise RuleError("unknown_case", _("No case has this reference."), "case")
        if case.state == CaseState.CLOSED:
            raise RuleError("case_closed", _("The case is closed."), "case")
    home = case.office if case is not None else office or getattr(by, "office", None)
    if home is None:
        raise RuleError("office_missing", _("You are not posted in this mission today."))
    request = ResourceRequest(
        mission=mission, office=home, kind=kind, what=what.strip(), case=case, needed_at=needed_at,
        marking=max(mission.default_marking, case.marking if case else Marking.UNCLASSIFIED),
        created_by=by, created_at=now, changed_by=by, changed_at=now,
    )  # fmt: skip
    require(by, ASK, request)
    request.number = Counter.take(mission, "request")
    request.save(force_insert=True)
    said = {"kind": [None, kind], "what": [None, request.what], "needed_at": [None, needed_at.isoformat()]}
    record_event(by, "asked for means", request, changes=said | ({"case": [None, case.pk]} if case else {}), now=now)
    _tell_support(request, by, now)
    return request


def _tell_support(request: ResourceRequest, by: Any, now: datetime) -> None:
    """Tell mission support at headquarters, up to each one's clearance."""
    people = [one for one in Staff(request.mission).holders((Role.DMS,), request.office) if one.pk != by.pk]
    seen = [one for one in people if one.has_perm(ANSWER, request)]
    case_class = request.case.case_class if request.case else ""
    said = {"ref": request.ref, "rank": rank_of(request.kind, case_class)}
    notify(
        seen, topic=TOPIC, key=f"request-{request.pk}-asked", mission=request.mission, marking=request.marking,
        text=_("%(ref)s: means are asked for, rank %(rank)s. Grant or refuse it.") % said, ref=request.ref,
        url=reverse("coordination:request-detail", args=[request.pk]), now=now,
    )  # fmt: skip


@transaction.atomic
def answer_request(
    request: ResourceRequest, *, granted: bool, answer: str, by: Any, now: datetime | None = None
) -> ResourceRequest:
    """Grant or refuse an open request with a sentence, and tell the asker.

    Raises `Forbidden`, `RuleError` without words, `Conflict` when it was answered or withdrawn meanwhile.
    """
    require(by, ANSWER, request)
    if not answer.strip():
        words = _("Say what is given and from when.") if granted else _("Say why, and what could be given instead.")
        raise RuleError("answer_missing", words, "answer")
    state = RequestState.GRANTED if granted else RequestState.REFUSED
    now = now or clock.now(request.mission)
    columns = {"answer": answer.strip(), "answered_at": now, "answered_by": by}
    verb = "granted means" if granted else "refused means"
    request = _move(request, state, columns=columns, by=by, verb=verb, now=now)
    asker: Any = request.created_by
    if asker is None or asker.pk == by.pk:
        return request
    if ResourceRequest.objects.visible_to(asker).filter(pk=request.pk).exists():
        said = {"ref": request.ref, "state": str(request.get_state_display()).lower()}
        notify(
            [asker], topic=TOPIC, key=f"request-{request.pk}-answered", mission=request.mission, ref=request.ref,
            marking=request.marking, text=_("%(ref)s: your request was %(state)s.") % said,
            url=reverse("coordination:request-detail", args=[request.pk]), now=now,
        )  # fmt: skip
    return request


@transaction.atomic
def withdraw_request(request: ResourceRequest, *, by: Any, now: datetime | None = None) -> ResourceRequest:
    """Take back an open request of one's own, or of the case that one keeps. Raises `Forbidden`, `Conflict`."""
    if not may_withdraw(request, by):
        raise Forbidden("forbidden", _("Only who asked may withdraw it."))
    now = now or clock.now(request.mission)
    return _move(request, RequestState.WITHDRAWN, columns={}, by=by, verb="withdrew the request", now=now)


def may_withdraw(request: ResourceRequest, user: Any) -> bool:
    """Say whether a person may take the request back: who asked, or who steers cases of the office."""
    is_own = request.created_by_id == user.pk and user.has_perm(ASK, request)
    return is_own or user.has_perm("coordination.steer_case", request)


def _move(
    request: ResourceRequest, state: str, *, columns: dict[str, Any], by: Any, verb: str, now: datetime
) -> ResourceRequest:
    rows = ResourceRequest.objects.filter(pk=request.pk, state=RequestState.ASKED)
    stamps = {"version": F("version") + 1, "changed_at": now, "changed_by": by}
    if not rows.update(state=state, **columns, **stamps):
        raise Conflict("already_answered", _("%(ref)s was answered or withdrawn meanwhile.") % {"ref": request.ref})
    request.refresh_from_db()
    changes: dict[str, list[Any]] = {"state": [RequestState.ASKED, state]}
    if columns:
        changes["answer"] = ["", columns["answer"]]
    record_event(by, verb, request, changes=changes, now=now)
    return request
