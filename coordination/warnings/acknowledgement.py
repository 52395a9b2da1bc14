"""Acknowledging what was sent: one press for all of a case that waits for a person; who is still silent (EW-08)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coordination.models import CaseRecipient, WarningCase
from coordination.querysets import CasePartQuerySet
from pocweb import clock
from pocweb.audit import record_event
from pocweb.errors import Forbidden, RuleError
from pocweb.permissions import require


def waiting_of(user: Any) -> CasePartQuerySet:
    """Return what waits for a person's word in open cases that they may see, the nearest time first."""
    rows = CaseRecipient.objects.visible_to(user).filter(person=user.pk, acknowledged_at=None)
    return rows.exclude(case__state="closed").order_by("due_at", "sent_at", "pk")


@transaction.atomic
def acknowledge(case: WarningCase, *, by: Any, now: datetime | None = None) -> int:
    """Note that the person knows of the case, for all that was sent to them of it; return how many rows were open.

    Each person acknowledges for themselves. A second press does nothing and is no fault. Raises `Forbidden` for who
    may not see the case, `RuleError` for who is no recipient of it.
    """
    require(by, "coordination.view_case")
    if not WarningCase.objects.visible_to(by).filter(pk=case.pk).exists():
        raise Forbidden("forbidden", _("Your role does not allow this here."))
    moment = now or clock.now(case.mission)
    mine = CaseRecipient.objects.filter(case=case, person=by.pk)
    steps = list(mine.filter(acknowledged_at=None, sent_at__lte=moment).values_list("step", flat=True))
    if not steps and not mine.exists():
        raise RuleError("no_recipient", _("This case was not sent to you."))
    done: int = mine.filter(acknowledged_at=None, sent_at__lte=moment).update(acknowledged_at=moment)
    if done:
        changes = {"acknowledged": [None, sorted(steps)]}
        record_event(by, "acknowledged", case, changes=changes, now=moment)
    return done
