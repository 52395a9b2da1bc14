"""How networks, assignments and assessments are said to people."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coordination.communities import rules_networks as rules
from coordination.communities.choices import AlertChannel, NetworkState, Sex
from coordination.communities.pcia import standing_of
from coordination.communities.rules_pcia import Standing
from coordination.models import LiaisonAssistant, Network, Pcia
from pocweb.choices import Marking
from pocweb.fieldlist import for_people

TONES = {NetworkState.ACTIVE: "ok", NetworkState.LAPSED: "bad", NetworkState.CLOSED: "none"}
WORDS: dict[str, Any] = {"state": NetworkState, "sex": Sex}
DAYS = ("starts_on", "ends_on", "due_on", "contacted_on", "checked_on")


def state_words(network: Network, concerns: list[tuple[str, str]]) -> tuple[str, str]:
    """Return how a network stands, as tone and words; an active one that has to be looked after is amber (CM-01)."""
    if concerns:
        return "warn", " ".join([f"{network.get_state_display()}.", *(words for _code, words in concerns)])
    return TONES.get(NetworkState(network.state), "none"), str(network.get_state_display())


def women_words(network: Network) -> tuple[str, str]:
    """Return the share of women against the line of indicator 3.2.2, as tone and words."""
    share = rules.women_percent(network.members, network.women_members)
    if share is None:
        return "none", _("Share of women not recorded; 30 per cent count for indicator 3.2.2.")
    said = {"n": share, "women": network.women_members, "all": network.members}
    if share >= rules.WOMEN_PERCENT:
        return "ok", _("%(women)d of %(all)d are women: %(n)d per cent, counted for indicator 3.2.2.") % said
    return "warn", _("%(women)d of %(all)d are women: %(n)d per cent, below the 30 of indicator 3.2.2.") % said


def assignment_words(assistant: LiaisonAssistant, today: date) -> tuple[str, str]:
    """Return how an assignment stands on a day, as tone and words."""
    if assistant.starts_on > today:
        return "none", _("begins %(day)s") % {"day": for_people(assistant.starts_on)}
    if assistant.ends_on is None:
        return "ok", _("goes on")
    if assistant.ends_on < today:
        return "none", _("ended %(day)s") % {"day": for_people(assistant.ends_on)}
    days = (assistant.ends_on - today).days
    words = ngettext("ends in %(n)d day", "ends in %(n)d days", days) % {"n": days} if days else _("ends today")
    return ("warn" if days <= 30 else "ok"), words


def pcia_words(pcia: Pcia, today: date) -> tuple[str, str]:
    """Return how an assessment stands on a day, as tone and words (EW-18)."""
    standing = standing_of(pcia, today)
    if standing == Standing.DONE and pcia.done_at:
        return "ok", _("Completed %(day)s") % {"day": for_people(pcia.done_at.date())}
    if standing == Standing.OVERDUE:
        days = (today - pcia.due_on).days
        return "bad", ngettext("%(n)d day overdue", "%(n)d days overdue", days) % {"n": days}
    words = _("Due %(day)s") % {"day": for_people(pcia.due_on)}
    return ("warn" if standing == Standing.SOON else "none"), words


def show(name: str, value: Any) -> str:
    """Return a stored plain value of a network, an assignment or an assessment as text."""
    if value is None or value == "" or value == []:
        return ""
    if name == "marking":
        return str(Marking(value).label)
    if name in WORDS and value in WORDS[name].values:
        return str(WORDS[name](value).label)
    if name == "channels":
        return ", ".join(str(one.label) for one in AlertChannel if one.value in value)
    if name == "assistant":
        return f"{LiaisonAssistant.LETTER}-{value:03d}"
    if name in DAYS:
        return for_people(date.fromisoformat(value))
    if name == "sha256":
        return str(value)[:16]
    return str(value) if name == "year" else for_people(value)
