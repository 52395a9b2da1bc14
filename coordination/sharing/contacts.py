"""What people do to the contact list of an area: add, edit, check, retire, hand over."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from coordination.choices import PartnerKind
from coordination.models import Contact, ContactShare
from coordination.sharing import rules
from coordination.sharing.services import as_rule, clean
from coordination.sharing.sheet import TYPES, render_contacts
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.choices import Marking, Verb
from pocweb.errors import Conflict, Forbidden, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office
from pocweb.permissions import grants_for, refuse_above_clearance, require
from threats.services.values import as_day

TEXTS = ("name", "organization", "phone", "email", "languages", "note")
EDITABLE = (*TEXTS[:2], "kind", *TEXTS[2:], "office", "reviewed_on", "marking")
SAME_PRESS = timedelta(minutes=1)
"""A list handed to the same recipient again within this time, byte for byte the same, is the same press of a button."""


def offices_for(user: Any, mission: Mission, verb: Verb) -> Any:
    """Return the mission's offices in whose branch the user may do this to contacts, in the order of the tree."""
    paths = [grant.office_path for grant in grants_for(user, "contact", verb) if grant.mission_id == mission.pk]
    where = Office.objects.none()
    for path in paths:
        where = where | Office.objects.filter(mission=mission, path__startswith=path)
    return where.order_by("path")


def plain_contact(contact: Contact) -> dict[str, Any]:
    """Return the guarded fields as plain values: code of the office, ISO day."""
    values: dict[str, Any] = {name: getattr(contact, name) for name in (*TEXTS, "kind", "marking")}
    reviewed = contact.reviewed_on.isoformat() if contact.reviewed_on else None
    return values | {"office": contact.office.code, "reviewed_on": reviewed}


def _as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("A contact has no field %(name)s.") % {"name": name}, name)
        if name == "office":
            plain[name] = getattr(value, "code", value)
        elif name == "reviewed_on":
            plain[name] = value.isoformat() if isinstance(value, date) else value or None
        else:
            plain[name] = value
    return plain


def _apply(contact: Contact, values: Mapping[str, Any], *, by: Any, today: date) -> list[str]:
    """Set plain values, judge the whole, and return the columns that were set."""
    for name, value in values.items():
        if name == "office":
            found = Office.objects.filter(mission=contact.mission_id, code=value or "").first()
            if found is None:
                raise RuleError("office_missing", _("Choose an office of this mission."), "office")
            contact.office = found
        else:
            setattr(contact, name, as_day(name, value) if name == "reviewed_on" else value)
    if contact.office_id is None:
        raise RuleError("office_missing", _("Choose the office."), "office")
    try:
        require(by, "coordination.change_contact", contact)
    except Forbidden as error:
        raise Forbidden(error.code, _("Choose an office of your own branch."), "office") from error
    if contact.kind not in PartnerKind.values:
        raise RuleError("kind_missing", _("Choose the kind."), "kind")
    rules.check_reviewed(contact.reviewed_on, today=today)
    return list(values)


