"""What people do with matrix editions: open, consult, endorse, approve, return; each is a line of the state table.

Of two people at once one succeeds; the other is told who was first and when, and nothing is recorded twice.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from pocweb import clock
from pocweb.audit import fingerprint, history_of, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.models import Counter, Office
from pocweb.permissions import require
from threats.choices import ApprovalSlot, EditionState
from threats.editions import build_content, in_force, own_threats
from threats.models import EditionApproval, MatrixEdition, Threat
from threats.rules import editions as rules


def _words(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _locked(edition: MatrixEdition) -> MatrixEdition:
    """Return the edition fresh, its row locked until the transaction ends (on SQLite the transaction is the lock)."""
    rows = MatrixEdition.objects.select_for_update(of=("self",)).select_related("office", "mission")
    found: MatrixEdition = rows.get(pk=edition.pk)
    return found


def _step(edition: MatrixEdition, act: str, slot: str = "") -> rules.Step:
    """Return the line of the table; an act that another person just did is a `Conflict` naming them."""
    try:
        return rules.step_for(edition.state, act, slot)
    except RuleError as error:
        raise _already(edition, act) or error from None


def _already(edition: MatrixEdition, act: str) -> Conflict | None:
    """Return the conflict that names who did the act in the edition's present round, None when nobody did."""
    verb_of = {step.act: step.verb for step in rules.STEPS}
    for event in history_of(edition).filter(verb__in=[verb_of[act], verb_of[rules.RETURN]])[:1]:
        if event.verb != verb_of[act]:
            return None
        words = {"ref": edition.ref, "who": event.actor, "verb": event.verb, "when": _words(event.at)}
        message = _("%(ref)s was %(verb)s by %(who)s on %(when)s. Nothing was done twice.") % words
        return Conflict("already_done", message)
    return None


def _move(edition: MatrixEdition, before: str, after: str, *, by: Any, now: datetime, **columns: Any) -> None:
    """Change the state if it is still `before`; the loser of a race gets a `Conflict`."""
    changed = MatrixEdition.objects.filter(pk=edition.pk, state=before).update(
        state=after, version=F("version") + 1, changed_at=now, changed_by=by, **columns
    )
    if not changed:
        raise Conflict("moved_on", _("Another person was first with %(ref)s. Load the page.") % {"ref": edition.ref})
    edition.refresh_from_db()


@transaction.atomic
def open_edition(
    office: Office,
    *,
    by: Any,
    horizon_on: date | None = None,
    starts_on: date | None = None,
    now: datetime | None = None,
) -> MatrixEdition:
    """Open the office's next edition as a draft, carried on from the one in force, and return it.

    Raises `Conflict` when one is on its way already, `Forbidden`, and `RuleError` for a horizon that has passed.
    """
    moment = now or clock.now(office.mission)
    edition = MatrixEdition(
        mission=office.mission,
        office=office,
        starts_on=starts_on,
        horizon_on=horizon_on,
        carried_from=in_force(office),
        marking=office.mission.default_marking,
        created_at=moment,
        created_by=by,
        changed_at=moment,
        changed_by=by,
    )
    require(by, "threats.draft_edition", edition)
    if horizon_on is not None and horizon_on <= moment.date():
        raise RuleError("horizon_passed", _("The horizon lies ahead of today."), "horizon_on")
    edition.number = Counter.take(office.mission, f"edition:{office.pk}")
    refuse_open(office)
    edition.full_clean(exclude=("snapshot",))
    edition.save(force_insert=True)
    changes: dict[str, list[Any]] = {"horizon_on": [None, horizon_on]}
    if starts_on:
        changes["starts_on"] = [None, starts_on]
    note = f"carried from edition {edition.carried_from.number}" if edition.carried_from else ""
    record_event(by, "opened", edition, changes=changes, note=note, now=moment)
    return edition


