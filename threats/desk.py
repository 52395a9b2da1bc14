"""What of threats and incidents waits on a person's desk, and what the site's pages tell of them."""

from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.choices import RiskLevel
from pocweb.desk import Content, Item, Visit, register_panel
from pocweb.fieldlist import for_people
from pocweb.models import Area
from pocweb.place_facts import register_fact
from pocweb.trail import register_record, register_verbs
from threats.choices import PlaceState, Verification
from threats.evidence import differing as differences_between
from threats.evidence import evidence_for, standing_of
from threats.fieldlists.incident import hidden_from
from threats.models import Actor, Assessment, ImportRun, Incident, Threat

MOST = 8
TONES: dict[int | None, str] = {RiskLevel.EXTREME: "bad", RiskLevel.HIGH: "warn"}


def led_threats(visit: Visit) -> Content | None:
    """Return the active threats that the person leads, by priority.

    Reviews that are late are counted, and ratings that differ from the evidence. Three queries.
    """
    if not visit.user.has_perm("threats.view_threat"):
        return None
    rows = Threat.objects.visible_to(visit.user).active().filter(lead=visit.user, mission=visit.mission)
    scheme = Assessment.objects.filter(threat=OuterRef("pk")).order_by("-assessed_at", "-pk").values("scheme__data")[:1]
    rows = rows.select_related("office").annotate(scheme_data=Subquery(scheme))
    threats = list(rows.order_by(F("priority").asc(nulls_last=True), "-risk", "number"))
    if not threats:
        return None
    late = sum(threat.review_on is not None and threat.review_on < visit.today for threat in threats)
    words = ngettext("%(n)s review of a threat is late", "%(n)s reviews of threats are late", late) % {"n": late}
    differing = _differing(threats, visit)
    said = ngettext("%(n)s rating differs from the evidence", "%(n)s ratings differ from the evidence", len(differing))
    return Content(
        items=tuple(_threat_item(threat, visit, threat.pk in differing) for threat in threats[:MOST]),
        waiting=((late, words), (len(differing), said % {"n": len(differing)})),
    )


def _differing(threats: list[Any], visit: Visit) -> set[int]:
    """Return the keys of the threats whose evidence and rating differ. Two queries."""
    rated_on = {threat.pk: threat.assessed_on for threat in threats}
    found = evidence_for(rated_on, mission=visit.mission, user=visit.user, today=visit.today, rated_on=rated_on)
    return {
        threat.pk
        for threat in threats
        if threat.scheme_data
        and differences_between(
            found[threat.pk], standing_of(threat, len(threat.scheme_data["likelihood"])), today=visit.today
        )
    }


def _threat_item(threat: Threat, visit: Visit, differs: bool) -> Item:
    note = _("No day set for its review")
    if threat.review_on:
        said = _("Its review was due on %(day)s") if threat.review_on < visit.today else _("Next review %(day)s")
        note = said % {"day": for_people(threat.review_on)}
    if differs:
        note = f"{_('Evidence and rating differ')}. {note}"
    state = f"{threat.get_risk_display()}, {threat.get_trend_display()}" if threat.risk else _("Not rated")
    return Item(
        text=f"{threat.ref} {threat.title}",
        url=reverse("threats:threat-detail", args=[threat.pk]),
        tone=TONES.get(threat.risk, "none"),
        state=state,
        note=f"{threat.office}. {note}",
    )


def incidents_to_settle(visit: Visit) -> Content | None:
    """Return what incidents ask of the person: places that disagree, verification under way. One query."""
    user = visit.user
    may_settle, may_verify = user.has_perm("threats.settle_place"), user.has_perm("threats.verify_incident")
    if not may_settle and not may_verify:
        return None
    open_places = Q(place_state__in=(PlaceState.UNMATCHED, PlaceState.DISAGREEING))
    counts = Incident.objects.visible_to(user).filter(mission=visit.mission).aggregate(
        places=Count("pk", filter=open_places),
        verifying=Count("pk", filter=Q(verification=Verification.UNDER_VERIFICATION)),
    )  # fmt: skip
    items = []
    if may_settle and counts["places"]:
        said = ngettext(
            "%(n)s incident has a place to settle", "%(n)s incidents have a place to settle", counts["places"]
        )
        items.append(Item(said % {"n": counts["places"]}, reverse("threats:incident-places")))
    if may_verify and counts["verifying"]:
        said = ngettext(
            "%(n)s incident is under verification", "%(n)s incidents are under verification", counts["verifying"]
        )
        address = f"{reverse('threats:incident-list')}?verification={Verification.UNDER_VERIFICATION}"
        items.append(Item(said % {"n": counts["verifying"]}, address))
    return Content(items=tuple(items), empty=_("No incident asks for a decision."))


def incidents_in(user: Any, area: Area) -> tuple[int, str] | None:
    """Count the incidents in an area that the person may see."""
    if not user.has_perm("threats.view_incident"):
        return None
    rows = Incident.objects.visible_to(user).counted().filter(mission=user.mission)
    return rows.in_areas([area.path]).count(), f"{reverse('threats:incident-list')}?area={area.pcode}"


def threats_in(user: Any, area: Area) -> tuple[int, str] | None:
    """Count the active threats that name an area or a place in it, of those that the person may see."""
    if not user.has_perm("threats.view_threat"):
        return None
    rows = Threat.objects.visible_to(user).active().filter(mission=user.mission, areas__path__startswith=area.path)
    return rows.distinct().count(), ""


def register() -> None:
    """Add the panels, the facts of places, and the records of the audit trail."""
    register_panel(40, gettext_lazy("Threats you lead"), led_threats)
    register_panel(50, gettext_lazy("Incidents"), incidents_to_settle)
    register_fact(10, gettext_lazy("Incidents in it"), incidents_in)
    register_fact(20, gettext_lazy("Active threats that name it"), threats_in)
    register_record(
        Incident, lambda incident: reverse("threats:incident-detail", args=[incident.pk]), hidden=hidden_from
    )
    register_record(Threat, lambda threat: reverse("threats:threat-detail", args=[threat.pk]))
    register_record(Actor, lambda actor: reverse("threats:actor-detail", args=[actor.pk]))
    register_record(ImportRun, lambda run: reverse("threats:import-detail", args=[run.pk]))
    register_verbs(
        {
            "added": gettext_lazy("added"),
            "changed": gettext_lazy("changed"),
            "rated": gettext_lazy("rated"),
            "decided on imminence of": gettext_lazy("decided on imminence"),
            "settled the place of": gettext_lazy("settled the place"),
            "verified": gettext_lazy("moved the verification on"),
            "recorded incidents of": gettext_lazy("recorded incidents"),
            "exported incidents of": gettext_lazy("exported incidents"),
            "exported the remarks of": gettext_lazy("exported the remarks"),
        }
    )
