"""What people do to sharing agreements, shares and blocks: add, edit and end; record once; block and lift."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from coordination.choices import PartnerKind
from coordination.models import Share, ShareBlock, SharingAgreement
from coordination.sharing import rules
from pocweb import clock
from pocweb.audit import history_of, record_event
from pocweb.errors import Conflict, RuleError
from pocweb.guard import Saved, save_guarded
from pocweb.models import Counter, Mission, Office
from pocweb.permissions import refuse_above_clearance, require
from threats.choices import SourceOfViolence
from threats.models import Actor, Threat
from threats.services.values import as_day

TEXTS = ("partner", "what", "use", "how", "storage")
DAYS = ("valid_from", "valid_to")
EDITABLE = (
    "partner", "kind", "what", "use", "how", "storage", "highest_marking", "individual_cases", *DAYS, "marking",
)  # fmt: skip


def clean(record: models.Model) -> None:
    """Check a record whole; the first fault becomes a `RuleError` at its field."""
    try:
        record.full_clean(exclude=["number"])
    except ValidationError as error:
        raise as_rule(error) from error


def as_rule(error: ValidationError) -> RuleError:
    """Return the first fault that Django found as a refusal at its field."""
    name, messages = next(iter(error.message_dict.items()))
    return RuleError("invalid", messages[0], None if name == "__all__" else name)


def desk_of(mission: Mission, by: Any) -> Office:
    """Return the office that a mission-wide record is kept under: the person's own here, else the headquarters."""
    own = getattr(by, "office", None)
    if own is not None and own.mission_id == mission.pk:
        return own
    return Office.objects.filter(mission=mission).order_by("path")[0]


# agreements


def plain_agreement(agreement: SharingAgreement) -> dict[str, Any]:
    """Return the guarded fields as plain values, days in ISO form."""
    values: dict[str, Any] = {name: getattr(agreement, name) for name in EDITABLE if name not in DAYS}
    return values | {name: day.isoformat() if (day := getattr(agreement, name)) else None for name in DAYS}


def _as_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name not in EDITABLE:
            raise RuleError("unknown_field", _("An agreement has no field %(name)s.") % {"name": name}, name)
        plain[name] = (value.isoformat() if isinstance(value, date) else value or None) if name in DAYS else value
    return plain


def _set_agreement(agreement: SharingAgreement, values: Mapping[str, Any]) -> list[str]:
    for name, value in values.items():
        setattr(agreement, name, as_day(name, value) if name in DAYS else value)
    if agreement.kind not in PartnerKind.values:
        raise RuleError("kind_missing", _("Choose the kind of partner."), "kind")
    rules.check_days(agreement.valid_from, agreement.valid_to)
    return list(values)


@transaction.atomic
def add_agreement(mission: Mission, *, by: Any, now: datetime | None = None, **values: Any) -> SharingAgreement:
    """Record a sharing agreement and return it; `values` are those of `EDITABLE`.

    Raises `Forbidden`, and `RuleError` with the field. Source: POC Handbook 2020, 6.2 (CO-08).
    """
    require(by, "coordination.change_agreement")
    moment = now or clock.now(mission)
    given = {"marking": mission.default_marking, **_as_plain(values)}
    refuse_above_clearance(given["marking"], by)
    stamps = {"created_at": moment, "created_by": by, "changed_at": moment, "changed_by": by}
    agreement = SharingAgreement(mission=mission, office=desk_of(mission, by), number=1, **stamps)
    _set_agreement(agreement, given)
    require(by, "coordination.change_agreement", agreement)
    clean(agreement)
    agreement.number = Counter.take(mission, "agreement")
    agreement.save(force_insert=True)
    told = {name: [None, value] for name, value in plain_agreement(agreement).items() if value not in (None, "")}
    record_event(by, "added", agreement, changes=told, now=moment)
    return agreement


def edit_agreement(
    agreement: SharingAgreement, *, changes: Mapping[str, Any], based_on: int, by: Any, now: datetime | None = None
) -> Saved[SharingAgreement]:
    """Store changes under the lost-update guard, while nothing was shared under the agreement and it has not ended.

    Afterwards it is what people relied on: end it and make a new one. Raises `Forbidden`, `EditConflict`, `Conflict`,
    `RuleError`.
    """
    require(by, "coordination.change_agreement", agreement)
    wanted = _as_plain(changes)
    refuse_above_clearance(wanted.get("marking"), by)

    def apply(record: SharingAgreement, values: dict[str, Any]) -> list[str]:
        if record.ended_reason or record.shares.exists():
            words = _("Something was shared under %(ref)s, or it has ended. End it and make a new one.")
            raise Conflict("agreement_in_use", words % {"ref": record.ref})
        return _set_agreement(record, values)

    try:
        return save_guarded(
            SharingAgreement.objects.select_related("mission", "office"),
            agreement.pk,
            based_on=based_on,
            changes=wanted,
            by=by,
            plain=plain_agreement,
            apply=apply,
            now=now,
        )
    except ValidationError as error:
        raise as_rule(error) from error