def refuse_open(office: Office) -> None:
    """Raise `Conflict` naming the office's edition that is on its way, if there is one."""
    going = MatrixEdition.objects.filter(office=office, state__in=EditionState.OPEN_STATES)
    if other := going.select_related("created_by").first():
        words = {"number": other.number, "who": other.created_by, "when": _words(other.created_at)}
        raise Conflict("one_is_open", _("Edition %(number)s is on its way, opened by %(who)s on %(when)s.") % words)


@transaction.atomic
def consult_edition(edition: MatrixEdition, *, by: Any, now: datetime | None = None) -> MatrixEdition:
    """Open a draft for consultation of the components and partners, and return it."""
    edition = _locked(edition)
    require(by, "threats.draft_edition", edition)
    step = _step(edition, rules.CONSULT)
    moment = now or clock.now(edition.mission)
    _move(edition, step.before, step.after, by=by, now=moment, consulted_at=moment)
    record_event(by, step.verb, edition, changes={"state": [step.before, step.after]}, now=moment)
    return edition


@transaction.atomic
def endorse_edition(edition: MatrixEdition, *, by: Any, endorsed_by: str, now: datetime | None = None) -> MatrixEdition:
    """Record that the forum named `endorsed_by` agreed, freeze the rows with their fingerprint, and return the edition.

    Raises `RuleError` naming the threats without a rating. The edition takes over the highest marking of its rows.
    """
    edition = _locked(edition)
    require(by, "threats.endorse_edition", edition)
    step = _step(edition, rules.ENDORSE)
    if not endorsed_by.strip():
        raise RuleError("forum_missing", _("Name the forum that endorsed the edition."), "forum")
    moment = now or clock.now(edition.mission)
    _hold_rows(edition)
    content = build_content(edition, now=moment, endorsed_by=endorsed_by)
    rules.check_all_rated((row["ref"], row["risk"]) for row in content["rows"])
    digest = fingerprint(content)
    _move(
        edition,
        step.before,
        step.after,
        by=by,
        now=moment,
        snapshot=content,
        sha256=digest,
        frozen_at=moment,
        endorsed_at=moment,
        endorsed_by=endorsed_by,
        marking=content["marking"],
    )
    changes: dict[str, list[Any]] = {
        "state": [step.before, step.after],
        "endorsed_by": ["", endorsed_by],
        "sha256": ["", digest],
    }
    record_event(by, step.verb, edition, changes=changes, note=f"{len(content['rows'])} rows", now=moment)
    return edition


def _hold_rows(edition: MatrixEdition) -> None:
    """Lock what is about to be frozen, so that a marking raised at this moment is either in it or finds it frozen."""
    threats = own_threats(edition.office).order_by("pk")
    list(threats.select_for_update(of=("self",)).values_list("pk"))
    activities: Any = Threat.activities.rel.related_model  # a later app declares it
    answering = Threat.activities.through.objects.filter(threat__in=threats.order_by().values("pk"))
    held = activities.objects.filter(pk__in=answering.values("activity")).order_by("pk")
    list(held.select_for_update(of=("self",)).values_list("pk"))


@transaction.atomic
def approve_edition(
    edition: MatrixEdition, *, slot: str, by: Any, sha256: str, note: str = "", now: datetime | None = None
) -> MatrixEdition:
    """Record one of the three approvals; the third puts the edition in force and supersedes the one before.

    `sha256` is the fingerprint that the person saw: another content than the stored one is a `Conflict`. Raises
    `Conflict` naming who approved in this role before, `Forbidden`, and `RuleError` for the drafter of the edition and
    for a person who has filled another of the three roles. Source: POC Handbook 2020, 8.3.
    """
    if slot not in ApprovalSlot.values:
        raise RuleError("unknown_slot", _("Choose the role in which you approve."), "slot")
    edition = _locked(edition)
    require(by, f"threats.approve_as_{slot}", edition)
    signed = list(edition.approvals.select_related("person"))
    _refuse_second(signed, slot)
    step = _step(edition, rules.APPROVE, slot)
    if sha256 != edition.sha256:
        raise Conflict("content_moved", _("The edition was frozen anew since you opened this page. Read it again."))
    rules.check_may_sign(person=by.pk, drafter=edition.created_by_id, signed=[one.person_id for one in signed])
    moment = now or clock.now(edition.mission)
    approval = EditionApproval(
        edition=edition, slot=slot, person=by, role=_role(by, edition), sha256=sha256, at=moment, note=note.strip()
    )
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        _refuse_second(list(edition.approvals.select_related("person")), slot)
        raise
    changes: dict[str, list[Any]] = {"approval": [None, slot], "sha256": [sha256, sha256]}
    _move(edition, step.before, step.after, by=by, now=moment)
    record_event(by, step.verb, edition, changes=changes, note=approval.note, now=moment)
    if rules.all_signed([one.slot for one in signed] + [slot]):
        _put_in_force(edition, by=by, now=moment)
    return edition


