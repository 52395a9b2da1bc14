"""Filing: a report of a threat becomes a case, with who is told of it; further reports join it. Ratings: `ratings.py`.

Any staff member may report, wherever it is: the office that answers for the place takes the case over, and the person
who reported sees it all the same (POC Handbook 2020, Annex V, step 2; EW-01).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import CaseReport, CaseStep, WarningCase
from coordination.warnings.choices import AtRisk, CaseState, Channel, ExpectedTime, ThreatenedAct, Threatening
from coordination.warnings.moves import locked_case, write_step
from pocweb import clock
from pocweb.audit import record_event
from pocweb.choices import Marking, Role
from pocweb.errors import RuleError
from pocweb.models import Area, Component, Counter, Mission, Office, Person
from pocweb.notices import notify
from pocweb.permissions import refuse_above_clearance, require
from pocweb.recipients import Staff
from threats.models import Actor, Source, Threat
from threats.services.incident_places import AreaOffices

TOPIC = "alert"
UNIFORMED = (Component.Kind.MILITARY, Component.Kind.POLICE)
WORDS = {"act": ThreatenedAct, "channel": Channel, "expected": ExpectedTime, "threatening": Threatening}
ASK = {
    "act": gettext_lazy("Say what may happen."),
    "channel": gettext_lazy("Say how you know."),
    "expected": gettext_lazy("Choose when from the list."),
    "threatening": gettext_lazy("Choose who threatens from the list."),
}


@transaction.atomic
def file_case(
    mission: Mission,
    *,
    by: Any,
    place: str,
    act: str,
    text: str,
    channel: str,
    expected: str = ExpectedTime.UNKNOWN,
    threatening: str = Threatening.UNKNOWN,
    at_risk: Collection[str] = (),
    people: int | None = None,
    un_staff: bool = False,
    area: Area | None = None,
    office: Office | None = None,
    actor: Actor | None = None,
    source: Source | None = None,
    threat: Threat | None = None,
    component: Component | None = None,
    hierarchy_copy: Person | None = None,
    marking: int | None = None,
    received_at: datetime | None = None,
    now: datetime | None = None,
) -> WarningCase:
    """Store a report of a threat as a new case, tell who must know, and return it.

    The office is the one given, else the deepest that answers for the area, else that of the person who reports. The
    marking is at least that of the profile and the threat it cites, and Confidential where it names a source's key. The
    Head of Office and the operations centre nearest to the office are told at once, a uniformed reporter's hierarchy
    gets its copy (the nearest commander where none was chosen). Raises `RuleError` with the field, `Forbidden`.
    Source: POC Handbook 2020, Annex V, step 2 (EW-01).
    """
    require(by, "coordination.file_case")
    posting = _posting_in(mission, by)
    now = now or clock.now(mission)
    received_at = received_at or now
    stated = {"act": act, "channel": channel, "expected": expected, "threatening": threatening}
    _check(stated, place=place, text=text, at_risk=at_risk, people=people, received_at=received_at, now=now)
    staff = Staff(mission)
    case = WarningCase(
        mission=mission, office=office or (AreaOffices(mission).office_for(area.path) if area else posting.office),
        marking=_marking(mission, marking, by, actor=actor, source=source, threat=threat),
        component=component or posting.component, place=" ".join(place.split()), area=area, actor=actor, source=source,
        threat=threat, at_risk=[one.value for one in AtRisk if one.value in at_risk], people=people,
        un_staff=un_staff, text=text.strip(), hierarchy_copy=_hierarchy(staff, by, hierarchy_copy),
        received_at=received_at, created_by=by, changed_by=by, created_at=now, changed_at=now, **stated,
    )  # fmt: skip
    case.number = Counter.take(mission, "case")
    _clean(case)
    case.save(force_insert=True)
    _record(case, by, told=tell_filed(case, by=by, staff=staff, now=now), now=now)
    return case


def _posting_in(mission: Mission, by: Any) -> Any:
    """Return the person's posting in the mission, the one highest in the tree first."""
    posting = next((one for one in getattr(by, "active_postings", []) if one.mission_id == mission.pk), None)
    if posting is None:
        raise RuleError("no_posting", _("You are not posted in this mission today."))
    return posting