@transaction.atomic
def end_agreement(
    agreement: SharingAgreement, *, reason: str, by: Any, now: datetime | None = None
) -> SharingAgreement:
    """End an agreement from today on, with the reason, and return it; from then on nothing is shared under it.

    Raises `Forbidden`, `RuleError` without a reason, `Conflict` when it has ended or run out already.
    """
    fresh = SharingAgreement.objects.select_for_update(of=("self",)).select_related("mission", "office")
    agreement = fresh.get(pk=agreement.pk)
    require(by, "coordination.change_agreement", agreement)
    moment = now or clock.now(agreement.mission)
    today = moment.date()
    if not reason.strip():
        raise RuleError("reason_missing", _("Say why it ends."), "reason")
    if agreement.ended_reason or (agreement.valid_to is not None and agreement.valid_to < today):
        raise Conflict("already_ended", _("%(ref)s is no longer in force.") % {"ref": agreement.ref})
    before = agreement.valid_to
    last = max(today, agreement.valid_from)
    values: dict[str, Any] = {"valid_to": last, "ended_reason": reason.strip(), "changed_at": moment, "changed_by": by}
    SharingAgreement.objects.filter(pk=agreement.pk, ended_reason="").update(version=F("version") + 1, **values)
    agreement.refresh_from_db()
    changes: dict[str, list[Any]] = {"valid_to": [before and before.isoformat(), last.isoformat()]}
    changes |= {"ended_reason": ["", reason.strip()]}
    record_event(by, "ended", agreement, changes=changes, now=moment)
    return agreement


def standing_of(agreement: SharingAgreement, on: date) -> rules.Standing:
    """Return how an agreement stands on a day."""
    return rules.standing(
        valid_from=agreement.valid_from, valid_to=agreement.valid_to, is_ended=bool(agreement.ended_reason), on=on
    )


# blocks


@dataclass(frozen=True)
class BlockView:
    """How a threat stands for host authorities: the state, and the latest decision of a person, if there is one."""

    state: rules.Block
    decision: ShareBlock | None

    @property
    def is_blocked(self) -> bool:
        return self.state != rules.Block.FREE


