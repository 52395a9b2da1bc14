"""What an incident flash report says: a past event and the people harmed, verified and unverified apart (EW-21)."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from coordination.warnings.flash_content import Draft, Paragraph, Section, paragraphs, shortened
from pocweb.errors import RuleError
from pocweb.fieldlist import for_people
from threats.choices import ActorSide, DatePrecision, Harm, Origin, PersonStatus, Verification
from threats.models import CasualtyCount, Incident

MOST_COUNTS = 12  # a flash report is one to two pages; the incident holds all


def check_past(incident: Incident, today: date) -> None:
    """Raise `RuleError` for what has not happened, or did not.

    A threat goes out as an early warning flash of its case. Source: POC Handbook 2020, Annex V, para. 23 (EW-21).
    """
    if incident.starts_on > today:
        said = _("This has not happened yet. Report what is feared as an alert; its case sends the flash report.")
        raise RuleError("not_past", said)
    if incident.verification == Verification.DISCOUNTED:
        raise RuleError("discounted", _("This incident was discounted: it did not happen as reported."))


def draft_of_incident(incident: Incident, by: Any, today: date) -> Draft:
    """Return the flash report on an incident with what its sender may see. Raises `RuleError` as `check_past` does."""
    check_past(incident, today)
    links = incident.incident_actors.select_related("actor").filter(actor__marking__lte=by.clearance)
    actors = sorted(links, key=lambda link: (link.side, link.actor.name))
    sections = (
        Section(_("What happened"), _happened(incident)),
        Section(_("Who"), tuple(_actor(link) for link in actors)),
        *_harmed(incident),
        Section(
            _("Response of the mission"),
            paragraphs(shortened(incident.mission_response) or _("No response is recorded.")),
        ),
        Section(_("What is not known"), _unknown(incident, has_actor=bool(actors))),
    )
    return Draft(
        title=_("INCIDENT FLASH REPORT"),
        subject=f"{incident.ref}: {incident.title}",
        file_ref=incident.ref,
        sections=tuple(section for section in sections if section.paragraphs),
        marking=max([incident.marking, *(link.actor.marking for link in actors)]),
    )


def _happened(incident: Incident) -> tuple[Paragraph, ...]:
    day = for_people(incident.starts_on)
    if incident.ends_on != incident.starts_on:
        day = _("%(first)s to %(last)s") % {"first": day, "last": for_people(incident.ends_on)}
    if incident.date_precision != DatePrecision.DAY:
        day += f" ({str(incident.get_date_precision_display()).lower()})"
    names = [incident.place, incident.area.name if incident.area else ""]
    where = ", ".join(dict.fromkeys(name for name in names if name)) or _("place not recorded")
    forms = ", ".join(kind.name for kind in incident.violence_types.all())
    kind = incident.get_event_kind_display()
    lead = f"{day}, {where}. {incident.title}. {kind}{': ' + forms if forms else ''}."
    if incident.origin == Origin.UCDP:  # its text lists the reports that the event was coded from
        return paragraphs(lead, _("Taken from %(origin)s.") % {"origin": incident.get_origin_display()})
    return paragraphs(lead, shortened(incident.narrative, 1500))


def _actor(link: Any) -> Paragraph:
    side = str(ActorSide(link.side).label)
    source = link.actor.get_source_of_violence_display()
    return Paragraph(
        f"{side}: {link.actor.name} ({source})." if source else f"{side}: {link.actor.name}.", {"actor": link.actor_id}
    )


def _harmed(incident: Incident) -> tuple[Section, Section]:
    """Return the two sections: human rights' verified figures, and what is reported and not verified."""
    is_verified = incident.verification == Verification.VERIFIED
    lines = _numbers(incident)
    none = _("No figure is verified.") if not is_verified else _("Nothing beyond the verified figures is reported.")
    state = _("State of verification: %(state)s.") % {"state": str(incident.get_verification_display()).lower()}
    verified, reported = (lines, (none,)) if is_verified else ((none,), (*lines, state))
    return (
        Section(_("People harmed: verified"), paragraphs(*verified)),
        Section(_("People harmed: reported, not verified"), paragraphs(*reported)),
    )


def _numbers(incident: Incident) -> tuple[str, ...]:
    lines = []
    for harm in Harm:
        low, best, high = (getattr(incident, f"{harm}_{part}") for part in ("low", "best", "high"))
        if best is None:
            lines.append(_("%(harm)s: not recorded.") % {"harm": harm.label})
            continue
        span = "" if low == high else _(" (%(low)s to %(high)s)") % {"low": for_people(low), "high": for_people(high)}
        text = f"{harm.label}: {for_people(best)}{span}."
        if harm == Harm.KILLED:
            text += " " + _("Of them civilians: %(n)s.") % {"n": for_people(incident.civilians_killed)}
        lines.append(text)
    counts = sorted(incident.counts.all(), key=lambda row: (row.harm, row.status, row.sex, row.age))
    return (*lines, *(_count(row) for row in counts[:MOST_COUNTS]))


def _count(row: CasualtyCount) -> str:
    traits = [PersonStatus(row.status).label, row.get_sex_display(), row.get_age_display()]
    return f"{row.get_harm_display()}: {for_people(row.best)}, {', '.join(str(one).lower() for one in traits)}."


def _unknown(incident: Incident, *, has_actor: bool) -> tuple[Paragraph, ...]:
    gaps = [
        (not has_actor, _("who did it")),
        (incident.killed_best is None, _("how many were killed")),
        (incident.injured_best is None, _("how many were injured")),
        (incident.civilians_killed is None and incident.killed_best != 0, _("how many of them were civilians")),
        (incident.area is None, _("the exact place")),
        (incident.verification != Verification.VERIFIED, _("whether the account holds: it is not verified")),
    ]
    missing = [words for is_missing, words in gaps if is_missing]
    return paragraphs(_("Not known:") + f" {'; '.join(missing)}.") if missing else ()
