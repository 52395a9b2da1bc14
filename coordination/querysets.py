"""Chainable reads of forums, meetings, action points, contacts and sharing agreements."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from pocweb.choices import Verb
from pocweb.models import Office
from pocweb.permissions import grants_for, scope_q
from threats.querysets import ScopedQuerySet

CITED = ("threat", "incident", "actor")
"""What a case cites; a case is hidden with any of them that is marked above the reader."""
CITED_BY_CASE = tuple(f"case__{name}" for name in CITED)
SUBJECTS = (
    "threat",
    "edition",
    "action",
    "action__threat",
    "issue",
    "issue__threat",
    "case",
    *CITED_BY_CASE,
)
"""The records that may stand behind an agenda item; what was said of one is as sensitive as it is now."""


def cleared_q(user: Any, paths: tuple[str, ...]) -> Q:
    """Return the condition that no record at the end of these paths is marked above the user's clearance."""
    clearance = getattr(user, "clearance", 0)
    where = Q()
    for path in paths:
        where &= Q(**{path: None}) | Q(**{f"{path}__marking__lte": clearance})
    return where


def _threat_in_reach(user: Any) -> Q:
    return Q(threat=None) | scope_q(user, "threat", prefix="threat__")


class ForumQuerySet(ScopedQuerySet):
    kind = "forum"

    def referable_by(self, user: Any) -> Self:
        """Forums that a person may refer up to: those they see, and those of the offices above theirs.

        A local forum refers to one at headquarters, which the local officer does not see but must be able to name;
        clearance holds for both.
        """
        step = Office.steplen
        above = Q(pk__in=[])
        for grant in grants_for(user, self.kind, Verb.VIEW):
            path = grant.office_path
            paths = [path[:end] for end in range(step, len(path), step)]
            above |= Q(mission=grant.mission_id, office__path__in=paths)
        above &= Q(marking__lte=getattr(user, "clearance", 0))
        return self.filter(scope_q(user, self.kind) | above)


class MechanismQuerySet(ScopedQuerySet):
    kind = "forum"


class MeetingQuerySet(ScopedQuerySet):
    """Meetings; a forum marked above a reader's clearance hides its meetings too."""

    kind = "forum"

    def visible_to(self, user: Any) -> "MeetingQuerySet":
        return super().visible_to(user).filter(forum__marking__lte=getattr(user, "clearance", 0))


class MinutedQuerySet(models.QuerySet[Any]):
    """Parts of meetings: seen with the meeting, up to the reader's clearance, and with the threat that they are of."""

    def visible_to(self, user: Any) -> Self:
        rows = self.filter(scope_q(user, "forum", prefix="meeting__"), _threat_in_reach(user))
        clearance = getattr(user, "clearance", 0)
        return rows.filter(marking__lte=clearance, meeting__forum__marking__lte=clearance)


class AgendaItemQuerySet(MinutedQuerySet):
    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).filter(cleared_q(user, SUBJECTS))


class DecisionQuerySet(MinutedQuerySet):
    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).filter(cleared_q(user, tuple(f"item__{path}" for path in SUBJECTS)))


class ActionQuerySet(ScopedQuerySet):
    """Action points: seen in one's branch of offices, and one's own wherever they were decided."""

    kind = "forum"

    def visible_to(self, user: Any) -> "ActionQuerySet":
        mission = getattr(user, "mission", None)
        own = Q(owner=user.pk, mission=mission, marking__lte=user.clearance) if mission else Q(pk__in=[])
        rows = self.filter(scope_q(user, self.kind) | own)
        return rows.filter(cleared_q(user, ("meeting__forum", "threat", *(f"item__{path}" for path in SUBJECTS))))

    def overdue(self, today: date) -> "ActionQuerySet":
        """Action points that are open past their deadline (CO-04)."""
        return self.filter(state="open", due_on__lt=today)


class IssueQuerySet(ScopedQuerySet):
    """Issues; one on a threat that is marked above a reader's clearance is hidden with it."""

    kind = "forum"

    def visible_to(self, user: Any) -> "IssueQuerySet":
        return super().visible_to(user).filter(cleared_q(user, ("threat", "raised_in", "forum")))


class ContactQuerySet(ScopedQuerySet):
    kind = "contact"


class AgreementQuerySet(ScopedQuerySet):
    kind = "agreement"


class ShareQuerySet(ScopedQuerySet):
    kind = "agreement"

    def visible_to(self, user: Any) -> Self:
        """Shares up to the clearance; one that tells of a threat which the user may not see is left out whole."""
        told = self.model.threats.through.objects.filter(share=OuterRef("pk"))
        return super().visible_to(user).exclude(Exists(told.exclude(scope_q(user, "threat", prefix="threat__"))))


