"""Sending of flash reports: frozen with their fingerprint, the case moved on, the recipients told, all or nothing.

An early warning flash tells of a threat and what a forum decided on it (EW-10), an incident flash of a past event
(EW-21); they are separate kinds. Source: POC Handbook 2020, Annex V, para. 23 and step I12.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.models import FlashReport, RecipientRule, WarningCase
from coordination.warnings.choices import FlashKind
from coordination.warnings.flash_content import Draft, FlashDocument, preview_of
from coordination.warnings.flash_incident import draft_of_incident
from coordination.warnings.flash_warning import draft_of_case, no_decision, standing_decisions
from coordination.warnings.moves import locked_case, move_case, refuse_stale
from coordination.warnings.recipients import rules_of
from coordination.warnings.rules import Step
from pocweb import clock
from pocweb.audit import fingerprint, record_event
from pocweb.choices import Role
from pocweb.errors import Conflict, RuleError
from pocweb.models import Counter, Mission, Office, Person
from pocweb.notices import notify
from pocweb.permissions import refuse_above_clearance, require
from pocweb.recipients import Staff
from threats.models import Incident

TOPIC, COUNTER, STEP, ACT = "flash", "flash_report", "I12", "flash"
LONGEST = 1500


@dataclass(frozen=True)
class Recipient:
    """Whom a flash report goes to: as what, and the person of that role; None for a body outside the application."""

    label: str
    person: Person | None

    @property
    def words(self) -> str:
        return f"{self.label} ({self.person})" if self.person else self.label


@dataclass(frozen=True)
class Outgoing:
    """A draft with whom it goes to, ready to be shown or sent."""

    draft: Draft
    office: Office
    to: tuple[Recipient, ...]
    info: tuple[Recipient, ...]

    @property
    def by_registry(self) -> tuple[str, ...]:
        """Those whom the application cannot reach; the office's registry sends it to them."""
        return tuple(one.label for one in self.to if one.person is None)

    def document(self, *, by: Any, assessment: str, now: datetime) -> FlashDocument:
        """Return what it will look like."""
        labels = {"to": _labels(self.to), "info": _labels(self.info), "by_registry": self.by_registry}
        return preview_of(
            self.draft, office=self.office, sender=signature(by), assessment=assessment, now=now, **labels
        )


def _labels(recipients: Iterable[Recipient]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.label for one in recipients))


def signature(person: Any) -> str:
    """Return name and function of a person of the mission."""
    return f"{person}, {person.function}" if person.function else str(person)


def default_recipients(staff: Staff, office: Office) -> tuple[Recipient, ...]:
    """Return the mission's default recipients of step I12, each with the people who hold the role.

    A role that nobody holds is a line without a person, so that the sender sees it. Source: POC Handbook 2020, Annex V,
    step I12 (EW-10).
    """
    found: list[Recipient] = []
    for rule in rules_of(staff.mission, STEP):
        people: list[Person] = []
        if rule.reach == RecipientRule.Reach.HEADQUARTERS:
            people = staff.holders([rule.role], None, rule.component_kind)
        elif rule.reach == RecipientRule.Reach.OFFICE:
            people = staff.holders([rule.role], office, rule.component_kind, nearest=True)
        found += [Recipient(rule.label, person) for person in people] or [Recipient(rule.label, None)]
    return tuple(found)


def _info(staff: Staff, office: Office) -> tuple[Recipient, ...]:
    heads = staff.holders([Role.HOO], office, nearest=True)
    return tuple(Recipient(_("Head of Office, %(office)s") % {"office": office.name}, one) for one in heads)


def outgoing_of_case(case: WarningCase, by: Any) -> Outgoing:
    """Return the early warning flash of a case as it would go out. Raises `RuleError` without a decision (EW-10)."""
    staff = Staff(case.mission)
    draft = draft_of_case(case, by)
    return Outgoing(draft, case.office, default_recipients(staff, case.office), _info(staff, case.office))


def outgoing_of_incident(incident: Incident, by: Any, now: datetime) -> Outgoing:
    """Return the incident flash as it would go out. Raises `RuleError` for what has not happened (EW-21)."""
    staff = Staff(incident.mission)
    draft = draft_of_incident(incident, by, now.date())
    office = incident.office
    return Outgoing(draft, office, default_recipients(staff, office), _info(staff, office))


def needs_decision(case: WarningCase, _step: Step) -> None:
    """Refuse step I12 without a standing decision, and without the report itself, skipped or not (EW-10)."""
    if not standing_decisions(case).exists():
        raise no_decision()
    if case.flashes.count() <= case.steps.filter(act=ACT).count():
        raise RuleError("flash_missing", _("The flash report is sent from its own page, where you see what it says."))