@transaction.atomic
def add_contact(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> Contact:
    """Record a contact of an office's list and return it; `values` are those of `EDITABLE`.

    Without `reviewed_on` it counts as checked today. Raises `Forbidden` outside the person's branch of offices, and
    `RuleError` with the field. Source: POC Handbook 2020, Annex V, step 1 (EW-17).
    """
    require(by, "coordination.change_contact")
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, "reviewed_on": moment.date().isoformat(), **_as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    contact = Contact(mission=mission, number=1, **stamps)
    _apply(contact, given, by=by, today=moment.date())
    clean(contact)
    contact.number = Counter.take(mission, "contact")
    contact.save(force_insert=True)
    told = {name: [None, value] for name, value in plain_contact(contact).items() if value not in (None, "")}
    record_event(by, "added", contact, changes=told, now=moment)
    return contact


def edit_contact(
    contact: Contact, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[Contact]:
    """Store changed fields under the lost-update guard. Raises `Forbidden`, `EditConflict`, `RuleError`."""
    require(by, "coordination.change_contact", contact)
    wanted = _as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)
    today = (now or clock.now(contact.mission)).date()
    try:
        return save_guarded(
            Contact.objects.select_related("mission", "office"),
            contact.pk,
            based_on=based_on,
            changes=wanted,
            by=by,
            plain=plain_contact,
            apply=lambda record, values: _apply(record, values, by=by, today=today),
            now=now,
        )
    except ValidationError as error:
        raise as_rule(error) from error


def check_contact(contact: Contact, *, by: Any, now: datetime | None = None) -> Contact:
    """Say that a contact was checked today and holds, and return it. A second press changes nothing.

    Raises `Forbidden`, and `Conflict` for a contact that was retired.
    """
    moment = now or clock.now(contact.mission)
    return _move(contact, {"reviewed_on": moment.date()}, verb="checked", by=by, moment=moment, while_active=True)


def retire_contact(contact: Contact, *, by: Any, now: datetime | None = None) -> Contact:
    """Take a contact off the list; it stays on record. Raises `Forbidden`."""
    return _move(contact, {"is_active": False}, verb="retired", by=by, moment=now or clock.now(contact.mission))


def restore_contact(contact: Contact, *, by: Any, now: datetime | None = None) -> Contact:
    """Bring a retired contact back to the list. Raises `Forbidden`."""
    return _move(contact, {"is_active": True}, verb="restored", by=by, moment=now or clock.now(contact.mission))


@transaction.atomic
def _move(
    contact: Contact, values: dict[str, Any], *, verb: str, by: Any, moment: datetime, while_active: bool = False
) -> Contact:
    """Set one column where it differs, and record it; of two people at once one does it, the other finds it done."""
    rows = Contact.objects.select_for_update(of=("self",)).select_related("mission", "office")
    fresh = rows.get(pk=contact.pk)
    require(by, "coordination.change_contact", fresh)
    if while_active and not fresh.is_active:
        last = history_of(fresh).first()
        said = {"who": last.actor if last and last.actor else _("Another person"), "ref": fresh.ref}
        raise Conflict("retired", _("%(who)s has taken %(ref)s off the list.") % said)
    ((name, value),) = values.items()
    before = getattr(fresh, name)
    if before == value:
        return fresh
    Contact.objects.filter(pk=fresh.pk).update(
        version=F("version") + 1, changed_at=moment, changed_by=by, **{name: value}
    )
    fresh.refresh_from_db()
    told = [one.isoformat() if isinstance(one, date) else one for one in (before, value)]
    record_event(by, verb, fresh, changes={name: told}, now=moment)
    return fresh


@dataclass(frozen=True)
class HandedOver:
    """A contact list that goes out: the record of it, and the file."""

    record: ContactShare
    content: bytes
    content_type: str
    filename: str
    marking: Marking
    keys: tuple[int, ...]


@transaction.atomic
def hand_over(
    office: Office,
    *,
    recipient: str,
    form: str,
    by: Any,
    now: datetime | None = None,
    same_since: datetime | None = None,
) -> HandedOver:
    """Make the list of an office and of those below it as a file, and record to whom it goes.

    The file holds the active contacts up to the person's clearance. Kept are the recipient, the number of contacts and
    the fingerprint of the file's bytes. The same file to the same recipient since `same_since` (a minute ago, where
    nothing is said) is the same act. Raises `Forbidden`, and `RuleError` without recipient, for an unknown form, or
    when there is nothing to hand over. Source: POC Handbook 2020, Annex V, step 1 (EW-17).
    """
    office = Office.objects.select_for_update(of=("self",)).select_related("mission").get(pk=office.pk)
    probe = Contact(mission=office.mission, office=office, marking=Marking.UNCLASSIFIED)
    require(by, "coordination.hand_over_contacts", probe)
    recipient = " ".join(recipient.split())
    if not recipient:
        raise RuleError("recipient_missing", _("Say to whom the list goes."), "recipient")
    if form not in TYPES:
        raise RuleError("form_unknown", _("Choose the form of the file."), "form")
    contacts = list(listed(office, by))
    if not contacts:
        raise RuleError("nothing_there", _("There is no contact in use in this office."), "office")
    moment = now or clock.now(office.mission)
    marking = Marking(max(contact.marking for contact in contacts))
    content = render_contacts(office, contacts, form=form, day=moment.date(), marking=marking)
    sha256 = hashlib.sha256(content).hexdigest()
    told: dict[str, Any] = {"recipient": recipient, "contacts": len(contacts), "sha256": sha256}
    since = same_since or moment - SAME_PRESS
    same = ContactShare.objects.filter(office=office, shared_by=by, shared_at__gte=since, **told).first()
    record = same or ContactShare(office=office, shared_at=moment, shared_by=by, **told)
    if same is None:
        clean(record)
        record.save(force_insert=True)
        changes = {name: [None, value] for name, value in (told | {"format": form}).items()}
        record_event(by, "handed over the contacts of", record, changes=changes, note=office.code, now=moment)
    name = f"contacts-{office.code}-{moment.date()}-{marking.name.lower().replace('_', '-')}.{form}"
    return HandedOver(record, content, TYPES[form], name, marking, tuple(contact.pk for contact in contacts))


def listed(office: Office, user: Any) -> Any:
    """Return the active contacts of an office and of those below it that the person may see, by organization."""
    rows = Contact.objects.visible_to(user).filter(mission=office.mission_id, is_active=True)
    rows = rows.filter(office__path__startswith=office.path).select_related("office", "mission")
    return rows.order_by("organization", "name", "number")
