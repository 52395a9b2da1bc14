"""Checks of threats and their ratings."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.choices import Marking, RiskLevel
from pocweb.fieldlist import for_people
from threats.choices import Confidence, Severity
from threats.fieldlists.threat import LABELS
from threats.quality.base import REVIEW_RISING, Facts, Finding, Mend, check
from threats.rules.gaps import RANKED

_EDITORS = gettext_lazy("Those who edit the threats of this office")
FORM = Mend("threat", "threats:threat-update", "threats.change_threat", _EDITORS)
RATING = Mend("threat", "threats:threat-assess", "threats.assess_threat", _EDITORS)
PAGE = Mend("threat", "threats:threat-detail", "threats.change_threat", _EDITORS)
ACTIVITY = Mend(
    "threat",
    "strategy:activity-create",
    "strategy.add_activity",
    gettext_lazy("Those who plan activities of this office"),
)


@check(
    "unrated",
    Severity.MUST,
    gettext_lazy("Threat without a rating"),
    gettext_lazy("A matrix ranks by probability and impact (Handbook 8.3); an edition cannot be endorsed without it."),
    RATING,
)
def unrated(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.assessed_on is None:
            yield Finding(one, _("Nobody has rated it."))


@check(
    "imminent_idle",
    Severity.MUST,
    gettext_lazy("Imminent threat without an open activity"),
    gettext_lazy("What is imminent is acted on at once (Handbook 8.2.5); nothing here is planned or under way."),
    ACTIVITY,
)
def imminent_idle(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.imminent and not one.has_open_activity:
            yield Finding(one, _("It stands as imminent, and no activity that you may see is planned or under way."))


@check(
    "bare_priority",
    Severity.MUST,
    gettext_lazy("Priority 1 or 2 without objective, lead or the five criteria"),
    gettext_lazy("A priority threat states a clear objective and why the mission answers it so (Handbook 8.2.5, 8.3)."),
    FORM,
)
def bare_priority(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.priority in RANKED and one.missing:
            names = ", ".join(str(LABELS[name]).lower() for name in one.missing)
            yield Finding(one, _("Nobody has written: %(names)s.") % {"names": names}, one.missing[0])


@check(
    "state_unclassified",
    Severity.MUST,
    gettext_lazy("Threat by a State actor marked unclassified"),
    gettext_lazy("Analysis of State forces stays frank only while it is protected; unclassified papers travel."),
    FORM,
)
def state_unclassified(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.has_state and one.marking <= Marking.UNCLASSIFIED:
            yield Finding(one, _("It names a State actor and is marked unclassified."), "marking")


@check(
    "rating_old",
    Severity.SHOULD,
    gettext_lazy("Rating older than the review period"),
    gettext_lazy("Forums review the matrix weekly or monthly (Handbook 5.1); the mission sets the period."),
    RATING,
)
def rating_old(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        days = (facts.today - one.assessed_on).days if one.assessed_on else 0
        if days > facts.review_days:
            words = _("Last rated %(days)d days ago; the review period is %(period)d days.")
            yield Finding(one, words % {"days": days, "period": facts.review_days})


@check(
    "expected_above",
    Severity.SHOULD,
    gettext_lazy("Risk expected after the response above that of today"),
    gettext_lazy("A response that raises the risk is either a slip of the rating or a reason not to act so (8.2.5)."),
    RATING,
)
def expected_above(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.expected_risk and one.risk and one.expected_risk > one.risk:
            words = {"after": RiskLevel(one.expected_risk).label, "now": RiskLevel(one.risk).label}
            yield Finding(one, _("Expected after the response: %(after)s; today: %(now)s.") % words)


@check(
    "no_population",
    Severity.SHOULD,
    gettext_lazy("Priority 1 or 2 without a number of civilians at risk"),
    gettext_lazy("Populations and their vulnerabilities are mapped (Handbook 8.3); an estimate is enough."),
    FORM,
)
def no_population(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.priority in RANKED and not one.has_number:
            yield Finding(one, _("No group at risk has an estimated number."), "groups")


@check(
    "coarse_area",
    Severity.SHOULD,
    gettext_lazy("No area below the country"),
    gettext_lazy("The location is told as exactly as possible (Handbook 8.3); incidents find the threat by its area."),
    FORM,
)
def coarse_area(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if not one.area_level:
            said = _("It names no area.") if one.area_level is None else _("It names the whole country.")
            yield Finding(one, said, "areas")


@check(
    "no_violence",
    Severity.SHOULD,
    gettext_lazy("No form of violence"),
    gettext_lazy("The kind of violence decides who is at risk and what protects (Handbook 8.1, 8.3)."),
    FORM,
)
def no_violence(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if not one.has_violence:
            yield Finding(one, _("No form of violence is chosen."), "violence_types")


@check(
    "no_source",
    Severity.SHOULD,
    gettext_lazy("No source of violence"),
    gettext_lazy("Without a potential perpetrator nobody can be engaged or deterred (Handbook 8.2.1, 8.3)."),
    FORM,
)
def no_source(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if not one.has_source:
            yield Finding(one, _("It names no perpetrator, by profile or in words."), "actors")


@check(
    "horizon_passed",
    Severity.SHOULD,
    gettext_lazy("Horizon passed"),
    gettext_lazy("A row looks ahead, days to months (Handbook 8.3); past its horizon it says nothing about tomorrow."),
    FORM,
)
def horizon_passed(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.horizon_on and one.horizon_on < facts.today:
            yield Finding(one, _("Its horizon was %(day)s.") % {"day": for_people(one.horizon_on)}, "horizon_on")


@check(
    "review_passed",
    Severity.SHOULD,
    gettext_lazy("Review date passed"),
    gettext_lazy("Somebody promised a look on that day (Handbook 5.1)."),
    FORM,
)
def review_passed(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.review_on and one.review_on < facts.today:
            yield Finding(one, _("Its review was due on %(day)s.") % {"day": for_people(one.review_on)}, "review_on")


@check(
    "high_unsure",
    Severity.SHOULD,
    gettext_lazy("High risk rated with low confidence and left so"),
    gettext_lazy("A high rating on thin grounds binds means; a month is time to find better grounds."),
    RATING,
)
def high_unsure(facts: Facts) -> Iterator[Finding]:
    before = facts.today - timedelta(days=REVIEW_RISING)
    for one in facts.active:
        is_unsure = one.confidence == Confidence.LOW and (one.risk or 0) >= RiskLevel.HIGH
        if is_unsure and one.assessed_on and one.assessed_on <= before:
            days = (facts.today - one.assessed_on).days
            yield Finding(one, _("Rated with low confidence %(days)d days ago.") % {"days": days})


@check(
    "closed_since",
    Severity.SHOULD,
    gettext_lazy("Closed threat with incidents since"),
    gettext_lazy("A threat that goes on is reopened; the closing may have come too early."),
    PAGE,
)
def closed_since(facts: Facts) -> Iterator[Finding]:
    for one in facts.threats:
        if not one.is_active and one.since:
            words = ngettext(
                "%(n)d incident in its areas since it was closed.",
                "%(n)d incidents in its areas since it was closed.",
                one.since,
            )
            yield Finding(one, words % {"n": one.since})


@check(
    "no_inputs",
    Severity.LOOK,
    gettext_lazy("Rating without inputs"),
    gettext_lazy("An assessment says on what it rests (Handbook 8.2.1)."),
    RATING,
)
def no_inputs(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.assessed_on and not one.inputs:
            yield Finding(one, _("Its last rating names no input."), "inputs")


@check(
    "near_presence",
    Severity.LOOK,
    gettext_lazy("An office lies in the threat's area, and it is not marked as near the mission"),
    gettext_lazy("Violence near the mission is always acted on, whatever its scale (Handbook 8.1)."),
    FORM,
)
def near_presence(facts: Facts) -> Iterator[Finding]:
    for one in facts.active:
        if one.offices_inside and not one.near_presence:
            words = _("In its area: %(offices)s.") % {"offices": ", ".join(one.offices_inside)}
            yield Finding(one, words, "near_mission_presence")