def with_blocks(threats: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """Read ahead what `block_of` asks: State actors and the decision; two queries whatever the rows."""
    actors = Actor.objects.filter(source_of_violence=SourceOfViolence.STATE).only("pk")
    rows = threats.select_related("share_block__decided_by")
    return rows.prefetch_related(Prefetch("actors", actors, to_attr="state_actors"))


def block_of(threat: Threat) -> BlockView:
    """Return how a threat stands for host authorities (CO-09). A State actor who is not visible counts too."""
    ahead = getattr(threat, "state_actors", None)
    if ahead is None:
        ahead = threat.actors.filter(source_of_violence=SourceOfViolence.STATE)
    keys = [actor.pk for actor in ahead]
    decision: ShareBlock | None = getattr(threat, "share_block", None)
    is_manual = decision is not None and decision.is_blocked
    state = rules.block_state(state_actors=keys, is_manual=is_manual, covers=decision.covers if decision else [])
    return BlockView(state, decision)


@transaction.atomic
def block_sharing(threat: Threat, *, reason: str, by: Any, now: datetime | None = None) -> ShareBlock:
    """Block a threat for host authorities, with the reason, until a senior person lifts it.

    Raises `Forbidden`, `RuleError` without a reason, `Conflict` when it is blocked already.
    """
    return _decide(threat, name="coordination.record_share", blocks=True, reason=reason, by=by, now=now)


@transaction.atomic
def lift_block(threat: Threat, *, reason: str, by: Any, now: datetime | None = None) -> ShareBlock:
    """Lift the block on sharing a threat with host authorities, for the State actors that it has now.

    Raises `Forbidden`, `RuleError` without a reason, `Conflict` when nothing is blocked. Source: POC Handbook 2020,
    6.3; the block and who lifts it are ours (CO-09).
    """
    return _decide(threat, name="coordination.lift_share_block", blocks=False, reason=reason, by=by, now=now)


def _decide(
    threat: Threat, *, name: str, blocks: bool, reason: str, by: Any, now: datetime | None = None
) -> ShareBlock:
    locked = Threat.objects.select_for_update(of=("self",)).select_related("mission", "office")
    threat = locked.get(pk=threat.pk)
    require(by, name, threat)
    seen = block_of(threat)
    if seen.is_blocked == blocks:
        who = seen.decision.decided_by if seen.decision else None
        words = _("%(ref)s is blocked already.") if blocks else _("%(ref)s is not blocked.")
        said = words % {"ref": threat.ref}
        if who:
            said += " " + _("The latest decision is of %(who)s.") % {"who": who}
        raise Conflict("already_decided", said)
    if not reason.strip():
        raise RuleError("reason_missing", _("Give the reason; it is kept with your name."), "reason")
    moment = now or clock.now(threat.mission)
    covers = [] if blocks else sorted(_state_keys(threat))
    values = {"is_blocked": blocks, "covers": covers, "reason": reason.strip()}
    values |= {"decided_at": moment, "decided_by": by}
    block, _new = ShareBlock.objects.update_or_create(threat=threat, defaults=values)
    block.threat = threat
    verb = "blocked sharing of" if blocks else "lifted the block on"
    changes: dict[str, list[Any]] = {"is_blocked": [not blocks, blocks]}
    record_event(by, verb, block, changes=changes, note=reason.strip(), now=moment)
    return block


def _state_keys(threat: Threat) -> Iterable[int]:
    return threat.actors.filter(source_of_violence=SourceOfViolence.STATE).values_list("pk", flat=True)


def block_history(threat: Threat) -> Any:
    """Return the decisions on the block of a threat, newest first."""
    block = ShareBlock.objects.filter(threat=threat).first()
    return history_of(block) if block else []


# shares


@transaction.atomic
def record_share(
    agreement: SharingAgreement,
    *,
    what: str,
    recipient: str,
    shared_at: datetime | None,
    how: str = "",
    marking: int,
    threats: Iterable[Threat] = (),
    has_individuals: bool = False,
    consent: str = "",
    by: Any,
    now: datetime | None = None,
) -> Share:
    """Record what was shared with a partner, under which agreement, and return it; it is never rewritten.

    Refused is what `rules.check_share` refuses, and a threat that the person may not see. The agreement and the threats
    are held locked, so that nobody ends the one or blocks the other meanwhile. The share is kept under the highest
    marking of what was shared. Raises `Forbidden`, and `RuleError` at its field. Source: POC Handbook 2020, 6.2, 6.3.
    """
    rows = SharingAgreement.objects.select_for_update(of=("self",)).select_related("mission", "office")
    agreement = rows.get(pk=agreement.pk)
    require(by, "coordination.record_share", agreement)
    moment = now or clock.now(agreement.mission)
    if shared_at is None or shared_at > moment:
        words = _("This moment has not come yet.") if shared_at else _("Say when it was shared.")
        raise RuleError("wrong_moment", words, "shared_at")
    chosen = _locked(agreement, [threat.pk for threat in threats], by)
    offer = rules.Offer(
        marking=marking,
        has_individuals=has_individuals,
        consent=consent,
        threats=tuple((threat.ref, threat.marking, block_of(threat).is_blocked) for threat in chosen),
    )
    rules.check_share(terms_of(agreement, shared_at.date()), offer)
    refuse_above_clearance(marking, by)
    share = Share(mission=agreement.mission, office=desk_of(agreement.mission, by), agreement=agreement, number=1)
    share.what, share.recipient, share.how = what.strip(), recipient.strip(), how.strip()
    share.marking, share.has_individuals, share.shared_at = offer.highest, has_individuals, shared_at
    share.consent = consent.strip() if has_individuals else ""
    share.created_at = share.changed_at = moment
    share.created_by = share.changed_by = by
    clean(share)
    share.number = Counter.take(agreement.mission, "share")
    share.save(force_insert=True)
    share.threats.set(chosen)
    record_event(by, "shared", share, changes=_told(share, chosen), now=moment)
    return share


def terms_of(agreement: SharingAgreement, on: date) -> rules.Terms:
    """Return what an agreement allows, with how it stands on a day."""
    return rules.Terms(
        ref=agreement.ref,
        kind=agreement.kind,
        highest_marking=agreement.highest_marking,
        individual_cases=agreement.individual_cases,
        standing=standing_of(agreement, on),
    )


def _locked(agreement: SharingAgreement, keys: list[int], by: Any) -> list[Threat]:
    """Return the threats by number, held locked; refused where one is not visible or of another mission."""
    seen = Threat.objects.visible_to(by).filter(mission=agreement.mission_id, pk__in=keys)
    found = list(Threat.objects.select_for_update(of=("self",)).filter(pk__in=seen.values("pk")).order_by("pk"))
    if len(found) != len(set(keys)):
        raise RuleError("unknown_threat", _("Choose threats of your offices."), "threats")
    return sorted(found, key=lambda threat: threat.number)


def _told(share: Share, threats: list[Threat]) -> dict[str, list[Any]]:
    values = {
        "agreement": share.agreement.ref,
        "recipient": share.recipient,
        "what": share.what,
        "how": share.how,
        "threats": [threat.ref for threat in threats],
        "has_individuals": share.has_individuals,
        "consent": share.consent,
        "shared_at": share.shared_at.isoformat(),
        "marking": share.marking,
    }
    return {name: [None, value] for name, value in values.items() if value not in ("", [])}