def _check(
    stated: Mapping[str, str],
    *,
    place: str,
    text: str,
    at_risk: Collection[str],
    people: int | None,
    received_at: datetime,
    now: datetime,
) -> None:
    """Raise `RuleError` for what a report cannot do without, the questions in their order."""
    for name in ("act", "expected", "threatening", "channel"):
        if stated[name] not in WORDS[name].values:
            raise RuleError(f"{name}_missing", str(ASK[name]), name)
    if not place.strip():
        raise RuleError("place_missing", _("Name a village, quarter or road."), "place")
    if set(at_risk) - set(AtRisk.values):
        raise RuleError("at_risk_unknown", _("Choose who is at risk from the list."), "at_risk")
    if people is not None and people < 0:
        raise RuleError("people_negative", _("Give the number of people, or leave it empty."), "people")
    if not text.strip():
        raise RuleError("text_missing", _("Write in a sentence what was seen or heard."), "text")
    check_received(received_at, now)


def check_received(received_at: datetime, now: datetime) -> None:
    """Raise `RuleError` for a report that was received later than now (EW-01)."""
    if received_at > now:
        raise RuleError("received_later", _("The report cannot be received later than now."), "received_at")


def _marking(
    mission: Mission, stated: int | None, by: Any, *, actor: Actor | None, source: Source | None, threat: Threat | None
) -> int:
    """Return the marking of a case: the stated or usual one, raised to what it cites."""
    if actor is not None and not by.has_perm("threats.view_actor", actor):
        raise RuleError("unknown_actor", _("No profile has this code."), "actor")
    if threat is not None and not by.has_perm("threats.view_threat", threat):
        raise RuleError("unknown_threat", _("No threat has this reference."), "threat")
    cited = [one.marking for one in (actor, threat) if one is not None]
    cited += [Marking.CONFIDENTIAL] if source is not None else []
    wanted = int(stated if stated is not None else mission.default_marking)
    refuse_above_clearance(wanted, by)
    return max([wanted, *(int(one) for one in cited)])


def is_uniformed(by: Any, mission: Mission) -> bool:
    """Say whether a person is posted in the mission's military or police today."""
    rows = [row for row in getattr(by, "active_postings", []) if row.mission_id == mission.pk]
    return any(row.component is not None and row.component.kind in UNIFORMED for row in rows)


def hierarchy_choices(staff: Staff, by: Any) -> list[Person]:
    """Return whom a uniformed person may copy: of their own component's kind, in their office or above.

    Commanders come first, the nearest ahead; empty for civilians and for who has nobody above (EW-01).
    """
    mine = [row for row in getattr(by, "active_postings", []) if row.mission_id == staff.mission.pk]
    found: dict[int, Person] = {}
    for row in mine:
        if row.component is not None and row.component.kind in UNIFORMED:
            for roles in ((Role.FCPC,), (Role.SECT, Role.HOO)):
                for person in staff.holders(roles, row.office, row.component.kind):
                    found.setdefault(person.pk, person)
    found.pop(by.pk, None)
    return list(found.values())


def _hierarchy(staff: Staff, by: Any, chosen: Person | None) -> Person | None:
    """Return who gets the hierarchy copy: the one chosen, else the nearest commander of a uniformed reporter."""
    choices = hierarchy_choices(staff, by)
    if chosen is None:
        return next((one for one in choices if any(grant.role == Role.FCPC for grant in one.grants)), None)
    if chosen not in choices:
        raise RuleError("hierarchy_unknown", _("Choose a person of your own hierarchy."), "hierarchy_copy")
    return chosen