def case_q(user: Any, prefix: str = "", *, own_too: bool = True) -> Q:
    """Return the condition that a person may see a case: in their branch, their own report, or copied to them.

    Without `own_too` it is that of who follows a case, in their branch alone: who reported from elsewhere sees the
    report and where it stands, not what was decided and planned on it.

    A case is hidden with a threat, an incident or a profile that is marked above the reader's clearance.
    """
    mission = getattr(user, "mission", None)
    own = Q(pk__in=[])
    if own_too and mission is not None and getattr(user, "pk", None):
        mine = Q(**{f"{prefix}created_by": user.pk}) | Q(**{f"{prefix}hierarchy_copy": user.pk})
        own = mine & Q(**{f"{prefix}mission": mission, f"{prefix}marking__lte": getattr(user, "clearance", 0)})
    return (scope_q(user, "case", prefix=prefix) | own) & cleared_q(user, tuple(f"{prefix}{name}" for name in CITED))


class CaseQuerySet(ScopedQuerySet):
    kind = "case"

    def visible_to(self, user: Any) -> Self:
        return self.filter(case_q(user))

    def followed_by(self, user: Any) -> Self:
        """Cases of the person's branch, of which they may see all that was decided and done."""
        return self.filter(case_q(user, own_too=False))

    def open(self) -> Self:
        """Cases that are not closed."""
        return self.exclude(state="closed")


class CasePartQuerySet(models.QuerySet[Any]):
    """What hangs on a case, seen by who follows the case."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(case_q(user, "case__", own_too=False))


class FlashQuerySet(ScopedQuerySet):
    """Flash reports; one on a case, decision or incident that is marked above a reader's clearance is hidden whole."""

    kind = "case"

    def visible_to(self, user: Any) -> Self:
        decided = ("decision", "decision__meeting", "decision__meeting__forum", "decision__threat")
        behind = (f"decision__item__{path}" for path in SUBJECTS)
        paths = ("case", *CITED_BY_CASE, "incident", *decided, *behind)
        return super().visible_to(user).filter(cleared_q(user, paths))


class RequestQuerySet(ScopedQuerySet):
    kind = "case"

    def visible_to(self, user: Any) -> Self:
        return super().visible_to(user).filter(cleared_q(user, ("case", *CITED_BY_CASE)))


class AssistantQuerySet(ScopedQuerySet):
    kind = "community"


class NetworkQuerySet(ScopedQuerySet):
    kind = "community"


class NetworkPartQuerySet(models.QuerySet[Any]):
    """Focal points and alerts, seen with their network."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(scope_q(user, "community", prefix="network__"))


class NetworkAlertQuerySet(NetworkPartQuerySet):
    """Alerts of networks; one whose case is marked above a reader's clearance is hidden with it."""

    def visible_to(self, user: Any) -> Self:
        clearance = getattr(user, "clearance", 0)
        rows = super().visible_to(user).filter(case__marking__lte=clearance)
        return rows.filter(cleared_q(user, CITED_BY_CASE))


class PlanQuerySet(ScopedQuerySet):
    """Community protection plans; one that names a threat, network or engagement above the clearance is hidden."""

    kind = "community"

    def visible_to(self, user: Any) -> Self:
        cited = self.model.threats.through.objects.filter(communityplan=OuterRef("pk"))
        clearance = getattr(user, "clearance", 0)
        named = self.model.networks.through.objects.filter(communityplan=OuterRef("pk"))
        rows = super().visible_to(user).exclude(Exists(cited.filter(threat__marking__gt=clearance)))
        held = self.model._meta.get_field("consultations").related_model.objects.filter(plan=OuterRef("pk"))
        rows = rows.exclude(Exists(named.filter(network__marking__gt=clearance)))
        return rows.exclude(Exists(held.filter(engagement__marking__gt=clearance)))


class PciaQuerySet(ScopedQuerySet):
    kind = "community"


class EngagementQuerySet(ScopedQuerySet):
    kind = "engagement"


class ReprisalQuerySet(ScopedQuerySet):
    kind = "reprisal"


class LocalPlanQuerySet(ScopedQuerySet):
    kind = "forum"

    def visible_to(self, user: Any) -> Self:
        """Local plans up to the clearance; one with a risk of a threat that is marked above it is hidden whole."""
        clearance = getattr(user, "clearance", 0)
        risks = self.model._meta.get_field("risks").related_model
        above = risks.objects.filter(plan=OuterRef("pk"), threat__marking__gt=clearance)
        return super().visible_to(user).filter(forum__marking__lte=clearance).exclude(Exists(above))
