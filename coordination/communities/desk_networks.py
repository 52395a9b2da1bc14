"""What other pages tell of communities: desk, an office's and a threat's page, a case's page, menu, audit trail."""

from collections.abc import Collection, Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coordination.communities import (
    alerts,
    pcia_files,  # noqa: F401  registers the kind of job
    reminders_networks,
)
from coordination.communities import rules_pcia as rules
from coordination.communities.choices import NetworkState
from coordination.communities.gaps import touches, without_shapes
from coordination.communities.kept import find_keeper
from coordination.communities.pcia_due import due_by_office, without_one
from coordination.communities.periods import periods_in, periods_of
from coordination.communities.plain import CHANGE
from coordination.communities.rules_pcia import Standing
from coordination.communities.watch import amber_of, with_consenting
from coordination.communities.wording_networks import pcia_words
from coordination.models import LiaisonAssistant, Network, NetworkAlert, Pcia, WarningCase
from coordination.warnings.case_panels import register_case_panel
from coordination.warnings.moves import register_guard
from pocweb import clock
from pocweb.choices import Priority, Verb
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.models import AuditEvent, Office
from pocweb.navigation import register as register_entry
from pocweb.office_facts import OfficeFact, register_facts
from pocweb.permissions import scope_q
from pocweb.trail import register_record, register_verbs
from threats import presence_keepers, threat_panels
from threats.models import Threat
from threats.threat_panels import ThreatLine

VIEW, KIND, MOST = "coordination.view_community", "community", 5


def networks_to_look_after(visit: Visit) -> Content | None:
    """Return the amber networks that the person keeps; None where there is none. One query."""
    if not visit.user.has_perm(CHANGE):
        return None
    may = scope_q(visit.user, KIND, verb=Verb.EDIT) | scope_q(visit.user, KIND, verb=Verb.APPROVE)
    rows = Network.objects.filter(may, mission=visit.mission, state=NetworkState.ACTIVE)
    rows = with_consenting(rows.select_related("mission__community_periods")).order_by("contacted_on", "number")
    networks = list(rows)
    found = amber_of(networks, periods_in(networks, visit.mission), visit.today)
    if not found:
        return None
    words = ngettext("%(n)d alert network has to be looked after", "%(n)d alert networks have to be looked after",
                     len(found)) % {"n": len(found)}  # fmt: skip
    items = [
        Item(
            text=str(network),
            url=reverse("coordination:network-detail", args=[network.pk]),
            tone="warn",
            state=" ".join(said for _code, said in why),
        )
        for network, why in found[:MOST]
    ]
    return Content(
        items=tuple(items),
        more_url=reverse("coordination:network-list") + "?state=amber",
        more_label=_("All networks to be looked after"),
        waiting=((len(found), words),),
    )


def assessments_due(visit: Visit) -> Content | None:
    """Return the assessments that the person keeps and that are due, those not begun too. One query (EW-18)."""
    if not visit.user.has_perm(CHANGE):
        return None
    items = []
    for office in due_by_office(visit.user, visit.mission, visit.today):
        if office.open_pk is not None:
            one = Pcia(pk=office.open_pk, number=office.open_number, year=office.open_year, office=office)
            one.due_on = office.open_due
            items.append(_item(one, visit))
        elif not office.is_begun:
            state = rules.standing(due_on=rules.default_due(visit.today.year), is_done=False, today=visit.today)
            if state in (Standing.SOON, Standing.OVERDUE):
                items.append(_not_begun(office, visit, is_late=state == Standing.OVERDUE))
    if not items:
        return None
    late = sum(item.tone == "bad" for item in items)
    words = ngettext("%(n)d impact assessment is overdue", "%(n)d impact assessments are overdue", late) % {"n": late}
    return Content(
        items=tuple(items[:MOST]),
        more_url=reverse("coordination:pcia-list"),
        more_label=_("All impact assessments"),
        waiting=((late, words),),
    )


def _item(one: Pcia, visit: Visit) -> Item:
    tone, state = pcia_words(one, visit.today)
    return Item(text=str(one), url=reverse("coordination:pcia-detail", args=[one.pk]), tone=tone, state=state)


def _not_begun(office: Office, visit: Visit, *, is_late: bool) -> Item:
    url = f"{reverse('coordination:pcia-create')}?office={office.code}&year={visit.today.year}"
    text = _("Impact assessment of %(office)s, %(year)d") % {"office": office, "year": visit.today.year}
    state = _("overdue, not begun") if is_late else _("not begun")
    return Item(text=text, url=url, tone="bad" if is_late else "warn", state=state)


def communities_of(user: Any, office: Office) -> Iterator[OfficeFact]:
    """Yield the networks of an office and of those below it, the amber ones, and assessments that are overdue."""
    if not user.has_perm(VIEW):
        return
    today = clock.today(office.mission)
    rows = Network.objects.visible_to(user).filter(mission=office.mission_id, office__path__startswith=office.path)
    networks = list(with_consenting(rows.filter(state=NetworkState.ACTIVE)))
    url = f"{reverse('coordination:network-list')}?office={office.code}"
    yield OfficeFact(_("Active alert networks"), len(networks), f"{url}&state=active")
    amber = amber_of(networks, periods_of(office.mission), today)
    yield OfficeFact(_("to be looked after"), len(amber), f"{url}&state=amber", is_part=True)
    own = Pcia.objects.visible_to(user).filter(office__path__startswith=office.path, mission=office.mission_id)
    late = own.filter(done_at=None, due_on__lt=today).count()
    if today > rules.default_due(today.year):
        late += sum(one.path.startswith(office.path) for one, _may in without_one(user, office.mission, today))
    yield OfficeFact(_("Impact assessments overdue"), late, reverse("coordination:pcia-list"))


