"""Checks of incidents. Places of imported events are gathered in one finding: they have a queue of their own."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.fieldlist import for_people
from threats.choices import Origin, PlaceState, Severity, Verification
from threats.quality.base import LOOK_BACK_DAYS, VERIFY_DAYS, Facts, Finding, IncidentFact, Mend, check

_EDITORS = gettext_lazy("Those who edit the incidents of this office")
FORM = Mend("incident", "threats:incident-update", "threats.change_incident", _EDITORS)
VERIFY = Mend(
    "incident",
    "threats:incident-verify",
    "threats.verify_incident",
    gettext_lazy("Human rights and the Joint Operations Centre"),
)
PLACES = Mend("incident", "threats:incident-places", "threats.settle_place", _EDITORS)
OPEN = (PlaceState.UNMATCHED, PlaceState.DISAGREEING)


def _broken(one: IncidentFact) -> Finding:
    names = ", ".join(one.broken)
    return Finding(one, _("Not low, best, high in this order: %(names)s.") % {"names": names}, "killed_low")


def _recent(facts: Facts) -> list[IncidentFact]:
    since = facts.today - timedelta(days=LOOK_BACK_DAYS)
    return [one for one in facts.incidents if one.day >= since]


@check(
    "incident_no_area",
    Severity.MUST,
    gettext_lazy("Incident without an area"),
    gettext_lazy("It is on no map and beside no threat (Handbook 8.2.2: by area)."),
    FORM,
)
def incident_no_area(facts: Facts) -> Iterator[Finding]:
    for one in facts.incidents:
        if one.origin == Origin.MISSION and one.area is None:
            yield Finding(one, _("Nobody has named its area."), "area")


@check(
    "counts_broken",
    Severity.MUST,
    gettext_lazy("Counts out of order: low, best, high"),
    gettext_lazy("Every figure that adds them up is wrong."),
    FORM,
)
def counts_broken(facts: Facts) -> Iterator[Finding]:
    for one in facts.incidents:
        if one.broken and one.origin == Origin.MISSION:
            yield _broken(one)


@check(
    "imported_counts",
    Severity.LOOK,
    gettext_lazy("Imported counts out of order: low, best, high"),
    gettext_lazy("The data set says so itself; whoever changes it here departs from the data set, and says why."),
    FORM,
)
def imported_counts(facts: Facts) -> Iterator[Finding]:
    for one in facts.incidents:
        if one.broken and one.origin != Origin.MISSION:
            yield _broken(one)


@check(
    "incident_future",
    Severity.MUST,
    gettext_lazy("Incident dated in the future"),
    gettext_lazy("A slip of the date moves it out of every period that is looked at."),
    FORM,
)
def incident_future(facts: Facts) -> Iterator[Finding]:
    for one in facts.incidents:
        if one.day > facts.today:
            yield Finding(one, _("Its day is %(day)s.") % {"day": for_people(one.day)}, "starts_on")


@check(
    "place_disagrees",
    Severity.SHOULD,
    gettext_lazy("Name and point of an incident disagree"),
    gettext_lazy("It is kept in the named area until a person says which is right."),
    FORM,
)
def place_disagrees(facts: Facts) -> Iterator[Finding]:
    for one in facts.incidents:
        if one.origin == Origin.MISSION and one.place_state == PlaceState.DISAGREEING:
            yield Finding(one, _("Its point lies outside the area that its place names."), "area")


@check(
    "unverified_deaths",
    Severity.SHOULD,
    gettext_lazy("Deaths not verified for over 60 days"),
    gettext_lazy("Casualties are verified or marked as not verifiable (Handbook 9.3, 9.4). Looked at: the last year."),
    VERIFY,
)
def unverified_deaths(facts: Facts) -> Iterator[Finding]:
    waiting = (Verification.REPORTED, Verification.UNDER_VERIFICATION)
    for one in _recent(facts):
        days = (facts.today - one.known_on).days
        if one.verification in waiting and one.killed and days > VERIFY_DAYS:
            words = ngettext(
                "%(n)d person killed, known for %(days)d days, not verified.",
                "%(n)d people killed, known for %(days)d days, not verified.",
                one.killed,
            )
            yield Finding(one, words % {"n": one.killed, "days": days})


@check(
    "duplicates",
    Severity.SHOULD,
    gettext_lazy("Possibly the same incident twice"),
    gettext_lazy("Same day, area, actors and killed: one event told twice counts twice. Looked at: the last year."),
    FORM,
)
def duplicates(facts: Facts) -> Iterator[Finding]:
    groups: dict[tuple[object, ...], list[IncidentFact]] = defaultdict(list)
    for one in _recent(facts):
        if one.area is not None and one.actors:
            groups[one.day, one.area, one.actors, one.killed].append(one)
    for several in groups.values():
        if len(several) > 1:
            first, *others = sorted(several, key=lambda one: one.pk)
            for one in others:
                yield Finding(one, _("Same day, area, actors and killed as %(ref)s.") % {"ref": first.ref})


@check(
    "incident_no_actor",
    Severity.LOOK,
    gettext_lazy("Incident without an actor in the area of a threat"),
    gettext_lazy("It is beside no threat that names its source of violence. Looked at: the last year."),
    FORM,
)
def incident_no_actor(facts: Facts) -> Iterator[Finding]:
    for one in _recent(facts):
        if not one.actors and one.threat:
            yield Finding(one, _("It lies in the area of %(ref)s and names no actor.") % {"ref": one.threat}, "actors")


@check(
    "imported_places",
    Severity.LOOK,
    gettext_lazy("Imported events with places to settle"),
    gettext_lazy("Nothing is guessed on import: a person chooses the area, in a queue of its own."),
    PLACES,
)
def imported_places(facts: Facts) -> Iterator[Finding]:
    waiting: dict[str, list[IncidentFact]] = defaultdict(list)
    for one in facts.incidents:
        if one.origin != Origin.MISSION and one.place_state in OPEN:
            waiting[one.origin].append(one)
    for origin, several in waiting.items():
        words = ngettext(
            "%(n)d event from %(origin)s waits for its place, this one first.",
            "%(n)d events from %(origin)s wait for their place, this one first.",
            len(several),
        )
        first = min(several, key=lambda one: one.pk)
        yield Finding(first, words % {"n": len(several), "origin": Origin(origin).label})