@transaction.atomic
def send_warning_flash(
    case: WarningCase, *, by: Any, based_on: int, assessment: str = "", reason: str = "", now: datetime | None = None
) -> FlashReport:
    """Send the early warning flash of a case and take step I12: report, step and notices, or none of them.

    `based_on` is the version of the case that the preview showed, so a second sending and a case that moved on are
    refused (`Conflict`). Raises `Forbidden`, `RuleError` without a decision, or without the reason of a skip (EW-10).
    """
    case = locked_case(case.pk)
    require(by, "coordination.send_flash", case)
    refuse_stale(case, based_on)
    now = now or clock.now(case.mission)
    outgoing = outgoing_of_case(case, by)
    columns = {"kind": FlashKind.WARNING, "case": case, "decision": outgoing.draft.decision}
    flash = _freeze(outgoing, columns, assessment, by=by, now=now)
    move_case(case, ACT, by=by, reason=reason, said={"flash": [None, flash.ref]}, now=now)
    return _sent(flash, outgoing, by=by, now=now)


@transaction.atomic
def send_incident_flash(
    incident: Incident, *, by: Any, sent_before: int, assessment: str = "", now: datetime | None = None
) -> FlashReport:
    """Send an incident flash; `sent_before` is how many of this incident the preview knew of.

    Raises `Forbidden`, `Conflict` when another was sent meanwhile, `RuleError` for what has not happened (EW-21).
    """
    rows = Incident.objects.select_for_update(of=("self",)).select_related("mission", "office", "area")
    incident = rows.get(pk=incident.pk)
    require(by, "threats.view_incident", incident)
    require(by, "coordination.send_flash", incident)
    now = now or clock.now(incident.mission)
    outgoing = outgoing_of_incident(incident, by, now)
    if incident.flashes.count() != sent_before:
        said = _("A flash report on %(ref)s was sent meanwhile. Look at it before you send another.")
        raise Conflict("flash_sent", said % {"ref": incident.ref})
    flash = _freeze(outgoing, {"kind": FlashKind.INCIDENT, "incident": incident}, assessment, by=by, now=now)
    return _sent(flash, outgoing, by=by, now=now)


def _freeze(outgoing: Outgoing, columns: dict[str, Any], assessment: str, *, by: Any, now: datetime) -> FlashReport:
    """Store the report with its content and fingerprint under the mission's next number."""
    assessment = assessment.replace("\r\n", "\n").strip()
    if len(assessment) > LONGEST:
        raise RuleError("too_long", _("Keep the assessment under %(n)d characters.") % {"n": LONGEST}, "assessment")
    refuse_above_clearance(outgoing.draft.marking, by)
    mission: Mission = outgoing.office.mission
    flash = FlashReport(
        mission=mission, office=outgoing.office, number=Counter.take(mission, COUNTER), marking=outgoing.draft.marking,
        sent_at=now, created_at=now, created_by=by, changed_at=now, changed_by=by, **columns,
    )  # fmt: skip
    flash.content = outgoing.draft.content() | {
        "ref": flash.ref,
        "mission": mission.name,
        "office": outgoing.office.name,
        "sender": signature(by),
        "to": list(_labels(outgoing.to)),
        "info": list(_labels(outgoing.info)),
        "by_registry": list(outgoing.by_registry),
        "sent_at": now.isoformat(),
        "assessment": assessment,
        "marking": int(flash.marking),
    }
    flash.sha256 = fingerprint(flash.content)
    flash.save(force_insert=True)
    return flash


def _sent(flash: FlashReport, outgoing: Outgoing, *, by: Any, now: datetime) -> FlashReport:
    """Keep whom it reached, write the event, and tell those who may read it; the others are named to the sender."""
    everyone = (*outgoing.to, *outgoing.info)
    people = {one.person.pk: one.person for one in everyone if one.person}
    allowed = Staff(flash.mission).allowed(FlashReport.objects.all(), ((pk, flash.pk) for pk in people))
    flash.recipients = [
        {
            "label": one.label,
            "person": one.person.pk if one.person else None,
            "name": signature(one.person) if one.person else "",
            "told": one.person is not None and (one.person.pk, flash.pk) in allowed,
            "info": one in outgoing.info,
        }
        for one in everyone
    ]
    FlashReport.objects.filter(pk=flash.pk).update(recipients=flash.recipients)
    record_event(by, "sent a flash report", flash, note=f"SHA-256 {flash.sha256}", now=now)
    words = {"ref": flash.ref, "kind": flash.get_kind_display(), "office": flash.office}
    told = [people[pk] for pk, _flash in sorted(allowed) if pk != by.pk]
    notify(
        told, topic=TOPIC, key=f"flash:{flash.pk}", ref=flash.ref,
        text=_("%(kind)s %(ref)s from %(office)s. Read it now.") % words, marking=flash.marking,
        url=reverse("coordination:flash-detail", args=[flash.pk]), mission=flash.mission, now=now,
    )  # fmt: skip
    return flash