def networks_of(user: Any, threat: Threat) -> tuple[ThreatLine, ...] | None:
    """Return the networks in a threat's areas, and where one of priority 1 or 2 has none (CM-07). Two queries."""
    if not user.has_perm(VIEW, threat):
        return None
    areas = list(Threat.objects.filter(pk=threat.pk).prefetch_related(without_shapes())[0].areas.all())
    if not areas:
        return None
    rows = Network.objects.visible_to(user).filter(mission=threat.mission_id, state=NetworkState.ACTIVE)
    active = list(rows.select_related("area").defer("area__shape").order_by("number"))
    near = [one for one in active if any(touches(area.path, [one.area.path]) for area in areas)]
    lines = [ThreatLine(str(one), reverse("coordination:network-detail", args=[one.pk]), "ok") for one in near[:MOST]]
    if threat.priority in (Priority.FIRST, Priority.NEXT):
        heard = [one.area.path for one in active]
        names = [area.name for area in areas if not touches(area.path, heard)]
        if names:
            words = _("No active alert network in %(areas)s.") % {"areas": ", ".join(names)}
            lines.append(ThreatLine(words, reverse("coordination:community-gaps") + "?kind=threat", "bad"))
    return tuple(lines) or (ThreatLine(_("No active alert network in its areas."), "", "none"),)


def alert_of(user: Any, case: WarningCase) -> dict[str, Any] | None:
    """Return the network's alert behind a case, None without one that the person may see. One query."""
    alert = NetworkAlert.objects.visible_to(user).filter(case=case).select_related("network").first()
    return {"alert": alert} if alert else None


def _held_back(user: Any, event: AuditEvent) -> Collection[str]:
    """Name what only those see who keep an assignment: the key, the note on risk (CM-09)."""
    if not {"key", "risk_note"} & set(event.changes):
        return ()
    assistant = LiaisonAssistant.objects.filter(pk=event.object_id).select_related("mission", "office").first()
    return () if assistant and user.has_perm(CHANGE, assistant) else ("key", "risk_note")


def register() -> None:
    """Called once, when the app is ready."""
    register_entry(
        58, "coordination:community-overview", gettext_lazy("Communities"), VIEW, in_account_menu=True,
        also=("/networks/", "/network-alerts/", "/assistants/", "/pcia/"),
    )  # fmt: skip
    register_panel(63, gettext_lazy("Alert networks to look after"), networks_to_look_after)
    register_panel(64, gettext_lazy("Impact assessments due"), assessments_due)
    register_facts(65, communities_of)
    threat_panels.register_panel(70, gettext_lazy("Alert networks"), networks_of)
    register_case_panel(
        60, "network", gettext_lazy("The network that called"), "coordination/network_case_panel.html", alert_of
    )
    register_guard("close", alerts.guard_close)
    presence_keepers.register_keeper(find_keeper)
    reminders_networks.register()
    _register_trail()


def _register_trail() -> None:
    register_record(Network, lambda one: reverse("coordination:network-detail", args=[one.pk]))
    register_record(
        LiaisonAssistant, lambda one: reverse("coordination:assistant-detail", args=[one.pk]), hidden=_held_back
    )
    register_record(Pcia, lambda one: reverse("coordination:pcia-detail", args=[one.pk]))
    words: dict[str, Any] = {
        "chose the focal point of": gettext_lazy("recorded that the focal point is chosen"),
        "set up the channel of": gettext_lazy("recorded that the channel works"),
        "agreed expectations with": gettext_lazy("recorded the expectations that were agreed"),
        "activated": gettext_lazy("activated it"),
        "activated again": gettext_lazy("activated it again"),
        "recorded the lapse of": gettext_lazy("recorded that it lapsed"),
        "was in contact with": gettext_lazy("was in contact with it"),
        "had a call from": gettext_lazy("recorded a call from it"),
        "checked the equipment of": gettext_lazy("checked its equipment"),
        "added a focal point to": gettext_lazy("added a focal point"),
        "stood down a focal point of": gettext_lazy("stood down a focal point"),
        "took out a focal point of": gettext_lazy("took out a focal point who withdrew consent"),
        "answered the network's alert on": gettext_lazy("wrote what became of the network's alert"),
        "closed the network's alert on": gettext_lazy("closed the network's alert"),
        "completed": gettext_lazy("completed it"),
        "began": gettext_lazy("began it"),
        "set the periods of alert networks of": gettext_lazy("set the periods of alert networks"),
        "exported alert networks of": gettext_lazy("exported the alert networks"),
        "exported liaison assistants of": gettext_lazy("exported the liaison assistants"),
        "exported gaps of communities of": gettext_lazy("exported the gaps of communities"),
    }
    register_verbs(words)