def _refuse_second(signed: list[EditionApproval], slot: str) -> None:
    for one in signed:
        if one.slot == slot:
            words = {"who": one.person, "role": one.get_slot_display(), "when": _words(one.at)}
            message = _("%(who)s approved as %(role)s on %(when)s. Nothing was recorded twice.") % words
            raise Conflict("slot_filled", message)


def _role(by: Any, edition: MatrixEdition) -> str:
    """Return the role in which the person approves: the posting nearest to the edition's office that may approve."""
    above = [grant for grant in by.grants if edition.office.path.startswith(grant.office_path)]
    above = [grant for grant in above if grant.mission_id == edition.mission_id and grant.allows("edition", "approve")]
    nearest = max(above, key=lambda grant: len(grant.office_path))
    return str(nearest.role)


def _put_in_force(edition: MatrixEdition, *, by: Any, now: datetime) -> None:
    """Complete the approval: in one transaction the edition before is superseded and this one is in force."""
    rows = MatrixEdition.objects.select_for_update(of=("self",)).select_related("office", "mission")
    for before in rows.filter(office=edition.office_id, state=EditionState.IN_FORCE):
        step = rules.step_for(before.state, rules.SUPERSEDE)
        _move(before, step.before, step.after, by=by, now=now, superseded_at=now)
        note = f"by edition {edition.number}"
        record_event(by, step.verb, before, changes={"state": [step.before, step.after]}, note=note, now=now)
    for act, column in ((rules.COMPLETE, "approved_at"), (rules.ENTER_FORCE, "in_force_at")):
        step = rules.step_for(edition.state, act)
        _move(edition, step.before, step.after, by=by, now=now, **{column: now})
        record_event(by, step.verb, edition, changes={"state": [step.before, step.after]}, now=now)


@transaction.atomic
def return_edition(edition: MatrixEdition, *, by: Any, reason: str, now: datetime | None = None) -> MatrixEdition:
    """Send an edition back to draft with a reason: its endorsement, frozen rows and approvals no longer stand.

    The audit trail keeps who had endorsed and approved which fingerprint.
    """
    edition = _locked(edition)
    require(by, "threats.return_edition", edition)
    step = _step(edition, rules.RETURN)
    reason = rules.check_reason(reason)
    moment = now or clock.now(edition.mission)
    approvals = [
        {"slot": one.slot, "person": str(one.person), "at": one.at, "sha256": one.sha256}
        for one in edition.approvals.select_related("person")
    ]
    changes: dict[str, list[Any]] = {"state": [step.before, step.after]}
    if edition.sha256:
        changes |= {"sha256": [edition.sha256, ""], "endorsed_by": [edition.endorsed_by, ""]}
    if approvals:
        changes["approvals"] = [approvals, []]
    edition.approvals.all().delete()
    _move(
        edition,
        step.before,
        step.after,
        by=by,
        now=moment,
        snapshot=None,
        sha256="",
        frozen_at=None,
        consulted_at=None,
        endorsed_at=None,
        endorsed_by="",
    )
    record_event(by, step.verb, edition, changes=changes, note=reason, now=moment)
    return edition
