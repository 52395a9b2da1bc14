"""Allegations of intimidation or reprisal for cooperating with the mission: filed by any staff member, read by few.

The routing is fixed: human rights at headquarters first, the POC Adviser informed. A record is strictly confidential
whatever else is decided, and the audit trail holds who did what when, never a word of it. Source: POC Handbook 2020,
10.2 (CM-11); the marking, and that nothing is stored which nobody of human rights could read, are ours.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities.choices import ReprisalState
from coordination.models import Engagement, Reprisal
from coordination.sharing.services import desk_of
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking, NoticeMode, Role
from pocweb.errors import Conflict, RuleError
from pocweb.fieldlist import for_people
from pocweb.models import Area, Counter, Mission, Person
from pocweb.notices import notify, register_topic
from pocweb.permissions import require
from pocweb.recipients import Staff

FILE, VIEW, CHANGE = "coordination.file_reprisal", "coordination.view_reprisal", "coordination.change_reprisal"
TOPIC, KEPT_AS = "restricted_register", Marking.STRICTLY_CONFIDENTIAL
S = ReprisalState


@dataclass(frozen=True)
class Step:
    """One line of the state table."""

    act: str
    before: tuple[str, ...]
    after: str
    verb: str
    label: str | Promise
    needs_measures: bool


STEPS = (
    Step("take-up", (S.RECEIVED,), S.TAKEN_UP, "took up", gettext_lazy("Take it up"), False),
    Step("add", (S.TAKEN_UP,), S.TAKEN_UP, "added to", gettext_lazy("Add what was done"), True),
    Step("close", (S.TAKEN_UP,), S.CLOSED, "closed", gettext_lazy("Close it"), True),
)
"""The state table; it is closed with what was done, never without (ours)."""


@dataclass(frozen=True)
class Route:
    """Who is told: those of human rights at headquarters and the POC Advisers, and who of both may read it here."""

    human_rights: tuple[Person, ...]
    advisers: tuple[Person, ...]

    @property
    def readers(self) -> tuple[Person, ...]:
        """Human rights officers at headquarters who may read the register."""
        return tuple(one for one in self.human_rights if one.has_perm(VIEW) and one.clearance >= KEPT_AS)


def route_of(mission: Mission) -> Route:
    """Return the fixed route of an allegation in a mission."""
    staff = Staff(mission)
    at_hq = [row for row in staff.postings if row.office.is_headquarters]
    rights = [row for row in at_hq if row.role == Role.PROT]
    named = [row for row in rights if row.component is not None and row.component.code == "human-rights"]
    return Route(
        human_rights=tuple(dict.fromkeys(staff.people[row.person_id] for row in named or rights)),
        advisers=tuple(dict.fromkeys(staff.people[row.person_id] for row in at_hq if row.role == Role.POCA)),
    )


def refuse_unread(route: Route) -> None:
    """Raise `RuleError` with whom to call, when nobody of human rights could read an allegation that is stored."""
    if route.readers:
        return
    people = "; ".join(f"{one}, {one.function}" if one.function else str(one) for one in call_list(route))
    said = _("Nobody of human rights at headquarters may read such a record here, so nothing was stored.")
    call = _("Call %(people)s, and tell it by voice.") % {"people": people}
    nobody = _("Call the head of human rights at headquarters, and tell it by voice.")
    raise RuleError("nobody_cleared", f"{said} {call if people else nobody}")


def call_list(route: Route) -> tuple[Person, ...]:
    """Return whom to call: human rights, else the POC Advisers."""
    return route.human_rights or route.advisers


@transaction.atomic
def file_reprisal(
    mission: Mission,
    *,
    text: str,
    alleged_by: str = "",
    area: Area | None = None,
    engagement: Engagement | None = None,
    by: Any,
    now: datetime | None = None,
) -> Reprisal:
    """File an allegation, tell human rights at headquarters and the POC Adviser, and return the record.

    The filer is shown its reference and no more. Raises `Forbidden`, and `RuleError` without a text or when nobody of
    human rights could read it: then nothing is stored and the message says whom to call (CM-11).
    """
    require(by, FILE)
    if not text.strip():
        raise RuleError("text_missing", _("Say what happened, without names."), "text")
    if engagement is not None and not Engagement.objects.visible_to(by).filter(pk=engagement.pk).exists():
        raise RuleError("unknown_choice", _("Choose among those that you see in the list."), "engagement")
    route = route_of(mission)
    refuse_unread(route)
    moment = now or clock.now(mission)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    reprisal = Reprisal.objects.create(
        mission=mission, office=desk_of(mission, by), number=Counter.take(mission, "reprisal"), marking=KEPT_AS,
        received_at=moment, area=area, text=text.strip(), alleged_by=alleged_by.strip()[:160], engagement=engagement,
        **stamps,
    )  # fmt: skip
    record_event(by, "filed", reprisal, now=moment)
    readers = [one for one in (*route.readers, *route.advisers) if one.has_perm(VIEW) and one.clearance >= KEPT_AS]
    notify(
        list(dict.fromkeys(readers)),
        topic=TOPIC,
        key=f"reprisal:{reprisal.pk}",
        text=_("%(ref)s was filed in the restricted register.") % {"ref": reprisal.ref},
        url=reverse("coordination:reprisal-detail", args=[reprisal.pk]),
        marking=KEPT_AS,
        mission=mission,
        ref=reprisal.ref,
        now=moment,
    )
    return reprisal


def step_for(act: str, state: str) -> Step:
    """Return the line of the table. Raises `Conflict` when the record stands elsewhere, `RuleError` for no act."""
    step = next((one for one in STEPS if one.act == act), None)
    if step is None:
        raise RuleError("illegal_move", _("There is no such step."))
    if state not in step.before:
        words = _("This cannot be done any more: %(state)s.") % {"state": str(S(state).label).lower()}
        raise Conflict("moved_on", words)
    return step


@transaction.atomic
def move_reprisal(
    reprisal: Reprisal,
    act: str,
    *,
    measures: str = "",
    by: Any,
    based_on: int | None = None,
    now: datetime | None = None,
) -> Reprisal:
    """Take a step, add what was done under the day and one's name, and return the record; nothing is overwritten.

    Raises `Forbidden`, `Conflict` when it moved on, `RuleError` when a step needs measures and there are none.
    """
    rows = Reprisal.objects.select_for_update(of=("self",)).select_related("mission", "office")
    reprisal = rows.get(pk=reprisal.pk)
    require(by, CHANGE, reprisal)
    step = step_for(act, reprisal.state)
    if based_on is not None and based_on != reprisal.version:
        raise Conflict("moved_on", _("%(ref)s was changed meanwhile. Look at it again.") % {"ref": reprisal.ref})
    if step.needs_measures and not measures.strip():
        raise RuleError("measures_missing", _("Say what was done."), "measures")
    moment = now or clock.now(reprisal.mission)
    columns: dict[str, Any] = {"state": step.after, "changed_at": moment, "changed_by": by}
    if measures.strip():
        line = f"{for_people(moment.date())}, {by}: {measures.strip()}"
        columns["measures"] = f"{reprisal.measures}\n{line}".strip()
    same = Reprisal.objects.filter(pk=reprisal.pk, state=reprisal.state, version=reprisal.version)
    if not same.update(version=F("version") + 1, **columns):
        raise Conflict("moved_on", _("%(ref)s was changed meanwhile. Look at it again.") % {"ref": reprisal.ref})
    reprisal.refresh_from_db()
    record_event(by, step.verb, reprisal, now=moment)
    return reprisal


def register() -> None:
    """Add the topic; its label is all that an e-mail says."""
    register_topic(TOPIC, gettext_lazy("Restricted register"), NoticeMode.AT_ONCE, urgent=True)
