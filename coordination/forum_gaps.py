"""What is missing in the coordination of a person's offices: local forums, chairs, members (CO-01, CO-02, CO-03)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.cadence import works_on
from coordination.models import Forum
from coordination.services import missing_members
from pocweb.choices import Level, OfficeKind, Priority
from pocweb.models import Mission, Office
from threats.models import Threat


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, where, and the address that mends it (empty where the person may not)."""

    kind: str
    where: str
    text: str
    url: str
    act: str


def gaps_of(mission: Mission, forums: Iterable[Forum], *, user: Any, today: date) -> list[Gap]:
    """Return the gaps that the person may see: offices first in the order of the tree, then forums.

    `forums` are those of the mission that the person sees, with office and members read. Two queries.
    """
    forums = list(forums)
    working = [forum for forum in forums if works_on(forum, today)]
    return [*_offices_without(mission, working, user), *_lacking(working, user)]


def _offices_without(mission: Mission, working: list[Forum], user: Any) -> list[Gap]:
    """An office with an active threat of priority 1 or 2 is a priority POC area and needs a local forum (CO-02).

    Headquarters answers for its own areas through its operational forums (ours). Source: POC Handbook 2020, 6.1.3.
    """
    threats = Threat.objects.visible_to(user).active().filter(mission=mission, priority__lte=Priority.NEXT)
    counts = dict(threats.order_by().values_list("office").annotate(n=Count("pk")))
    local = {forum.office_id for forum in working if forum.level == Level.TACTICAL}
    local |= {f.office_id for f in working if f.office.kind == OfficeKind.HEADQUARTERS and f.level != Level.STRATEGIC}
    gaps = []
    for office in Office.objects.filter(pk__in=set(counts) - local).order_by("path"):
        words = ngettext(
            "No active local forum; %(n)d active threat of priority 1 or 2.",
            "No active local forum; %(n)d active threats of priority 1 or 2.",
            counts[office.pk],
        )
        office.mission = mission
        probe = Forum(mission=mission, office=office, marking=mission.default_marking)
        may = user.has_perm("coordination.change_forum", probe)
        url = f"{reverse('coordination:forum-set-up')}?office={office.code}" if may else ""
        gaps.append(Gap("local", office.name, words % {"n": counts[office.pk]}, url, _("Set one up")))
    return gaps


def _lacking(working: list[Forum], user: Any) -> list[Gap]:
    gaps = []
    for forum in working:
        url = ""
        if user.has_perm("coordination.change_forum", forum):
            url = reverse("coordination:forum-update", args=[forum.pk])
        if forum.chair_id is None:
            gaps.append(Gap("chair", forum.name, _("Nobody is named to chair it."), url, _("Name the chair")))
        if warning := missing_members(forum):
            gaps.append(Gap("members", forum.name, warning, url, _("Name the members")))
    return gaps
