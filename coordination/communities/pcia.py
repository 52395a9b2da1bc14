"""What people do to peace and conflict impact assessments: begin, write, complete, carry over (EW-18)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.communities import plain as shared
from coordination.communities import rules_pcia as rules
from coordination.communities.plain import CHANGE
from coordination.models import Pcia
from coordination.sharing.services import clean
from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved
from pocweb.models import Counter, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.services.values import as_day

TEXTS = (*rules.PARTS, "with_whom")
EDITABLE = ("office", "year", "due_on", *TEXTS, "marking")
ROWS = Pcia.objects.select_related("mission", "office", "done_by")


def plain_pcia(pcia: Pcia) -> dict[str, Any]:
    """Return the guarded fields as plain values: code of the office, ISO day."""
    values: dict[str, Any] = {name: getattr(pcia, name) for name in (*TEXTS, "year", "marking")}
    return values | {"office": pcia.office.code, "due_on": pcia.due_on.isoformat() if pcia.due_on else None}


def _apply(pcia: Pcia, values: Mapping[str, Any], *, by: Any) -> list[str]:
    for name, value in values.items():
        if name == "office":
            pcia.office = shared.office_of(pcia.mission, value)
        else:
            setattr(pcia, name, as_day(name, value) if name == "due_on" else value)
    shared.require_own_branch(by, pcia)
    rules.check_year(pcia.year, pcia.due_on)
    if Pcia.objects.filter(office=pcia.office_id, year=pcia.year).exclude(pk=pcia.pk).exists():
        words = _("%(office)s has an assessment of %(year)d already.")
        raise RuleError("year_taken", words % {"office": pcia.office, "year": pcia.year}, "year")
    return list(values)


def latest_of(office: Office, user: Any) -> Pcia | None:
    """Return the latest assessment of an office that the person may see."""
    return Pcia.objects.visible_to(user).filter(office=office).order_by("-year").first()


@transaction.atomic
def begin_pcia(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Pcia:
    """Begin the assessment of an office and year as a draft, and return it.

    Without a day it is due on 15 June of the year. The texts of the office's latest assessment before are carried over
    where nothing else is given, and with them its marking. Raises `Forbidden`, `RuleError` with the field. Source: POC
    Handbook 2020, Annex V, para. 8.1 (EW-18).
    """
    require(by, CHANGE)
    moment = now or clock.now(mission)
    given = shared.as_plain(values, editable=EDITABLE)
    if given.get("year") and not given.get("due_on"):
        given["due_on"] = rules.default_due(int(given["year"])).isoformat()
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    pcia = Pcia(mission=mission, number=1, marking=mission.default_marking, **stamps)
    before = _carried(mission, given, by)
    if before is not None:
        given = {name: getattr(before, name) for name in TEXTS} | {
            k: v for k, v in given.items() if v not in ("", None)
        }
        given["marking"] = max(int(given.get("marking", mission.default_marking)), before.marking)
    refuse_above_clearance(given.get("marking"), by)
    _apply(pcia, given, by=by)
    clean(pcia)
    pcia.number = Counter.take(mission, "pcia")
    pcia.save(force_insert=True)
    changes = shared.told(plain_pcia(pcia)) | ({"carried_from": [None, before.ref]} if before else {})
    record_event(by, "began", pcia, changes=changes, now=moment)
    return pcia


def _carried(mission: Mission, given: Mapping[str, Any], by: Any) -> Pcia | None:
    if not given.get("office") or not given.get("year"):
        return None
    office = shared.office_of(mission, given["office"])
    rows = Pcia.objects.visible_to(by).filter(office=office, year__lt=int(given["year"]))
    return rows.order_by("-year").first()


def edit_pcia(
    pcia: Pcia, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Pcia]:
    """Store changed fields of a draft under the lost-update guard; a completed assessment stays as it was.

    Raises `Forbidden`, `EditConflict`, `Conflict`, and `RuleError` with the field.
    """
    require(by, CHANGE, pcia)

    def apply(record: Pcia, values: dict[str, Any]) -> list[str]:
        if record.done_at is not None:
            raise Conflict("pcia_done", _("%(ref)s was completed and stays as it was.") % {"ref": record.ref})
        return _apply(record, values, by=by)

    given = shared.as_plain(changes, editable=EDITABLE)
    return shared.save_edit(
        ROWS.all(), pcia, changes=given, by=by, based_on=based_on, plain=plain_pcia, apply=apply, now=now
    )


def content_of(pcia: Pcia) -> dict[str, Any]:
    """Return what the fingerprint of a completed assessment is taken of."""
    return {"ref": pcia.ref, **plain_pcia(pcia)}


@transaction.atomic
def complete_pcia(pcia: Pcia, *, based_on: int, by: Any, now: datetime | None = None) -> Pcia:
    """Complete an assessment: freeze it with its SHA-256, and return it fresh.

    `based_on` is the version that the person read. Raises `Forbidden`, `RuleError` at a required part that is empty,
    `Conflict` when it was completed or changed meanwhile. Source: POC Handbook 2020, Annex V, para. 8.2 (EW-18).
    """
    pcia = ROWS.select_for_update(of=("self",)).get(pk=pcia.pk)
    require(by, CHANGE, pcia)
    if pcia.done_at is not None or pcia.version != based_on:
        raise Conflict("pcia_moved_on", _("Another person changed or completed %(ref)s. Read it again.") % _ref(pcia))
    rules.check_complete({name: getattr(pcia, name) for name in rules.PARTS})
    moment = now or clock.now(pcia.mission)
    sha256 = fingerprint(content_of(pcia))
    values: dict[str, Any] = {"done_at": moment, "done_by": by, "sha256": sha256, "changed_at": moment}
    Pcia.objects.filter(pk=pcia.pk, done_at=None).update(version=F("version") + 1, changed_by=by, **values)
    fresh: Pcia = ROWS.get(pk=pcia.pk)
    record_event(by, "completed", fresh, changes={"sha256": [None, sha256]}, now=moment)
    return fresh


def is_whole(pcia: Pcia) -> bool:
    """Say whether a completed assessment still has the fingerprint that it was completed with."""
    return pcia.done_at is None or fingerprint(content_of(pcia)) == pcia.sha256


def _ref(pcia: Pcia) -> dict[str, str]:
    return {"ref": pcia.ref}


def standing_of(pcia: Pcia, today: date) -> rules.Standing:
    """Return how an assessment stands on a day."""
    return rules.standing(due_on=pcia.due_on, is_done=pcia.done_at is not None, today=today)