def tell_filed(case: WarningCase, *, by: Any, staff: Staff, now: datetime) -> list[int]:
    """Tell the Head of Office, the operations centre and the hierarchy of a new case; return the ids of those told.

    Who is not cleared for the case is not told and not counted.
    """
    people: dict[int, Person] = {}
    for role in (Role.HOO, Role.JOC):
        people |= {one.pk: one for one in staff.holders((role,), case.office, nearest=True)}
    if case.hierarchy_copy is not None:
        people[case.hierarchy_copy.pk] = case.hierarchy_copy
    people.pop(by.pk, None)
    told = [one for one in people.values() if one.clearance >= case.marking]
    notify(
        told, topic=TOPIC, key=f"case-{case.pk}-filed", ref=case.ref, marking=case.marking, mission=case.mission,
        text=_("%(ref)s: a new alert came in for %(office)s. Rate it or send it on.")
        % {"ref": case.ref, "office": case.office},
        url=reverse("coordination:case-detail", args=[case.pk]), now=now,
    )  # fmt: skip
    return [one.pk for one in told]


STATED = (
    "act", "place", "expected", "threatening", "at_risk", "people", "un_staff", "text", "channel", "received_at",
    "area", "actor", "source", "threat", "marking", "hierarchy_copy",
)  # fmt: skip


def _record(case: WarningCase, by: Any, *, told: list[int], now: datetime) -> None:
    """Keep step 2 with what it said and whom it told, and one event."""
    said: dict[str, list[Any]] = {}
    for name in STATED:
        value = getattr(case, name)
        value = value.pk if hasattr(value, "pk") else value
        if value not in (None, "", [], False):
            said[name] = [None, value.isoformat() if hasattr(value, "isoformat") else value]
    CaseStep.objects.create(
        case=case, key="2", act="file", after=CaseState.RECEIVED, begun_at=case.received_at, ended_at=now, by=by,
        said={"told": [None, told]},
    )  # fmt: skip
    record_event(by, "filed", case, changes=said, now=now)


def _clean(case: WarningCase) -> None:
    try:
        case.clean_fields(exclude={field.name for field in case._meta.fields} - {"place", "text", "people", "marking"})
    except ValidationError as error:
        name, said = next(iter(error.message_dict.items()))
        raise RuleError("not_valid", said[0], name if name != "__all__" else None) from error


def add_report(
    case: WarningCase,
    *,
    by: Any,
    text: str,
    channel: str,
    corroborates: bool = False,
    source: Source | None = None,
    received_at: datetime | None = None,
    now: datetime | None = None,
) -> CaseReport:
    """Add a further report on a case, which may bear the first out; the state stays, the ratings are for a person.

    Open to whoever sees the case and may file, on an open case alone. Raises `RuleError` with the field.
    """
    with transaction.atomic():
        case = locked_case(case.pk)
        require(by, "coordination.file_case")
        if not WarningCase.objects.visible_to(by).filter(pk=case.pk).exists():
            raise RuleError("unknown_case", _("No case has this reference."))
        if case.state == CaseState.CLOSED:
            raise RuleError("case_closed", _("The case is closed. Reopen it first."))
        now = now or clock.now(case.mission)
        if channel not in Channel.values:
            raise RuleError("channel_missing", str(ASK["channel"]), "channel")
        if not text.strip():
            raise RuleError("text_missing", _("Write in a sentence what was seen or heard."), "text")
        check_received(received_at or now, now)
        report: CaseReport = CaseReport.objects.create(
            case=case, text=text.strip(), channel=channel, corroborates=corroborates, source=source, by=by,
            received_at=received_at or now,
        )  # fmt: skip
        said: dict[str, list[Any]] = {"report": [None, report.pk], "corroborates": [None, corroborates]}
        write_step(
            case, key="2", act="report", verb="added a report to", columns={}, said=said, by=by, now=now,
        )  # fmt: skip
    return report


def names_told(people: Iterable[int]) -> list[Person]:
    """Return the people with these ids by name, for the page that says to whom a report went."""
    return list(Person.objects.filter(pk__in=list(people)).order_by("last_name", "username"))
