"""Cases on other pages: the desk of who rates and decides, a threat's page, an office's and a place's numbers."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.models import WarningCase
from coordination.warnings.case_list import RATING, ordered
from coordination.warnings.choices import Branch, CaseState, UnitRating
from coordination.warnings.rules import steps_from
from coordination.warnings.wording import headline, since
from pocweb import place_facts
from pocweb.choices import Role, Verb
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.models import Area, Office
from pocweb.office_facts import OfficeFact, register_facts
from pocweb.permissions import scope_q
from pocweb.together import Part
from threats import threat_panels
from threats.models import Threat
from threats.threat_panels import ThreatLine

MOST, MOST_READ = 6, 100
STEERED = (*RATING, CaseState.PRIORITISED, CaseState.DISSEMINATED, CaseState.EMERGENCY_DECIDED)
"""States in which a case waits for who steers it: a rating, sending out, the emergency decision, the flash report."""
STEERING = (Role.JOC, Role.HOO, Role.POCA, Role.POCF)


def ask_cases(visit: Visit) -> Part | None:
    """Ask for the cases that wait for a rating or a decision by this person's role, the most pressing first.

    The operations centre, Heads of Office and POC officers see all that stand before sending out or a decision, and the
    imminent ones until the flash report has gone (EW-08, EW-09); the protection unit sees those where 7A or 7B
    is asked (EW-04). None for roles that do neither.
    """
    user = visit.user
    if not user.has_role(*STEERING, Role.PROT):
        return None
    mine = Q(pk__in=[])
    if user.has_role(*STEERING):
        may = scope_q(user, "case", verb=Verb.DRAFT) | scope_q(user, "case", verb=Verb.APPROVE)
        may |= scope_q(user, "case", verb=Verb.EDIT)
        mine |= may & Q(state__in=STEERED)
    if user.has_role(Role.PROT):
        asked = Q(children_rating=UnitRating.ASKED) | Q(women_rating=UnitRating.ASKED)
        mine |= scope_q(user, "case", verb=Verb.EDIT) & asked & ~Q(state=CaseState.CLOSED)
    rows = WarningCase.objects.visible_to(user).filter(mine, mission=visit.mission)
    return Part(ordered(rows), ("number", "act", "place", "state", "branch", "received_at", "office__name"), MOST_READ)


def alerts_to_handle(visit: Visit) -> Content | None:
    """Return the cases that wait for this person's rating or decision; None where nothing waits. One query."""
    found = visit.rows_of(ask_cases)
    if not found:
        return None
    words = ngettext("%(n)d alert waits for its next step", "%(n)d alerts wait for their next step", len(found))
    return Content(
        items=tuple(_item(case, visit) for case in found[:MOST]),
        more_url=reverse("coordination:case-list"),
        more_label=_("All open alerts"),
        waiting=((len(found), words % {"n": len(found)}),),
    )


def _item(case: WarningCase, visit: Visit) -> Item:
    steps = steps_from(case.state, case.branch)
    is_imminent = case.branch == Branch.IMMINENT
    step = str(steps[0].label) if steps else str(case.get_state_display())
    if not visit.user.has_role(*STEERING):
        step = _("Rate the impact that is asked of your unit")
    ages = {"office": case.office, "time": since(case.received_at, visit.now)}
    return Item(
        text=f"{case.ref} {headline(case)}",
        url=reverse("coordination:case-detail", args=[case.pk]),
        tone="bad" if is_imminent else "warn",
        state=step,
        note=_("%(office)s, received %(time)s ago") % ages,
    )


def cases_of_threat(user: Any, threat: Threat) -> tuple[ThreatLine, ...] | None:
    """Return the cases that are tied to a threat, as far as the person may see them (EW-22). One query."""
    if not user.has_perm("coordination.view_case"):
        return None
    rows = WarningCase.objects.visible_to(user).filter(threat=threat)
    lines = []
    for case in ordered(rows)[:MOST_READ]:
        said = {"case": f"{case.ref} {headline(case)}", "class": case.get_case_class_display()}
        text = _("%(case)s. %(class)s, %(state)s") % {**said, "state": str(case.get_state_display()).lower()}
        url = reverse("coordination:case-detail", args=[case.pk])
        lines.append(ThreatLine(text, url, "bad" if case.is_imminent and case.is_open else ""))
    return tuple(lines) or None


def cases_of_office(user: Any, office: Office) -> Iterator[OfficeFact]:
    """Yield how many cases are open in an office and below it, and how many of them are imminent. One query."""
    if not user.has_perm("coordination.view_case"):
        return
    rows = WarningCase.objects.visible_to(user).filter(mission=office.mission_id).open()
    branches = list(rows.filter(office__path__startswith=office.path).values_list("branch", flat=True))
    url = f"{reverse('coordination:case-list')}?office={office.code}"
    yield OfficeFact(_("Open alerts"), len(branches), url)
    imminent = sum(branch == Branch.IMMINENT for branch in branches)
    yield OfficeFact(_("imminent"), imminent, f"{url}&branch={Branch.IMMINENT}", is_part=True)


def cases_of_place(user: Any, area: Area) -> tuple[int, str] | None:
    """Return how many cases were reported from an area or below it, and where they are listed. One query."""
    if not user.has_perm("coordination.view_case"):
        return None
    rows = WarningCase.objects.visible_to(user).filter(area__path__startswith=area.path)
    return rows.count(), f"{reverse('coordination:case-list')}?state=all&area={area.pcode}"


def register() -> None:
    """Called once, when the app is ready."""
    register_panel(2, gettext_lazy("Alerts to rate and decide"), alerts_to_handle, ask_cases)
    threat_panels.register_panel(20, gettext_lazy("Alerts and early warnings"), cases_of_threat)
    register_facts(22, cases_of_office)
    place_facts.register_fact(40, gettext_lazy("Alerts and early warnings"), cases_of_place)
