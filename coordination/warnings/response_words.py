"""How responses and acknowledgements are put in words and tones for pages and histories."""

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coordination.models import CaseRecipient
from coordination.warnings.choices import ResponseKind, ResponseState
from pocweb.fieldlist import for_people
from pocweb.models import Component, Person

TONES = {"planned": "none", "under_way": "warn", "done": "ok", "hindered": "bad"}
LABELS = {
    "kind": gettext_lazy("Response"),
    "text": gettext_lazy("What is done"),
    "is_operation": gettext_lazy("Operation"),
    "component": gettext_lazy("Component"),
    "host_authority": gettext_lazy("Host authority"),
    "owner": gettext_lazy("Answers for it"),
    "due_at": gettext_lazy("Until"),
    "decision": gettext_lazy("Decision"),
    "state": gettext_lazy("State"),
    "begun_at": gettext_lazy("Action taken"),
    "ended_at": gettext_lazy("Completed"),
    "obstacle": gettext_lazy("Obstacle"),
    "effect": gettext_lazy("Effect"),
}


def tone_of(state: str) -> str:
    """Return the tone of a response's state."""
    return TONES[state]


def show_response(name: str, value: Any) -> str:
    """Return a stored plain value of a response for people."""
    if value in (None, ""):
        return ""
    if name == "kind" and value in ResponseKind.values:
        return str(ResponseKind(value).label)
    if name == "state" and value in ResponseState.values:
        return str(ResponseState(value).label)
    if name in ("due_at", "begun_at", "ended_at") and (moment := parse_datetime(str(value))):
        return date_format(moment, "j F Y, H:i")
    if name == "decision":
        return _("recorded")  # its marking may hide which
    if name in ("component", "owner"):
        model: Any = Component if name == "component" else Person
        return str(model.objects.filter(pk=value).first() or _("unknown"))
    return for_people(value)


def acknowledged_words(row: CaseRecipient, now: datetime) -> tuple[str, str]:
    """Return tone and words of whether a person acknowledged; colour never stands alone."""
    if row.acknowledged_at is not None:
        return "ok", _("Acknowledged %(at)s") % {"at": date_format(row.acknowledged_at, "j M, H:i")}
    if row.due_at is None:
        return "none", _("Told, not acknowledged")
    if row.due_at >= now:
        return "warn", _("Awaited until %(at)s") % {"at": date_format(row.due_at, "H:i")}
    minutes = int((now - row.due_at).total_seconds() // 60)
    return "bad", _("Silent since %(at)s, %(late)s overdue") % {
        "at": date_format(row.sent_at, "j M, H:i"),
        "late": span_words(minutes),
    }


def span_words(minutes: int) -> str:
    """Return a span in minutes, hours or days, as people say it."""
    if minutes < 120:
        return _("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(n)d h") % {"n": minutes // 60}
    return _("%(n)d days") % {"n": minutes // (24 * 60)}
