"""Checks of matrix editions, and of offices without one."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pocweb.fieldlist import for_people
from threats.choices import EditionState, Severity
from threats.quality.base import APPROVE_DAYS, DRAFT_DAYS, Facts, Finding, Mend, check

_DRAFTERS = gettext_lazy("The POC Adviser or POC officer of this office")
PAGE = Mend("edition", "threats:edition-detail", "threats.draft_edition", _DRAFTERS)
SIGN = Mend(
    "edition", "threats:edition-detail", "threats.return_edition", gettext_lazy("The heads of office, military, police")
)
MATRIX = Mend("edition", "threats:edition-list", "threats.draft_edition", _DRAFTERS)


@check(
    "no_edition",
    Severity.MUST,
    gettext_lazy("Office with active threats and no edition in force"),
    gettext_lazy("Only an approved matrix binds the components (Handbook 8.3)."),
    MATRIX,
)
def no_edition(facts: Facts) -> Iterator[Finding]:
    for one in facts.offices:
        if one.active_threats and not one.has_edition:
            words = ngettext(
                "%(n)d active threat, no edition in force.", "%(n)d active threats, no edition in force.",
                one.active_threats,
            )  # fmt: skip
            yield Finding(one, words % {"n": one.active_threats})


@check(
    "edition_waits",
    Severity.SHOULD,
    gettext_lazy("Edition waits for approval for over 14 days"),
    gettext_lazy("Head of Office and heads of military and police approve (Handbook 8.3); rows grow old meanwhile."),
    SIGN,
)
def edition_waits(facts: Facts) -> Iterator[Finding]:
    for one in facts.editions:
        days = (facts.today - one.endorsed_on).days if one.endorsed_on else 0
        if one.state == EditionState.ENDORSED and days > APPROVE_DAYS:
            yield Finding(one, _("Endorsed %(days)d days ago, not approved by all.") % {"days": days})


@check(
    "edition_passed",
    Severity.SHOULD,
    gettext_lazy("Edition in force past its horizon"),
    gettext_lazy("The picture that binds the mission ends before today (Handbook 8.3)."),
    PAGE,
)
def edition_passed(facts: Facts) -> Iterator[Finding]:
    for one in facts.editions:
        if one.state == EditionState.IN_FORCE and one.horizon_on and one.horizon_on < facts.today:
            yield Finding(one, _("Its horizon was %(day)s.") % {"day": for_people(one.horizon_on)})


@check(
    "draft_idle",
    Severity.LOOK,
    gettext_lazy("Draft edition untouched for 30 days"),
    gettext_lazy("A draft that nobody takes to consultation keeps the next one from being opened."),
    PAGE,
)
def draft_idle(facts: Facts) -> Iterator[Finding]:
    for one in facts.editions:
        days = (facts.today - one.changed_on).days
        if one.state == EditionState.DRAFT and days > DRAFT_DAYS:
            yield Finding(one, _("Nobody has touched the draft for %(days)d days.") % {"days": days})
