"""What the map of hotspots says of an area: why it is hot, who covers it, what was last seen."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.choices import RiskLevel
from threats.choices import Heat, PresenceKind, Sight
from threats.hotspots import AreaPicture, HotspotMap, Question
from threats.rules.hotspots import HIGH, LEAST_EVENTS

LEVEL_NAMES: Mapping[int, str | Promise] = {
    1: gettext_lazy("Prefectures (level 1)"),
    2: gettext_lazy("Sub-prefectures (level 2)"),
    3: gettext_lazy("Communes (level 3)"),
}
ORDER = {Heat.BOTH: 0, Heat.EVENTS: 1, Heat.THREATS: 2, Heat.WATCH: 4, Heat.NONE: 5}
"""Order of the table; blind spots that are no hotspots stand at 3."""


def reason(one: AreaPicture, found: HotspotMap) -> str:
    """Return in a sentence or two why the area has its word."""
    parts = []
    events = one.tally.events
    if one.heat in (Heat.BOTH, Heat.EVENTS):
        parts.append(_("%(n)s events here; with the areas that touch it more than chance gives.") % {"n": events})
    elif events and one.local.p is None:
        parts.append(ngettext("%(n)s event here.", "%(n)s events here.", events) % {"n": events})
    elif events:
        one_event, several = "%(n)s event here, which does not stand out.", "%(n)s events here, which do not stand out."
        said = ngettext(one_event, several, events)
        parts.append(said % {"n": events})
        if one.local.stands_out and events < LEAST_EVENTS:
            parts.append(_("The areas around it do."))
    elif one.local.stands_out:
        parts.append(_("No event here; the areas around it stand out."))
    if one.threats:
        parts.append(_threat_words(one))
    if not parts:
        if one.is_blind:
            return _("Nothing recorded, and nobody was there to see.")
        if one.sight == Sight.UNSURE:
            return _("Nothing recorded here; what is known is placed no closer than the area around it.")
        return _("No event in the period and no active threat.")
    return " ".join(parts)


def _threat_words(one: AreaPicture) -> str:
    high = [(mark.ref, mark.risk) for mark in one.threats if mark.risk is not None and mark.risk >= HIGH]
    if high:
        ref, risk = high[0]
        words = {"ref": ref, "risk": str(RiskLevel(risk).label).lower(), "n": len(high) - 1}
        if len(high) == 1:
            return _("Threat %(ref)s is rated %(risk)s.") % words
        more = ngettext("Threat %(ref)s is rated %(risk)s, %(n)s more high.",
                        "Threat %(ref)s is rated %(risk)s, %(n)s more high or extreme.", len(high) - 1)  # fmt: skip
        return more % words
    if one.risk is None:
        return _("A threat names it, not rated yet.")
    return _("Threats that name it are rated below high.")


def covers(one: AreaPicture, question: Question) -> str:
    """Return who covers the area by standing presence: offices, then kinds of presence since the blind days began."""
    standing = [
        str(glimpse.kind.label)
        for glimpse in one.glimpses
        if glimpse.kind in PresenceKind.STANDING and glimpse.last_on >= question.blind_from
    ]
    return ", ".join([*one.offices, *standing])
