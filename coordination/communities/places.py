"""Which areas a person may choose for communities, and which office answers for an area."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from pocweb.choices import Verb
from pocweb.errors import Forbidden, RuleError
from pocweb.models import Area, Mission, Office
from pocweb.permissions import grants_for

DEEPEST = 3  # communes; villages are written as place
APPROVE_TOO = (Verb.EDIT, Verb.APPROVE)


def offices_of(user: Any, mission: Mission, kind: str, verbs: tuple[Verb, ...] = (Verb.EDIT,)) -> Any:
    """Return the offices in whose branch the person may do one of the verbs to this kind, by the tree."""
    where = Q(pk__in=[])
    for verb in verbs:
        for grant in grants_for(user, kind, verb):
            if grant.mission_id == mission.pk:
                where |= Q(path__startswith=grant.office_path)
    return Office.objects.filter(where, mission=mission).order_by("path")


def areas_of(offices: Any) -> Any:
    """Return the areas in force that these offices answer for, from prefectures to communes, by the tree."""
    tops = Area.objects.filter(offices__in=offices, valid_to=None).values_list("path", flat=True).distinct()
    where = Q(pk__in=[])
    for path in tops:
        where |= Q(path__startswith=path)
    return Area.objects.filter(where, valid_to=None, level__lte=DEEPEST).order_by("path")


def office_for(area: Area, mission: Mission, by: Any, kind: str, verbs: tuple[Verb, ...] = (Verb.EDIT,)) -> Office:
    """Return the office nearest to the ground that answers for an area, among those where the person may write.

    Raises `Forbidden` for an area of another branch.
    """
    if area is None:
        raise RuleError("area_missing", _("Choose the area."), "area")
    own = offices_of(by, mission, kind, verbs)
    steps = range(Area.steplen, len(area.path) + 1, Area.steplen)
    above = [area.path[:end] for end in steps]
    found = own.filter(areas__path__in=above).order_by("-depth", "path").first()
    if found is None:
        raise Forbidden("other_branch", _("Choose an area that your own office answers for."), "area")
    office: Office = found
    return office
