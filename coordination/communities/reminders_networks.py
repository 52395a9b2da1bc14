"""Reminders of amber networks and of impact assessments that are due (CM-01, EW-18)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.communities import rules_pcia as rules
from coordination.communities.choices import NetworkState
from coordination.communities.pcia_due import offices_owing, open_ones
from coordination.communities.periods import periods_of
from coordination.communities.plain import CHANGE
from coordination.communities.watch import amber_of, since_of, with_consenting
from coordination.models import Network, Pcia
from pocweb import reminders
from pocweb.choices import Marking, NoticeMode
from pocweb.deadlines import Stage, stages
from pocweb.fieldlist import for_people
from pocweb.models import Person
from pocweb.notices import Line, notify_all, register_topic
from pocweb.recipients import Staff
from pocweb.reminders import Due

NETWORKS, PCIAS = "networks", "pcia"
EVERY_SECONDS = 3600


def keepers_of(staff: Staff, record: Any) -> list[Person]:
    """Return who may change a community's record, of the nearest office at or above its own where anybody may."""
    path = record.office.path
    near = [row for row in staff.postings if path.startswith(row.office.path)]
    for own in sorted({row.office.path for row in near}, key=len, reverse=True):
        here = {row.person_id: staff.people[row.person_id] for row in near if row.office.path == own}
        if found := [person for person in here.values() if person.has_perm(CHANGE, record)]:
            return found
    return []


def remind_of_networks(staff: Staff, now: datetime) -> int:
    """Tell who keeps an active network that it turned amber, once for each lapse (CM-01)."""
    rows = Network.objects.filter(mission=staff.mission, state=NetworkState.ACTIVE).select_related("office", "mission")
    amber = amber_of(with_consenting(rows).order_by("number"), periods_of(staff.mission), now.date())
    due = [one for network, why in amber for one in _of_network(network, why, staff)]
    return reminders.remind(staff, Network.objects.all(), due, now=now)


def _of_network(network: Network, why: list[tuple[str, str]], staff: Staff) -> Iterator[Due]:
    people = keepers_of(staff, network)
    words = {
        "silent": _("Alert network %(ref)s is silent. Last known contact: %(day)s."),
        "unchecked": _("The equipment of alert network %(ref)s is to be checked. Last known check: %(day)s."),
        "nobody": _("Alert network %(ref)s has no focal point with consent any more."),
    }
    for code, _sentence in why:
        day = since_of(network, code)
        said = {"ref": network.ref, "day": for_people(day)}
        yield Due(
            record=network,
            people=people,
            topic=NETWORKS,
            key=f"network:{network.pk}:{code}:{day.isoformat() if day else ''}",
            text=words[code] % said,
            url=reverse("coordination:network-detail", args=[network.pk]),
            ref=network.ref,
        )


def remind_of_pcia(staff: Staff, now: datetime) -> int:
    """Tell who keeps an office's assessment 30 days before it is due, and when it is overdue (EW-18).

    An office that has not begun the one of this year is reminded by the usual day.
    """
    today = now.date()
    rows = open_ones(staff.mission).filter(due_on__lte=today + timedelta(days=rules.REMIND_DAYS))
    due = [one for pcia in rows for one in _of_pcia(pcia, staff, today)]
    told = reminders.remind(staff, Pcia.objects.all(), due, now=now)
    lines = list(_not_begun(staff, today))
    return told + (notify_all(lines, mission=staff.mission, now=now) if lines else 0)


def _stage(due_on: date, today: date) -> Stage | None:
    found = stages(due_on, today, days_before=rules.REMIND_DAYS)
    return found[0] if found else None


def _words(ref: str, due_on: date, stage: Stage) -> str:
    said = {"ref": ref, "day": for_people(due_on)}
    if stage == Stage.SOON:
        return _("The impact assessment of %(ref)s is due on %(day)s.") % said
    return _("The impact assessment of %(ref)s is overdue. It was due on %(day)s.") % said


def _of_pcia(pcia: Pcia, staff: Staff, today: date) -> Iterator[Due]:
    if stage := _stage(pcia.due_on, today):
        yield Due(
            record=pcia,
            people=keepers_of(staff, pcia),
            topic=PCIAS,
            key=f"pcia:{pcia.pk}:{stage}:{pcia.due_on.isoformat()}",
            text=_words(f"{pcia.office} ({pcia.ref})", pcia.due_on, stage),
            url=reverse("coordination:pcia-detail", args=[pcia.pk]),
            ref=pcia.ref,
        )


def _not_begun(staff: Staff, today: date) -> Iterator[Line]:
    due_on = rules.default_due(today.year)
    stage = _stage(due_on, today)
    if stage is None:
        return
    for office in offices_owing(staff.mission, today.year):
        probe = Pcia(mission=staff.mission, office=office, marking=Marking.UNCLASSIFIED)
        people = tuple(person.pk for person in keepers_of(staff, probe))
        key = f"pcia:{office.pk}:{today.year}:none:{stage}"
        url = f"{reverse('coordination:pcia-create')}?office={office.code}&year={today.year}"
        yield Line(people, PCIAS, key, _words(str(office), due_on, stage), url, int(Marking.UNCLASSIFIED))


def register() -> None:
    """Add the topics and the rounds."""
    register_topic(NETWORKS, gettext_lazy("Alert networks to look after"), NoticeMode.DIGEST)
    register_topic(PCIAS, gettext_lazy("Impact assessments that are due"), NoticeMode.DIGEST)
    reminders.register("alert_networks", remind_of_networks, EVERY_SECONDS)
    reminders.register("impact_assessments", remind_of_pcia, EVERY_SECONDS)
