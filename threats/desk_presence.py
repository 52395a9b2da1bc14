"""What the site's pages tell of presences: the words of the audit trail, and the number on a place's page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from pocweb import clock
from pocweb.models import Area
from pocweb.place_facts import register_fact
from pocweb.trail import register_record, register_verbs
from threats.filters import as_query
from threats.models import Presence
from threats.rules.blindspots import window


def presences_in(user: Any, area: Area) -> tuple[int, str] | None:
    """Return how many presences were in the area or below it while a blind spot is counted, and their list."""
    if not user.has_perm("threats.view_presence") or user.mission is None:
        return None
    until = clock.today(user.mission)
    since = window(until, user.mission.blind_days)
    same = Area.objects.filter(pcode=area.pcode).values_list("path", flat=True)
    rows = Presence.objects.visible_to(user).filter(mission=user.mission).between(since, until).in_areas(list(same))
    if area.valid_to is not None:  # the list knows the areas of today
        return rows.count(), ""
    query = as_query({"from": since, "to": until, "area": area.pcode})
    return rows.count(), f"{reverse('threats:presence-list')}?{query}"


def register() -> None:
    """Called once, when the app is ready."""
    register_fact(35, gettext_lazy("Presences of the mission, lately"), presences_in)
    register_record(Presence, lambda presence: reverse("threats:presence-detail", args=[presence.pk]))
    register_verbs(
        {
            "ended": gettext_lazy("ended"),
            "exported presences of": gettext_lazy("exported presences of"),
            "exported hotspots of": gettext_lazy("exported the map of hotspots of"),
        }
    )
